"""The codebook's versions in the store, and changes that people's codings follow.

A change is one step of the store: the new text as a version, and the codings that get another code. One undo takes
both back. The file is written after the step, whole or not at all. What a crash can leave:

- before the step ended: nothing has happened, neither in the store nor in the file;
- between the step and the file: the store is at the new version and the file at the old one.

The second, a step that was undone or done again, and another person's change in a shared store all look alike: the
store knows the file's text, but it is not the one that the codings are at. `unsettled` says so, `change_codebook`
refuses until it is settled, and `settle_codebook` writes the version that the codings are at.

Versions build on each other, so only the latest can be taken back: a change marks the version it builds on, and the
store takes no step back, or does one again, whose records somebody has changed since.

A version's last number is raised by one with every change (1.4 → 1.5, 1.9 → 1.10; a version that ends otherwise gets
".1"), past every version that stands. Edits made in the file itself are noted as a version of their own, as the file
declares it, when the next change is made.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from evalkit.coding.codebook import Codebook, codebook_files, codebook_source, parse_codebook
from evalkit.coding.codebook_changes.change import CodebookChange, CodebookEdit
from evalkit.coding.codebook_changes.edit import keep_former_ids
from evalkit.coding.codebook_changes.layout import Layout
from evalkit.coding.learned.file import companions
from evalkit.coding.store import CodingStore, Step
from evalkit.coding.store.schema import RECORDS
from evalkit.errors import CodebookError, StoreError
from evalkit.shipped import codebook_path
from evalkit.study import Study
from evalkit.tables import write_whole

__all__ = [
    "RecordedChange",
    "change_codebook",
    "codebook_changes",
    "codebook_versions",
    "next_version",
    "own_codebook",
    "read_version",
    "record_change",
    "record_file",
    "settle_codebook",
    "undecided_codings",
    "unsettled",
]

_PLACE = ("document_id", "text_sha256", "start", "end", "coder", "polarity", "unit", "about_session")


@dataclass(frozen=True)
class RecordedChange:
    """A change of the codebook that the store has.

    Attributes
    ----------
    codebook : Codebook
        The codebook after it, with its new version.
    source : str
        Its text, for the file.
    change : CodebookChange
        What was done.
    n_recoded : int
        Codings that got another code.
    n_joined : int
        Codings that said the same as another one of the same person after that, and were marked as removed.
    conflicts : tuple of str
        Ids of codings of the same passage and person that now have the same code and different polarity.
    undecided : pandas.DataFrame
        Codings that a person has to decide on, as `undecided_codings` gives them.
    """

    codebook: Codebook
    source: str
    change: CodebookChange
    n_recoded: int
    n_joined: int
    conflicts: tuple[str, ...]
    undecided: pd.DataFrame


def next_version(version: str) -> str:
    """Return the version after one: its last number plus one.

    Parameters
    ----------
    version : str
        As declared in a codebook.

    Returns
    -------
    str
        A version that ends in no number gets ".1".

    Examples
    --------
    >>> next_version("1.4"), next_version("1.9"), next_version("2024-draft")
    ('1.5', '1.10', '2024-draft.1')
    """
    parts = re.fullmatch(r"(.*?)(\d+)", version, re.DOTALL)
    return f"{parts[1]}{int(parts[2]) + 1}" if parts else f"{version}.1"


def own_codebook(study: Study) -> Path:
    """Return the study's own codebook; a study without one gets a copy of what evalkit ships.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pathlib.Path
        A file that may be changed.
    """
    own = study.raw / "codebook.toml"
    if not own.is_file():
        shipped = codebook_path()
        for file in reversed(codebook_files(shipped)):  # the codebook last: with it the study has one of its own
            write_whole(own.with_name(file.name), file.read_bytes())
    return own


def change_codebook(
    path: Path, store: CodingStore, coder: str, operation: Callable[[str], CodebookEdit]
) -> RecordedChange:
    """Change a codebook: the store has the new version and the codings follow, then the file is written.

    Parameters
    ----------
    path : pathlib.Path
        The study's codebook.toml.
    store : CodingStore
        Of the study.
    coder : str
        Who changes it.
    operation : callable
        Gets the file's text and gives the edit, such as ``lambda source: rename_code(source, "a", "b")``.

    Returns
    -------
    RecordedChange
        What was done and what is left to decide.

    Raises
    ------
    CodebookError
        If the operation refuses, or file and store are not at the same version; nothing is changed then. Also if the
        file cannot be written: the store has the change then, and `settle_codebook` writes it later.
    StoreError
        If somebody else changed the codebook at the same time.
    """
    source = codebook_source(path)
    _refuse_unsettled(source, _versions(store))
    edit = operation(source)
    if edit.change.recode and companions(path)[1].is_file():
        edit = keep_former_ids(edit)
    if codebook_source(path) != source:
        raise CodebookError(f"{path.name}: somebody has edited the file just now. Nothing was changed; try again")
    recorded = record_change(store, edit, coder=coder)
    _write(path, recorded.source)
    return recorded


def record_change(store: CodingStore, edit: CodebookEdit, *, coder: str) -> RecordedChange:
    """Note a change in the store and let the codings follow it, in one step; the file is the caller's.

    Parameters
    ----------
    store : CodingStore
        The store.
    edit : CodebookEdit
        The change.
    coder : str
        Who makes it.

    Returns
    -------
    RecordedChange
        Its `source` has the new version and is what the file has to become.

    Raises
    ------
    CodebookError
        If the text that was changed is not at the store's version.
    StoreError
        If somebody else changed the codebook at the same time.
    """
    seen = _versions(store)
    _refuse_unsettled(edit.before, seen)
    before = parse_codebook(edit.before)
    source, after = _with_next_version(edit, before.version, {kept.version for kept in seen if not kept.removed})
    with store.step(coder) as step:
        _refuse_stale(step, seen)
        _note_by_hand(step, seen, before, edit.before)
        for kept in seen:
            # The latest can no longer be taken back, and what was taken back not be done again.
            if (kept is seen[-1] or kept.removed) and "followed" not in kept.change:
                step.change("codebooks", kept.id, {"change": json.dumps(kept.change | {"followed": True})})
        _add(step, after, source, edit.change, at=before.digest)
        n_recoded, n_joined, conflicts = _recode(step, edit.change.recode, after.codebook_version)
    undecided = undecided_codings(store)
    undecided = undecided[undecided["code"].isin(edit.change.undecided)].reset_index(drop=True)
    return RecordedChange(after, source, edit.change, n_recoded, n_joined, conflicts, undecided)


def record_file(path: Path, store: CodingStore, coder: str) -> str | None:
    """Note the codebook as it stands in the file, after edits made by hand.

    Parameters
    ----------
    path : pathlib.Path
        The study's codebook.toml.
    store : CodingStore
        The store.
    coder : str
        Who edited.

    Returns
    -------
    str or None
        The version noted; None if the store has this text as its latest.

    Raises
    ------
    CodebookError
        If the file is no valid codebook, or file and store are not at the same version.
    """
    source = codebook_source(path)
    book = parse_codebook(source, name=path.name)
    seen = _versions(store)
    _refuse_unsettled(source, seen)
    with store.step(coder) as step:
        _refuse_stale(step, seen)
        return book.version if _note_by_hand(step, seen, book, source) else None


def codebook_versions(store: CodingStore) -> pd.DataFrame:
    """Return the versions of the codebook that stand.

    Parameters
    ----------
    store : CodingStore
        The store.

    Returns
    -------
    pandas.DataFrame
        Columns version, digest, codebook_version, kind (of the change), codes (how many), coder, created_at; in order.
    """
    rows = [
        {
            "version": kept.version,
            "digest": kept.digest,
            "codebook_version": f"{kept.version}+{kept.digest[:8]}",
            "kind": kept.change["kind"],
            "codes": len(parse_codebook(kept.source).codes),
            "coder": kept.coder,
            "created_at": pd.Timestamp(kept.created_at),
        }
        for kept in _standing(store)
    ]
    types = dict.fromkeys(("version", "digest", "codebook_version", "kind"), "str") | {"codes": "int64", "coder": "str"}
    types["created_at"] = "datetime64[us, UTC]"
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def codebook_changes(store: CodingStore, after: str | None = None) -> list[CodebookChange]:
    """Return the changes that stand, in order, as `diff_codebooks` takes them.

    Parameters
    ----------
    store : CodingStore
        The store.
    after : str, optional
        Only those made after this version.

    Returns
    -------
    list of CodebookChange
        The first is "start" when `after` is not given.
    """
    standing = _standing(store)
    first = 0 if after is None else standing.index(_version(store, standing, after)) + 1
    return [CodebookChange.from_dict(kept.change) for kept in standing[first:]]


def read_version(store: CodingStore, version: str) -> tuple[str, Codebook]:
    """Return a version of the codebook.

    Parameters
    ----------
    store : CodingStore
        The store.
    version : str
        As declared ("1.4"; the latest of that name that stands), or as codings carry it ("1.4+0a1b2c3d").

    Returns
    -------
    str
        Its text.
    Codebook
        What the text says.

    Raises
    ------
    StoreError
        If the store has no such version.
    """
    source = _version(store, _standing(store), version).source
    return source, parse_codebook(source)


def unsettled(path: Path, store: CodingStore) -> str | None:
    """Say whether the codings are at another version of the codebook than the file.

    Parameters
    ----------
    path : pathlib.Path
        The study's codebook.toml.
    store : CodingStore
        The store.

    Returns
    -------
    str or None
        What is the matter and what to do, in one line; None if nothing is.
    """
    return _unsettled(codebook_source(path), _versions(store))


def settle_codebook(path: Path, store: CodingStore) -> str | None:
    """Write the version of the codebook that the codings are at.

    Parameters
    ----------
    path : pathlib.Path
        The study's codebook.toml.
    store : CodingStore
        The store.

    Returns
    -------
    str or None
        The version written; None if file and store were at the same one.

    Raises
    ------
    CodebookError
        If the file was edited by hand from an older version, so that writing would lose the edit.
    """
    seen = _versions(store)
    wanted = _codings_are_at(seen)
    if wanted is None:
        return None
    if path.is_file():
        source = codebook_source(path)
        told = _unsettled(source, seen)
        if told is None:
            return None
        if parse_codebook(source).digest not in {kept.digest for kept in seen}:
            raise CodebookError(told)
    _write(path, wanted.source)
    return wanted.version


def undecided_codings(store: CodingStore, codebook: Codebook | None = None) -> pd.DataFrame:
    """Return codings that a person has to decide on: their code was split or retired after they were made.

    Parameters
    ----------
    store : CodingStore
        The store.
    codebook : Codebook, optional
        When given, codings of codes that it lacks are listed too, whatever happened to them.

    Returns
    -------
    pandas.DataFrame
        Columns coding_id, document_id, start, end, code, polarity, coder, kind (of the change), version (that it made).
        A coding leaves the list when it gets another code or is removed.
    """
    codings = store.records("codings")
    found = [codings.iloc[:0].assign(kind="", version="")]
    for kept in _standing(store):
        hit = codings[codings["code"].isin(kept.change["undecided"]) & (codings["created_at"] <= kept.created_at)]
        found.append(hit.assign(kind=kept.change["kind"], version=kept.version))
    if codebook is not None:
        found.insert(1, codings[~codings["code"].isin(codebook.ids)].assign(kind="", version=""))
    columns = ["id", "document_id", "start", "end", "code", "polarity", "coder", "kind", "version"]
    table = pd.concat(found)[columns].rename(columns={"id": "coding_id"})
    return table.drop_duplicates("coding_id", keep="last").sort_index(ignore_index=True)


@dataclass(frozen=True)
class _Version:
    """A version as the store keeps it; `change` is what was done, with the digest of the text it was done `at`."""

    id: str
    version: str
    digest: str
    change: dict[str, Any]
    source: str
    coder: str
    created_at: str
    removed: bool


def _versions(store: CodingStore) -> list[_Version]:
    """Return every version ever noted, also those that were taken back; in order."""
    rows = store.records("codebooks", removed=True).to_dict("records")
    versions = [
        _Version(
            change=json.loads(row["change"]),
            removed=bool(row["removed"]),
            **{name: str(row[name]) for name in ("id", "version", "digest", "source", "coder", "created_at")},
        )
        for row in rows
    ]
    # A text and the change made to it are noted in one step and, on a slow clock, in one instant.
    return sorted(versions, key=lambda kept: (kept.created_at, not kept.change["by_hand"]))


def _standing(store: CodingStore) -> list[_Version]:
    return [kept for kept in _versions(store) if not kept.removed]


def _version(store: CodingStore, standing: list[_Version], version: str) -> _Version:
    named = [kept for kept in standing if version in (kept.version, f"{kept.version}+{kept.digest[:8]}")]
    if not named:
        known = ", ".join(kept.version for kept in standing) or "none"
        raise StoreError(f"{store.where}: has no version '{version}' of the codebook; it has {known}")
    return named[-1]


def _codings_are_at(seen: list[_Version]) -> _Version | None:
    """Return the version that the codings follow: the latest, or what those taken back were made from."""
    if not seen:
        return None
    n = len(seen) - 1
    while seen[n].removed and not seen[n].change["by_hand"]:
        n = max(m for m in range(n) if seen[m].digest == seen[n].change["at"])
    return seen[n]


def _unsettled(source: str, seen: list[_Version]) -> str | None:
    book, at = parse_codebook(source), _codings_are_at(seen)
    if at is None or at.digest == book.digest:
        return None
    if book.digest in {kept.digest for kept in seen}:
        return (
            f"codebook.toml: the file is at version {book.version}, the codings are at version {at.version}. Write "
            f"version {at.version} to the file (evalkit codebook settle), or take the last change back (undo)"
        )
    if book.version == at.version or book.version not in {kept.version for kept in seen}:
        return None  # edited by hand, from what the codings are at
    return (
        f"codebook.toml: the file was edited from version {book.version}, the codings are at version {at.version}. Put "
        f"the file aside, write version {at.version} (evalkit codebook settle), and make the edit in it"
    )


def _refuse_unsettled(source: str, seen: list[_Version]) -> None:
    told = _unsettled(source, seen)
    if told is not None:
        raise CodebookError(told)


def _refuse_stale(step: Step, seen: list[_Version]) -> None:
    """Refuse to build on versions that were read before somebody else's step."""
    table = RECORDS["codebooks"]
    now = step.connection.execute(sa.select(table.c.id, table.c.removed)).all()
    if {(str(id), bool(removed)) for id, removed in now} != {(kept.id, kept.removed) for kept in seen}:
        raise StoreError("codebooks: somebody has changed the codebook just now. Nothing was changed; try again")


