"""Corrected counts: by hand, their refusals, and recovery of simulated truth where raw counts fail."""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.coding.codes import Code, Codebook
from evalkit.errors import EstimationError, TableError
from evalkit.inference.intervals import mover_difference
from evalkit.measures.coded_depth import coded_depth
from evalkit.measures.corrected_counts import Audited, correct_count, corrected_counts
from evalkit.measures.corrected_depth import corrected_depth
from evalkit.simulate.codings import RuleCoded
from evalkit.study import Text
from tests.coding.texts import as_table, coding, documents_and_segments


def part(hits: int, misses: int, audited_hits: list[int], audited_misses: list[int]) -> Audited:
    """A period in which each side was audited by simple random sampling; lists hold what the coder said."""
    true = np.array([*audited_hits, *audited_misses], dtype=bool)
    hit = np.arange(len(true)) < len(audited_hits)
    weight = np.where(hit, hits / max(len(audited_hits), 1), misses / max(len(audited_misses), 1))
    return Audited(hits, misses, hit, true, weight)


def test_a_count_is_what_the_hits_and_the_misses_add_up_to() -> None:
    found = correct_count([part(40, 360, [1] * 15 + [0] * 5, [1] * 4 + [0] * 76)])
    assert found.total is not None
    assert found.total.estimate == pytest.approx(40 * 0.75 + 360 * 0.05)
    assert found.precision == 0.75
    assert found.recall == pytest.approx(30 / 48)
    assert found.total.ci_low < 48 < found.total.ci_high


def test_all_audited_is_no_longer_uncertain() -> None:
    found = correct_count([part(20, 40, [1] * 12 + [0] * 8, [1] * 3 + [0] * 37)])
    assert found.total is not None
    assert (found.total.estimate, found.total.ci_low, found.total.ci_high) == (15, 15, 15)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([part(40, 360, [1] * 9, [0] * 40)], "few audited"),
        ([part(40, 360, [1] * 4, [0] * 80)], "few hits audited"),
        ([part(40, 360, [1] * 6, [0] * 80), part(30, 300, [], [0] * 80)], "part not audited"),
        ([part(3, 360, [1] * 3, [0] * 80)], ""),
        ([part(0, 360, [], [0] * 80)], ""),
        ([part(40, 360, [1] * 6, [0] * 80), part(4, 300, [], [0] * 80)], ""),
    ],
)
def test_a_margin_needs_fifty_segments_and_five_hits_or_all(parts: list[Audited], why: str) -> None:
    found = correct_count(parts)
    assert found.refused == why
    assert (found.total is None) == bool(why)


def test_a_handful_that_nobody_read_may_be_anything() -> None:
    seen = part(40, 360, [1] * 6, [0] * 80)
    found = correct_count([seen, part(4, 300, [], [0] * 80)]).total
    alone = correct_count([seen, part(0, 304, [], [0] * 80)]).total
    assert found is not None
    assert alone is not None
    assert found.estimate == pytest.approx(alone.estimate + 2)
    assert found.ci_high - found.ci_low > alone.ci_high - alone.ci_low


@settings(max_examples=60)
@given(st.integers(5, 40), st.integers(60, 300), st.data())
def test_estimates_lie_in_their_intervals_and_within_what_is_possible(hits: int, misses: int, data: Any) -> None:
    audited_hits = data.draw(st.lists(st.integers(0, 1), min_size=5, max_size=hits))
    audited_misses = data.draw(st.lists(st.integers(0, 1), min_size=50, max_size=misses))
    total = correct_count([part(hits, misses, audited_hits, audited_misses)]).total
    assert total is not None
    assert total.ci_low <= total.estimate <= total.ci_high
    assert 0 <= total.estimate <= hits + misses


# ---- tables
BOOK = Codebook(
    "1",
    "sv",
    (
        Code("motstand", Text(sv="Motstånd", en="Resistance")),
        Code("inre", Text(sv="Inre", en="Inner"), parent="motstand"),
        Code("driv", Text(sv="Driv", en="Drive")),
    ),
)


def corpus(n: int = 60) -> dict[str, pd.DataFrame]:
    texts = {f"d{s}": [f"Vi ville {'inte ' if i % 3 == 0 else ''}vidare {i}." for i in range(n)] for s in (1, 2)}
    documents, segments = documents_and_segments(texts, unit="K01")
    documents["session"] = pd.array([1, 2], dtype="Int64")
    ids = segments["segment_id"]
    rules = [coding(segments, id, "ville", "motstand", coder="rules", rule="r") for id in ids[::4]]
    people = [coding(segments, id, "ville", "inre") for id in ids[::3]]
    people += [coding(segments, id, "ville", "driv", coder="B") for id in ids]
    read = [
        {"segment_id": id, "document_id": id[:2], "coder": c, "independent": True, "probability": 1.0, "sample": "s"}
        for id in ids
        for c in "AB"
    ]
    return {
        "codings": as_table("codings", rules),
        "people_codings": as_table("people_codings", people),
        "readings": as_table("readings", read),
        "segments": segments,
        "documents": documents,
    }


