"""What the report calls the columns of what it shows, and the values they hold."""

import csv
import re

import nbformat
import pandas as pd
import pytest

from evalkit.report.columns import COLUMNS, VALUES, column_label, for_reader, text_table
from evalkit.report.render import details
from tests.conftest import ROOT

SAVED = sorted([*ROOT.glob("reports/figures/*.csv"), *ROOT.glob("reports/tables/*.csv")])


def columns_of(path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def base(name: str) -> str:
    return name.removesuffix("_sv").removesuffix("_en")


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_every_saved_column_has_swedish_words(path) -> None:
    names = [name for name in columns_of(path) if name != "row_id"]
    assert not [name for name in names if base(name) not in COLUMNS], "give it words in evalkit/report/columns.py"


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_no_two_columns_of_a_table_have_the_same_words(path, lang) -> None:
    shown = for_reader(pd.DataFrame(columns=columns_of(path)), lang)
    assert list(shown) == list(dict.fromkeys(shown))
    assert "row_id" not in shown


def test_what_the_notebooks_print_has_swedish_words() -> None:
    sources = [
        cell.source
        for path in ROOT.glob("notebooks/0*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    lists = re.findall(r"columns = \[(.*?)\]|\[\[(.*?)\]\]", "\n".join(sources), re.DOTALL)
    names = set(re.findall(r'"(\w+)"', " ".join("".join(pair) for pair in lists)))
    assert len(names) > 30
    assert names <= set(COLUMNS)


def test_a_printed_table_is_in_the_readers_words_and_numbers() -> None:
    table = pd.DataFrame({"share": [0.123], "left": [True], "rests_on": [("a",)], "state": ["gap"]})
    sv, en = (text_table(table, lang=lang) for lang in ("sv", "en"))
    assert sv.split() == ["andel", "lämnade", "läge", "0,12", "ja", "saknas"]
    assert en.split() == ["share", "left", "state", "0.12", "yes", "gap"]
    many = pd.DataFrame({"cost": [1245000.0, None], "supervisors": [("T1", "T2"), ()], "session": pd.array([1, None])})
    expected = "cost supervisors session 1,245,000 T1, T2 1 – –"
    assert text_table(many, lang="en").split() == expected.split()


def test_there_is_something_to_hold_it_against() -> None:
    assert len(SAVED) > 60


def test_a_reader_sees_one_language_and_words_for_fixed_values() -> None:
    table = pd.DataFrame(
        {
            "name_sv": ["avgift"],
            "name_en": ["fee"],
            "state": ["may have left"],
            "statement": ["left"],
            "row_id": ["1"],
            "nap": [0.5],
        }
    )
    before = table.copy()
    assert for_reader(table, "sv").to_dict("records") == [
        {"namn": "avgift", "läge": "kan ha lämnat", "påstående": "left", "NAP": 0.5}
    ]
    assert for_reader(table, "en").to_dict("records") == [
        {"name": "fee", "state": "may have left", "statement": "left", "NAP": 0.5}
    ]
    assert table.equals(before)
    page = details(table.assign(rests_on="a b c d e"), "figures/x.csv", lang="sv", longest=5)
    assert "kan ha lämnat" in page
    assert "a, b, c, d … (5)" in page


def test_a_column_nobody_named_keeps_its_own_name() -> None:
    assert column_label("own_new_column", "sv") == "own new column"
    assert all(words == words.strip() and words for words in [*COLUMNS.values(), *VALUES.values()])
