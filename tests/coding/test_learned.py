"""The learned coder: against a plain one, on odd input, with broken files; the shipped file from its examples."""

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from evalkit.coding import apply_codebook, check_codebook, codebook_files, learn_codebook, read_codebook
from evalkit.coding.codebook_changes import merge_codes, rename_code
from evalkit.coding.codebook_changes.edit import keep_former_ids
from evalkit.coding.codes import Codebook
from evalkit.coding.learned.coder import learned_codings
from evalkit.coding.learned.examples import PASSAGE, passages, sentences
from evalkit.coding.learned.features import Kinds, fit_features
from evalkit.coding.learned.file import LETTERS, read_counts, write_counts
from evalkit.corpus.tokens import tokenise
from evalkit.errors import CodebookError
from evalkit.tables import validate_table
from tests.coding.plain_learned import PlainCoder, PlainFeatures, dot
from tests.coding.test_matching import segments_of

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "raw" / "codebook.toml"

CODEBOOK = """
version = "1"
[lists]
tid = ["tid", "timme", "kalender", "klocka"]
chef = ["chef", "direktör", "ledning"]

[[codes]]
id = "resurser"
name = "Resurser"
rules = [{ id = "resurser.ord", words = ["resurs*"] }]

[[codes]]
id = "stod"
name = "Stöd"

[[codes]]
id = "chefsstod"
name = "Chefsstöd"
parent = "stod"
"""

TIME = [
    "Vi har ingen tid.",
    "Timmarna räcker inte till.",
    "Kalendern är full.",
    "Det fanns tid avsatt.",
    "Klockan går.",
]
BOSS = [
    "Chefen står bakom oss.",
    "Direktören kom och lyssnade.",
    "Ledningen syns aldrig.",
    "Min chef frågar hur det går.",
]
NOTHING = ["Bussen gick till torget.", "Kaffet var slut.", "Det regnade hela dagen.", "Vi åt soppa och bröd."]