def count(tables: dict[str, pd.DataFrame], **more: Any) -> Any:
    rest = {name: table for name, table in tables.items() if name != "documents"}
    one_period = tables["segments"].set_index("segment_id")["document_id"].map(lambda _: "all")
    more = {"periods": one_period} | more
    return corrected_counts(*rest.values(), documents=tables["documents"], codebook=BOOK, **more)


def test_what_is_given_a_child_counts_for_its_parent_and_one_coder_is_the_measure() -> None:
    found = count(corpus())
    table = found.table.set_index("code")
    assert found.coder == "A"
    assert table.loc["motstand", ["rule_segments", "estimate", "ci_low", "ci_high"]].tolist() == [30, 40, 40, 40]
    assert table.loc["driv", "estimate"] == 0
    assert table.loc["motstand", "precision"] == pytest.approx(10 / 30)
    assert count(corpus(), coder="B").table.set_index("code").loc["driv", "estimate"] == 120
    ids = table.loc["motstand", "rests_on"]
    assert len(ids) == 30 + 40 - 10


def test_margins_and_periods() -> None:
    tables = corpus()
    periods = tables["segments"].set_index("segment_id")["document_id"]
    by_period = count(tables, by="period", periods=periods)
    assert by_period.table.query("code == 'motstand'")["estimate"].tolist() == [20, 20]
    changes = by_period.contrasts("d1", "d2")
    assert changes["code"].tolist() == ["motstand", "inre", "driv"]
    assert changes["difference"].tolist() == [0, 0, 0]
    assert changes["before"].tolist() == [pytest.approx(20 / 60)] * 2 + [0]
    by_session = count(tables, by="session")
    assert by_session.table["session"].tolist() == [1, 1, 1, 2, 2, 2]
    few = tables | {"readings": tables["readings"].iloc[:40]}
    thin = count(few, by="session")
    assert not thin.table["checked"].any()
    assert "ej kontrollerade" in thin.sentence("sv")
    with pytest.raises(EstimationError, match="no code was audited enough in both '1' and '2'"):
        thin.contrasts(1, 2)
    with pytest.raises(TableError, match="there is no session '9'"):
        by_session.contrasts(1, 9)
    with pytest.raises(TableError, match="there is no all 'x'"):
        count(tables).contrasts("x", "y")


def test_only_independent_readings_with_a_probability_measure_anything() -> None:
    tables = corpus()
    read = tables["readings"]
    for unfit in (read.assign(independent=False), read.assign(probability=np.nan), read.iloc[:0]):
        with pytest.raises(EstimationError, match="nobody has read a segment of an audit sample on their own"):
            count(tables | {"readings": unfit})
    with pytest.raises(TableError, match="above 0 and at most 1"):
        count(tables | {"readings": read.assign(probability=1.5)})
    with pytest.raises(TableError, match="by is 'cell'"):
        count(tables, by="cell")


def test_two_samples_are_never_thrown_together() -> None:
    tables = corpus()
    read = tables["readings"]
    second = read[read["coder"] == "A"].iloc[:70].assign(sample="second", probability=0.5)
    both = tables | {"readings": pd.concat([read, second], ignore_index=True)}
    first = count(both)
    assert (first.sample, first.audited) == ("s", 120)
    pd.testing.assert_frame_equal(first.table, count(tables).table)
    other = count(both, sample="second")
    assert (other.sample, other.audited) == ("second", 70)
    assert "(second)" in other.caption("sv")
    with pytest.raises(EstimationError, match="nobody has read"):
        count(both, sample="third")


def test_the_tables_are_left_as_they_were_and_the_sentences_say_which_kind_they_are() -> None:
    tables = corpus()
    kept = {name: table.copy() for name, table in tables.items()}
    found = count(tables)
    for name, table in kept.items():
        pd.testing.assert_frame_equal(tables[name], table)
    assert "Rättade tal" in found.caption("sv")
    assert "Corrected counts" in found.caption("en")
    assert "blind coder" in found.sentence("en")


# ---- recovery
PERIODS = (450, 450)
ERRORS = {"recall": (0.35, 0.70), "precision": (0.9, 0.75)}


