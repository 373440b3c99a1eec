"""The command line: arguments → exit status. It parses, shows progress and calls; the thinking is in the library.

Exit 0 = done, 1 = problems in the data, 2 = wrong usage. Errors go to stderr, one line each, without a traceback
unless --debug.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalkit.errors import EvalkitError, Finding, UsageError

if TYPE_CHECKING:
    from evalkit.pipeline.engine import Progress
    from evalkit.study import Study

__all__ = ["app", "run"]

app = typer.Typer(
    name="evalkit",
    help="From a folder of interview transcripts, meeting notes and registers to a defensible evaluation report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyFolder = Annotated[Path, typer.Argument(help="The study's folder.", metavar="[STUDY]", show_default="this folder")]
Lang = Annotated[str | None, typer.Option("--lang", help="sv or en.", show_default="the study's own")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
_shown_debug = False


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    global _shown_debug
    _shown_debug = debug
    if version:
        from evalkit import __version__

        typer.echo(f"evalkit {__version__}")
        raise typer.Exit


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

    loaded = _load(study, lang)
    with _progress(quiet) as progress:
        done = run_study(loaded, jobs=jobs, force=force, allow_problems=allow_problems, until=until, progress=progress)
    _say_findings(done.findings, quiet=quiet)
    if not quiet:
        typer.echo(f"{_count(len(done.ran), 'step')} ran, the rest was up to date")
        typer.echo(f"{_relative(loaded.reports / 'report.html')}" if until == "report" else "tables are up to date")


@app.command()
def check(study: StudyFolder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """List every problem and notice in the raw data, and what the data are enough for."""
    from evalkit.pipeline import check_study

    loaded = _load(study, lang)
    with _progress(quiet) as progress:
        result = check_study(loaded, progress=progress)
    for finding in result.problems:
        typer.echo(f"problem  {finding}", err=True)
    for finding in result.notices:
        typer.echo(f"notice   {finding}")
    for part in result.possibilities:
        typer.echo(f"{'–' if part.missing else '✓'} {part.sentence(loaded.lang)}")
    typer.echo(f"{_count(len(result.problems), 'problem')}, {_count(len(result.notices), 'notice')}")
    if result.problems:
        raise typer.Exit(1)


@app.command()
def code(
    study: StudyFolder = Path(),
    segments: Annotated[
        Path | None, typer.Option(help="JSON lines with id, speaker, text, instead of a study.")
    ] = None,
    codebook: Annotated[
        Path | None, typer.Option(help="A codebook.toml.", show_default="the study's, else evalkit's")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=".jsonl, .csv or .parquet.", show_default="JSON lines to stdout")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make rule codings of a study or of a file of segments."""
    from evalkit.pipeline import code_segments_file, code_study, write_codings

    with _progress(quiet) as progress:
        if segments is not None:
            codings = code_segments_file(segments, codebook=codebook, study=study)
        else:
            codings = code_study(_load(study, None), codebook=codebook, progress=progress)
    written = write_codings(codings, out)
    if out is None:
        typer.echo(written, nl=False)
    elif not quiet:
        typer.echo(f"{_count(len(codings), 'coding')} in {out}")


