"""Vocabulary convergence: identical speakers do not converge in it, and speakers who do are seen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from evalkit.coding import read_codebook
from evalkit.errors import TableError
from evalkit.measures import jensen_shannon, model_terms, term_counts, vocabulary_convergence
from evalkit.shipped import codebook_path
from evalkit.simulate import SPEAKER_TERMS, simulate_speakers
from tests.measures.hand_tables import documents, segments
from tests.measures.programmes import study

QUICK = {"terms": SPEAKER_TERMS, "n_draws": 60}


def spoken(turns, **how):
    return vocabulary_convergence(*simulate_speakers(turns, **how), **QUICK)


def test_divergence_by_hand_and_as_scipy_has_it():
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([1.0, 1.0])).item() == pytest.approx(0.311278, abs=1e-6)
    rng = np.random.default_rng(1)
    p, q = rng.random((2, 30))
    assert jensen_shannon(p, q).item() == pytest.approx(jensenshannon(p, q, base=2) ** 2)  # scipy gives the root


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=10))
def test_divergence_is_symmetric_between_0_and_1_and_0_for_itself(pairs):
    p, q = np.array(pairs, dtype=float).T
    if p.sum() and q.sum():
        assert -1e-12 <= jensen_shannon(p, q) <= 1 + 1e-12
        assert jensen_shannon(p, q) == pytest.approx(float(jensen_shannon(q, p)), abs=1e-12)
        assert jensen_shannon(p, 3 * p) == pytest.approx(0, abs=1e-12)


def test_identical_speakers_who_say_more_and_more_do_not_converge_though_the_naive_measure_says_so():
    result = spoken([20, 40, 80, 160, 320], seed=3)
    naive = result.table["naive"]
    assert naive.is_monotonic_decreasing
    assert naive.iloc[0] > 10 * naive.iloc[-1]
    assert ((result.table["ci_low"] <= 0) & (result.table["ci_high"] >= 0)).all()
    change = result.changes.iloc[0]
    assert change["ci_low"] < 0 < change["ci_high"]
    assert "det kan inte sägas att orden närmade sig" in result.sentence("sv")


def test_speakers_who_do_come_closer_are_seen():
    result = spoken([60, 80, 100], apart=[0.8, 0.4, 0.0], seed=5)
    assert result.changes.iloc[0]["ci_high"] < 0
    assert "orden närmade sig varandra" in result.sentence("sv")
    back = spoken([100, 80, 60], apart=[0.0, 0.4, 0.8], seed=5)
    assert "the words drifted apart" in back.sentence("en")


@pytest.mark.slow
def test_the_excess_is_unbiased_at_any_length_and_errs_no_more_than_it_says() -> None:
    rounds = 50
    for apart in (0.0, 0.3):
        found = [spoken([25, 100], apart=apart, seed=seed) for seed in range(rounds)]
        excess = np.array([result.table["excess"] for result in found])
        error = excess.std(axis=0) / np.sqrt(rounds)
        # The same at 25 turns and at 100, and none at all where the speakers are alike.
        assert abs(excess[:, 0].mean() - excess[:, 1].mean()) < 2.58 * np.hypot(*error) + 0.005
        if not apart:
            assert np.abs(excess.mean(axis=0)).max() < 2.58 * error.max() + 0.005
        claims = [result.changes.iloc[0] for result in found]
        wrong = np.mean([not row["ci_low"] <= 0 <= row["ci_high"] for row in claims])
        assert wrong <= 0.05 + 2.58 * np.sqrt(0.05 * 0.95 / rounds)
        assert np.mean([row["naive_change"] for row in claims]) < -0.1


def test_too_few_words_are_not_compared_and_said():
    result = vocabulary_convergence(*simulate_speakers([4, 60], seed=1), **QUICK)
    assert result.table["why"].tolist() == ["too few", ""]
    assert result.table["excess"].isna().tolist() == [True, False]
    assert result.changes.empty
    assert "kan inte sägas: färre än två träffar" in result.sentence("sv")
    assert result.n == int(0.8 * result.table.loc[1, ["terms_first", "terms_second"]].min())


def test_presenters_are_held_against_the_others_at_the_first_session():
    turns, held = simulate_speakers([80, 80, 80], seed=2)
    team = turns[turns["party"] == "host"].reset_index(drop=True)
    team["speaker"] = pd.Series(["T1", "T2"] * (len(team) // 2), dtype="str")
    result = vocabulary_convergence(team, held, compare="presenters", **QUICK)
    assert result.table[["pair", "session"]].to_numpy().tolist() == [[p, s] for p in ("T1", "T2") for s in (1, 2, 3)]
    own = result.table[result.table["pair"] == "T1"]
    assert len(set(own["terms_second"])) == 1  # the reference stays the same
    first = set(team.loc[(team["document_id"] == "d1") & (team["speaker"] == "T2"), "segment_id"])
    third = set(result.table.loc[2, "rests_on"])
    assert first <= third
    assert not any(name.startswith("d2") for name in third)


def test_the_interviewers_words_and_words_outside_sessions_do_not_count():
    turns = segments(
        {"segment_id": "a", "document_id": "d", "party": "host", "role": "handledare", "text": "målet är målet"},
        {"segment_id": "b", "document_id": "d", "party": "participant", "text": "mål eller mandat"},
        {"segment_id": "c", "document_id": "d", "party": "participant", "role": "intervjuare", "text": "mål"},
        {"segment_id": "e", "document_id": "x", "party": "participant", "text": "mål"},
    )
    held = documents({"document_id": "d", "session": 1}, {"document_id": "x"})
    result = vocabulary_convergence(turns, held, terms={"goal": ["mål"], "mandate": ["mandat"]})
    assert result.table[["terms_first", "terms_second"]].to_numpy().tolist() == [[2, 2]]
    assert result.table["rests_on"].iloc[0] == ("a", "b")
    assert result.table["naive"].iloc[0] == pytest.approx(0.311278, abs=1e-6)
    with pytest.raises(TableError, match="no terms"):
        vocabulary_convergence(turns, held, terms={})
    with pytest.raises(TableError, match="pattern of term 'x'"):
        term_counts(turns, {"x": ["två ord"]})


def test_the_models_words_are_those_of_its_groupings_and_tools():
    book = read_codebook(codebook_path())
    terms = model_terms(book, study(2, 2))
    assert {"produktionsapparat", "motesteknik"} <= set(terms)
    assert "processkart*" in terms["produktionsapparat"]
    assert "hemuppgift" not in terms
    counts = term_counts(segments({"segment_id": "a", "document_id": "d", "text": "en processkarta till"}), terms)
    assert counts.loc[0].sum() == counts.loc[0, "produktionsapparat"] == 1


def test_the_same_seed_gives_the_same_and_inputs_are_unchanged():
    turns, held = simulate_speakers([30, 40], seed=4)
    before = turns.copy()
    one, two = (vocabulary_convergence(turns, held, **QUICK) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    pd.testing.assert_frame_equal(turns, before)
    empty = vocabulary_convergence(turns.iloc[:0], held.iloc[:0], **QUICK)
    assert empty.table.empty
    assert empty.sentence("en")
    assert empty.caption("sv")
