"""A sheet in the store: one step, idempotent, a merge the second time, and nobody else's records."""

import re
from pathlib import Path
from typing import Any

import pytest

from evalkit.coding.audit_sample import AuditSample
from evalkit.coding.people import place_people
from evalkit.coding.sheet import SheetAnswers, SheetImport, import_sheet, read_coding_sheet
from evalkit.coding.store import CodingStore, add_coding, mark_read
from evalkit.coding.stored_samples import sample_status, save_sample
from evalkit.errors import StoreError
from tests.coding.sheet.conftest import BOOK, DOCUMENTS, SEGMENTS, Sheet, draw, row_of, sheet_of

TEXTS = DOCUMENTS.set_index("document_id")["text"]
FIRST = {
    "d1#0002": {"code1": "Mandat", "polarity1": "-", "words1": "inte mandat", "code2": "Koherens: helhet"},
    "d2#0001": {"none": "ja", "comment": "Osäker."},
    "d3#0004": {"code1": "Driv (driv)", "polarity1": "+", "words1": "driv fanns"},
}


def read(sample: AuditSample, path: Path, answers: dict[str, dict[str, str]], coder: str = "B") -> SheetAnswers:
    sheet = sheet_of(sample, coder)
    for segment_id, filled in answers.items():
        sheet.fill(row_of(sample, segment_id), **filled)
    return read_coding_sheet(sheet.save(path / f"{coder}.xlsx"), sample, BOOK)


def take(store: CodingStore, sample: AuditSample, path: Path, answers: Any, coder: str = "B") -> SheetImport:
    return import_sheet(store, read(sample, path, answers, coder), coder=coder)


def kept(store: CodingStore, coder: str = "B") -> list[tuple[str, str, str, str]]:
    rows = store.records("codings").query("coder == @coder")
    return sorted(rows[["document_id", "code", "polarity", "quote"]].itertuples(index=False, name=None))


