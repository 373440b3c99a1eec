"""Small tables written by hand, with every column of their schema."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pandas as pd

from evalkit.coding.codebook import Code, Codebook, Cycle, Matrix
from evalkit.study import Text
from evalkit.tables import schema_columns, validate_table

T = Text(sv="x", en="x")
CODES = ("mandat", "tid", "mal", "motstand", "tyst")
_PLAIN = {
    "documents": {"kind": "intervju", "verbatim": "yes", "consent": "internal", "path": "x", "encoding": "utf-8"}
    | {"source_sha256": "x", "text": "x", "text_sha256": "x"},
    "segments": {"start": 0, "end": 1, "role": "informant", "text": "ett två tre"},
    "codings": {"start": 0, "end": 1, "polarity": "+", "quote": "x", "coder": "rule", "rule": "r"}
    | {"codebook_version": "1", "document_id": "d"},
}


def table(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Fill in what a row does not say and check the whole against the schema."""
    given = list(rows)
    columns = {
        column: pd.Series([row.get(column, _PLAIN[name].get(column)) for row in given], dtype=dtype)
        for column, dtype in schema_columns(name).items()
    }
    return validate_table(name, pd.DataFrame(columns))


def documents(*rows: dict[str, Any]) -> pd.DataFrame:
    return table("documents", rows)


def segments(*rows: dict[str, Any]) -> pd.DataFrame:
    return table("segments", rows)


def codings(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Write codings as (segment, code, polarity)."""
    return table(
        "codings",
        (
            {"coding_id": f"c{i}", "segment_id": segment, "code": code, "polarity": sign}
            for i, (segment, code, sign) in enumerate(rows)
        ),
    )


def small_corpus() -> SimpleNamespace:
    """Three documents: A of session 1, B of session 2, and notes of no unit and no session."""
    return SimpleNamespace(
        documents=documents(
            {"document_id": "d1", "unit": "A", "session": 1, "date": "2031-03-01"},
            {"document_id": "d2", "unit": "B", "session": 2, "kind": "gruppsamtal", "date": "2031-04-10"},
            {"document_id": "d3", "kind": "motesanteckning"},
        ),
        segments=segments(
            {"segment_id": "s1", "document_id": "d1", "text": "vad tycker ni ?", "role": "intervjuare"},
            {"segment_id": "s2", "document_id": "d1", "text": "vi har mandat – och tid", "about_session": 2},
            {"segment_id": "s3", "document_id": "d2", "text": "inget mandat alls", "unit": "A", "about_session": 1},
            {"segment_id": "s4", "document_id": "d2", "text": "motstånd mot målet 2031 !", "about_session": 2},
            {"segment_id": "s5", "document_id": "d3", "text": "tre ord här", "role": "anteckning"},
        ),
        codings=codings(
            ("s2", "mandat", "+"),
            ("s2", "tid", "+"),
            ("s3", "mandat", "-"),
            ("s4", "motstand", "?"),
            ("s4", "mal", "+"),
            ("s5", "mandat", "+"),
            ("s1", "mandat", "+"),
        ),
        codebook=Codebook(
            version="1",
            language="sv",
            codes=tuple(
                Code(id=i, name=Text(sv=i.title(), en=i)) for i in ("mandat", "tid", "mal", "motstand", "tyst")
            ),
            groupings=(
                Matrix(id="m", name=T, rows=(T, T), columns=(T, T), cells=(("mandat", "tid"), ("mal", "tyst"))),
                Cycle(id="r", name=T, steps=("mandat", "tid", "mal"), hub="tyst", between=("motstand",)),
            ),
        ),
    )
