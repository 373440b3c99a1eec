"""Commands on codes and codings: code."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Quiet, StudyFolder, count, load, show_progress


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

    with show_progress(quiet) as progress:
        if segments is not None:
            codings = code_segments_file(segments, codebook=codebook, study=study)
        else:
            codings = code_study(load(study, None), codebook=codebook, progress=progress)
    written = write_codings(codings, out)
    if out is None:
        typer.echo(written, nl=False)
    elif not quiet:
        typer.echo(f"{count(len(codings), 'coding')} in {out}")