def test_answers_stand_where_the_segments_stand(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    done = take(store, sample, tmp_path, FIRST)
    assert (done.added, done.removed, done.read, done.left, done.comments) == (3, 0, 3, 7, 1)
    whole = sample.table.set_index("segment_id")["text"]["d1#0002"]
    assert kept(store) == [
        ("d1", "koherens", "+", whole),
        ("d1", "mandat", "-", "inte mandat"),
        ("d3", "driv", "+", "driv fanns"),
    ]
    codings = store.records("codings")
    assert set(codings["origin"]) == {"sheet"}
    assert set(codings["codebook_version"]) == {BOOK.codebook_version}
    for row in codings.itertuples():
        assert TEXTS[row.document_id][row.start : row.end] == row.quote
    readings = store.records("readings")
    assert readings["independent"].all()
    assert set(readings["sample"]) == {"våren"}
    drawn = sample.table.set_index(["document_id", "start"])
    for row in readings.itertuples():
        expected = drawn.loc[(row.document_id, row.start)]
        assert (row.stratum, row.probability) == (expected["stratum"], expected["probability"])
    assert store.records("memos")[["subject", "text"]].to_numpy().tolist() == [["d2#0001", "Osäker."]]
    assert sample_status(store, "våren", ["B"])[["read", "left"]].to_numpy().tolist() == [[3, 7]]
    assert "B har läst 3 segment i stickprovet våren: 3 kodningar lades till" in done.sentence()
    assert store.verify() == []


def test_the_same_sheet_twice_changes_nothing(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    take(store, sample, tmp_path, FIRST)
    last = store.last_audit_id()
    again = take(store, sample, tmp_path, FIRST)
    assert store.last_audit_id() == last
    assert (again.added, again.removed, again.unchanged, again.comments) == (0, 0, 3, 0)


def test_a_later_sheet_is_merged_and_one_undo_takes_it_back(
    store: CodingStore, sample: AuditSample, tmp_path: Path
) -> None:
    take(store, sample, tmp_path, FIRST)
    before = store.records("codings")
    later = {
        "d1#0002": {"code4": "Mandat", "polarity4": "-", "words4": "inte mandat"},
        "d3#0004": {},
        "d3#0001": {"none": "ja"},
        "d2#0001": {"code1": "Mandat", "polarity1": "?"},
    }
    done = take(store, sample, tmp_path, later)
    assert (done.added, done.removed, done.unchanged, done.withdrawn) == (1, 2, 1, 1)
    assert kept(store) == [("d1", "mandat", "-", "inte mandat"), ("d2", "mandat", "?", "- Ja, precis.")]
    same = before.loc[before["code"] == "mandat", "id"].iloc[0]
    assert same in set(store.records("codings")["id"])
    assert sample_status(store, "våren")["read"].tolist() == [3]
    store.undo("B")
    assert store.records("codings").equals(before)
    assert len(store.records("readings")) == 3
    store.undo("B")
    assert store.records("codings").empty
    assert store.records("readings").empty
    assert store.records("memos").empty
    assert store.verify() == []


def test_what_was_moved_to_a_corrected_text_is_no_second_judgement(
    store: CodingStore, sample: AuditSample, tmp_path: Path
) -> None:
    """Half a sheet, a decision where one of its codings and readings stands now, then the fuller sheet."""
    take(store, sample, tmp_path, FIRST)
    corrected = "Nytt först.\n\n" + TEXTS["d3"]
    moved = {}
    for kind in ("codings", "readings"):
        row = store.records(kind).query("document_id == 'd3'").iloc[0]
        place = {"start": int(row["start"]) + 13, "end": int(row["end"]) + 13}
        store.move(kind, row["id"], text=corrected, **place, coder="A")
        moved[kind] = row["id"]
    places = {kind: store.records(kind).set_index("id").loc[id].to_dict() for kind, id in moved.items()}
    rest = {id: {"none": "ja"} for id in sample.table["segment_id"] if id not in FIRST}
    done = take(store, sample, tmp_path, FIRST | rest)
    assert (done.added, done.removed, done.unchanged, done.left) == (0, 0, 3, 0)
    status = sample_status(store, "våren").set_index("coder")
    assert status.loc["B", ["read", "left"]].tolist() == [10, 0]
    for kind, id in moved.items():
        assert store.records(kind).set_index("id").loc[id].to_dict() == places[kind]
    without = take(store, sample, tmp_path, rest)
    assert (without.removed, without.withdrawn) == (3, 3)
    assert kept(store) == []
    assert sample_status(store, "våren")["left"].tolist() == [3]
    assert store.verify() == []


def test_two_samples_with_one_segment_keep_their_readings(
    store: CodingStore, sample: AuditSample, tmp_path: Path
) -> None:
    other = save_sample(store, draw(seed=5), DOCUMENTS, name="hösten", coder="A")
    both = set(sample.table["segment_id"]) & set(other.table["segment_id"])
    answers = {id: {"code1": "Mandat"} for id in both}
    take(store, sample, tmp_path, answers)
    again = take(store, other, tmp_path, answers)
    assert (again.added, again.unchanged) == (0, len(both))
    assert [sample_status(store, name)["read"].tolist() for name in ("våren", "hösten")] == [[len(both)]] * 2
    readings = place_people(store, DOCUMENTS, SEGMENTS).readings
    assert sorted(readings["segment_id"]) == sorted([*both, *both])
    assert sorted(set(readings["sample"])) == ["hösten", "våren"]
    first = min(both)
    taken_back = take(store, other, tmp_path, {id: a for id, a in answers.items() if id != first})
    assert (taken_back.removed, taken_back.withdrawn) == (0, 1)


def test_two_coders_do_not_touch_each_other(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    take(store, sample, tmp_path, FIRST)
    mine = kept(store)
    take(store, sample, tmp_path, {"d1#0002": {"none": "ja"}}, coder="C")
    assert kept(store) == mine
    assert kept(store, "C") == []
    assert sample_status(store, "våren")[["coder", "read"]].to_numpy().tolist() == [["B", 3], ["C", 1]]
    store.undo("C")
    assert kept(store) == mine


def test_a_row_left_out_takes_back_no_work_done_elsewhere(
    store: CodingStore, sample: AuditSample, tmp_path: Path
) -> None:
    """An empty row takes back what a sheet brought; an answered row is the whole judgement of its segment."""
    place = {"document_id": "d3", "text": TEXTS["d3"]}
    rows = {id: (int(r["start"]), int(r["end"])) for id, r in sample.table.set_index("segment_id").iterrows()}
    with store.step("B") as step:
        for id in ("d3#0001", "d3#0004"):
            add_coding(step, **place, start=rows[id][0], end=rows[id][1], code="driv_2")
            mark_read(step, **place, start=rows[id][0], end=rows[id][1], independent=True, sample="våren")
    done = take(store, sample, tmp_path, FIRST)
    assert [code for _, code, _, _ in kept(store)] == ["koherens", "mandat", "driv", "driv_2"]
    assert (done.removed, done.withdrawn) == (1, 0)
    assert sample_status(store, "våren")["read"].tolist() == [4]


def test_who_has_seen_the_suggestions_is_not_independent(
    store: CodingStore, sample: AuditSample, tmp_path: Path
) -> None:
    rows = sample.table.set_index("segment_id")
    start = int(rows.loc["d1#0002", "start"])
    place = {"document_id": "d1", "text": TEXTS["d1"], "start": start + 3, "end": start + 9}
    id = store.add_coding(coder="B", **place, code="mandat", origin="suggestion")
    store.remove("codings", id, coder="B")
    with store.step("B") as step:
        where = {"document_id": "d3", "text": TEXTS["d3"]}
        span = {"start": int(rows.loc["d3#0004", "start"]), "end": int(rows.loc["d3#0004", "end"])}
        mark_read(step, **where, **span, independent=False)
    for _ in range(2):  # also when the sheet comes a second time
        done = take(store, sample, tmp_path, FIRST)
        assert done.not_independent == 2
        readings = store.records("readings").set_index(["document_id", "start"])["independent"]
        assert not readings["d1", start]
        assert readings.sum() == 1
    assert "de mäter inte maskinens fel" in done.sentence()


def test_a_sheet_with_a_fault_is_not_imported_at_all(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    last = store.last_audit_id()
    wrong = FIRST | {"d3#0001": {"code1": "Mandat", "none": "ja"}, "d3#0002": {"polarity1": "+"}}
    where = re.escape("B.xlsx, tab Kodning, row ")
    with pytest.raises(StoreError, match=rf"{where}\d+: .* \(1 more\) Nothing was imported"):
        take(store, sample, tmp_path, wrong)
    assert store.last_audit_id() == last


def test_a_sheet_is_its_coders(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    answers = read(sample, tmp_path, FIRST)
    with pytest.raises(StoreError, match="is the sheet of coder 'B', not of 'C'; give --coder B"):
        import_sheet(store, answers, coder="C")
    with CodingStore(tmp_path / "other.sqlite") as other, pytest.raises(StoreError, match="no sample 'våren'"):
        import_sheet(other, answers, coder="B")
    assert store.records("codings").empty


def test_a_sheet_read_with_another_sample_is_refused(store: CodingStore, sample: AuditSample, tmp_path: Path) -> None:
    from dataclasses import replace

    other = replace(draw(seed=5), name="våren", secret="0f" * 16)
    with pytest.raises(StoreError, match="another sample than the stored one"):
        take(store, other, tmp_path, {other.table["segment_id"][0]: {"none": "ja"}})


def test_what_stands_in_the_store_does_not_depend_on_a_later_text(
    store: CodingStore, sample: AuditSample, sheet: Sheet, tmp_path: Path
) -> None:
    """The codings are on the text that was drawn from; the store keeps it."""
    sheet.fill(row_of(sample, "d3#0004"), code1="Mandat")
    answers = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), sample, BOOK)
    import_sheet(store, answers, coder="B")
    row = store.records("codings").iloc[0]
    assert store.text(row["text_sha256"])[row["start"] : row["end"]] == "Driv? Jo, driv fanns."
