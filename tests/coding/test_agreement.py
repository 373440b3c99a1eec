"""Agreement between coders: counts by hand, what counts and what does not, properties, the gold set."""

import importlib.util

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas.testing import assert_frame_equal, assert_series_equal

from evalkit.coding.agreement import (
    coder_agreement,
    coder_unitizing,
    cohen_kappa,
    disagreements,
    gwet_ac1,
    plan_agreement,
    segments_of_spans,
)
from evalkit.coding.codes import Code, Codebook
from evalkit.errors import EstimationError, TableError
from evalkit.inference import wilson
from evalkit.study import Text
from evalkit.tables import validate_table
from tests.coding.made_up_coders import TEXT, codings_of, drawn, readings_of, segments_of, table

NUMBERS = ["f1", "f1_ci_low", "f1_ci_high", "alpha", "alpha_ci_low", "alpha_ci_high", "kappa", "deff"]


def rows(agreement):
    return agreement.table.set_index("code")


def test_counts_by_hand():
    segments = segments_of([4, 4])
    ids = segments["segment_id"].tolist()
    said = [
        ("A", ids[0], "x"), ("B", ids[0], "x"), ("A", ids[1], "x"), ("B", ids[4], "x"), ("A", ids[5], "x"),
        ("B", ids[5], "x"), ("A", ids[6], "ensam"),
    ]  # fmt: skip
    agreement = coder_agreement(codings_of(said, segments), readings_of(segments, "AB"), segments)
    x, alone, both = agreement.table.to_dict("records")[1], rows(agreement).loc["ensam"], agreement.table.iloc[-1]
    assert [x[name] for name in ("read", "documents", "coded", "both", "only_a", "only_b")] == [8, 2, 4, 2, 1, 1]
    assert x["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert x["kappa"] == pytest.approx(cohen_kappa([[2, 1], [1, 4]]))
    assert x["rests_on"] == ("c00000", "c00001", "c00002", "c00003", "c00004", "c00005")
    assert (alone["f1"], alone["only_a"], alone["why"]) == (0, 1, "few segments")
    assert pd.isna(both["code"])
    assert [both[name] for name in ("read", "coded", "both", "only_a", "only_b")] == [8, 5, 2, 2, 1]
    assert both["f1"] == pytest.approx(4 / 7)
    assert agreement.table["row_id"].tolist() == ["ensam", "x", ""]
    assert agreement.pairs["row_id"].tolist() == ["A:B:ensam", "A:B:x", "A:B:"]
    assert_frame_equal(agreement.pairs[NUMBERS], agreement.table[NUMBERS])


def test_the_interval_is_wilsons_of_jaccard_at_the_effective_size():
    # Ten documents, in each two segments coded by both; in one of them the four others were coded by A alone.
    segments = segments_of([6] * 10)
    by_both = segments.groupby("document_id").head(2)["segment_id"]
    by_a = segments.groupby("document_id").tail(4).head(4)["segment_id"]
    said = [(coder, id, "x") for id in by_both for coder in "AB"] + [("A", id, "x") for id in by_a]
    row = coder_agreement(codings_of(said, segments), readings_of(segments, "AB"), segments).table.iloc[0]
    either, both = np.array([6, *[2] * 9]), np.full(10, 2)
    jaccard = both.sum() / either.sum()
    variance = 10 / 9 * ((both - jaccard * either) ** 2).sum() / either.sum() ** 2
    deff = variance / (jaccard * (1 - jaccard) / 24)
    expected = wilson(20 / deff, 24 / deff, df=9)
    assert deff > 2
    assert row["deff"] == pytest.approx(deff)
    assert (1 - row["f1_ci_low"]) / (1 + expected.ci_low) == pytest.approx(
        (1 - expected.ci_low) / (1 + expected.ci_low) ** 2
    )
    assert row["f1_ci_high"] == pytest.approx(2 * expected.ci_high / (1 + expected.ci_high))
    share = 44 / 120
    assert row["alpha_ci_low"] == pytest.approx(1 - 119 / 120 * (1 - row["f1_ci_low"]) / (1 - share))
    assert row["alpha"] == pytest.approx(1 - 119 / 120 * (1 - row["f1"]) / (1 - share))


def test_polarity_can_belong_to_the_judgement():
    segments = segments_of([3])
    ids = segments["segment_id"].tolist()
    said = [
        ("A", ids[0], "x", "+"), ("B", ids[0], "x", "-"), ("A", ids[1], "x", "+"), ("B", ids[1], "x", "+"),
        ("A", ids[2], "x", "+"), ("A", ids[2], "x", "-"), ("B", ids[2], "x", "-"),
    ]  # fmt: skip
    tables = codings_of(said, segments), readings_of(segments, "AB"), segments
    code, polarity = (coder_agreement(*tables, level=level).table.iloc[0] for level in ("code", "polarity"))
    assert (code["f1"], code["both"]) == (1, 3)
    assert [polarity[name] for name in ("read", "coded", "both", "only_a", "only_b")] == [3, 3, 2, 2, 1]
    assert polarity["f1"] == pytest.approx(2 * 2 / 7)
    listed = disagreements(*tables)
    assert listed["segment_id"].tolist() == [ids[0], ids[2]]
    assert listed["differ"].tolist() == ["polarity", "polarity"]
    assert listed["polarities"].tolist() == [("+", "-"), ("+-", "-")]


def test_a_coding_counts_for_the_segment_with_most_of_its_tokens():
    segments = segments_of([3, 1])
    whole = codings_of([("A", "d000#0000", "x")] * 6, segments)
    long = len(TEXT) + 2
    spans = [
        (len(TEXT) - 4, long + 10),  # one word of the first, two of the second
        (len(TEXT) - 12, long + 10),  # two of each: the first
        (0, 2 * long + 3),  # the first two whole: the first
        (long, long + 5),  # named wrongly: it lies in the second
        (len(TEXT), long),  # nothing but white space: what it names
        (2 * long + 1, 2 * long + 2),  # part of a word, in the third
    ]
    codings = whole.assign(start=[a for a, _ in spans], end=[b for _, b in spans])
    codings = codings.astype({"start": "Int64", "end": "Int64"})
    names = segments_of_spans(codings, segments).str[-1].tolist()
    assert names == ["1", "0", "0", "1", "0", "2"]
    assert segments_of_spans(codings.iloc[:0], segments).empty
    reading = readings_of(segments, "AB")
    both = pd.concat([codings.iloc[[0]], codings.iloc[[3]].assign(coder="B", coding_id="b")])
    assert rows(coder_agreement(both, reading, segments)).loc["x", "both"] == 1


def test_only_independent_readings_and_only_people_count():
    segments = segments_of([2, 2])
    ids = segments["segment_id"].tolist()
    said = [(coder, id, "x") for coder in "AB" for id in ids]
    codings = codings_of(said, segments)
    readings = readings_of(segments, "AB")
    seen = readings.assign(
        independent=readings["independent"] & ~((readings["coder"] == "B") & (readings["segment_id"] == ids[0]))
    )
    agreement = coder_agreement(codings, seen.astype({"independent": "boolean"}), segments)
    assert agreement.left_out == 1
    assert agreement.segments == 3
    assert "1 kodning utan oberoende läsning" in agreement.caption()
    assert "1 coding without an independent reading" in agreement.caption("en")
    unread = coder_agreement(codings, readings[readings["segment_id"] != ids[3]], segments)
    assert (unread.segments, unread.left_out) == (3, 2)
    # A rule's coding is nobody's judgement, even under a coder's name.
    ruled = codings.assign(rule=["r", *[None] * 7]).astype({"rule": "str"})
    assert rows(coder_agreement(ruled, readings, segments)).loc["x", "only_b"] == 1


def test_a_segment_read_and_not_coded_is_a_no_and_an_unread_one_is_nothing():
    segments = segments_of([4])
    ids = segments["segment_id"].tolist()
    readings = readings_of(segments, "AB")
    readings = readings[~((readings["coder"] == "B") & readings["segment_id"].isin(ids[2:]))]
    row = coder_agreement(codings_of([("A", id, "x") for id in ids], segments), readings, segments).table.iloc[0]
    assert [row[name] for name in ("read", "coded", "both", "only_a")] == [2, 2, 0, 2]


def test_intervals_are_refused_where_there_is_too_little():
    def first(sizes, coded):
        segments = segments_of(sizes)
        ids = segments.groupby("document_id").head(coded)["segment_id"]
        said = [(coder, id, "x") for coder in "AB" for id in ids]
        return coder_agreement(codings_of(said, segments), readings_of(segments, "AB"), segments, codes=["x", "y"])

    few, narrow, enough = first([5] * 11, 1), first([5] * 4, 3), first([5] * 6, 2)
    assert few.table["why"].tolist() == ["few segments", "never coded", "few segments"]
    assert narrow.table["why"].tolist()[0] == "few documents"
    assert enough.table["why"].tolist()[0] == ""
    for refused in (few, narrow):
        row = refused.table.iloc[0]
        assert (row["f1"], row["both"]) == (1, row["coded"])
        assert row[["f1_ci_low", "f1_ci_high", "alpha_ci_low", "alpha_ci_high", "deff"]].isna().all()
        assert "täckte" not in refused.sentence()
        assert "1 kod har för lite underlag" in refused.sentence()
        assert "1 code was never used" in refused.sentence("en")
    assert enough.table["f1_ci_low"].iloc[0] < 1 == enough.table["f1_ci_high"].iloc[0]
    assert enough.why("few segments") == "färre än 12 kodade segment"
    assert enough.why("") == ""


def test_a_pair_that_shares_nothing_is_said_to_share_nothing():
    segments = segments_of([2, 2, 2])
    first, second, third = segments.groupby("document_id").groups
    readings = readings_of(segments, "ABC")
    apart = {"A": (first, second), "B": (second, third), "C": (third,)}
    readings = readings[[row["document_id"] in apart[row["coder"]] for row in readings.to_dict("records")]]
    agreement = coder_agreement(codings_of([("A", "d001#0000", "x")], segments), readings, segments)
    assert agreement.coders == ("A", "B", "C")
    pairs = agreement.pairs[agreement.pairs["code"] == "x"].set_index(["coder_a", "coder_b"])
    assert pairs["read"].tolist() == [2, 0, 2]
    assert pairs["why"].tolist() == ["few segments", "not read", "never coded"]
    assert agreement.table["only_a"].isna().all()
    assert agreement.table["kappa"].isna().all()


def test_coders_are_chosen_by_name_and_errors_say_which():
    segments = segments_of([2])
    readings = readings_of(segments, "ABC")
    codings = codings_of([("A", "d000#0000", "x"), ("C", "d000#0000", "x"), ("D", "d000#0000", "y")], segments)
    chosen = coder_agreement(codings, readings, segments, coders=["C", "A"])
    assert chosen.coders == ("C", "A")
    assert rows(chosen).index.dropna().tolist() == ["x"]
    with pytest.raises(TableError, match=r"coder 'D' has no independent readings; those who have: A, B, C"):
        coder_agreement(codings, readings, segments, coders=["A", "D"])
    with pytest.raises(TableError, match="at least two coders, each once"):
        coder_agreement(codings, readings, segments, coders=["A", "A"])
    with pytest.raises(TableError, match="level='ordinal'"):
        coder_agreement(codings, readings, segments, level="ordinal")
    with pytest.raises(TableError, match="column 'independent' is missing"):
        coder_agreement(codings, readings.drop(columns="independent"), segments)
    with pytest.raises(TableError, match=r"3 readings belong to segments .*first: d000#0000"):
        coder_agreement(codings.iloc[:0], readings, segments.iloc[1:])
    with pytest.raises(TableError, match=r"3 codings belong to segments .*first: c00000"):
        coder_agreement(codings, readings, segments.iloc[1:])
    with pytest.raises(TableError, match="2 segment ids stand more than once"):
        coder_agreement(codings, readings, pd.concat([segments, segments]))
    with pytest.raises(ValueError, match="confidence"):
        coder_agreement(codings, readings, segments, confidence=95)
    for alone in (readings[readings["coder"] == "A"], readings.iloc[:0]):
        with pytest.raises(EstimationError, match="no segment has been read independently by two coders"):
            coder_agreement(codings, alone, segments)
    with pytest.raises(EstimationError, match="by all of A, B, C"):
        coder_unitizing(codings, readings.drop(index=[0, 3]), segments)


def test_codes_have_the_codebooks_names_and_order():
    book = Codebook(
        version="1", language="sv", codes=tuple(Code(id, Text(sv=f"Kod {id}", en=f"Code {id}")) for id in "zxy")
    )
    segments = segments_of([6] * 6)
    ids = segments["segment_id"].tolist()[::2]
    codings = codings_of([(coder, id, code) for coder in "AB" for id in ids for code in "xa"], segments)
    agreement = coder_agreement(codings, readings_of(segments, "AB"), segments, codebook=book)
    assert agreement.table["code"].fillna("").tolist() == ["z", "x", "y", "a", ""]
    assert agreement.code_name("x") == "Kod x"
    assert agreement.code_name("a", "en") == "a"
    assert agreement.code_name(None, "en") == "All codes"
    assert "lägst är Kod x med F1 1,00 (95\u00a0%: 0,8" in agreement.sentence()
    assert "All codes together, A and B: F1 1.00 (95%: 0.9" in agreement.sentence("en")
    assert agreement.table["documents"].tolist() == [0, 6, 0, 6, 6]


def test_marks_of_the_same_place_agree_and_marks_side_by_side_do_not():
    segments = segments_of([2, 2])
    readings = readings_of(segments, "AB")
    codings = codings_of([(coder, id, "x") for coder in "AB" for id in ("d000#0000", "d001#0001")], segments)
    same = coder_unitizing(codings, readings, segments)
    assert same.table["alpha_u"].tolist() == [1, 1]
    assert same.length == 4 * len(TEXT)
    assert same.table["rests_on"].tolist() == [tuple(codings["coding_id"])] * 2
    shift = codings.assign(
        start=codings["start"] + (codings["coder"] == "A") * 20, end=codings["end"] - (codings["coder"] == "B") * 20
    )
    apart = coder_unitizing(shift.astype(codings.dtypes), readings, segments)
    assert apart.table["alpha_u"].iloc[0] < 0
    assert rows(coder_agreement(shift.astype(codings.dtypes), readings, segments)).loc["x", "f1"] == 1
    # Two marks of one coder that overlap are one, and a mark over a segment's end goes on in the next.
    more = pd.concat([codings, codings.iloc[[0]].assign(coding_id="z", end=10)])
    assert coder_unitizing(more, readings, segments).table["alpha_u"].tolist() == [1, 1]
    across = codings.iloc[[0, 2]].assign(end=len(TEXT) + 2 + 10).astype(codings.dtypes)
    assert coder_unitizing(across, readings, segments).table["alpha_u"].tolist() == [1, 1]
    nothing = coder_unitizing(codings.iloc[:0], readings, segments)
    assert nothing.table["alpha_u"].isna().tolist() == [True]
    assert nothing.sentence("en") == "None of the coders marked anything."
    assert "n = 0 markeringar" in nothing.caption()


def test_disagreements_name_the_segment_and_who_said_what():
    segments = segments_of([1, 1])
    readings = readings_of(segments, "ABC")
    readings = readings[~((readings["coder"] == "C") & (readings["segment_id"] == "d001#0000"))]
    codings = codings_of([("A", "d000#0000", "x"), ("C", "d000#0000", "x"), ("B", "d001#0000", "y", "-")], segments)
    listed = disagreements(codings, readings, segments)
    assert listed.drop(columns=["document_id", "polarities"]).to_numpy().tolist() == [
        ["d000#0000", "x", "code", ("A", "C"), ("B",), ("c00000", "c00001")],
        ["d001#0000", "y", "code", ("B",), ("A",), ("c00002",)],
    ]
    assert "text" not in listed
    third = codings_of([("A", "d000#0000", "x", "+"), ("C", "d000#0000", "x", "-")], segments)
    assert disagreements(third, readings, segments)["differ"].tolist() == ["code and polarity"]
    assert disagreements(codings.iloc[:0], readings, segments).columns.tolist() == listed.columns.tolist()
    assert disagreements(codings, readings, segments, coders=["A", "C"]).empty


SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=6)