@app.command()
def pseudonymise(study: StudyFolder = Path(), quiet: Quiet = False) -> None:
    """Make pseudonyms, the list of names to review and, with a passphrase, the encrypted key."""
    from evalkit.pipeline import pseudonymise_study
    from evalkit.privacy import find_passphrase

    loaded = _load(study, None)
    ask = (lambda: typer.prompt("Passphrase for the key", hide_input=True, default="")) if sys.stdin.isatty() else None
    passphrase = find_passphrase(prompt=ask)
    with _progress(quiet) as progress:
        documents, waiting, key = pseudonymise_study(loaded, passphrase=passphrase, progress=progress)
    typer.echo(f"{documents} documents; {waiting} words wait for a decision in private/names_to_review.csv")
    typer.echo(
        f"key written to {_relative(key)}"
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

    study = _load(like or example_folder(), None)
    with _progress(quiet) as progress:
        made = 0

        def count(step: int) -> None:
            nonlocal made
            made += step
            if progress:
                progress("files", made, made)

        lines = simulate_study(
            folder, like=study, seed=EXAMPLE_SEED if seed is None else seed, scale=scale, progress=count
        )
    for line in lines:
        typer.echo(line)


@app.command()
def calibrate(
    programmes: Annotated[int, typer.Option(help="Simulated programmes per cell.", min=2)] = 200,
    cells: Annotated[str | None, typer.Option(help="Names of cells, with commas.", show_default="all")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives the same within Monte Carlo error.")] = 20170314,
    jobs: Annotated[int, typer.Option(help="Processes; -1 = one per core.")] = -1,
    out: Annotated[Path, typer.Option(help="Table to write, with a .json beside it.")] = Path("calibration.csv"),
    quiet: Quiet = False,
) -> None:
    """Measure coverage and error rates of every estimator on simulated programmes."""
    from evalkit.calibrate import CELLS, calibrate_cells, write_calibration

    known = {cell.id: cell for cell in CELLS}
    asked = list(known) if cells is None else [name.strip() for name in cells.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UsageError(f"--cells: no cell is called '{unknown[0]}'; the cells are {', '.join(known)}")
    with _progress(quiet) as progress:
        result = calibrate_cells(
            [known[name] for name in asked],
            programmes=programmes,
            seed=seed,
            jobs=jobs,
            progress=None if progress is None else lambda done, of: progress("programmes", done, of),
        )
    write_calibration(out, result)
    typer.echo(result.sentence("en"))
    typer.echo(f"{len(result.table)} rows in {out}")


@app.command()
def lab(study: StudyFolder = Path()) -> None:
    """Open JupyterLab on the study's notebooks."""
    import subprocess

    loaded = _load(study, None)
    environment = os.environ | {"EVALKIT_STUDY": str(loaded.root)}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--notebook-dir={loaded.root}",
        "--LabApp.default_url=/lab/tree/notebooks",
    ]
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What stands behind `evalkit`; default the process's own.

    Returns
    -------
    int
        Exit status: 0 done, 1 problems in the data, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        status = app(args=arguments, standalone_mode=False)
    except EvalkitError as error:
        return _say_error(error)
    except typer.Abort:
        return 1
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "format_message"):
            typer.echo(f"UsageError: {error.format_message().rstrip('.')}. See: evalkit --help", err=True)
            return 2
        if _shown_debug:
            raise
        typer.echo(
            f"{type(error).__name__}: this should not happen. Run again with evalkit --debug and report it.", err=True
        )
        return 1
    return status if isinstance(status, int) else 0


def _say_error(error: EvalkitError) -> int:
    if _shown_debug:
        import traceback

        traceback.print_exception(error)
    for problem in getattr(error, "problems", []):
        typer.echo(f"problem  {problem}", err=True)
    typer.echo(str(error), err=True)
    return error.exit_code


def _say_findings(findings: Sequence[Finding], *, quiet: bool) -> None:
    problems = [finding for finding in findings if finding.severity == "problem"]
    for finding in problems:
        typer.echo(f"left out  {finding}", err=True)
    notices = len(findings) - len(problems)
    if notices and not quiet:
        typer.echo(f"{_count(notices, 'notice')}; see: evalkit check")


def _load(folder: Path, lang: str | None) -> "Study":
    from evalkit.study import load_study

    if lang not in (None, "sv", "en"):
        raise UsageError(f"--lang {lang} is not known; use sv or en")
    if not folder.is_dir():
        raise UsageError(f"'{folder}' is no folder; give the study's folder")
    return load_study(folder, lang=lang)  # type: ignore[arg-type]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@contextmanager
def _progress(quiet: bool) -> Iterator["Progress | None"]:
    """Show a bar per run of steps on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28.28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield show
