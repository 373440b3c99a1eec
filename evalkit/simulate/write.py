"""A programme → a study's folder on disk, and the truth beside it, outside data/."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import UsageError
from evalkit.simulate.audit import audit_codings
from evalkit.simulate.compose import compose_documents
from evalkit.simulate.documents import Document, numbered_paragraphs, true_codings
from evalkit.simulate.programme import Programme
from evalkit.study import STUDY_FILE
from evalkit.tables import write_whole

__all__ = ["write_programme"]

CANNOT_JUDGE = "kan ej bedöma"


def write_programme(
    programme: Programme,
    folder: Path,
    *,
    bank: pd.DataFrame | None = None,
    scale: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write the raw files that an evaluator would have, and the truth apart from them.

    Parameters
    ----------
    programme : Programme
        With all registers, simulated from a study.
    folder : pathlib.Path
        The study's folder to make; it must not hold a study.
    bank : pandas.DataFrame, optional
        Sentences; default those that evalkit ships.
    scale : int, default 1
        How many times as many documents.
    progress : callable, optional
        Called with 1 after each file.

    Returns
    -------
    list of pathlib.Path
        The files written: data/raw with study.toml, registers, transcripts, notes and homework, and truth/. The same
        programme gives the same bytes.

    Raises
    ------
    UsageError
        If the folder holds a study, the programme belongs to none, or it lacks registers.
    """
    study = programme.truth.study
    if study is None:
        raise UsageError("only a programme of a study can be written; simulate from default_truth(study)")
    if (folder / STUDY_FILE).exists():
        raise UsageError(f"'{folder}' holds a study already; give a folder that does not")
    missing = [name for name in ("attendance", "activities", "assessments", "contacts", "positions", "people")
               if name not in programme.registers]  # fmt: skip
    if missing:
        raise UsageError(f"the register '{missing[0]}' was not simulated; simulate the programme with all registers")
    written = []
    documents: list[Document] = []
    for path, content in _files(programme, (study.root / STUDY_FILE).read_bytes(), documents, bank=bank, scale=scale):
        write_whole(folder / path, content)
        written.append(folder / path)
        if progress:
            progress(1)
    return written


def _files(
    programme: Programme, study_file: bytes, documents: list[Document], *, bank: pd.DataFrame | None, scale: int
) -> Iterator[tuple[str, bytes]]:
    yield STUDY_FILE, study_file
    for name, table in programme.registers.items():
        yield f"data/raw/registers/{name}.csv", _csv(_as_typed(name, table, programme))
    for document in compose_documents(programme, bank=bank, scale=scale):
        documents.append(document)
        yield document.path, document.to_bytes()
    audit = audit_codings(documents, programme.truth, seed=programme.seed)
    yield "data/raw/registers/audit_codings.csv", _csv(audit.assign(blind="ja"))
    yield "truth/truth.json", _parameters(programme)
    yield "truth/units.csv", _csv(programme.actual.unit_table(programme.truth))
    yield "truth/levels.csv", _csv(programme.actual.level_table(programme.truth))
    yield "truth/codings.csv", _csv(true_codings(documents))
    yield "truth/documents.csv", _csv(_document_table(documents))


def _as_typed(name: str, table: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Return a register as somebody typed it: no origin, dates as days, yes and no in Swedish."""
    typed = table.drop(columns=["source_file", "source_row"])
    for column, dtype in typed.dtypes.items():
        if dtype == "boolean":
            typed[column] = typed[column].map({True: "ja", False: "nej"})
        elif str(dtype).startswith("datetime64"):
            typed[column] = typed[column].dt.strftime("%Y-%m-%d")
        elif dtype == "float64":
            typed[column] = typed[column].map("{:g}".format, na_action="ignore")
    if name == "assessments":
        typed["level"] = typed["level"].astype("object").where(typed["level"].notna(), CANNOT_JUDGE)
    if name == "people":
        typed.insert(1, "name", [person.name for person in programme.people])
        typed.insert(2, "also", [person.also for person in programme.people])
    return typed


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _document_table(documents: list[Document]) -> pd.DataFrame:
    rows = [
        {
            "document": document.path,
            "kind": document.kind,
            "unit": document.unit,
            "session": document.session,
            "date": document.date,
            "turns": len(numbered_paragraphs(document)),
            "words": sum(len(paragraph.text.split()) for paragraph in document.paragraphs),
        }
        for document in documents
    ]
    return pd.DataFrame(rows)


def _parameters(programme: Programme) -> bytes:
    truth = programme.truth
    values: dict[str, Any] = {f.name: getattr(truth, f.name) for f in dataclasses.fields(truth) if f.name != "study"}
    values["tools"] = [dataclasses.asdict(tool) for tool in truth.tools]
    values |= {
        "seed": programme.seed,
        "shocks": programme.actual.shocks.tolist(),
        "rater_bias_drawn": programme.actual.rater_bias.tolist(),
    }
    return (json.dumps(values, default=_as_json, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _as_json(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
