"""Answers of a coding sheet → the store, in one step that one undo takes back.

A row that is answered is the coder's whole judgement of that segment: what the coder had coded in it before and the
row no longer says is removed, what is new is added, what is the same stays as it is. A row that is not answered takes
back only what an earlier sheet brought. Segments that the sheet has no row for, and other coders' records, are left
alone. Comments become memos on the segment; memos are only ever added.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from evalkit.coding.sheet.read import SheetAnswers
from evalkit.coding.store import CodingStore, Step, add_coding, mark_read
from evalkit.coding.store.schema import RECORDS
from evalkit.coding.stored_samples import read_sample, sample_places
from evalkit.errors import StoreError
from evalkit.wording import Language, number, pick

__all__ = ["SheetImport", "import_sheet"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SheetImport:
    """What the import of a sheet changed.

    Attributes
    ----------
    coder, sample : str
        Whose sheet, of which sample.
    added, removed, unchanged : int
        Codings.
    read : int
        Segments that the sheet answers.
    withdrawn : int
        Readings taken back, because an earlier sheet answered the row and this one does not.
    not_independent : int
        Of those read: segments in which the coder had seen the rules' suggestions or others' codings before. They
        measure nobody's error.
    comments : int
        Memos added.
    left : int
        Segments of the sample that are not answered.
    """

    coder: str
    sample: str
    added: int
    removed: int
    unchanged: int
    read: int
    withdrawn: int
    not_independent: int
    comments: int
    left: int

    def sentence(self, lang: Language = "sv") -> str:
        """Say what was changed and what is left."""
        counts = (self.read, self.added, self.removed, self.unchanged, self.withdrawn, self.left, self.not_independent)
        read, added, removed, same, withdrawn, left, seen = (number(count, lang=lang) for count in counts)
        text = pick(
            lang,
            sv=f"{self.coder} har läst {read} segment i stickprovet {self.sample}: {added} kodningar lades till, "
            f"{removed} togs bort, {same} var oförändrade; {left} segment är kvar.",
            en=f"{self.coder} has read {read} segments of the sample {self.sample}: {added} codings were added, "
            f"{removed} removed, {same} unchanged; {left} segments are left.",
        )
        if self.withdrawn:
            text += pick(lang, sv=f" {withdrawn} är inte längre lästa.", en=f" {withdrawn} are no longer read.")
        if self.not_independent:
            text += pick(
                lang,
                sv=f" I {seen} hade kodaren sett reglernas eller andras kodningar; de mäter inte reglernas fel.",
                en=f" In {seen} the coder had seen the rules' or others' codings; they measure no error of the rules.",
            )
        return text


def import_sheet(store: CodingStore, answers: SheetAnswers, *, coder: str) -> SheetImport:
    """Take a coder's answers into the store.

    Parameters
    ----------
    store : CodingStore
        The store that the sample is kept in.
    answers : SheetAnswers
        From `read_coding_sheet`.
    coder : str
        Whose answers they are expected to be.

    Returns
    -------
    SheetImport
        What changed. The same sheet a second time changes nothing.

    Raises
    ------
    StoreError
        If the sheet has a problem, is another coder's, or is for another sample than the stored one; nothing is
        imported then.
    """
    if answers.problems:
        more = f" ({len(answers.problems) - 1} more)" if len(answers.problems) > 1 else ""
        raise StoreError(f"{answers.problems[0]}{more} Nothing was imported")
    if answers.coder != coder:
        raise StoreError(
            f"{answers.file}: is the sheet of coder '{answers.coder}', not of '{coder}'; give --coder {answers.coder}. "
            "Nothing was imported"
        )
    if read_sample(store, answers.sample).digest != answers.digest:
        raise StoreError(f"{answers.file}: was read with another sample than the stored one. Nothing was imported")
    places = {row["segment_id"]: row for row in _rows(sample_places(store, answers.sample))}
    texts = {digest: store.text(digest) for digest in {place["text_sha256"] for place in places.values()}}
    with store.step(coder) as step:
        merge = _Merge(step, answers, texts)
        merge.look_at(places)
        for segment_id in answers.readings["segment_id"]:
            merge.answered(places[segment_id])
        for segment_id in answers.left:
            merge.not_answered(places[segment_id])
        merge.comment()
    counts = merge.counts
    return SheetImport(
        coder=coder,
        sample=answers.sample,
        read=len(answers.readings),
        left=len(answers.left) + answers.missing,
        **counts,
    )


@dataclass
class _Merge:
    """One sheet on its way into the store."""

    step: Step
    answers: SheetAnswers
    texts: dict[str, str]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("added", "removed", "unchanged", "withdrawn", "not_independent", "comments"), 0
        )
    )
    codings: dict[str, list[Row]] = field(default_factory=dict)
    readings: dict[str, Row] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def look_at(self, places: dict[str, Row]) -> None:
        """Sort what the coder has judged before by the segments of the sample."""
        in_text: dict[tuple[str, str], list[Row]] = {}
        for place in places.values():
            in_text.setdefault((place["document_id"], place["text_sha256"]), []).append(place)
        for row in self._mine("codings"):
            for place in in_text.get((row["document_id"], row["text_sha256"]), ()):
                inside = place["start"] <= row["start"] and row["end"] <= place["end"]
                touches = row["start"] < place["end"] and row["end"] > place["start"]
                if touches and row["origin"] == "suggestion":
                    self.seen.add(place["segment_id"])  # whoever has accepted a suggestion has seen it
                if inside and not row["removed"]:
                    self.codings.setdefault(place["segment_id"], []).append(row)
        segment_at = {(p["document_id"], p["text_sha256"], p["start"], p["end"]): id for id, p in places.items()}
        for row in self._mine("readings"):
            segment_id = segment_at.get((row["document_id"], row["text_sha256"], row["start"], row["end"]))
            if segment_id is None:
                continue
            if not row["independent"]:
                self.seen.add(segment_id)  # what has been seen cannot be unseen
            if not row["removed"]:
                self.readings[segment_id] = row

    def answered(self, place: Row) -> None:
        """Make the coder's codings in a segment those of the sheet, and note that it was read."""
        wanted = self._wanted(place)
        for row in self.codings.get(place["segment_id"], ()):
            key = (row["start"], row["end"], row["code"], row["polarity"])
            if key in wanted:
                wanted.remove(key)
                self.counts["unchanged"] += 1
            else:
                self._remove("codings", row)
                self.counts["removed"] += 1
        where = {"document_id": place["document_id"], "text": self.texts[place["text_sha256"]]}
        for start, end, code, polarity in wanted:
            add_coding(
                self.step,
                **where,
                start=start,
                end=end,
                code=code,
                polarity=polarity,
                origin="sheet",
                codebook_version=self.answers.codebook_version,
            )
            self.counts["added"] += 1
        independent = place["segment_id"] not in self.seen
        self.counts["not_independent"] += not independent
        mark_read(
            self.step,
            **where,
            start=place["start"],
            end=place["end"],
            independent=independent,
            sample=self.answers.sample,
            stratum=place["stratum"],
            probability=place["probability"],
            origin="sheet",
        )

    def not_answered(self, place: Row) -> None:
        """Take back what an earlier sheet said of a segment."""
        for row in self.codings.get(place["segment_id"], ()):
            if row["origin"] == "sheet":
                self._remove("codings", row)
                self.counts["removed"] += 1
        reading = self.readings.get(place["segment_id"])
        if reading and reading["origin"] == "sheet" and reading["sample"] == self.answers.sample:
            self._remove("readings", reading)
            self.counts["withdrawn"] += 1

    def comment(self) -> None:
        """Add the comments that are not there yet as memos."""
        known = {(row["subject"], row["text"]) for row in self._mine("memos") if not row["removed"]}
        for row in _rows(self.answers.comments):
            memo = {"about": "segment", "subject": row["segment_id"], "text": row["comment"]}
            if (memo["subject"], memo["text"]) not in known:
                self.step.add("memos", memo)
                self.counts["comments"] += 1

    def _wanted(self, place: Row) -> list[tuple[int, int, str, str]]:
        rows = self.answers.codings[self.answers.codings["segment_id"] == place["segment_id"]]
        shift = place["start"]
        return [(shift + r["start"], shift + r["end"], r["code"], r["polarity"]) for r in _rows(rows)]

    def _mine(self, kind: str) -> Iterable[Row]:
        table = RECORDS[kind]
        mine = sa.select(table).where(table.c.coder == self.step.coder).order_by(table.c.created_at, table.c.id)
        return [dict(row) for row in self.step.connection.execute(mine).mappings()]

    def _remove(self, kind: str, row: Row) -> None:
        self.step.change(kind, row["id"], {"removed": True})


def _rows(table: Any) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
