"""Commands on the codebook: check, kwic, diff; rename, merge, split, new, retire; learn; versions; .xlsx and .docx."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Lang, Quiet, StudyFolder, count, load, relative, show_progress
from evalkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.coding.codebook_changes import CodebookEdit, RecordedChange
    from evalkit.wording import Language

codebook = typer.Typer(help="What the rules do here, what an edit changes, and edits that people's codings follow.")
app.add_typer(codebook, name="codebook", no_args_is_help=True)

Coder = Annotated[str, typer.Option("--coder", help="Your name: who changes it.")]
Book = Annotated[Path | None, typer.Option("--codebook", help="A codebook.toml.", show_default="the study's")]
SHOWN = 15


@codebook.command()
def check(study: StudyFolder = Path(), codebook: Book = None, lang: Lang = None, quiet: Quiet = False) -> None:
    """Find rules that never match here, rules that add nothing to another, and codes without rules."""
    from evalkit.pipeline.codebook import check_study_codebook

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        result = check_study_codebook(loaded, codebook=codebook, progress=progress)
    typer.echo(result.codes.drop(columns="rests_on").to_string(index=False))
    for what, rules in (("never matches", result.never), ("adds nothing to another", result.covered)):
        for rule in rules[:SHOWN]:
            typer.echo(f"{rule}: {what}")
        if len(rules) > SHOWN:
            typer.echo(f"… and {len(rules) - SHOWN} more: {what}")
    held = result.table[result.table["held_back"] > 0].sort_values("held_back", ascending=False, kind="stable")
    for row in held[:SHOWN].to_dict("records"):
        typer.echo(f"{row['rule']}: held back in {row['held_back']} of {row['segments']} segments that it matches")
    for code in result.without_rules:
        typer.echo(f"{code}: has no rules")
    typer.echo(result.sentence(loaded.lang))


@codebook.command()
def kwic(
    code: Annotated[str, typer.Argument(help="Id of the code.")],
    study: StudyFolder = Path(),
    codebook: Book = None,
    width: Annotated[int, typer.Option(help="Most characters on either side.", min=0)] = 40,
    held_back: Annotated[bool, typer.Option("--held-back", help="Matches that the learned coder holds back.")] = False,
    quiet: Quiet = False,
) -> None:
    """Show the words that the rules of a code match, between those before and after."""
    from evalkit.pipeline.codebook import code_in_context

    loaded = load(study, None)
    with show_progress(quiet) as progress:
        found = code_in_context(loaded, code, codebook=codebook, width=width, held_back=held_back, progress=progress)
    for row in found.to_dict("records"):
        typer.echo(
            f"{row['before']:>{width}} [{row['keyword']}] {row['after']:<{width}} {row['polarity']} {row['rule']}"
        )
    typer.echo(("held back: " if held_back else "") + count(len(found), "coding"))


@codebook.command()
def diff(
    before: Annotated[str, typer.Option(help="A .toml file, or a version.")],
    study: StudyFolder = Path(),
    after: Annotated[str | None, typer.Option(help="The same.", show_default="the study's codebook as it is")] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Compare two codebooks, and the codings that are gained and lost between them."""
    from evalkit.coding.codebook_changes import diff_lines
    from evalkit.pipeline.codebook import compare_codebooks

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        compared = compare_codebooks(loaded, before, after, progress=progress)
    for line in diff_lines(compared.codebooks, lang=loaded.lang):
        typer.echo(line)
    changed = compared.codings.table
    changed = changed[changed[["gained", "lost", "polarity"]].any(axis=1)].drop(columns="rests_on")
    if len(changed):
        typer.echo(changed.to_string(index=False))
    typer.echo(compared.codings.sentence(loaded.lang))


@codebook.command()
def rename(
    code: Annotated[str, typer.Option(help="Id of the code.")],
    coder: Coder,
    study: StudyFolder = Path(),
    to: Annotated[str | None, typer.Option(help="Its new id.")] = None,
    name: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    lang: Lang = None,
) -> None:
    """Give a code another id or name; codings follow."""
    from evalkit.coding.codebook_changes import rename_code

    if to is None and name is None:
        raise UsageError("codebook rename: give --to, --name or both")
    _change(study, lang, coder, lambda source: rename_code(source, code, to, name=name))


@codebook.command()
def merge(
    codes: Annotated[str, typer.Option(help="Ids with commas.")],
    into: Annotated[str, typer.Option(help="The code that they become.")],
    coder: Coder,
    study: StudyFolder = Path(),
    lang: Lang = None,
) -> None:
    """Make one code of several; codings follow."""
    from evalkit.coding.codebook_changes import merge_codes

    _change(study, lang, coder, lambda source: merge_codes(source, _ids(codes), into))


@codebook.command()
def split(
    code: Annotated[str, typer.Option(help="Id of the code.")],
    into: Annotated[list[str], typer.Option(help="A new code as id=Name; once for each.")],
    coder: Coder,
    study: StudyFolder = Path(),
    keep: Annotated[
        Literal["parent", "retired"], typer.Option(help="Whether the old code stays above them.")
    ] = "parent",
    lang: Lang = None,
) -> None:
    """Make several codes of one; which of them each coding belongs to is for people to decide."""
    from evalkit.coding.codebook_changes import split_code

    pairs = [part.partition("=") for part in into]
    if not all(sign and id.strip() and name.strip() for id, sign, name in pairs):
        raise UsageError("--into: write each new code as id=Name")
    names = {id.strip(): name.strip() for id, _, name in pairs}
    _change(study, lang, coder, lambda source: split_code(source, code, names, keep=keep))


