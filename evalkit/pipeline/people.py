"""What people judged, carried into the tables: from the store and the audit register to where the text is now.

The store itself is never changed by a run. Its part of a step's state is the number of its latest change, since the
file of a database in WAL mode need not change when its content does.
"""

import hmac
import json
import secrets
from pathlib import Path

import pandas as pd

from evalkit.coding import read_codebook, study_codebook
from evalkit.coding.audit_register import place_audit_codings
from evalkit.coding.codebook_changes import CodebookChange, codebook_changes, unsettled
from evalkit.coding.exports import code_matrix, quote_table, tidy_codings
from evalkit.coding.people import place_people
from evalkit.coding.store import CodingStore, has_store, open_store
from evalkit.errors import CodebookError, Finding, StoreError, UsageError
from evalkit.pipeline.engine import FOUNDATION, Step, code_hash
from evalkit.pipeline.ingest import findings_path, write_findings
from evalkit.study import Study
from evalkit.tables import as_csv, as_xlsx, empty_table, read_table, table_path, write_table, write_whole

__all__ = ["choose_place", "existing_store", "export_codings", "people_step", "record_name_decisions", "store_state"]

TABLES = ("people_codings", "readings", "unplaced")
_READS = ("documents", "segments", "audit_codings")


def store_state(study: Study, *kinds: str) -> str:
    """Tell which state of the store a step rests on.

    Parameters
    ----------
    study : Study
        The study.
    *kinds : str
        Kinds of records that matter.

    Returns
    -------
    str
        Changes when one of them changes.
    """
    if not has_store(study):
        return "no store"
    with open_store(study) as store:
        return f"{store.where} {store.state(*kinds)}"


def people_step(study: Study) -> Step:
    """Declare the step that places people's codings in the text as it is now.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Step
        Writes the tables people_codings, readings and unplaced.
    """

    def place() -> None:
        documents, segments, register = (read_table(study, name) for name in _READS)
        unplaced, kept = empty_table("unplaced"), None
        if has_store(study):
            with open_store(study) as store:
                kept = place_people(store, documents, segments)
                register = register.assign(code=_followed(register["code"], codebook_changes(store)))
        codings, readings, findings = place_audit_codings(register, documents, segments, codes=_codes(study))
        if kept is not None:
            codings = _joined("people_codings", codings, kept.codings)
            readings = _joined("readings", readings, kept.readings).drop_duplicates(["segment_id", "coder", "sample"])
            unplaced = kept.unplaced
        for name, table in zip(TABLES, (codings, readings, unplaced), strict=True):
            write_table(study, name, table)
        write_findings(study, "people", [*findings, *_unplaced_finding(study, unplaced), *_codebook_finding(study)])

    return Step(
        "people",
        place,
        reads=[*(table_path(study, name) for name in _READS), study_codebook(study)],
        writes=[*(table_path(study, name) for name in TABLES), findings_path(study, "people")],
        state=code_hash("coding", *FOUNDATION) + store_state(study, "codings", "readings", "codebooks"),
    )


def export_codings(
    study: Study, out: Path, *, what: str = "codings", who: str = "people", internal: bool = False
) -> int:
    """Write codings as a tidy table for another program.

    Parameters
    ----------
    study : Study
        A study whose tables are built.
    out : pathlib.Path
        A .csv or .xlsx file.
    what : {"codings", "matrix", "quotes"}, default "codings"
        One row a coding, one row a segment and coder with 0 and 1 per code, or the quotes that may be shown.
    who : str, default "people"
        "people", "rules", or names of coders with commas between.
    internal : bool, default False
        Whether quotes whose people agreed to internal use only are among the quotes.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError
        If the ending, the kind of table or a coder is not known.
    """
    if out.suffix not in (".csv", ".xlsx"):
        raise UsageError(f"--out {out.name}: the ending is not known; use .csv or .xlsx")
    documents, segments = read_table(study, "documents"), read_table(study, "segments")
    codings = _codings_of(study, who)
    codebook = read_codebook(study_codebook(study))
    if what == "codings":
        table = tidy_codings(codings, segments, documents, codebook, lang=study.lang)
    elif what == "matrix":
        table = code_matrix(codings, segments, codebook, readings=_readings_of(study, who))
    elif what == "quotes":
        table = quote_table(codings, segments, documents, codebook, internal=internal, lang=study.lang)
    else:
        raise UsageError(f"--what {what}: not known; use codings, matrix or quotes")
    write_whole(out, as_csv(table) if out.suffix == ".csv" else as_xlsx({what: table}))
    return len(table)


