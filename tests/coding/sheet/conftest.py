"""A sample of ten segments in a store, its sheet, and somebody who fills it in."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from evalkit.coding.audit_sample import AuditSample, draw_audit_sample
from evalkit.coding.codes import Code, Codebook
from evalkit.coding.present_samples import PresentSample
from evalkit.coding.sheet import coding_sheet
from evalkit.coding.sheet.layout import headings
from evalkit.coding.store import CodingStore
from evalkit.coding.stored_samples import save_sample
from evalkit.study import Text
from tests.coding.texts import as_table, coding, documents_and_segments

NAMES = {"mandat": "Mandat", "driv": "Driv", "koherens": "Koherens: helhet", "driv_2": "driv"}
BOOK = Codebook(
    "1.0",
    "sv",
    tuple(
        Code(id, Text(sv=name, en=f"{name} (en)"), definition=Text(sv="Vad.", en="What.")) for id, name in NAMES.items()
    ),
    digest="a" * 64,
)
TEXTS = {
    "d1": [
        "Hur gick det hemma?",
        "Vi hade inte mandat alls,\nmen chefen stod  bakom oss.",
        "=1+1 är två, och =HYPERLINK ska inte bli en länk.",
        "+46 sa hon. Sen hände inget.",
    ],
    "d2": ["- Ja, precis.", "Ja 🙂 precis. Ja, precis.", "@alla: kom i tid!", "_x0041_ stod det på lappen."],
    "d3": ["Tavlan hänger kvar.", '"Vi gör det", sa nämnden.', "Ingen vet var helheten är.", "Driv? Jo, driv fanns."],
}
DOCUMENTS, SEGMENTS = documents_and_segments(TEXTS, unit="K01", session=2)
SEGMENTS.loc[0, "role"] = "intervjuare"
SEGMENTS.loc[1, "question"] = "d1#0001"
CODINGS = as_table(
    "codings",
    [coding(SEGMENTS, "d1#0002", "mandat", "mandat", coder="rules", codebook_version=BOOK.codebook_version)],
)
PERIODS = pd.DataFrame({"segment_id": SEGMENTS["segment_id"], "period": "first"})


def draw(seed: int = 4) -> AuditSample:
    return draw_audit_sample(SEGMENTS, CODINGS, codebook=BOOK, periods=PERIODS, n=10, seed=seed)


def present(sample: AuditSample) -> PresentSample:
    """The sample in texts that nobody has corrected."""
    return PresentSample(sample, sample.table.assign(present_id=sample.table["segment_id"]), ())


class Sheet:
    """A coding sheet opened as a person would, by headings and row numbers."""

    def __init__(self, content: bytes, lang: Any = "sv") -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        self.tab = self.book["Kodning" if lang == "sv" else "Coding"]
        self.columns = {name: number for number, name in enumerate(headings(), start=1)}

    def fill(self, row: int, **answers: str) -> None:
        for name, value in answers.items():
            cell = self.tab.cell(row, self.columns[name], value)
            cell.data_type = "s"  # what is typed into a cell of texts is a text

    def save(self, path: Path) -> Path:
        self.book.save(path)
        return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CodingStore]:
    with CodingStore(tmp_path / "codings.sqlite") as opened:
        yield opened


@pytest.fixture
def sample(store: CodingStore) -> AuditSample:
    return save_sample(store, draw(), DOCUMENTS, name="våren", coder="A")


@pytest.fixture
def sheet(sample: AuditSample) -> Sheet:
    return sheet_of(sample)


def sheet_of(sample: AuditSample, coder: str = "B", lang: Any = "sv", book: Codebook = BOOK) -> Sheet:
    return Sheet(coding_sheet(present(sample), SEGMENTS, book, coder=coder, title="Ett litet projekt", lang=lang), lang)


def row_of(sample: AuditSample, segment_id: str) -> int:
    return sample.table["segment_id"].tolist().index(segment_id) + 2