@codebook.command()
def new(
    code: Annotated[str, typer.Option(help="Its id.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    coder: Coder,
    study: StudyFolder = Path(),
    definition: Annotated[str, typer.Option(help="What it means.")] = "",
    parent: Annotated[str, typer.Option(help="Id of the code above it.")] = "",
    quote: Annotated[
        str | None, typer.Option(help="Pseudonymised words that show it; they stand in the codebook from now on.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Add a code, as a rule because somebody said something that no code holds."""
    from evalkit.coding.codebook_changes import new_code, new_code_from_quote

    texts = {key: text for key, text in (("definition", definition), ("parent", parent)) if text}
    if quote is None:
        _change(study, lang, coder, lambda source: new_code(source, code, name, **texts))
    else:
        _change(
            study, lang, coder, lambda source: new_code_from_quote(source, code, name, quote, may_be_kept=True, **texts)
        )


@codebook.command()
def retire(
    code: Annotated[str, typer.Option(help="Id of the code.")],
    coder: Coder,
    study: StudyFolder = Path(),
    lang: Lang = None,
) -> None:
    """Take a code out; its codings stay and wait for a decision."""
    from evalkit.coding.codebook_changes import retire_code

    _change(study, lang, coder, lambda source: retire_code(source, code))


@codebook.command()
def versions(study: StudyFolder = Path()) -> None:
    """List the versions that were kept."""
    from evalkit.pipeline.codebook import list_versions

    kept = list_versions(load(study, None))
    shown = kept[["codebook_version", "kind", "codes", "coder", "created_at"]]
    typer.echo(
        shown.to_string(index=False) if len(kept) else "no version has been kept yet; the first change keeps two"
    )


@codebook.command()
def undecided(study: StudyFolder = Path()) -> None:
    """List people's codings whose code was split, retired or is not in the codebook."""
    from evalkit.pipeline.codebook import list_undecided

    waiting = list_undecided(load(study, None))
    if len(waiting):
        typer.echo(waiting.to_string(index=False))
    typer.echo(f"{count(len(waiting), 'coding')} to decide on" if len(waiting) else "every coding has a code")


@codebook.command()
def learn(study: StudyFolder = Path()) -> None:
    """Learn anew from the coded examples beside the codebook, after an edit of them or of its lists of words."""
    from evalkit.pipeline.codebook import learn_study_codebook

    loaded = load(study, None)
    typer.echo("learning; ten thousand examples take about half a minute", err=True)
    learned = learn_study_codebook(loaded)
    typer.echo(f"{count(len(learned.codes), 'code')} learned from {count(len(learned.examples), 'example')}")


@codebook.command()
def settle(study: StudyFolder = Path()) -> None:
    """Write the version that people's codings are at, after a crash or an undo."""
    from evalkit.pipeline.codebook import settle_study_codebook

    written = settle_study_codebook(load(study, None))
    typer.echo(f"wrote version {written}" if written else "file and codings are at the same version")


@codebook.command("export")
def export_command(out: Annotated[Path, typer.Option(help="An .xlsx file.")], study: StudyFolder = Path()) -> None:
    """Write the codebook as a workbook to edit."""
    from evalkit.pipeline.codebook import export_codebook

    export_codebook(load(study, None), out)
    typer.echo(relative(out))


@codebook.command("import")
def import_command(
    sheet: Annotated[Path, typer.Option(help="The edited .xlsx file.")],
    coder: Coder,
    study: StudyFolder = Path(),
    lang: Lang = None,
) -> None:
    """Take an edited workbook in as the study's codebook: all of it or nothing."""
    from evalkit.pipeline.codebook import import_codebook

    loaded = load(study, lang)
    _say(import_codebook(loaded, sheet, coder=coder), loaded.lang)


@codebook.command("print")
def print_command(
    out: Annotated[Path, typer.Option(help="A .docx file.")], study: StudyFolder = Path(), lang: Lang = None
) -> None:
    """Write the codebook as a document to print."""
    from evalkit.pipeline.codebook import print_codebook

    print_codebook(load(study, lang), out)
    typer.echo(relative(out))


def _change(study: Path, lang: str | None, coder: str, operation: "Callable[[str], CodebookEdit]") -> None:
    from evalkit.pipeline.codebook import change_study_codebook

    loaded = load(study, lang)
    _say(change_study_codebook(loaded, operation, coder=coder), loaded.lang)


def _say(done: "RecordedChange", lang: "Language") -> None:
    typer.echo(done.change.sentence(lang))
    typer.echo(
        f"version {done.codebook.version}; {count(done.n_recoded, 'coding')} followed, {done.n_joined} said the same"
    )
    if len(done.undecided) or done.conflicts:
        typer.echo(
            f"{len(done.undecided)} codings wait for a decision and {len(done.conflicts)} contradict another; "
            "see: evalkit codebook undecided"
        )


def _ids(text: str) -> list[str]:
    return [id.strip() for id in text.split(",") if id.strip()]
