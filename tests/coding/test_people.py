"""What people judged follows the text: codings and readings of a corrected transcript are placed, or listed."""

import json
from pathlib import Path

import pandas as pd
import pytest

from evalkit.coding.people import Kept, place_people
from evalkit.coding.store import CodingStore, add_coding, mark_read
from evalkit.tables import validate_table
from tests.coding.texts import documents_and_segments

PARAGRAPHS = [
    "I början fick vi ett tydligt mandat av nämnden redan i januari, och det höll hela vägen fram till sommaren.",
    "Sedan på våren satt vi tre kvällar med processkartan innan någon förstod var ärendena blev liggande.",
    "Och chefen själv var faktiskt på plats varje gång, det hade jag aldrig trott om henne när vi började.",
]
ABOUT = {"unit": "K01", "session": 2}


def judged(store: CodingStore, segments: pd.DataFrame, text: str) -> list[str]:
    """A coding and a reading of every segment."""
    ids = []
    with store.step("A") as step:
        for row in segments.itertuples():
            place = {"document_id": "d1", "text": text}
            start = int(row.start) + 10
            ids.append(add_coding(step, **place, start=start, end=start + 40, code="driv"))
            mark_read(step, **place, start=int(row.start), end=int(row.end), independent=True, probability=0.5)
    return ids


@pytest.fixture
def store(tmp_path: Path) -> CodingStore:
    return CodingStore(tmp_path / "codings.sqlite")


def placed_after(store: CodingStore, paragraphs: list[str], document: str = "d1") -> Kept:
    documents, segments = documents_and_segments({"d1": PARAGRAPHS}, **ABOUT)
    judged(store, segments, documents["text"][0])
    new_documents, new_segments = documents_and_segments({document: paragraphs}, **ABOUT)
    kept = place_people(store, new_documents, new_segments)
    store.close()
    for name in ("codings", "readings", "unplaced"):
        validate_table("people_codings" if name == "codings" else name, getattr(kept, name))
    for row in kept.codings.itertuples():
        assert row.quote == new_documents["text"][0][int(row.start) : int(row.end)]
    return kept


def test_in_an_unchanged_text_everything_stands_where_it_stood(store: CodingStore) -> None:
    kept = placed_after(store, PARAGRAPHS)
    assert kept.codings["segment_id"].tolist() == ["d1#0001", "d1#0002", "d1#0003"]
    assert kept.codings["quote"].tolist() == [paragraph[10:50] for paragraph in PARAGRAPHS]
    assert kept.codings["unit"].tolist() == ["K01"] * 3
    assert kept.readings["segment_id"].tolist() == ["d1#0001", "d1#0002", "d1#0003"]
    assert kept.readings["probability"].tolist() == [0.5] * 3
    assert kept.unplaced.empty


def test_a_paragraph_put_in_moves_what_comes_after_it(store: CodingStore) -> None:
    kept = placed_after(store, [PARAGRAPHS[0], "Vi pratade om lokalen en stund.", *PARAGRAPHS[1:]])
    assert kept.codings["segment_id"].tolist() == ["d1#0001", "d1#0003", "d1#0004"]
    assert kept.codings["quote"].tolist() == [paragraph[10:50] for paragraph in PARAGRAPHS]
    assert kept.readings["segment_id"].tolist() == ["d1#0001", "d1#0003", "d1#0004"]
    assert kept.unplaced.empty


def test_what_was_taken_out_is_listed_and_not_guessed(store: CodingStore) -> None:
    kept = placed_after(store, [PARAGRAPHS[0], PARAGRAPHS[2]])
    assert kept.codings["segment_id"].tolist() == ["d1#0001", "d1#0002"]
    assert kept.unplaced[["kind", "status", "reason"]].to_numpy().tolist() == [
        ["coding", "lost", "gone"],
        ["reading", "lost", "gone"],
    ]
    assert kept.unplaced["code"].tolist()[0] == "driv"


def test_a_split_segment_keeps_its_codings_but_was_not_read_as_it_is_now(store: CodingStore) -> None:
    first, second = PARAGRAPHS[1][:57], PARAGRAPHS[1][58:]
    kept = placed_after(store, [PARAGRAPHS[0], first, second, PARAGRAPHS[2]])
    assert kept.codings["segment_id"].tolist() == ["d1#0001", "d1#0002", "d1#0004"]
    assert kept.readings["segment_id"].tolist() == ["d1#0001", "d1#0004"]
    assert kept.unplaced[["kind", "status"]].to_numpy().tolist() == [["reading", "uncertain"]]
    assert all(len(place) == 2 for place in json.loads(kept.unplaced["candidates"][0]))


def test_a_document_that_is_gone_loses_its_codings_in_the_open(store: CodingStore) -> None:
    kept = placed_after(store, PARAGRAPHS, document="d2")
    assert kept.codings.empty
    assert kept.readings.empty
    assert kept.unplaced["reason"].tolist() == ["no document"] * 6


def test_a_segment_with_an_accepted_suggestion_is_no_longer_judged_alone(store: CodingStore) -> None:
    documents, segments = documents_and_segments({"d1": PARAGRAPHS}, **ABOUT)
    text = documents["text"][0]
    judged(store, segments, text)
    accepted = {"document_id": "d1", "text": text, "start": 10, "end": 50, "code": "mandat", "origin": "suggestion"}
    store.add_coding(coder="A", **accepted)
    with store.step("B") as step:
        mark_read(step, document_id="d1", text=text, start=0, end=len(PARAGRAPHS[0]), independent=True)
    kept = place_people(store, documents, segments)
    store.close()
    alone = kept.readings.set_index(["segment_id", "coder"])["independent"]
    assert alone.to_dict() == {
        ("d1#0001", "A"): False, ("d1#0002", "A"): True, ("d1#0003", "A"): True, ("d1#0001", "B"): True,
    }  # fmt: skip


def test_the_store_is_not_changed_and_an_empty_one_gives_empty_tables(store: CodingStore) -> None:
    documents, segments = documents_and_segments({"d1": PARAGRAPHS}, **ABOUT)
    kept = place_people(store, documents, segments)
    assert kept.codings.empty
    assert kept.readings.empty
    assert kept.unplaced.empty
    judged(store, segments, documents["text"][0])
    before = store.last_audit_id()
    place_people(store, *documents_and_segments({"d1": PARAGRAPHS[1:]}, **ABOUT))
    assert store.last_audit_id() == before
    store.close()
