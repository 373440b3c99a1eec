"""Commands on codes and codings: code, agree, suggest."""

from pathlib import Path
from typing import Annotated

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Lang, Quiet, StudyFolder, count, load, relative, show_progress
from evalkit.errors import UsageError


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


@app.command()
def agree(
    study: StudyFolder = Path(),
    coders: Annotated[
        str | None, typer.Option(help="Names with commas.", show_default="all who read the same segments")
    ] = None,
    level: Annotated[str, typer.Option(help="code, or polarity: the same code with the same polarity.")] = "code",
    out: Annotated[
        Path | None, typer.Option(help="A .csv or .xlsx file for every difference between the coders.")
    ] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Show how far coders agree, code by code, with intervals, and write down where they differ."""
    from evalkit.pipeline.agree import compare_coders

    if level not in ("code", "polarity"):
        raise UsageError(f"--level {level}: not known; use code or polarity")
    loaded = load(study, lang)
    names = None if coders is None else [name.strip() for name in coders.split(",")]
    with show_progress(quiet) as progress:
        compared = compare_coders(loaded, coders=names, level=level, out=out, progress=progress)  # type: ignore[arg-type]
    typer.echo(compared.table(loaded.lang))
    typer.echo(compared.agreement.sentence(loaded.lang))
    where = f" in {relative(out)}" if out else "; list them with --out"
    typer.echo(f"{count(compared.differences, 'difference')} between the coders{where}")


@app.command()
def suggest(
    study: StudyFolder = Path(),
    coders: Annotated[
        str | None, typer.Option(help="Names with commas: whom to learn from.", show_default="everybody")
    ] = None,
    precision: Annotated[float, typer.Option(help="Share of a code's suggestions that should be right.")] = 0.7,
    vectors: Annotated[
        str | None, typer.Option(help="Word vectors that you have: a .vec file or a spaCy package.")
    ] = None,
    shown: Annotated[int, typer.Option("--shown", help="Segments to show.", min=0)] = 10,
    out: Annotated[Path | None, typer.Option(help="A .csv or .xlsx file for all suggestions with texts.")] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Show which segment teaches most if it is read next, and codes suggested by what has been coded so far."""
    from evalkit.pipeline.suggest import suggest_codes

    loaded = load(study, lang)
    names = None if coders is None else [name.strip() for name in coders.split(",")]
    with show_progress(quiet) as progress:
        found = suggest_codes(loaded, coders=names, precision=precision, vectors=vectors, out=out, progress=progress)
    for rank, rows in found.suggestions[found.suggestions["rank"] <= shown].groupby("rank"):
        codes = [
            f"{row['code']} {row['probability']:.2f} ({row['precision']:.2f})"
            for row in rows.dropna(subset="code").to_dict("records")
        ]
        typer.echo(f"{rank:>4}  {rows['segment_id'].iloc[0]}  {', '.join(codes) or '–'}")
    typer.echo("code, its probability, and in brackets how often its suggestions were right on documents not seen")
    typer.echo(found.suggester.sentence(loaded.lang))
    if out is not None:
        typer.echo(f"{count(len(found.suggestions), 'row')} in {relative(out)}")