@st.composite
def judged(draw, most=4):
    sizes, n, codes = draw(SIZES), draw(st.integers(2, most)), draw(st.integers(1, 3))
    marks = draw(arrays(bool, (n, sum(sizes), codes)))
    read = draw(arrays(bool, (n, sum(sizes))))
    assume((read.sum(axis=0) >= 2).any())
    assume((read & (read.sum(axis=0) >= 2)).any(axis=1).all())
    return marks, read, sizes


@settings(max_examples=40)
@given(judged())
def test_alpha_is_the_packages_for_any_overlap_and_f1_lies_in_its_interval(made):
    marks, read, _ = made
    tables = drawn(*made)
    before = [frame.copy() for frame in tables]
    agreement = coder_agreement(*tables, codes=[f"kod{c:02}" for c in range(marks.shape[2])])
    for frame, was in zip(tables, before, strict=True):
        assert_frame_equal(frame, was)
    shared = read.sum(axis=0) >= 2
    for code in range(marks.shape[2]):
        row, appendix = agreement.table.iloc[code], agreement.appendix.iloc[code]
        yes, readers = (marks[..., code] & read).sum(axis=0)[shared], read.sum(axis=0)[shared]
        counts = np.column_stack([readers - yes, yes])
        if 0 < yes.sum() < readers.sum():
            assert row["alpha"] == pytest.approx(
                krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
            )
        else:
            assert np.isnan(row["alpha"])
        assert appendix["ac1"] == pytest.approx(gwet_ac1(counts))
        assert appendix["prevalence"] == pytest.approx(yes.sum() / readers.sum())
    for frame in (agreement.table, agreement.pairs):
        known = frame[frame["f1"].notna()]
        assert known["f1"].between(0, 1).all()
        sure = frame[frame["why"] == ""]
        assert ((sure["f1_ci_low"] <= sure["f1"]) & (sure["f1"] <= sure["f1_ci_high"])).all()
        assert ((sure["f1_ci_low"] >= 0) & (sure["f1_ci_high"] <= 1)).all()
    for lang in ("sv", "en"):
        assert agreement.sentence(lang)
        assert agreement.caption(lang)
    assert len(disagreements(*tables)) == agreement.table["coded"].iloc[-1] - agreement.table["both"].iloc[-1]


