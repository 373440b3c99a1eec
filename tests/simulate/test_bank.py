import json
from itertools import pairwise

import pandas as pd
import pytest

from evalkit.errors import TableError
from evalkit.simulate.bank import COLUMNS, SLOTS, read_bank

ITEM = {
    "id": "x1",
    "text": "{chef} sa ja.",
    "codes": [["ledningsstod", "+"]],
    "role": "informant",
    "genre": "intervju",
    "topic": "forutsattningar",
    "phase": "any",
    "half": "train",
}


@pytest.fixture(scope="module")
def bank():
    return read_bank()


@pytest.fixture(scope="module")
def coded(bank):
    rows = bank.explode("codes").dropna(subset="codes").reset_index(drop=True)
    return rows.assign(code=rows["codes"].str[0], polarity=rows["codes"].str[1])


def write_bank(path, *items):
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
    return path


def test_bank_is_large_and_every_code_has_its_items(bank, coded):
    assert list(bank.columns) == list(COLUMNS)
    assert len(bank) >= 900
    counts = coded["code"].value_counts()
    assert len(counts) == 37
    assert counts.min() >= 16


def test_polarities_are_mixed_within_every_code_but_the_event(coded):
    kinds = coded.groupby("code")["polarity"].nunique()
    assert (kinds.drop("ledarskifte") == 3).all()
    assert coded["polarity"].value_counts(normalize=True)["+"] < 0.7


def test_many_items_carry_no_code_and_questions_never_do(bank):
    codeless = bank[bank["codes"].str.len() == 0]
    assert (codeless["role"] != "intervjuare").sum() >= 150
    questions = bank[bank["role"] == "intervjuare"]
    assert len(questions) >= 80
    assert (questions["codes"].str.len() == 0).all()


def test_halves_are_even_within_every_code(coded):
    halves = pd.crosstab(coded["code"], coded["half"])
    assert ((halves["train"] - halves["test"]).abs() <= 2).all()


def test_no_two_items_are_near_the_same(bank):
    # Two items that differ by one swapped word share all words but one on each side.
    words = [frozenset(text.casefold().split()) for text in bank["text"]]
    by_word = {}
    for place, some in enumerate(words):
        for word in some:
            by_word.setdefault(word, []).append(place)
    near = set()
    for place, some in enumerate(words):
        if len(some) < 5:
            continue
        rare = sorted(some, key=lambda word: len(by_word[word]))[:2]
        for other in {other for word in rare for other in by_word[word]} - {place}:
            if len(some - words[other]) <= 1 and len(words[other] - some) <= 1:
                near.add((place, other))
    assert not near


def test_items_vary_in_length_and_opening(bank):
    lengths = bank["text"].str.split().str.len()
    assert lengths.max() <= 60
    assert lengths.quantile(0.1) <= 8
    assert lengths.quantile(0.9) >= 22
    openings = bank["text"].str.split().str[:2].str.join(" ")
    assert openings.value_counts(normalize=True).iloc[0] <= 0.03


def test_slots_stand_in_about_a_sixth_of_the_items_and_names_take_no_genitive(bank):
    assert 0.12 <= bank["text"].str.contains("{", regex=False).mean() <= 0.22
    assert not bank["text"].str.contains(r"\}s\b").any()
    found = set(bank["text"].str.extractall(r"\{(\w+)\}")[0])
    assert found == SLOTS


def test_ids_are_in_order(bank):
    assert all(first < second for first, second in pairwise(bank["id"]))


def test_nothing_is_taken_from_the_gold_set(bank, shared):
    def runs(text, length=6):
        words = "".join(sign if sign.isalnum() else " " for sign in text.casefold()).split()
        return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}

    with (shared / "gold" / "segments.jsonl").open(encoding="utf-8") as lines:
        gold = set().union(*(runs(json.loads(line)["text"]) for line in lines))
    assert not [item for item, text in zip(bank["id"], bank["text"], strict=True) if runs(text) & gold]


def test_phase_may_be_left_out(tmp_path):
    item = {key: value for key, value in ITEM.items() if key != "phase"}
    (row,) = read_bank(write_bank(tmp_path / "b.jsonl", item)).to_dict("records")
    assert row["phase"] == "any"
    assert row["codes"] == (("ledningsstod", "+"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"half": "dev"}, "line 1 .id=x1.: half 'dev' is not one of train, test"),
        ({"role": "chef"}, "role 'chef'"),
        ({"genre": "brev"}, "genre 'brev'"),
        ({"phase": "later"}, "phase 'later'"),
        ({"codes": [["mandat", "±"]]}, "polarity of mandat"),
        ({"codes": [["mandat", "+"], ["mandat", "-"]]}, "a code stands twice"),
        ({"codes": "mandat"}, "not a list of pairs"),
        ({"role": "intervjuare"}, "carries no code"),
        ({"text": "{rektor} sa ja."}, "slot 'rektor' is unknown"),
        ({"text": "{chef sa ja."}, "curly bracket"),
        ({"text": "  "}, "'text' is empty"),
        ({"mood": "glad"}, "field 'mood'"),
        ({"codes": [["vilja", "+"]]}, "code vilja is not in the codebook"),
    ],
)
def test_refuses_what_is_not_allowed(tmp_path, change, message):
    path = write_bank(tmp_path / "b.jsonl", ITEM | change)
    with pytest.raises(TableError, match=message):
        read_bank(path, known_codes={"mandat", "ledningsstod"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "Något annat."}, "the id x1 stands twice"),
        ({"id": "x2", "text": "{chef}  SA ja."}, "the text stands twice"),
    ],
)
def test_refuses_twins(tmp_path, change, message):
    with pytest.raises(TableError, match=f"line 2 .*{message}"):
        read_bank(write_bank(tmp_path / "b.jsonl", ITEM, ITEM | change))


def test_refuses_a_line_that_is_no_object(tmp_path):
    path = tmp_path / "b.jsonl"
    path.write_text('{"id": \n', encoding="utf-8")
    with pytest.raises(TableError, match="line 1: not JSON"):
        read_bank(path)
    path.write_text("[1]\n", encoding="utf-8")
    with pytest.raises(TableError, match="not a JSON object"):
        read_bank(path)


def test_errors_never_carry_the_words(tmp_path):
    path = write_bank(tmp_path / "b.jsonl", ITEM | {"half": "dev", "text": "hemligt yttrande"})
    with pytest.raises(TableError) as caught:
        read_bank(path)
    assert "hemligt" not in str(caught.value)