def examples() -> list[dict]:
    rows = []
    for number in range(8):
        for text in TIME:
            said = f"{text} Och så kom nummer {number}."
            shown = {"code": "resurser", "polarity": "+" if "avsatt" in text else "-", "quote": text}
            rows.append({"text": said, "codes": [shown]})
        for text in BOSS:
            rows.append(
                {
                    "text": f"{text[:-1]} i grupp {number}.",
                    "codes": [{"code": "chefsstod", "polarity": "-" if "aldrig" in text else "+"}],
                }
            )
        rows.append(
            {
                "text": f"Hade chefen tid för grupp {number}?",
                "codes": [{"code": c, "polarity": "?"} for c in ("chefsstod", "resurser")],
            }
        )
        rows += [{"text": f"{text} Det var {number} grader.", "codes": []} for text in NOTHING]
    return [{"id": f"e{n}", "speaker": "informant", **row} for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    (folder / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in examples())
    (folder / "codebook.examples.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    learn_codebook(folder / "codebook.toml")
    return folder


@pytest.fixture(scope="module")
def book(folder) -> Codebook:
    return read_codebook(folder / "codebook.toml")


@pytest.fixture
def copy(folder, tmp_path) -> Path:
    for path in codebook_files(folder / "codebook.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path / "codebook.toml"


def test_it_codes_what_no_rule_names_and_the_codes_above(book):
    codings = apply_codebook(
        segments_of(["Nej. Kalendern är full, tiden räcker inte.", "Min chef frågar hur det går varje vecka."]), book
    )
    said = codings.sort_values(["segment_id", "code"])[["segment_id", "code", "polarity", "quote", "rule", "coder"]]
    assert said.to_numpy().tolist() == [
        ["s00000", "resurser", "-", "Kalendern är full, tiden räcker inte.", "resurser~learned", "rules"],
        ["s00001", "chefsstod", "+", "Min chef frågar hur det går varje vecka.", "chefsstod~learned", "rules"],
        ["s00001", "stod", "+", "Min chef frågar hur det går varje vecka.", "chefsstod~learned", "rules"],
    ]
    validate_table("codings", codings)


def test_where_a_rule_codes_its_place_stands(book):
    codings = apply_codebook(segments_of(["Vi har ingen tid, inga resurser alls."]), book)
    assert codings[["code", "quote", "rule"]].to_numpy().tolist() == [["resurser", "resurser", "resurser.ord"]]


@pytest.fixture(scope="module")
def weighed(tmp_path_factory) -> Codebook:
    """A codebook whose rule is right half the time, and 60 examples of each half to tell them by."""
    folder = tmp_path_factory.mktemp("weighed")
    path = folder / "codebook.toml"
    path.write_text(CODEBOOK.replace('["resurs*"]', '["kalender*", "almanack*"]'), encoding="utf-8")
    rows = [{**row, "id": f"a-{row['id']}"} for row in examples()]
    for number in range(60):
        full, cats = f"Kalendern är full i grupp {number}.", f"Kalendern har katter på sida {number}."
        shown = [{"code": "resurser", "polarity": "-"}]
        for hand in ("b", "c", "d"):
            rows.append({"id": f"{hand}-{number}f", "text": full, "codes": shown, "blind": True})
            rows.append({"id": f"{hand}-{number}k", "text": cats, "codes": [], "blind": True})
    lines = [json.dumps({"speaker": "informant", **row}, ensure_ascii=False) for row in rows]
    (folder / "codebook.examples.jsonl").write_text("\n".join(lines), encoding="utf-8")
    learn_codebook(path)
    return read_codebook(path)


def test_rules_and_learned_coder_decide_together(weighed):
    learned = weighed.learned
    assert learned.weighs_rules
    assert learned.decision[-2] > 0
    segments = segments_of(["Kalendern är full.", "Kalendern har katter.", "Klockan går.", "Almanackan är full."])
    codings = apply_codebook(segments, weighed)
    assert codings[["segment_id", "polarity", "rule"]].to_numpy().tolist() == [
        ["s00000", "-", "resurser.ord"],
        ["s00002", "-", "resurser~learned"],
        ["s00003", "-", "resurser.ord"],
    ]
    alone = apply_codebook(segments, replace(weighed, learned=None))
    assert alone["segment_id"].tolist() == ["s00000", "s00001", "s00003"]
    check = check_codebook(segments, weighed)
    assert check.table[["matches", "segments", "held_back"]].to_numpy().tolist() == [[3, 3, 1]]
    assert check_codebook(segments, replace(weighed, learned=None)).table["held_back"].tolist() == [0]


def test_a_learned_code_that_was_renamed_is_no_longer_coded_and_touches_no_other(weighed):
    codes = tuple(replace(code, id="tid") if code.id == "resurser" else code for code in weighed.codes)
    segments = segments_of(["Klockan går.", "Kalendern har katter.", "Min chef frågar hur det går varje vecka."])
    codings = apply_codebook(segments, replace(weighed, codes=codes))
    assert ["s00000", "tid"] not in codings[["segment_id", "code"]].to_numpy().tolist()
    assert ["s00001", "tid"] in codings[["segment_id", "code"]].to_numpy().tolist()  # its rules decide alone again


@pytest.mark.parametrize("again", [False, True], ids=["as learned", "learned again"])
def test_what_was_learned_holds_for_a_code_that_was_renamed_or_took_another_in(copy, again):
    """Codings before and after a mere change of ids are the same, and so are they when the ids are learned anew."""
    segments = segments_of(["Klockan går.", "Kalendern har katter.", "Min chef frågar hur det går varje vecka."])
    before = apply_codebook(segments, read_codebook(copy))
    assert {"resurser", "stod"} <= set(before["code"])
    source = copy.read_text(encoding="utf-8")
    renamed = keep_former_ids(rename_code(source, "resurser", "nytt"))
    merged = keep_former_ids(merge_codes(source, ["resurser"], "stod"))
    for edit, to in ((renamed, {"resurser": "nytt"}), (merged, {"resurser": "stod"})):
        copy.write_text(edit.source, encoding="utf-8")
        if again:
            learn_codebook(copy)
        after = apply_codebook(segments, read_codebook(copy))
        expected = {(id, to.get(code, code)) for id, code in before[["segment_id", "code"]].to_numpy().tolist()}
        found = {tuple(pair) for pair in after[["segment_id", "code"]].to_numpy().tolist()}
        assert found == expected if not again else len(found) > 0


def test_rules_that_match_too_few_examples_keep_deciding_alone(book):
    assert not book.learned.weighs_rules
    codings = apply_codebook(segments_of(["Bussen till torget har inga resurser."]), book)
    assert codings[["code", "polarity", "rule"]].to_numpy().tolist() == [["resurser", "+", "resurser.ord"]]


def test_an_edited_list_changes_what_rules_find_and_not_what_was_learned(copy):
    before = read_codebook(copy)
    copy.write_text(CODEBOOK.replace('"klocka"', '"klocka", "almanacka"'), encoding="utf-8")
    after = read_codebook(copy)
    assert after.lists != before.lists
    assert after.learned == before.learned
    assert after.learned.lists == before.lists
    learn_codebook(copy)
    assert read_codebook(copy).learned.lists == after.lists


def test_the_interviewer_is_never_coded(book):
    assert apply_codebook(segments_of(["Har ni tid?", "Vi har ingen tid."], ["intervjuare"] * 2), book).empty


WORDS = ["vi", "har", "ingen", "tid", "chefen", "kom", "aldrig", "och", "kalendern", "var", "full", "bussen"]
TEXTS = st.lists(
    st.sampled_from([*WORDS, "Tid.", "Chefen!", "tid?", "Vi", "åt", "…", "–", "«å»", "\n", "x" * 40]), max_size=120
)


RULED = st.dictionaries(st.sampled_from(["resurser", "chefsstod"]), st.sampled_from("+-?"))


@settings(max_examples=60)
@given(TEXTS.map(" ".join), RULED)
def test_it_codes_as_the_plain_coder_does(book, text, rules):
    plain = PLAIN.setdefault(id(book), PlainCoder(book.learned)).code(text, rules)
    learned = book.learned
    found = learned_codings([text], tokenise([text]), learned, may_code=np.array([True]))
    coded = {}
    for code, start, end, logit, signs in zip(
        found.code.tolist(), found.start.tolist(), found.end.tolist(), found.logit, found.signs, strict=True
    ):
        id_ = learned.codes[code]
        if logit >= (learned.limit_of_rules if id_ in rules else learned.limit):
            given = learned.rule_signs["+-?".index(rules[id_])] if id_ in rules else 0
            coded[id_] = (start, end, "+-?"[int(np.argmax(signs + given))])
    assert coded == plain


PLAIN: dict[int, PlainCoder] = {}
# Signs that stand for the edges of a word, letters beyond two bytes, and letters that were never seen.
ODD = st.text("ab<>åé\n \U0001d4d0-.", max_size=40)


@settings(max_examples=60)
@given(st.lists(TEXTS.map(" ".join) | ODD, min_size=1, max_size=8), st.lists(ODD, max_size=3))
def test_features_are_those_of_the_plain_coder(texts, others):
    lists = {"tid": ("tid", "kalender"), "chef": ("chef", "tid"), "a": ("a", "ab")}
    known = tokenise(texts)
    features = fit_features(known, known.texts, known.n_texts, Kinds(lists))
    tokens = tokenise(texts + others)
    matrix = features.matrix(tokens, tokens.texts, tokens.n_texts)
    plain = PlainFeatures(texts, lists)
    of = [plain.of(text) for text in texts + others]
    assert (matrix @ matrix.T).toarray() == pytest.approx(np.array([[dot(a, b) for a in of] for b in of]))
    weights = np.random.default_rng(1).normal(size=(len(features), 3))
    projected = features.project(features.types(tokens), tokens.texts, tokens.n_texts, weights)
    assert projected == pytest.approx(matrix @ weights)


@settings(max_examples=20)
@given(st.lists(TEXTS.map(" ".join), max_size=6))
def test_segments_do_not_depend_on_each_other_or_their_order(book, texts):
    segments = segments_of(texts)
    together = apply_codebook(segments, book)
    assert_frame_equal(apply_codebook(segments.iloc[::-1], book), together)
    apart = [apply_codebook(segments.iloc[[row]], book) for row in range(len(segments))]
    assert sum(map(len, apart)) == len(together)
    assert sorted(id for table in apart for id in table["coding_id"]) == sorted(together["coding_id"])


def test_empty_corpora(book):
    assert apply_codebook(segments_of([]), book).empty
    assert apply_codebook(segments_of(["", "   ", "…"]), book).empty


def test_one_segment_of_a_million_characters(book):
    text = "Bussen gick till torget. " * 40_000 + "Kalendern är full."
    begin = time.process_time()
    codings = apply_codebook(segments_of([text]), book)
    assert codings["quote"].tolist() == ["Kalendern är full."]
    assert time.process_time() - begin < 20  # about 1 s where it was written


def test_a_long_turn_is_judged_passage_by_passage():
    text = " ".join(f"Mening nummer {n} har sju ord till." for n in range(30))
    parts = passages(text)
    assert all(len(text[a:b].split()) <= PASSAGE for a, b in parts)
    assert " ".join(text[a:b] for a, b in parts) == text
    assert passages("ord " * 200) == [(0, 799)]
    assert [text[a:b] for text in ['Ja! "Nej." Och…'] for a, b in sentences(text)] == [("Ja!"), ('"Nej."'), ("Och…")]


def test_without_a_learned_file_only_rules_code(copy):
    with_learned = read_codebook(copy)
    copy.with_name("codebook.learned.json").unlink()
    alone = read_codebook(copy)
    assert alone.learned is None
    assert apply_codebook(segments_of(["Vi har ingen tid."]), alone).empty
    assert alone.codebook_version != with_learned.codebook_version
    assert read_codebook(copy, learned=False) == alone


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: "{", "is not a learned codebook"),
        (lambda text: "[]", "is not a learned codebook"),
        (lambda text: text.replace('"format": 2', '"format": 99'), "has format 99, this evalkit reads 2"),
        (lambda text: text.replace('"codes"', '"kodes"'), "is broken"),
        (lambda text: text.replace('"intercepts": [', '"intercepts": [0.5, '), "is broken"),
        (lambda text: text.replace('"polarity_intercepts": [', '"polarity_intercepts": [NaN, '), "is broken"),
        (lambda text: re.sub(r'"threshold": [0-9.]+', '"threshold": 1.0', text), "is broken"),
        (lambda text: text.replace('"lists": {', '"lists": {"x": "abc",'), "is broken"),
        (lambda text: text.replace('"decision": [', '"decision": [0.5, '), "is broken"),
        (lambda text: text.replace('"counts": [\n', '"counts": [\n"0",\n', 1), "is broken"),
    ],
)
def test_a_broken_learned_file_is_one_clear_line(copy, change, said):
    path = copy.with_name("codebook.learned.json")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CodebookError, match=said) as caught:
        read_codebook(copy)
    assert str(caught.value).startswith("CodebookError: codebook.learned.json")
    assert "learn again" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nej", "line 1: needs id, speaker, text and codes"),
        (
            '{"id": "a", "speaker": "informant", "text": "Hej", "codes": [{"code": "b", "polarity": "x"}]}',
            "polarity must",
        ),
        (
            '{"id": "a", "speaker": "x", "text": "Hej", "codes": [{"code": "b", "polarity": "+", "quote": "då"}]}',
            "a quote is not in its text",
        ),
    ],
)
def test_a_broken_example_is_one_clear_line_without_its_text(copy, line, said):
    copy.with_name("codebook.examples.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CodebookError, match=said) as caught:
        learn_codebook(copy)
    assert "Hej" not in str(caught.value)


def test_other_examples_and_too_few_are_refused(copy):
    path = copy.with_name("codebook.examples.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(CodebookError, match="was learned from other examples"):
        read_codebook(copy)
    path.write_text("".join(lines[:10]), encoding="utf-8")
    with pytest.raises(CodebookError, match="no code has 20 examples"):
        learn_codebook(copy)
    path.unlink()
    with pytest.raises(CodebookError, match="cannot be read"):
        read_codebook(copy)


def test_learning_again_gives_the_same_bytes(copy):
    path = copy.with_name("codebook.learned.json")
    before = path.read_bytes()
    learn_codebook(copy)
    assert path.read_bytes() == before


@settings(max_examples=50)
@given(st.lists(st.lists(st.floats(0, 1e4), min_size=3, max_size=3), min_size=1, max_size=8), st.randoms())
def test_counts_written_and_read_differ_by_less_than_a_step(values, random):
    size = np.array(values)
    positive = np.array([[random.random() < 0.5 for _ in row] for row in values])
    counts = np.where(positive, size, -size)
    again = read_counts(*write_counts(counts, positive), positive)
    largest = np.where(positive, np.where(positive, size, 0).max(axis=0), np.where(positive, 0, size).max(axis=0))
    # A step on the scale of square roots, and the five digits of the largest count.
    assert np.all(
        np.abs(np.sqrt(np.abs(again)) - np.sqrt(size)) <= np.sqrt(largest) * (0.51 / (len(LETTERS) - 1) + 1e-5) + 1e-9
    )
    assert np.all(np.sign(again) * np.sign(counts) >= 0)


@pytest.mark.slow
def test_the_shipped_file_follows_from_the_shipped_examples(tmp_path):
    for path in codebook_files(SHIPPED):
        shutil.copy(path, tmp_path)
    path = learn_codebook(tmp_path / "codebook.toml")
    shipped, again = (json.loads(p.read_text(encoding="utf-8")) for p in (codebook_files(SHIPPED)[2], path))
    # Another processor may round otherwise, which now and then moves a letter by one step.
    for key in ("counts", "polarity_counts"):
        letters = [[[LETTERS.index(x) for x in row] for row in said.pop(key)] for said in (shipped, again)]
        assert np.abs(np.subtract(*letters)).max() <= 1
    for key in ("decision", "signs", "intercepts", "polarity_intercepts"):
        assert np.array(shipped.pop(key)) == pytest.approx(np.array(again.pop(key)), rel=0.02, abs=0.01)
    for key in ("largest", "polarity_largest"):
        assert np.array(shipped.pop(key)) == pytest.approx(np.array(again.pop(key)), rel=0.02)
    measured = [pd.DataFrame(said.pop("measured")) for said in (shipped, again)]
    assert np.abs(measured[0] - measured[1]).to_numpy().max() <= 0.02
    assert shipped == again


@pytest.mark.slow
def test_a_hundred_thousand_words_take_seconds():
    book = read_codebook(SHIPPED)
    texts = [example.text for example in book.learned.examples] * 2
    segments = segments_of([f"{text} Så sa de i grupp {n}." for n, text in enumerate(texts)])
    tokens = tokenise(segments["text"].tolist())
    learned_codings(["Hej."], tokenise(["Hej."]), book.learned, may_code=np.array([True]))
    begin = time.process_time()
    learned_codings(segments["text"].tolist(), tokens, book.learned, may_code=np.ones(len(segments), dtype=bool))
    assert len(tokens) / (time.process_time() - begin) > 20_000  # words per second