def choose_place(study: Study, id: str, candidate: int, *, coder: str) -> None:
    """Decide where something judged in an older text stands now.

    Parameters
    ----------
    study : Study
        A study whose tables are built.
    id : str
        The record, as in the table `unplaced`; its first six signs are enough.
    candidate : int
        Which of its candidates, from 1; 0 says that it is gone, and removes it.
    coder : str
        Who decides.

    Raises
    ------
    UsageError
        If there is no such record or candidate.
    """
    if len(id) < 6:
        raise UsageError(f"--id {id}: give at least six signs of it; see: evalkit codings unplaced")
    waiting = read_table(study, "unplaced")
    found = waiting[waiting["record_id"].str.startswith(id)]
    if len(found) != 1:
        raise UsageError(f"--id {id}: {len(found)} records wait under that id; see: evalkit codings unplaced")
    row = found.iloc[0]
    places = json.loads(row["candidates"])
    if not 0 <= candidate <= len(places):
        raise UsageError(
            f"--candidate {candidate}: there are {len(places)}; give 1 to {len(places)}, or 0 if it is gone"
        )
    kind = f"{row['kind']}s"
    with open_store(study) as store:
        if candidate == 0:
            store.remove(kind, row["record_id"], coder=coder)
            return
        documents = read_table(study, "documents").set_index("document_id")
        start, end = places[candidate - 1]
        text = documents.loc[row["document_id"], "text"]
        store.move(kind, row["record_id"], text=text, start=start, end=end, coder=coder)


def record_name_decisions(study: Study, decisions: pd.DataFrame, *, coder: str) -> int:
    """Note in the store which names were decided on, by whom and when, without the names.

    Parameters
    ----------
    study : Study
        The study.
    decisions : pandas.DataFrame
        What the evaluator has decided, see `evalkit.privacy.read_decisions`.
    coder : str
        Who decided.

    Returns
    -------
    int
        How many are new or different.
    """
    if decisions.empty:
        return 0
    salt_path = study.private / "salt"
    if not salt_path.is_file():
        write_whole(salt_path, secrets.token_bytes(32))
    # A name is easily guessed from a plain hash of it; the salt never leaves the private folder.
    salt = salt_path.read_bytes()
    decided = {
        hmac.new(salt, f"{row['word']}\x1f{row['reason']}".encode(), "sha256").hexdigest()[:24]: row["decision"]
        for row in decisions.to_dict("records")
    }
    with open_store(study) as store:
        return store.decide("pseudonym", decided, coder=coder)


def existing_store(study: Study) -> CodingStore:
    """Open the study's store if there is one.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    CodingStore
        Open.

    Raises
    ------
    StoreError
        If nobody has judged anything yet.
    """
    if not has_store(study):
        raise StoreError("there are no codings by people yet. Code in JupyterLab, or import a sheet: evalkit sample")
    return open_store(study)


def _codings_of(study: Study, who: str) -> pd.DataFrame:
    if who == "rules":
        return read_table(study, "codings")
    codings = read_table(study, "people_codings")
    if who == "people":
        return codings
    names = [name.strip() for name in who.split(",")]
    known = sorted({*codings["coder"], *read_table(study, "readings")["coder"]})
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"coder '{unknown[0]}' has coded nothing here; the coders are {', '.join(known) or 'none'}")
    return codings[codings["coder"].isin(names)]


def _readings_of(study: Study, who: str) -> pd.DataFrame:
    readings = read_table(study, "readings")
    if who == "rules":
        return readings.iloc[:0]
    return readings if who == "people" else readings[readings["coder"].isin([n.strip() for n in who.split(",")])]


def _codes(study: Study) -> tuple[str, ...] | None:
    try:
        return read_codebook(study_codebook(study)).ids
    except CodebookError:
        return None  # a finding of its own says so


def _followed(codes: "pd.Series[str]", changes: list[CodebookChange]) -> "pd.Series[str]":
    """Return the codes of a register under their present ids: it was typed before they were renamed or merged."""
    for change in changes:
        codes = codes.replace(dict(change.recode))
    return codes


def _joined(name: str, *tables: pd.DataFrame) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else empty_table(name)


def _codebook_finding(study: Study) -> list[Finding]:
    """Say that people's codings are at another version of the codebook than the file."""
    if not has_store(study) or _codes(study) is None:
        return []
    with open_store(study) as store:
        said = unsettled(study_codebook(study), store)
    if said is None:
        return []
    what, _, advice = said.removeprefix("codebook.toml: ").partition(". ")
    return [Finding("problem", "data/raw/codebook.toml", None, what, advice)]


def _unplaced_finding(study: Study, unplaced: pd.DataFrame) -> list[Finding]:
    if unplaced.empty:
        return []
    documents = unplaced["document_id"].nunique()
    what = f"{len(unplaced)} codings and readings in {documents} corrected documents have no certain place any more"
    where = "data/codings.sqlite" if "://" not in str(study.store_address) else "the store"
    return [Finding("notice", where, None, what, "Decide on each: evalkit codings unplaced")]
