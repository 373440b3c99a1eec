"""Schemas (pandera) of every table that crosses a boundary between two rooms.

Long and tidy. `SCHEMAS[name]` validates a table; `SCHEMAS[name].unique` is its key. Texts are pandas strings, whole
numbers the nullable Int64, dates datetime64; proportions lie between 0 and 1.
"""

import pandas as pd
import pandera.pandas as pa

from evalkit.errors import TableError

__all__ = ["REGISTERS", "SCHEMAS", "schema_columns", "validate_table"]

KINDS = ("intervju", "gruppsamtal", "motesanteckning", "faltanteckning", "hemuppgift", "skriftligt", "okant")
ROLES = ("informant", "intervjuare", "handledare", "anteckning")
PARTIES = ("host", "participant", "funder", "evaluator")
POLARITIES = ("+", "-", "?")
CONSENTS = ("none", "internal", "quote")
ACTIVITY_STATUS = ("held", "dropped", "swapped", "added")
EVIDENCE = ("said", "shown", "observed")
PRECISION = ("day", "month", "season", "unknown")
HOURS_KINDS = ("preparation", "session", "between")
PHASES = ("in", "out")


def _column(dtype: str, *, nullable: bool, check: pa.Check | None = None) -> pa.Column:
    # pandera renames dtypes (str becomes string[pyarrow]); the pandas name is kept beside it.
    return pa.Column(dtype, checks=check, nullable=nullable, metadata={"dtype": dtype})


def _text(*, nullable: bool = False, among: tuple[str, ...] = ()) -> pa.Column:
    return _column("str", nullable=nullable, check=pa.Check.isin(among) if among else None)


def _whole(*, nullable: bool = False, minimum: int | None = 0) -> pa.Column:
    return _column("Int64", nullable=nullable, check=None if minimum is None else pa.Check.ge(minimum))


def _real(*, nullable: bool = False, minimum: float | None = None) -> pa.Column:
    return _column("float64", nullable=nullable, check=None if minimum is None else pa.Check.ge(minimum))


def _date(*, nullable: bool = False) -> pa.Column:
    return _column("datetime64[us]", nullable=nullable)


def _truth(*, nullable: bool = False) -> pa.Column:
    return _column("boolean", nullable=nullable)


def _table(name: str, columns: dict[str, pa.Column], *, key: list[str]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, name=name, unique=key, strict=True, ordered=True)


def _register(name: str, columns: dict[str, pa.Column], *, key: list[str]) -> pa.DataFrameSchema:
    origin = {"source_file": _text(), "source_row": _whole(minimum=1)}
    return _table(name, columns | origin, key=key)


def _codings(name: str) -> pa.DataFrameSchema:
    """Return the schema of codings, whether rules or people made them."""
    return _table(
        name,
        {
            "coding_id": _text(),
            "document_id": _text(),
            "segment_id": _text(),
            "start": _whole(),
            "end": _whole(),
            "code": _text(),
            "polarity": _text(among=POLARITIES),
            "quote": _text(),
            "coder": _text(),
            "rule": _text(nullable=True),
            "unit": _text(nullable=True),
            "about_session": _whole(nullable=True),
            "codebook_version": _text(),
            "created_at": _date(nullable=True),
        },
        key=["coding_id"],
    )


_DERIVED = [
    _table(
        "documents",
        {
            "document_id": _text(),
            "kind": _text(among=KINDS),
            "unit": _text(nullable=True),
            "session": _whole(nullable=True),
            "date": _date(nullable=True),
            "verbatim": _text(among=("yes", "asr", "notes")),
            "consent": _text(among=CONSENTS),
            "path": _text(),
            "encoding": _text(),
            "source_sha256": _text(),
            "text": _text(),
            "text_sha256": _text(),
        },
        key=["document_id"],
    ),
    _table(
        "speakers",
        {
            "document_id": _text(),
            "label": _text(),
            "role": _text(among=ROLES),
            "unit": _text(nullable=True),
            "party": _text(nullable=True, among=PARTIES),
        },
        key=["document_id", "label"],
    ),
    _table(
        "segments",
        {
            "segment_id": _text(),
            "document_id": _text(),
            "start": _whole(),
            "end": _whole(),
            "speaker": _text(nullable=True),
            "role": _text(among=ROLES),
            "unit": _text(nullable=True),
            "party": _text(nullable=True, among=PARTIES),
            "about_session": _whole(nullable=True),
            "t_start": _real(nullable=True, minimum=0),
            "question": _text(nullable=True),
            "text": _text(),
        },
        key=["segment_id"],
    ),
    _codings("codings"),
    _codings("people_codings"),
    # Who has read which segment: a segment that was read and got no code is a judgement too. `independent` = the
    # coder saw neither the rules' codings nor anybody else's, and the segment was not chosen for being informative.
    _table(
        "readings",
        {
            "segment_id": _text(),
            "document_id": _text(),
            "coder": _text(),
            "independent": _truth(),
            "sample": _text(nullable=True),
            "stratum": _text(nullable=True),
            "probability": _real(nullable=True, minimum=0),
            "read_at": _date(nullable=True),
        },
        key=["segment_id", "coder", "sample"],
    ),
    # What people judged in a text that has since been corrected, where the new place is not certain.
    _table(
        "unplaced",
        {
            "record_id": _text(),
            "kind": _text(among=("coding", "reading")),
            "document_id": _text(),
            "start": _whole(),
            "end": _whole(),
            "coder": _text(),
            "code": _text(nullable=True),
            "status": _text(among=("uncertain", "lost")),
            "reason": _text(),
            "candidates": _text(),
        },
        key=["record_id"],
    ),
]