def _note_by_hand(step: Step, seen: list[_Version], book: Codebook, source: str) -> bool:
    """Note the text that a change starts from, where it does not stand in the store."""
    at = _codings_are_at(seen)
    if at is not None and at.digest == book.digest and not at.removed:
        return False
    change = CodebookChange("start")
    if any(not kept.removed for kept in seen) and at is not None:
        known = parse_codebook(at.source).ids
        gone, new = (tuple(id for id in a if id not in b) for a, b in ((known, book.ids), (book.ids, known)))
        change = CodebookChange("edit", gone, new, undecided=gone)
    _add(step, book, source, change, at=None if at is None else at.digest, by_hand=True)
    return True


def _add(
    step: Step, book: Codebook, source: str, change: CodebookChange, *, at: str | None, by_hand: bool = False
) -> None:
    written = json.dumps(asdict(change) | {"at": at, "by_hand": by_hand}, ensure_ascii=False, sort_keys=True)
    step.add("codebooks", {"version": book.version, "digest": book.digest, "change": written, "source": source})


def _with_next_version(edit: CodebookEdit, before: str, taken: set[str]) -> tuple[str, Codebook]:
    version = edit.codebook.version if edit.codebook.version != before else next_version(before)
    while version in taken:
        version = next_version(version)
    layout = Layout(edit.source)
    layout.blocks[0].edit(lambda table: table.__setitem__("version", version))
    source = layout.text()
    return source, parse_codebook(source)


