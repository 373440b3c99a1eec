"""Commands on audit samples: evalkit sample draw, status, export, import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Lang, Quiet, StudyFolder, count, load, relative, show_progress
from evalkit.errors import Finding

sample = typer.Typer(help="Random samples that people code blind, so that the rules' error is measured.")
app.add_typer(sample, name="sample", no_args_is_help=True)

Coder = Annotated[str, typer.Option("--coder", help="Name of the coder.")]
Name = Annotated[str | None, typer.Option("--name", help="The sample.", show_default="the only one")]


@sample.command()
def draw(
    coder: Annotated[str, typer.Option(help="Your name: who draws it.")],
    study: StudyFolder = Path(),
    name: Annotated[str, typer.Option(help="What the sample is called.")] = "stickprov",
    n: Annotated[int, typer.Option("--n", help="How many segments.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Another seed draws other segments.")] = 1,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Draw segments with known probabilities, by period and by what the rules found."""
    from evalkit.pipeline.sample import draw_sample

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        drawn, findings = draw_sample(loaded, name=name, n=n, seed=seed, coder=coder, progress=progress)
    _show(findings)
    typer.echo(drawn.sentence(loaded.lang))
    typer.echo(f"kept as '{drawn.name}', seed {drawn.seed}; sheets: evalkit sample export --coder NAME --out FILE.xlsx")


@sample.command()
def status(study: StudyFolder = Path(), name: Name = None, lang: Lang = None) -> None:
    """Show how far each coder has come, and how the sample was drawn."""
    from evalkit.pipeline.sample import sample_counts

    loaded = load(study, lang)
    drawn, counts = sample_counts(loaded, name=name)
    typer.echo(
        f"{drawn.name}: seed {drawn.seed}, codebook {drawn.codebook_version}; coders see neither strata nor rules"
    )
    typer.echo(drawn.caption(loaded.lang))
    shown = counts.drop(columns="last_read_at").to_string(index=False)
    typer.echo(shown if len(counts) else "nobody has read any of it yet")


@sample.command("export")
def export_command(
    coder: Coder,
    out: Annotated[Path, typer.Option(help="An .xlsx file that does not exist.")],
    study: StudyFolder = Path(),
    name: Name = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Write a coder's sheet: blind, with drop-downs and the codebook."""
    from evalkit.pipeline import ingest_study
    from evalkit.pipeline.sample import export_sheet

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        ingest_study(loaded, progress=progress)
    present, findings = export_sheet(loaded, out, coder=coder, name=name)
    _show(findings)
    typer.echo(f"{count(len(present.table), 'segment')} for {coder.strip()} in {relative(out)}")


@sample.command("import")
def import_command(
    coder: Coder,
    sheet: Annotated[Path, typer.Option(help="The filled-in .xlsx file.")],
    study: StudyFolder = Path(),
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Take a filled-in sheet in: all of it or nothing; a later one replaces an earlier one."""
    from evalkit.pipeline.sample import take_in_sheet

    loaded = load(study, lang)
    taken, findings = take_in_sheet(loaded, sheet, coder=coder, name=name)
    _show(findings)
    typer.echo(taken.sentence(loaded.lang))


def _show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        typer.echo(f"notice   {finding}")