_REGISTERS = [
    _register(
        "people",
        {
            "person_id": _text(),
            "unit": _text(nullable=True),
            "role_home": _text(nullable=True),
            "role_project": _text(nullable=True),
            "from": _date(nullable=True),
            "to": _date(nullable=True),
            "consent": _text(among=CONSENTS),
        },
        key=["person_id"],
    ),
    _register(
        "enrolment",
        {
            "unit": _text(),
            "enrolled_on": _date(nullable=True),
            "left_after_session": _whole(nullable=True),
            "left_by_session": _whole(nullable=True),
            "group": _text(nullable=True),
            "supervisor": _text(nullable=True),
        },
        key=["unit"],
    ),
    _register(
        "judgements",
        {
            "unit": _text(),
            "what": _text(),
            "judged_on": _date(),
            "judged_by": _text(),
            "value": _text(),
            "source": _text(nullable=True),
            "evidence": _text(nullable=True),
        },
        key=["unit", "what", "judged_on", "judged_by"],
    ),
    _register(
        "attendance",
        {
            "unit": _text(),
            "session": _whole(),
            "n_present": _whole(),
            "group": _text(nullable=True),
            "supervisor": _text(nullable=True),
        },
        key=["unit", "session"],
    ),
    _register(
        "assessments",
        {
            "unit": _text(),
            "session": _whole(),
            "tool": _text(),
            "rater": _text(),
            "level": _whole(nullable=True, minimum=None),
            "basis": _text(nullable=True),
            "rated_on": _date(nullable=True),
            "blind": _truth(nullable=True),
            "evidence": _text(nullable=True),
        },
        key=["unit", "session", "tool", "rater"],
    ),
    _register(
        "implementation",
        {
            "unit": _text(),
            "tool": _text(),
            "date": _date(),
            "status": _text(),
            "evidence": _text(among=EVIDENCE),
        },
        key=["unit", "tool", "date"],
    ),
    _register(
        "positions",
        {
            "session": _whole(),
            "phase": _text(among=PHASES),
            "statement": _text(),
            "zone": _text(nullable=True),
            "participant": _text(nullable=True),
            "unit": _text(nullable=True),
            "distance_cm": _real(nullable=True, minimum=0),
            "n": _whole(nullable=True),
        },
        key=["session", "phase", "statement", "zone", "participant"],
    ),
    _register(
        "activities",
        {
            "session": _whole(),
            "day": _whole(minimum=1),
            "start": _text(),
            "end": _text(nullable=True),
            "planned_minutes": _real(nullable=True, minimum=0),
            "activity": _text(),
            "presenter": _text(nullable=True),
            "tool_demonstrated": _text(nullable=True),
            "status": _text(among=ACTIVITY_STATUS),
            "reason": _text(nullable=True),
        },
        key=["session", "day", "start"],
    ),
    _register(
        "contacts",
        {
            "date": _date(),
            "unit": _text(),
            "supervisor": _text(),
            "mode": _text(nullable=True),
            "initiative": _text(nullable=True),
        },
        key=["date", "unit", "supervisor"],
    ),
    _register(
        "events",
        {
            "event": _text(),
            "date": _date(nullable=True),
            "date_precision": _text(among=PRECISION),
            "after_session": _whole(nullable=True),
            "kind": _text(nullable=True),
            "source": _text(nullable=True),
        },
        key=["event"],
    ),
    _register(
        "interventions",
        {
            "intervention": _text(),
            "date": _date(nullable=True),
            "after_session": _whole(nullable=True),
            "advice": _text(),
            "uptake": _text(nullable=True),
        },
        key=["intervention"],
    ),
    _register(
        "indicators",
        {
            "unit": _text(),
            "indicator": _text(),
            "date": _date(),
            "value": _real(),
            "target": _real(nullable=True),
            "source": _text(nullable=True),
        },
        key=["unit", "indicator", "date"],
    ),
    _register(
        "hours",
        {
            "party": _text(),
            "session": _whole(),
            "kind": _text(among=HOURS_KINDS),
            "hours": _real(minimum=0),
        },
        key=["party", "session", "kind"],
    ),
    _register(
        "audit_codings",
        {
            "document": _text(),
            "turn": _whole(minimum=1),
            "quote": _text(),
            "session": _whole(nullable=True),
            "coder": _text(),
            "code": _text(nullable=True),
            "polarity": _text(nullable=True, among=POLARITIES),
            "probability": _real(minimum=0),
            "blind": _truth(nullable=True),
        },
        key=["document", "turn", "quote", "coder", "code"],
    ),
]

REGISTERS: tuple[str, ...] = tuple(schema.name for schema in _REGISTERS)
SCHEMAS: dict[str, pa.DataFrameSchema] = {schema.name: schema for schema in (*_DERIVED, *_REGISTERS)}


def schema_columns(name: str) -> dict[str, str]:
    """Return the columns of a table in order, each with its pandas dtype.

    Parameters
    ----------
    name : str
        Name of the table.

    Returns
    -------
    dict of str to str
        Column to dtype.
    """
    return {column: spec.metadata["dtype"] for column, spec in SCHEMAS[name].columns.items()}


def validate_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Check a table against its schema.

    Parameters
    ----------
    name : str
        Name of the table.
    table : pandas.DataFrame
        The rows.

    Returns
    -------
    pandas.DataFrame
        The same rows.

    Raises
    ------
    TableError
        If a column is missing or unknown, a value is outside its domain, or a key stands twice; the message names
        the columns and counts the rows.
    """
    try:
        SCHEMAS[name].validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        first = cases.iloc[0]
        # The value itself is not shown: it may be somebody's words.
        raise TableError(
            f"{name}: {len(cases)} values break the schema, first: column '{first['column']}', "
            f"check {first['check']}. Correct the step that makes this table."
        ) from None
    return table
