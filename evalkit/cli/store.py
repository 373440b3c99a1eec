"""Commands on what people judged: evalkit codings export, log, undo, redo, unplaced, place, verify, backup."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.cli.app import app
from evalkit.cli.show import Lang, Quiet, StudyFolder, count, load, relative, show_progress

if TYPE_CHECKING:
    from evalkit.coding.store import CodingStore

codings = typer.Typer(help="What people judged: exports, history, undo, places to decide on, copies.")
app.add_typer(codings, name="codings", no_args_is_help=True)

Coder = Annotated[str, typer.Option("--coder", help="Your name as a coder.")]


@codings.command("export")
def export_command(
    out: Annotated[Path, typer.Option(help="A .csv or .xlsx file.")],
    study: StudyFolder = Path(),
    what: Annotated[str, typer.Option(help="codings (a row each), matrix (0 and 1), or quotes.")] = "codings",
    who: Annotated[str, typer.Option(help="people, rules, or names with commas.")] = "people",
    internal: Annotated[
        bool, typer.Option("--internal", help="With quotes whose people agreed to internal use only.")
    ] = False,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Write codings as a tidy table for another program."""
    from evalkit.pipeline import ingest_study, run_study
    from evalkit.pipeline.people import export_codings

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        if who == "rules":
            run_study(loaded, until="tables", allow_problems=True, progress=progress)
        else:
            ingest_study(loaded, progress=progress)
    rows = export_codings(loaded, out, what=what, who=who, internal=internal)
    typer.echo(f"{count(rows, 'row')} in {relative(out)}")


@codings.command()
def log(
    study: StudyFolder = Path(),
    last: Annotated[int, typer.Option(help="How many of the latest changes.", min=1)] = 20,
) -> None:
    """Show who changed what and when, the latest last."""
    from evalkit.pipeline.people import existing_store

    with existing_store(load(study, None)) as store:
        entries = store.log().tail(last)
    for entry in entries.to_dict("records"):
        after, before = json.loads(entry["after"]), json.loads(entry["before"] or "null")
        typer.echo(
            f"{entry['audit_id']:>6}  {entry['at'][:19].replace('T', ' ')}Z  {entry['coder']:<12.12}  "
            f"{_deed(entry['action'], before, after):<8}  {entry['kind']:<9}  {_what(after)}"
        )


@codings.command()
def undo(coder: Coder, study: StudyFolder = Path()) -> None:
    """Take back your latest step."""
    from evalkit.pipeline.people import existing_store

    with existing_store(load(study, None)) as store:
        step = store.undo(coder)
        typer.echo(f"taken back: {_amount(store, step)}" if step else f"{coder} has nothing to take back")


@codings.command()
def redo(coder: Coder, study: StudyFolder = Path()) -> None:
    """Do again what you took back last."""
    from evalkit.pipeline.people import existing_store

    with existing_store(load(study, None)) as store:
        step = store.redo(coder)
        nothing = f"{coder} has taken nothing back since the last new step"
        typer.echo(f"done again: {_amount(store, step)}" if step else nothing)


@codings.command()
def unplaced(study: StudyFolder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """List what was judged in a text that was corrected since, where the new place is not certain."""
    from evalkit.coding.anchors import REASONS
    from evalkit.pipeline import ingest_study
    from evalkit.tables import read_table

    loaded = load(study, lang)
    with show_progress(quiet) as progress:
        ingest_study(loaded, progress=progress)
    waiting = read_table(loaded, "unplaced")
    for row in waiting.to_dict("records"):
        places = [f"{number}: {start}–{end}" for number, (start, end) in enumerate(json.loads(row["candidates"]), 1)]
        reason = REASONS[row["reason"]][loaded.lang == "en"]
        typer.echo(
            f"{row['record_id'][:8]}  {row['document_id']}  {row['coder']}  {row['code'] or row['kind']}  "
            f"{row['status']}: {reason}  [{', '.join(places) or '–'}]"
        )
    typer.echo(f"{count(len(waiting), 'place')} to decide on" if len(waiting) else "everything has its place")


@codings.command()
def place(
    coder: Coder,
    id: Annotated[str, typer.Option("--id", help="The record, as `unplaced` shows it.")],
    candidate: Annotated[int, typer.Option(help="Which of its places, from 1; 0 = it is gone.", min=0)],
    study: StudyFolder = Path(),
) -> None:
    """Decide where something judged in an older text stands now."""
    from evalkit.pipeline import ingest_study
    from evalkit.pipeline.people import choose_place

    loaded = load(study, None)
    ingest_study(loaded)  # what waits is what the store and the texts say now
    choose_place(loaded, id, candidate, coder=coder)
    typer.echo("removed" if candidate == 0 else "placed")


@codings.command()
def verify(study: StudyFolder = Path()) -> None:
    """Hold the store against its log."""
    from evalkit.pipeline.people import existing_store

    with existing_store(load(study, None)) as store:
        wrong, entries = store.verify(), store.last_audit_id()
    for what in wrong:
        typer.echo(f"problem  {what}", err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo(f"{count(entries, 'change')} in the log, and the store is what they add up to")


@codings.command()
def backup(out: Annotated[Path, typer.Option(help="A file that does not exist.")], study: StudyFolder = Path()) -> None:
    """Copy the store, while others may be coding in it."""
    from evalkit.pipeline.people import existing_store

    with existing_store(load(study, None)) as store:
        store.backup(out)
    typer.echo(f"{relative(out)}")


def _amount(store: "CodingStore", step: str) -> str:
    log = store.log()
    return ", ".join(f"{n} {kind}" for kind, n in log.loc[log["step"] == step, "kind"].value_counts().items())


def _deed(action: str, before: dict[str, object] | None, after: dict[str, object]) -> str:
    if action != "do":
        return action
    if before is None:
        return "added"
    return "removed" if after["removed"] else "changed"


def _what(record: dict[str, object]) -> str:
    """Say what a record is on, without anybody's words."""
    shown = [record.get(key) for key in ("code", "polarity", "about", "subject", "unit", "tool", "name", "document_id")]
    return " ".join(str(value) for value in shown if value not in (None, ""))