@settings(max_examples=40)
@given(judged(most=2))
def test_two_coders_are_interchangeable_and_kappa_is_cohens(made):
    marks, read, _ = made
    tables = drawn(*made)
    agreement = coder_agreement(*tables, coders=["k0", "k1"])
    other = coder_agreement(*tables, coders=["k1", "k0"])
    assert_frame_equal(agreement.table[NUMBERS], other.table[NUMBERS])
    assert_series_equal(agreement.table["only_a"], other.table["only_b"], check_names=False)
    shared = read.all(axis=0)
    for row in agreement.table.iloc[:-1].to_dict("records"):
        a, b = (pd.Series(marks[coder, shared, int(row["code"][-2:])]).rename("") for coder in (0, 1))
        square = pd.crosstab(a, b).reindex(index=[True, False], columns=[True, False], fill_value=0)
        assert row["kappa"] == pytest.approx(cohen_kappa(square), nan_ok=True)


@settings(max_examples=40)
@given(judged(), st.randoms(use_true_random=False))
def test_the_order_of_coders_documents_and_rows_means_nothing(made, chance):
    marks, read, sizes = made
    agreement = coder_agreement(*drawn(*made))
    order = list(range(len(sizes)))
    chance.shuffle(order)
    ends = np.cumsum(sizes)
    segments = np.concatenate([np.arange(ends[d] - sizes[d], ends[d]) for d in order])
    coders = list(range(len(marks)))
    chance.shuffle(coders)
    moved = drawn(marks[coders][:, segments], read[coders][:, segments], [sizes[d] for d in order])
    shuffled = [frame.sample(frac=1, random_state=chance.randrange(1000)) for frame in moved]
    again = coder_agreement(*shuffled)
    counts = ["code", "read", "documents", "coded", "both", "why"]
    assert_frame_equal(again.table[[*counts, *NUMBERS]], agreement.table[[*counts, *NUMBERS]], rtol=1e-9)