def _recode(step: Step, recode: Mapping[str, str], codebook_version: str) -> tuple[int, int, tuple[str, ...]]:
    """Give codings and memos on codes their new code; what then says the same twice is kept once."""
    if not recode:
        return 0, 0, ()
    table = RECORDS["codings"]
    live = sa.select(table).where(table.c.removed.is_(False), table.c.code.in_([*recode, *recode.values()]))
    rows = step.connection.execute(live.order_by(table.c.created_at, table.c.id)).mappings().all()
    n_recoded = n_joined = 0
    first: dict[tuple[Any, ...], str] = {}
    polarities: dict[tuple[Any, ...], dict[str, str]] = {}
    # Codings that have the code already come first, so that they are the ones that stay.
    for row in sorted(rows, key=lambda row: row["code"] in recode):
        code = recode.get(row["code"], row["code"])
        key = (code, *(row[column] for column in _PLACE))
        if row["code"] in recode and key in first:
            step.change("codings", row["id"], {"removed": True})
            n_joined += 1
            continue
        first[key] = row["id"]
        place = tuple(value for column, value in zip(("code", *_PLACE), key, strict=True) if column != "polarity")
        polarities.setdefault(place, {})[row["id"]] = row["polarity"]
        if row["code"] in recode:
            step.change("codings", row["id"], {"code": code, "codebook_version": codebook_version})
            n_recoded += 1
    _recode_memos(step, recode)
    conflicts = [id for signs in polarities.values() if len(set(signs.values())) > 1 for id in signs]
    return n_recoded, n_joined, tuple(conflicts)


def _recode_memos(step: Step, recode: Mapping[str, str]) -> None:
    table = RECORDS["memos"]
    on_codes = sa.select(table.c.id, table.c.subject).where(
        table.c.removed.is_(False), table.c.about == "code", table.c.subject.in_(list(recode))
    )
    for id, subject in step.connection.execute(on_codes).all():
        step.change("memos", id, {"subject": recode[subject]})


def _write(path: Path, source: str) -> None:
    """Write the file with the line ends and the byte order mark that it has."""
    old = path.read_bytes() if path.is_file() else b""
    text = source.replace("\n", "\r\n") if b"\r\n" in old else source
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    try:
        write_whole(path, mark + text.encode())
    except OSError as error:
        raise CodebookError(
            f"{path.name}: cannot be written ({error.strerror}), but the codings are at the new version. Make the file "
            "writable and write it (evalkit codebook settle), or take the change back (undo)"
        ) from None