def recover(corpora: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    covered: dict[str, list[bool]] = {name: [] for name in ("all", "period", "contrast", "raw", "raw_contrast")}
    while len(covered["all"]) < corpora:
        periods = RuleCoded(sizes=PERIODS, common=rng.uniform(0.04, 0.10), **ERRORS).draw(rng)
        truth = [int(period.true.sum()) for period in periods]
        if sum(truth) < 30:
            continue
        parts = [
            Audited(int(p.hit.sum()), int((~p.hit).sum()), p.hit[p.drawn], p.true[p.drawn], p.weight[p.drawn])
            for p in periods
        ]
        total = correct_count(parts).total
        each = [correct_count([one]).total for one in parts]
        if total is None or None in each:
            continue
        covered["all"].append(total.ci_low <= sum(truth) <= total.ci_high)
        covered["period"] += [one.ci_low <= t <= one.ci_high for one, t in zip(each, truth, strict=True)]
        change = mover_difference(each[1], each[0])
        covered["contrast"].append(change.ci_low <= truth[1] - truth[0] <= change.ci_high)
        raw = [int(period.hit.sum()) for period in periods]
        covered["raw"].append(abs(sum(raw) - sum(truth)) <= 1.96 * np.sqrt(sum(raw)))
        covered["raw_contrast"].append(abs(raw[1] - raw[0] - truth[1] + truth[0]) <= 1.96 * np.sqrt(sum(raw)))
    shares = {name: float(np.mean(values)) for name, values in covered.items()}
    sys.stdout.write(
        json.dumps({"corpora": corpora} | {name: round(share, 3) for name, share in shares.items()}) + "\n"
    )
    return shares


@pytest.mark.parametrize("corpora", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_intervals_cover_the_truth_where_raw_counts_do_not(corpora: int) -> None:
    shares = recover(corpora, seed=corpora)
    for name in ("all", "period", "contrast"):
        assert shares[name] >= 0.93, name
    assert shares["raw"] <= 0.5


def sides(tables: dict[str, pd.DataFrame], **more: Any) -> pd.DataFrame:
    rest = {name: table for name, table in tables.items() if name != "documents"}
    periods = tables["segments"].set_index("segment_id")["document_id"]
    how = {"deep": ["motstand"], "surface": ["driv"], "periods": periods, "codebook": BOOK} | more
    return corrected_depth(*rest.values(), documents=tables["documents"], **how)


def test_a_side_of_one_code_is_corrected_like_the_code() -> None:
    tables = corpus()
    before = {name: table.copy() for name, table in tables.items()}
    periods = tables["segments"].set_index("segment_id")["document_id"]
    found = sides(tables).query("by == 'period' and side == 'deep'")
    alone = count(tables, by="period", periods=periods).table.query("code == 'motstand'")
    pd.testing.assert_frame_equal(
        found[["group", "hits", "total", "ci_low", "ci_high"]].reset_index(drop=True),
        alone[["period", "rule_segments", "estimate", "ci_low", "ci_high"]]
        .set_axis(["group", "hits", "total", "ci_low", "ci_high"], axis=1)
        .reset_index(drop=True),
    )
    assert all(table.equals(before[name]) for name, table in tables.items())


def test_a_segment_of_a_side_counts_once_and_what_is_denied_not_at_all() -> None:
    tables = corpus()
    together = sides(tables, deep=["motstand", "inre"], surface=["driv"])
    pd.testing.assert_frame_equal(together, sides(tables))  # the child counts for its parent already
    denied = tables | {"people_codings": tables["people_codings"].assign(polarity="-")}
    assert (sides(denied).query("by == 'period' and side == 'deep'")["total"] == 0).all()


def test_depth_says_what_the_audit_is_enough_for() -> None:
    tables = corpus()
    documents = tables["segments"].set_index("segment_id")["document_id"]
    by_period = sides(tables, periods=documents.map({"d1": "before", "d2": "after"}))
    how = {"documents": tables["documents"], "deep": ["motstand"], "surface": ["driv"], "codebook": BOOK}
    result = coded_depth(tables["codings"], tables["segments"], corrected=by_period, **how)
    rows = result.margins.set_index(["by", "group"])
    counts = rows.loc[("period", "before"), ["deep", "deep_total", "deep_low", "deep_high"]]
    assert counts.tolist() == [15, 20, 20, 20]
    assert rows.loc[("period", "before"), "rests_on"]
    assert "100\xa0% (100 till 100; före händelsen) först och 100\xa0% (100 till 100; efter" in result.sentence("sv")

    unsure = by_period.copy()
    unsure.loc[unsure["side"] == "surface", ["total", "ci_low", "ci_high"]] = float("nan")
    result = coded_depth(tables["codings"], tables["segments"], corrected=unsure, **how)
    assert "djup 20 (20 till 20; före händelsen); djup 20 (20 till 20; efter händelsen)." in result.sentence("sv")
    assert "depth 20 (20 to 20; before the event)" in result.sentence("en")
    assert "yta" not in result.sentence("sv").split("Rättat antal")[1]
