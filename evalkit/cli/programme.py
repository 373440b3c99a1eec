"""Commands on a study as a whole: run, check, report, new, simulate, calibrate, pseudonymise, lab."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Lang, Quiet, StudyFolder, count, load, relative, say_findings, show_progress
from evalkit.errors import UsageError


@app.command("run")
def run_command(
    study: StudyFolder = Path(),
    lang: Lang = None,
    jobs: Annotated[int, typer.Option(help="Notebooks side by side.", show_default="one per core", min=0)] = 0,
    force: Annotated[bool, typer.Option("--force", help="Run everything, whatever is up to date.")] = False,
    allow_problems: Annotated[
        bool, typer.Option("--allow-problems", help="Leave out what has problems; the report says what.")
    ] = False,
    until: Annotated[Literal["tables", "report"], typer.Option(help="Where to stop.")] = "report",
    quiet: Quiet = False,
) -> None:
    """Do everything: raw files → tables → figures → reports/report.html."""
    from evalkit.pipeline import run_study

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        done = run_study(loaded, jobs=jobs, force=force, allow_problems=allow_problems, until=until, progress=progress)
    say_findings(done.findings, quiet=quiet)
    if not quiet:
        typer.echo(f"{count(len(done.ran), 'step')} ran, the rest was up to date")
        typer.echo(f"{relative(loaded.reports / 'report.html')}" if until == "report" else "tables are up to date")


@app.command()
def check(study: StudyFolder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """List every problem and notice in the raw data, and what the data are enough for."""
    from evalkit.pipeline import check_study

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        result = check_study(loaded, progress=progress)
    for finding in result.problems:
        typer.echo(f"problem  {finding}", err=True)
    for finding in result.notices:
        typer.echo(f"notice   {finding}")
    for part in result.possibilities:
        typer.echo(f"{'–' if part.missing else '✓'} {part.sentence(loaded.lang)}")
    typer.echo(f"{count(len(result.problems), 'problem')}, {count(len(result.notices), 'notice')}")
    if result.problems:
        raise typer.Exit(1)


@app.command()
def pseudonymise(
    study: StudyFolder = Path(),
    coder: Annotated[
        str | None, typer.Option(help="Who decided on the names; noted in the store, without the names.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make pseudonyms, the list of names to review and, with a passphrase, the encrypted key."""
    from evalkit.pipeline import pseudonymise_study
    from evalkit.privacy import find_passphrase

    loaded = load(study, None)
    ask = (lambda: typer.prompt("Passphrase for the key", hide_input=True, default="")) if sys.stdin.isatty() else None
    passphrase = find_passphrase(prompt=ask)
    with show_progress(quiet) as progress:
        documents, waiting, key = pseudonymise_study(loaded, passphrase=passphrase, coder=coder, progress=progress)
    typer.echo(f"{documents} documents; {waiting} words wait for a decision in private/names_to_review.csv")
    typer.echo(
        f"key written to {relative(key)}"
        if key
        else "no key written: set EVALKIT_PASSPHRASE, or EVALKIT_PASSPHRASE_FILE to a file that holds one"
    )


@app.command()
def report(study: StudyFolder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """Write the report anew from what is up to date (the same as run)."""
    run_command(study, lang, jobs=0, force=False, allow_problems=False, until="report", quiet=quiet)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist or is empty.", metavar="DIR")],
) -> None:
    """Make a fresh study that runs as it is and explains its own files."""
    from evalkit.pipeline import new_study

    for line in new_study(folder):
        typer.echo(line)


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist or is empty.", metavar="DIR")],
    seed: Annotated[
        int | None, typer.Option(help="Another seed, another programme.", show_default="the example's")
    ] = None,
    scale: Annotated[int, typer.Option(help="How many times as many documents.", min=1)] = 1,
    like: Annotated[Path | None, typer.Option(help="A study to simulate.", show_default="the example")] = None,
    quiet: Quiet = False,
) -> None:
    """Make a synthetic programme with known truth, as the raw files an evaluator would have."""
    from evalkit.pipeline import simulate_study
    from evalkit.shipped import example_folder
    from evalkit.simulate import EXAMPLE_SEED

    study = load(like or example_folder(), None)
    with show_progress(quiet) as progress:
        made = 0

        def count_files(step: int) -> None:
            nonlocal made
            made += step
            if progress:
                progress("files", made, made)

        lines = simulate_study(
            folder, like=study, seed=EXAMPLE_SEED if seed is None else seed, scale=scale, progress=count_files
        )
    for line in lines:
        typer.echo(line)


@app.command()
def calibrate(
    programmes: Annotated[
        int | None,
        typer.Option(help="Simulated programmes per cell.", show_default="2000 in core cells, 200 elsewhere", min=2),
    ] = None,
    cells: Annotated[str | None, typer.Option(help="Names of cells, with commas.", show_default="all")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives the same within Monte Carlo error.")] = 20170314,
    jobs: Annotated[int, typer.Option(help="Processes; -1 = one per core.")] = -1,
    out: Annotated[Path, typer.Option(help="Table to write, with a .json beside it.")] = Path("calibration.csv"),
    quiet: Quiet = False,
) -> None:
    """Measure coverage and error rates of every estimator on simulated programmes.

    What is done is kept beside the table until all of it is: interrupted, the same command goes on where it was.
    """
    import shutil

    from evalkit.calibrate import CELLS, CODING_CELLS, Cell, CodingCell, calibrate_cells, write_calibration
    from evalkit.pipeline.engine import REPORTING, code_hash

    all_cells: tuple[Cell | CodingCell, ...] = (*CELLS, *CODING_CELLS)
    known = {cell.id: cell for cell in all_cells}
    asked = list(known) if cells is None else [name.strip() for name in cells.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UsageError(f"--cells: no cell is called '{unknown[0]}'; the cells are {', '.join(known)}")
    parts = out.with_suffix(".parts")
    counts = {name: programmes or (2000 if known[name].core else 200) for name in asked if name in known}
    with show_progress(quiet) as progress:
        result = calibrate_cells(
            [known[name] for name in asked],
            programmes=counts,
            seed=seed,
            jobs=jobs,
            progress=None if progress is None else lambda done, of: progress("programmes", done, of),
            parts=parts,
            code=code_hash(*REPORTING),
        )
    write_calibration(out, result)
    shutil.rmtree(parts)
    typer.echo(result.sentence("en"))
    typer.echo(f"{len(result.table)} rows in {out}")


@app.command()
def lab(study: StudyFolder = Path()) -> None:
    """Open JupyterLab on the study's notebooks."""
    import subprocess

    loaded = load(study, None)
    environment = os.environ | {"EVALKIT_STUDY": str(loaded.root)}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--notebook-dir={loaded.root}",
        "--LabApp.default_url=/lab/tree/notebooks",
    ]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)
