"""A sample's segments in the documents as they are now: the present text, or left out; never a guess."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from evalkit.coding.present_samples import PresentSample, keep_sent, sample_now, sent_places
from evalkit.coding.store import CodingStore
from evalkit.coding.stored_samples import save_sample
from tests.coding.sheet.conftest import DOCUMENTS, SEGMENTS, TEXTS, draw
from tests.coding.texts import documents_and_segments


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CodingStore]:
    with CodingStore(tmp_path / "codings.sqlite") as opened:
        save_sample(opened, draw(), DOCUMENTS, name="våren", coder="A")
        yield opened


def now(store: CodingStore, texts: dict[str, list[str]]) -> tuple[PresentSample, pd.DataFrame]:
    documents, segments = documents_and_segments(texts, unit="K01", session=2)
    return sample_now(store, "våren", documents, segments), documents


def test_without_corrections_it_is_as_drawn(store: CodingStore) -> None:
    present = sample_now(store, "våren", DOCUMENTS, SEGMENTS)
    assert present.left_out == ()
    columns = ["segment_id", "document_id", "start", "end", "text", "position"]
    pd.testing.assert_frame_equal(present.table[columns], present.sample.table[columns])
    assert present.table["present_id"].tolist() == present.table["segment_id"].tolist()
    last = store.last_audit_id()
    keep_sent(store, present, DOCUMENTS)
    assert store.last_audit_id() == last


def test_a_segment_reads_as_it_is_now_and_is_found_where_it_stands_now(store: CodingStore) -> None:
    d3 = ["Nytt först.", "Tavlan hänger kvar.", '"Vi gör det", sa [P01].', *TEXTS["d3"][2:]]
    present, documents = now(store, TEXTS | {"d3": d3})
    table = present.table.set_index("segment_id")
    assert table.loc["d3#0002", ["text", "present_id"]].tolist() == ['"Vi gör det", sa [P01].', "d3#0003"]
    texts = documents.set_index("document_id")["text"]
    for row in table.itertuples():
        assert texts[row.document_id][row.start : row.end] == row.text
    assert table["position"].is_monotonic_increasing
    keep_sent(store, present, documents)
    last = store.last_audit_id()
    keep_sent(store, present, documents)
    assert store.last_audit_id() == last
    sent = sent_places(store, "våren")
    assert sent["segment_id"].value_counts()["d3#0002"] == 2
    for row in sent.itertuples():
        assert store.text(row.text_sha256)[row.start : row.end] == row.text
    assert store.undo("A") is not None  # the draw: what was sent is nobody's step
    pd.testing.assert_frame_equal(sent_places(store, "våren"), sent)


def test_what_is_not_certainly_the_same_segment_is_left_out(store: CodingStore) -> None:
    """Written anew, taken out with its document, or joined with another one."""
    changed = {
        "d1": [*TEXTS["d1"][:2], " ".join(TEXTS["d1"][2:])],
        "d3": [TEXTS["d3"][0], "Helt andra ord om något annat i en annan stad.", *TEXTS["d3"][2:]],
    }
    present, _ = now(store, changed)
    drawn = set(present.sample.table["segment_id"])
    gone = {"d1#0003", "d1#0004", "d3#0002", *(id for id in drawn if id.startswith("d2"))}
    assert set(present.left_out) == gone & drawn
    assert {"d3#0002", "d1#0003"} & drawn
    assert set(present.table["segment_id"]) == drawn - gone