@settings(max_examples=40)
@given(judged())
def test_the_same_codings_agree_entirely(made):
    marks, read, sizes = made
    same = np.broadcast_to(marks[:1], marks.shape)
    agreement = coder_agreement(*drawn(same, read, sizes))
    known = pd.concat([agreement.table, agreement.pairs])
    known = known[known["f1"].notna()]
    assert (known["f1"] == 1).all()
    assert known["alpha"].dropna().eq(1).all()
    assert known["kappa"].dropna().eq(1).all()
    assert known["f1_ci_high"].dropna().eq(1).all()
    assert disagreements(*drawn(same, read, sizes)).empty


def test_a_plan_grows_with_rarity_and_with_clustering():
    plan = plan_agreement(agreement=0.8, half_width=0.1, prevalences=(0.02, 0.2), deff=1.5, documents=20)
    rare, common = plan.table.to_dict("records")
    assert rare["segments"] == pytest.approx(10 * common["segments"], rel=0.01)
    assert rare["half_width"] <= 0.1 < 0.1 * (1 + 1 / rare["coded"])
    assert plan_agreement(deff=3, prevalences=(0.02,)).table["coded"].iloc[0] == pytest.approx(2 * rare["coded"], abs=1)
    wide = plan_agreement(half_width=0.4, prevalences=(0.1,)).table.iloc[0]
    assert (wide["coded"], wide["limit"]) == (12, "least")
    alpha = plan_agreement(measure="alpha", prevalences=(0.2,)).table.iloc[0]
    assert alpha["alpha"] == 0.8
    assert alpha["f1"] == pytest.approx(1 - 0.2 * 0.8)
    assert "20\u00a0%" in plan.sentence()
    assert f"{rare['segments']:,}" in plan.sentence("en")
    assert "design effect 1.5" in plan.caption("en")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"agreement": 0}, "agreement=0"), ({"half_width": 1}, "half_width=1"), ({"measure": "kappa"}, "choose f1"),
        ({"prevalences": ()}, "prevalences"), ({"prevalences": (1,)}, "prevalences"), ({"deff": 0.9}, "deff=0.9"),
        ({"documents": 4}, "documents=4"), ({"half_width": 1e-5}, "more than 10000000"),
    ],
)  # fmt: skip
def test_a_plan_without_sense_is_refused(wrong, words):
    with pytest.raises(EstimationError, match=words):
        plan_agreement(**wrong)


