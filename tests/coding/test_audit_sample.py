"""The audit sample: known probabilities, no bias, the same for a seed, and its place in the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.coding.audit_sample import NO_CODE, AuditSample, draw_audit_sample, study_periods
from evalkit.coding.codes import Code, Codebook
from evalkit.coding.store import CodingStore, mark_read
from evalkit.coding.stored_samples import read_sample, sample_names, sample_places, sample_status, save_sample
from evalkit.errors import StoreError, StudyError, TableError
from evalkit.study import Study, Text, load_study
from tests.coding.texts import as_table, coding, documents_and_segments

CODES = ("mandat", "driv", "koherens")
BOOK = Codebook("1.0", "sv", tuple(Code(id, Text(sv=id.title(), en=id)) for id in CODES), digest="0" * 64)


def material(n: int = 400, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Four documents, one a session, and rule codings: "mandat" common, "driv" rarer, "koherens" rare."""
    rng = np.random.default_rng(seed)
    tables = [
        documents_and_segments(
            {f"d{session}": [f"Mening {i} i samtal {session}." for i in range(n // 4)]}, unit="K01", session=session
        )
        for session in range(4)
    ]
    documents, segments = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    asked = segments.index % 10 == 0
    segments.loc[asked, "role"] = "intervjuare"
    rows = []
    for code, share in zip(CODES, (0.2, 0.08, 0.02), strict=True):
        hit = segments[~asked & (rng.random(len(segments)) < share)]
        rows += [
            coding(segments, id, "Mening", code, coder="rules", codebook_version=VERSION) for id in hit["segment_id"]
        ]
    return documents, segments, as_table("codings", rows)


VERSION = BOOK.codebook_version
DOCUMENTS, SEGMENTS, CODINGS = material()


@pytest.fixture
def periods(study: Study) -> pd.DataFrame:
    return study_periods(study, SEGMENTS, DOCUMENTS)


def draw(periods: pd.DataFrame, n: int = 120, seed: int = 1, **more: Any) -> AuditSample:
    tables = {"segments": SEGMENTS, "codings": CODINGS} | more
    return draw_audit_sample(tables["segments"], tables["codings"], codebook=BOOK, periods=periods, n=n, seed=seed)


# ------------------------------------------------------------------------------------------------------- periods
def test_without_an_event_the_sessions_are_halved(periods: pd.DataFrame) -> None:
    by_session = periods.groupby("session")["period"].agg(set)
    assert by_session.to_dict() == {0: {"first"}, 1: {"first"}, 2: {"first"}, 3: {"second"}}


def test_the_event_of_the_study_parts_before_from_after(study_folder: Path) -> None:
    with_event(study_folder, 'after_session = 1\n[experiment]\nevent = "skifte"\n')
    placed = study_periods(load_study(study_folder), SEGMENTS, DOCUMENTS.assign(session=[1, 2, None, 0]))
    assert placed.groupby(SEGMENTS["document_id"])["period"].first().tolist() == [
        "before",
        "after",
        "no_session",
        "before",
    ]


def test_an_event_without_a_place_is_refused(study_folder: Path) -> None:
    with_event(study_folder, '[experiment]\nevent = "skifte"\n')
    with pytest.raises(StudyError, match="event 'skifte' does not say between which sessions"):
        study_periods(load_study(study_folder), SEGMENTS, DOCUMENTS)


def with_event(folder: Path, rest: str) -> None:
    path = folder / "data" / "raw" / "study.toml"
    path.write_text(path.read_text() + f'\n[[events]]\nid = "skifte"\n{rest}')


# ---------------------------------------------------------------------------------------------------------- draw
def test_strata_are_period_by_rarest_code_and_the_interviewer_is_never_drawn(periods: pd.DataFrame) -> None:
    sample = draw(periods)
    counts = CODINGS.groupby("code")["segment_id"].nunique()
    given_to = CODINGS.groupby("segment_id")["code"].agg(lambda codes: min(codes, key=lambda code: counts[code]))
    expected = sample.table["segment_id"].map(given_to).fillna(NO_CODE)
    assert (sample.table["stratum"] == sample.table["period"] + ":" + expected).all()
    asked = SEGMENTS.loc[SEGMENTS["role"] == "intervjuare", "segment_id"]
    assert not sample.table["segment_id"].isin(asked).any()
    assert sample.population == (SEGMENTS["role"] != "intervjuare").sum() == sample.strata["N"].sum()


def test_probabilities_are_n_of_all_and_weights_add_up_to_the_material(periods: pd.DataFrame) -> None:
    sample = draw(periods)
    assert sample.n == len(sample.table) == 120 == sample.strata["n"].sum()
    assert (1 / sample.table["probability"]).sum() == pytest.approx(sample.population)
    drawn = sample.table.groupby("stratum").size()
    assert sample.strata.set_index("stratum")["n"].to_dict() == drawn.to_dict()
    assert ((sample.strata["n"] >= 1) & (sample.strata["n"] <= sample.strata["N"])).all()


def test_periods_reach_fifty_and_small_strata_are_taken_whole(periods: pd.DataFrame) -> None:
    sample = draw(periods, n=120)
    assert (sample.margins.query("margin == 'period'")["audited"] >= 50).all()
    rare = sample.strata[sample.strata["code"] == "koherens"]
    assert (rare["n"] >= rare["N"].clip(upper=5)).all()
    assert set(sample.margins["margin"]) == {"period", "session", "unit"}


def test_margins_count_the_audited_hits_of_each_code(periods: pd.DataFrame) -> None:
    sample = draw(periods, n=70)
    drawn = set(sample.table["segment_id"])
    for row in sample.margins.query("margin == 'session'").itertuples():
        there = set(periods.loc[periods["session"] == int(row.value), "segment_id"])
        enough = 0
        for code in CODES:
            hits = set(CODINGS.loc[CODINGS["code"] == code, "segment_id"]) & there
            enough += bool(hits) and len(hits & drawn) >= min(5, len(hits))
        assert (row.audited, row.codes_enough) == (len(there & drawn), enough)


def test_the_same_seed_gives_the_same_sample_whatever_the_order_of_the_tables(periods: pd.DataFrame) -> None:
    before = [table.copy() for table in (SEGMENTS, CODINGS, periods)]
    first = draw(periods)
    shuffled = {"segments": SEGMENTS.sample(frac=1, random_state=3), "codings": CODINGS.sample(frac=1, random_state=4)}
    again = draw(periods.sample(frac=1, random_state=5), **shuffled)
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.strata, again.strata)
    assert (first.digest, first.codings_sha256) == (again.digest, again.codings_sha256)
    assert draw(periods, seed=2).digest != first.digest
    for table, was in zip((SEGMENTS, CODINGS, periods), before, strict=True):
        pd.testing.assert_frame_equal(table, was)


def test_the_order_does_not_give_the_stratum_away(periods: pd.DataFrame) -> None:
    """Neighbours share a stratum no more often than chance has it."""
    shares, chances = [], []
    for seed in range(40):
        stratum = draw(periods, seed=seed).table["stratum"]
        shares.append((stratum.to_numpy()[1:] == stratum.to_numpy()[:-1]).mean())
        counts = stratum.value_counts()
        chances.append(float((counts * (counts - 1)).sum()) / (len(stratum) * (len(stratum) - 1)))
    assert np.mean(shares) == pytest.approx(np.mean(chances), abs=4 * np.std(shares) / np.sqrt(40))
    assert draw(periods).table["position"].tolist() == list(range(1, 121))


def test_weighted_by_their_probabilities_the_segments_drawn_tell_the_total_without_bias(periods: pd.DataFrame) -> None:
    """Truth depends on stratum and session; an unweighted share would be far off."""
    fired = set(CODINGS["segment_id"])
    rng = np.random.default_rng(7)
    truth = {
        id: int(rng.random() < (0.8 if id in fired else 0.1 + 0.1 * int(id[1])))
        for id in SEGMENTS.loc[SEGMENTS["role"] != "intervjuare", "segment_id"]
    }
    weighted, plain = [], []
    for seed in range(150):
        table = draw(periods, n=60, seed=seed).table
        found = table["segment_id"].map(truth)
        weighted.append(float((found / table["probability"]).sum()))
        plain.append(float(found.mean()) * len(truth))
    error = np.std(weighted) / np.sqrt(len(weighted))
    assert np.mean(weighted) == pytest.approx(sum(truth.values()), abs=3.5 * error)
    assert abs(np.mean(plain) - sum(truth.values())) > 6 * error


@settings(max_examples=30)
@given(st.integers(9, 500), st.integers(0, 2**32 - 1))
def test_any_size_gives_every_segment_a_chance(n: int, seed: int) -> None:
    halves = pd.DataFrame(
        {"segment_id": SEGMENTS["segment_id"], "period": np.where(SEGMENTS["document_id"] < "d2", "a", "b")}
    )
    sample = draw(halves, n=n, seed=seed)
    assert sample.n == min(n, sample.population) == sample.table["segment_id"].nunique()
    assert (sample.strata["probability"] > 0).all()
    assert (sample.strata["n"] <= sample.strata["N"]).all()
    if n >= 100:
        assert (sample.margins["audited"] >= 50).all()


def test_more_than_there_is_takes_all_and_says_so(periods: pd.DataFrame) -> None:
    sample = draw(periods, n=10_000)
    assert sample.n == sample.population == 360
    assert (sample.table["probability"] == 1).all()
    assert "Alla 360 segment" in sample.sentence()
    assert "begärda var 10\u00a0000" in sample.sentence()


def test_the_sentence_says_what_the_sample_is_not_enough_for(periods: pd.DataFrame) -> None:
    sample = draw(periods, n=20)
    assert "För få segment för intervall (färre än 50): första hälften (" in sample.sentence()
    assert "fewer than 5 machine-coded segments" in sample.sentence("en")
    assert "För få segment" not in draw(periods, n=120).sentence()
    assert f"frö {sample.seed}" in sample.caption()


def test_a_segment_without_a_period_is_its_own(periods: pd.DataFrame) -> None:
    placed = periods.assign(period=periods["period"].where(periods["session"] != 2))
    sample = draw(placed)
    assert set(sample.strata["period"]) == {"first", "second", "no_session"}
    assert "utan träff" not in sample.caption()


@pytest.mark.parametrize(
    ("tables", "more", "message"),
    [
        ({"segments": SEGMENTS.head(0)}, {}, "no segments that the rules code"),
        ({"codings": CODINGS.assign(code="okand")}, {}, "code 'okand' is not in the codebook"),
        ({"codings": CODINGS.assign(codebook_version="0.9")}, {}, "another version of the codebook"),
        ({}, {"n": 3}, "n = 3 is fewer than the 8 strata.*Draw at least 8"),
        ({}, {"n": 0}, "draw at least one"),
        ({"periods": pd.DataFrame({"segment_id": ["x"], "period": ["a"]})}, {}, "360 segments have no row"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    periods: pd.DataFrame, tables: dict[str, pd.DataFrame], more: dict[str, int], message: str
) -> None:
    known = {"segments": SEGMENTS, "codings": CODINGS, "periods": periods} | tables
    with pytest.raises(TableError, match=message):
        draw(known.pop("periods"), **more, **known)


# --------------------------------------------------------------------------------------------------------- store
@pytest.fixture
def store(tmp_path: Path) -> Iterator[CodingStore]:
    with CodingStore(tmp_path / "codings.sqlite") as opened:
        yield opened


def test_a_stored_sample_is_read_as_it_was_drawn(store: CodingStore, periods: pd.DataFrame) -> None:
    sample = draw(periods)
    named = save_sample(store, sample, DOCUMENTS, name="våren", coder="A")
    again = read_sample(store, "våren")
    for part in ("table", "strata", "margins"):
        pd.testing.assert_frame_equal(getattr(again, part), getattr(sample, part))
    assert (named.name, again.name, again.digest) == ("våren", "våren", sample.digest)
    assert again.sentence("en") == sample.sentence("en")
    assert len(named.secret) == 32
    assert again.secret == named.secret == save_sample(store, sample, DOCUMENTS, name="våren", coder="A").secret
    assert named.secret not in repr(named)
    assert sample_names(store) == ["våren"]
    places = sample_places(store, "våren")
    for row in places.head(5).itertuples():
        assert store.text(row.text_sha256)[row.start : row.end] in set(sample.table["text"])
    assert store.verify() == []


def test_a_sample_is_drawn_once(store: CodingStore, periods: pd.DataFrame) -> None:
    save_sample(store, draw(periods), DOCUMENTS, name="våren", coder="A")
    last = store.last_audit_id()
    save_sample(store, draw(periods), DOCUMENTS, name=" våren ", coder="B")
    assert store.last_audit_id() == last
    with pytest.raises(StoreError, match="'våren' has been drawn already"):
        save_sample(store, draw(periods, seed=2), DOCUMENTS, name="våren", coder="A")
    store.undo("A")
    with pytest.raises(StoreError, match="'våren' has been drawn already"):
        save_sample(store, draw(periods, seed=2), DOCUMENTS, name="våren", coder="A")
    assert read_sample(store, "våren").seed == 1


def test_a_sample_of_other_texts_is_not_stored(store: CodingStore, periods: pd.DataFrame) -> None:
    corrected = DOCUMENTS.assign(text=DOCUMENTS["text"].str.replace("Mening 1 ", "Menning 1 "))
    with pytest.raises(StoreError, match="is not in its document as it was drawn"):
        save_sample(store, draw(periods), corrected, name="våren", coder="A")
    with pytest.raises(StoreError, match=r"no sample 'våren' \(there: none\)"):
        read_sample(store, "våren")
    with pytest.raises(StoreError, match="needs a name"):
        save_sample(store, draw(periods), DOCUMENTS, name=" ", coder="A")


def test_status_counts_who_has_read_what(store: CodingStore, periods: pd.DataFrame) -> None:
    sample = save_sample(store, draw(periods), DOCUMENTS, name="våren", coder="A")
    texts = DOCUMENTS.set_index("document_id")["text"]
    for coder, count in (("A", 3), ("C", 1)):
        with store.step(coder) as step:
            for row in sample.table.head(count).itertuples():
                place = {"document_id": row.document_id, "start": int(row.start), "end": int(row.end)}
                mark_read(step, text=texts[row.document_id], **place, independent=coder == "A", sample="våren")
    status = sample_status(store, "våren", ["B", "A"])
    assert status["coder"].tolist() == ["B", "A", "C"]
    assert status["read"].tolist() == [0, 3, 1]
    assert status["left"].tolist() == [120, 117, 119]
    assert status["independent"].tolist() == [0, 3, 0]
    assert status["last_read_at"].isna().tolist() == [True, False, False]
