"""Answers of a coding sheet → the store, in one step that one undo takes back.

A row that is answered is the coder's whole judgement of that segment: what the coder had coded in it before and the
row no longer says is removed, what is new is added, what is the same stays as it is. A row that is not answered takes
back only what an earlier sheet brought. Segments that the sheet has no row for, and other coders' records, are left
alone. Comments become memos on the segment; memos are only ever added.

What the coder judged before is known again by the sample's segment and by the places where it was made, which the log
keeps: a decision that moved it to a corrected text makes it no other judgement, and it stays where it was moved.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import sqlalchemy as sa

from evalkit.coding.present_samples import sent_places
from evalkit.coding.sheet.layout import fingerprint
from evalkit.coding.sheet.read import SheetAnswers
from evalkit.coding.store import CodingStore, Step, add_coding, keep_place, mark_read
from evalkit.coding.store.schema import LOG, RECORDS
from evalkit.coding.stored_samples import read_sample, sample_places
from evalkit.errors import StoreError
from evalkit.wording import Language, number, pick

__all__ = ["SheetImport", "import_sheet"]

Row = dict[str, Any]
_PLACE = ("document_id", "text_sha256", "start", "end")


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
    untraced : int
        Suggestions that the coder decided on and that are not among the rules' codings as they are now: they may lie
        in segments that count as independent.
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
    untraced: int
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
                sv=f" I {seen} hade kodaren sett maskinens eller andras kodningar; de mäter inte maskinens fel.",
                en=f" In {seen} the coder had seen the machine's or others' codings; they do not measure the "
                "machine's error.",
            )
        if self.untraced:
            lost = number(self.untraced, lang=lang)
            text += pick(
                lang,
                sv=f" {lost} förslag som kodaren har avgjort finns inte längre bland maskinens kodningar; om de hör "
                "till stickprovet kan inte sägas.",
                en=f" {lost} suggestions that the coder decided on are no longer among the machine's codings; whether "
                "they are of the sample cannot be told.",
            )
        return text


def import_sheet(
    store: CodingStore, answers: SheetAnswers, *, coder: str, suggestions: pd.DataFrame | None = None
) -> SheetImport:
    """Take a coder's answers into the store.

    Parameters
    ----------
    store : CodingStore
        The store that the sample is kept in.
    answers : SheetAnswers
        From `read_coding_sheet`.
    coder : str
        Whose answers they are expected to be.
    suggestions : pandas.DataFrame, optional
        The rules' codings as they are now: coding_id, and segment_id in the sample (missing outside of it). Where the
        coder has decided on one of them, the reading is not independent. A decision names the coding only, so without
        the table every decision is untraced.

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
    coder = coder.strip()
    if answers.coder != coder:
        raise StoreError(
            f"{answers.file}: is the sheet of coder '{answers.coder}', not of '{coder}'; give --coder {answers.coder}. "
            "Nothing was imported"
        )
    if read_sample(store, answers.sample).digest != answers.digest:
        raise StoreError(f"{answers.file}: was read with another sample than the stored one. Nothing was imported")
    design = sample_places(store, answers.sample).set_index("segment_id")[["stratum", "probability"]]
    sent = _rows(sent_places(store, answers.sample).join(design, on="segment_id"))
    texts = {digest: store.text(digest) for digest in {place["text_sha256"] for place in sent}}
    # The first place of a text is the one that the sheet's reader took.
    places = {(place["segment_id"], fingerprint(place["text"])): place for place in reversed(sent)}
    with store.step(coder) as step:
        merge = _Merge(step, answers, texts)
        merge.look_at_codings(sent)
        merge.look_at_readings(sent)
        merge.look_at_decisions(suggestions)
        for reading in _rows(answers.readings):
            merge.answered(places[reading["segment_id"], reading["fingerprint"]])
        for segment_id in answers.left:
            merge.not_answered(segment_id)
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
            ("added", "removed", "unchanged", "withdrawn", "not_independent", "untraced", "comments"), 0
        )
    )
    codings: dict[str, list[Row]] = field(default_factory=dict)
    readings: dict[str, Row] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    in_other_sample: set[str] = field(default_factory=set)
    sent: dict[tuple[str, str, int, int], str] = field(default_factory=dict)

    def look_at_codings(self, sent: list[Row]) -> None:
        """Sort what the coder has coded before by the segments of the sample, in every text given out."""
        in_text: dict[tuple[str, str], list[Row]] = {}
        for place in sent:
            in_text.setdefault((place["document_id"], place["text_sha256"]), []).append(place)
        for row in self._mine("codings"):
            held: set[str] = set()
            for where in row["places"]:
                for place in in_text.get((where["document_id"], where["text_sha256"]), ()):
                    touches = where["start"] < place["end"] and where["end"] > place["start"]
                    if touches and row["origin"] == "suggestion":
                        self.seen.add(place["segment_id"])  # whoever has accepted a suggestion has seen it
                    if place["start"] <= where["start"] and where["end"] <= place["end"]:
                        held.add(place["segment_id"])
            for segment_id in held if not row["removed"] else ():
                self.codings.setdefault(segment_id, []).append(row)

    def look_at_readings(self, sent: list[Row]) -> None:
        """Find the coder's earlier readings of the sample's segments, and those that make nobody independent."""
        self.sent = {_key(place): place["segment_id"] for place in sent}
        for row in self._mine("readings"):
            ours = row["sample"] == self.answers.sample
            named = {row["segment_id"]} if ours and row["segment_id"] is not None else set()
            there = {self.sent[key] for key in map(_key, row["places"]) if key in self.sent}
            if not row["independent"]:
                self.seen |= named or there  # what has been seen cannot be unseen
            if row["removed"]:
                continue
            if row["sample"] is not None and not ours:
                self.in_other_sample |= there
            elif named or row["segment_id"] is None:
                self.readings |= dict.fromkeys(named or there, row)

    def look_at_decisions(self, suggestions: pd.DataFrame | None) -> None:
        """Note in which segments the coder has decided on a suggestion: whoever has rejected one has seen it too."""
        known = {} if suggestions is None else suggestions.set_index("coding_id")["segment_id"].to_dict()
        decided = {row["subject"] for row in self._mine("decisions") if row["about"] == "suggestion"}
        self.seen |= {known[id] for id in decided if isinstance(known.get(id), str)}
        self.counts["untraced"] = len(decided - set(known))

    def answered(self, place: Row) -> None:
        """Make the coder's codings in a segment those of the sheet, and note that it was read."""
        wanted = self._wanted(place)
        for row in self.codings.get(place["segment_id"], ()):
            spans = [(at["start"], at["end"]) for at in row["places"] if at["text_sha256"] == place["text_sha256"]]
            keys = [(*span, row["code"], row["polarity"]) for span in spans]
            key = next((key for key in keys if key in wanted), None)
            if key is not None:
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
        self._note_reading(place, independent)

    def _note_reading(self, place: Row, independent: bool) -> None:
        known: Row = {
            "sample": self.answers.sample,
            "segment_id": place["segment_id"],
            "stratum": place["stratum"],
            "probability": place["probability"],
            "independent": independent,
            "origin": "sheet",
        }
        span = {"start": int(place["start"]), "end": int(place["end"])}
        where: Row = {"document_id": place["document_id"], "text": self.texts[place["text_sha256"]]} | span
        earlier = self.readings.get(place["segment_id"])
        if earlier is None:
            mark_read(self.step, **where, **known)
            return
        if _key(earlier) in self.sent:  # else a person has decided where it stands
            known |= keep_place(self.step, **where)
        self.step.change("readings", earlier["id"], known)

    def not_answered(self, segment_id: str) -> None:
        """Take back what an earlier sheet said of a segment; codings stay that another sample's reading rests on."""
        for row in self.codings.get(segment_id, ()):
            if row["origin"] == "sheet" and segment_id not in self.in_other_sample:
                self._remove("codings", row)
                self.counts["removed"] += 1
        reading = self.readings.get(segment_id)
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
        """Return the coder's records, removed ones as well; those on texts with the places where they are and were."""
        table = RECORDS[kind]
        mine = sa.select(table).where(table.c.coder == self.step.coder).order_by(table.c.created_at, table.c.id)
        rows = [dict(row) for row in self.step.connection.execute(mine).mappings()]
        if "text_sha256" not in table.c:
            return rows
        first = sa.select(LOG.c.record, LOG.c.after).where(
            LOG.c.kind == kind,
            LOG.c.before.is_(None),
            LOG.c.record.in_(sa.select(table.c.id).where(table.c.coder == self.step.coder)),
        )
        made = {record: json.loads(after) for record, after in self.step.connection.execute(first)}
        for row in rows:
            both = [row, made.get(row["id"], row)]
            row["places"] = list({_key(at): {name: at[name] for name in _PLACE} for at in both}.values())
        return rows

    def _remove(self, kind: str, row: Row) -> None:
        self.step.change(kind, row["id"], {"removed": True})


def _key(place: Row) -> tuple[str, str, int, int]:
    return place["document_id"], place["text_sha256"], int(place["start"]), int(place["end"])


def _rows(table: Any) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