def gold_tables(folder, score):
    texts = {row["id"]: row["text"] for row in score.read(folder / "segments.jsonl")}
    rows = [
        {"segment_id": id, "document_id": id, "start": 0, "end": len(text), "role": "informant", "text": text}
        for id, text in texts.items()
    ]
    segments = table("segments", rows)
    said = [
        (coder, row["id"], code["code"], code["polarity"], code["quote"])
        for coder in "ab"
        for row in score.read(folder / f"coder_{coder}.jsonl")
        for code in row["codes"]
    ]
    codings = codings_of([row[:4] for row in said], segments)
    found = [texts[id].find(quote) for _, id, _, _, quote in said]
    ends = [at + len(row[4]) if at >= 0 else len(texts[row[1]]) for at, row in zip(found, said, strict=True)]
    codings = codings.assign(start=np.maximum(found, 0), end=ends).astype(codings.dtypes)
    return validate_table("codings", codings), readings_of(segments, "ab"), validate_table("segments", segments)


def test_the_gold_coders_agree_as_their_own_score_says(shared):
    specification = importlib.util.spec_from_file_location("score", shared / "gold" / "score.py")
    score = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(score)
    tables = gold_tables(shared / "gold", score)
    codings = tables[0]
    overall = {}
    for level, key in (("code", ["segment_id", "code"]), ("polarity", ["segment_id", "code", "polarity"])):
        agreement = coder_agreement(*tables, level=level)
        a, b = (set(codings.loc[codings["coder"] == who, key].itertuples(index=False, name=None)) for who in "ab")
        overall[level] = agreement.table.iloc[-1]
        assert overall[level]["f1"] == pytest.approx(score.score(a, b)[0], abs=1e-12)
        assert agreement.documents == overall[level]["read"] == 130
    assert overall["code"]["f1"] == pytest.approx(242 / 253)
    assert overall["polarity"]["f1"] == pytest.approx(236 / 253)
    # A document is a segment here: what clusters is only several codes of one segment.
    row = overall["code"]
    assert 1 <= row["deff"] < 1.5
    assert 0.90 < row["f1_ci_low"] < row["f1"] < row["f1_ci_high"] < 0.99
    listed = disagreements(*tables)
    assert (listed["differ"] == "code").sum() == row["only_a"] + row["only_b"] == 11
    assert (listed["differ"] == "polarity").sum() == 3
