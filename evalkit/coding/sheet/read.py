"""A coding sheet that came back → answers, or a list of all that is wrong with it.

Lenient in what programs and people change without meaning it: the order of rows and columns, white space, upper case,
other minus signs, a code given by its id. Strict in what would make the answers mean something else: every fault is a
problem with its tab and row, and a sheet with a problem is not imported at all.

A text may have been corrected, and a code renamed, while the sheet was away: the store says in which texts the sample
was given out and what became of the codes. Answers are about the text that the coder saw.

An empty sign beside a code is "+", as the guide in the sheet says. Where the words that show a code are given, the
coding is on their first place in the text, else on the whole of it.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.coding.audit_sample import AuditSample
from evalkit.coding.codebook_changes import codebook_changes, codebook_versions
from evalkit.coding.codes import Codebook
from evalkit.coding.present_samples import sent_places
from evalkit.coding.sheet.layout import (
    CODES_PER_ROW,
    FORMAT,
    META,
    YES,
    code_labels,
    fingerprint,
    headings,
    plain,
    row_key,
)
from evalkit.coding.store import CodingStore
from evalkit.errors import Finding, SourceError
from evalkit.sources.guarded import run_guarded
from evalkit.wording import LANGUAGES, Language, count_noun, number, pick

__all__ = ["SheetAnswers", "read_coding_sheet"]

MAX_BYTES = 20 * 1024 * 1024
_SIGNS = {"": "+", "+": "+", "＋": "+", "-": "-", "−": "-", "–": "-", "—": "-", "‐": "-", "?": "?", "？": "?"}
_YES = frozenset({YES.sv, YES.en, "j", "y", "x", "1", "true", "sant", "klar", "läst", "done", "read"})
_QUOTES = "\"'”“„’‘»«"
_CODINGS = {"segment_id": "str", "start": "Int64", "end": "Int64", "code": "str", "polarity": "str", "quote": "str"}
_TYPES = {
    "codings": _CODINGS | {"row": "Int64"},
    "readings": {"segment_id": "str", "coded": "boolean", "fingerprint": "str", "row": "Int64"},
    "comments": {"segment_id": "str", "comment": "str", "row": "Int64"},
}
_REQUIRED = (
    "key",
    "text",
    *(f"{what}{n}" for n in range(1, CODES_PER_ROW + 1) for what in ("code", "polarity")),
    "none",
)


@dataclass(frozen=True, slots=True, eq=False)
class SheetAnswers:
    """What a coder answered, and what is wrong with the sheet.

    Attributes
    ----------
    file : str
        Name of the file.
    sample, digest : str
        The sample that it is for.
    coder : str
        Whose sheet it is.
    codebook_version : str
        Of the codebook in the sheet.
    codings : pandas.DataFrame
        segment_id, start and end (in the segment's text as the coder saw it), code, polarity, quote, row (of the
        sheet).
    readings : pandas.DataFrame
        The rows that were answered: segment_id, coded (False for "read, no code"), fingerprint (of the text that the
        coder saw), row.
    comments : pandas.DataFrame
        segment_id, comment, row.
    left : tuple of str
        Segments whose row is there and not answered.
    missing : int
        Segments of the sample that the sheet has no row for.
    assumed : int
        Codes without a sign, taken as "+".
    findings : tuple of Finding
        Problems, which keep the sheet from being imported, and notices.
    """

    file: str
    sample: str
    digest: str
    coder: str
    codebook_version: str
    codings: pd.DataFrame
    readings: pd.DataFrame
    comments: pd.DataFrame
    left: tuple[str, ...]
    missing: int
    assumed: int
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What keeps the sheet from being imported."""
        return tuple(finding for finding in self.findings if finding.severity == "problem")

    def sentence(self, lang: Language = "sv") -> str:
        """Say how much of the sheet is answered."""
        if self.problems:
            n, name = number(len(self.problems), lang=lang), self.file
            return pick(lang, sv=f"{name}: {n} fel; läses inte in.", en=f"{name}: {n} problems; not imported.")
        coded = int(self.readings["coded"].sum())
        counts = (len(self.readings) - coded, len(self.left) + self.missing, self.assumed)
        none, left, assumed = (number(count, lang=lang) for count in counts)
        texts = count_noun(coded, *pick(lang, sv="text texter", en="text texts").split(), lang=lang)
        text = pick(
            lang,
            sv=f"{self.coder} har kodat {texts}, läst {none} utan att koda och har {left} kvar.",
            en=f"{self.coder} has coded {texts}, read {none} without coding and has {left} left.",
        )
        if self.assumed:
            text += pick(
                lang,
                sv=f" Koder utan tecken, räknade som +: {assumed}.",
                en=f" Codes without a sign, counted as +: {assumed}.",
            )
        return text


def read_coding_sheet(
    path: Path, sample: AuditSample, codebook: Codebook, *, store: CodingStore | None = None
) -> SheetAnswers:
    """Read a coding sheet that has been filled in.

    Parameters
    ----------
    path : pathlib.Path
        The workbook.
    sample : AuditSample
        The sample that it is for, as it is stored.
    codebook : Codebook
        The codebook as it is now.
    store : CodingStore, optional
        Where the sample is kept: tells in which texts it was given out, and what became of the codes since the sheet
        was made. Without it, the texts are those drawn and no code was renamed.

    Returns
    -------
    SheetAnswers
        All answers and all findings; nothing is half read: with a problem there are no answers.
    """
    reader = _Reader(path.name, sample, codebook, store)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"is larger than {MAX_BYTES // 1048576} MB; send the sheet itself")
        sheets = run_guarded("evalkit.sources.workbook:read_sheets", path)
    except SourceError as error:
        what, _, advice = str(error.args[0]).partition("; ")
        reader.problem(None, None, what, advice[:1].upper() + advice[1:] or "Save it anew as .xlsx")
    except OSError as error:
        reader.problem(None, None, f"cannot be read ({error.strerror})", "Check the file's name and place")
    else:
        reader.read(sheets)
    return reader.answers()


@dataclass
class _Reader:
    """Goes through a workbook and collects answers and findings."""

    file: str
    sample: AuditSample
    codebook: Codebook
    store: CodingStore | None
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in _TYPES})
    facts: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    assumed: int = 0

    def problem(self, tab: str | None, row: int | None, what: str, advice: str) -> None:
        """Note a fault."""
        self._note("problem", tab, row, what, advice)

    def _note(self, severity: Any, tab: str | None, row: int | None, what: str, advice: str) -> None:
        where = self.file if tab is None else f"{self.file}, tab {tab}"
        self.findings.append(Finding(severity, where, row, what, advice))

    def answers(self) -> SheetAnswers:
        """Return what was read; with a problem, nothing but the findings."""
        bad = any(finding.severity == "problem" for finding in self.findings)
        tables = {
            name: pd.DataFrame([] if bad else rows, columns=list(_TYPES[name])).astype(_TYPES[name])
            for name, rows in self.rows.items()
        }
        return SheetAnswers(
            file=self.file,
            sample=self.sample.name,
            digest=self.sample.digest,
            coder=self.facts.get("coder", ""),
            codebook_version=self.facts.get("codebook_version", ""),
            **tables,
            left=() if bad else tuple(self.left),
            missing=0 if bad else self.sample.n - len(self.seen),
            assumed=0 if bad else self.assumed,
            findings=tuple(self.findings),
        )

    def read(self, sheets: list[dict[str, Any]]) -> None:
        """Read all tabs."""
        meta = next((sheet for sheet in sheets if plain(sheet["name"]) == META), None)
        if meta is None:
            self.problem(
                None, None, "is no coding sheet, or has lost its hidden tab", "Fill in the sheet as it was sent"
            )
            return
        if not self._read_meta(meta):
            return
        found = [(sheet, columns) for sheet in sheets if (columns := self._columns(sheet))]
        if len(found) != 1:
            what = "has no tab with the texts to code" if not found else "has the tab with the texts more than once"
            self.problem(None, None, what, "Keep the one tab that was filled in, with its name and headings")
            return
        sheet, columns = found[0]
        absent = [heading for heading in _REQUIRED if heading not in columns]
        if absent:
            names = ", ".join(f"'{headings()[name](self._lang)}'" for name in absent)
            self.problem(sheet["name"], sheet["rows"][0][0], f"the columns {names} are missing", "Put them back")
            return
        for row, what, advice in sheet["losses"]:
            self.problem(sheet["name"], row, what, advice)
        self._read_rows(sheet, columns)

    def _read_meta(self, meta: dict[str, Any]) -> bool:
        """Read what the sheet is for; False if it is not for this sample."""
        for _, cells in meta["rows"]:
            cells = [cell.strip() for cell in cells] + [""] * 6
            for table, (name, value) in zip(
                (self.facts, self.hashes, self.labels), (cells[0:2], cells[2:4], cells[4:6]), strict=True
            ):
                if name:
                    table[name] = value
        if self.facts.get("format") != FORMAT:
            self.problem(None, None, "is no coding sheet that this evalkit knows", "Export a sheet anew")
        elif (self.facts.get("sample"), self.facts.get("digest")) != (self.sample.name, self.sample.digest):
            self.problem(None, None, f"is not for the sample '{self.sample.name}'", "Give the sample that it is for")
        elif self.facts.get("codebook_version") != self.codebook.codebook_version:
            what = "was made with another version of the codebook"
            self._note("notice", None, None, what, "Make sure that no code has changed its meaning since")
        return not any(finding.severity == "problem" for finding in self.findings)

    @property
    def _lang(self) -> Language:
        return "en" if self.facts.get("language") == "en" else "sv"

    def _columns(self, sheet: dict[str, Any]) -> dict[str, int]:
        """Return the place of each column by its heading; empty for a tab of another kind."""
        if not sheet["rows"] or plain(sheet["name"]) == META:
            return {}
        known = {plain(title(lang)): name for name, title in headings().items() for lang in LANGUAGES}
        places: dict[str, int] = {}
        for place, cell in enumerate(sheet["rows"][0][1]):
            name = known.get(plain(cell))
            if name:
                places.setdefault(name, place)
        return places if len(places) > 3 else {}

    def _read_rows(self, sheet: dict[str, Any], columns: dict[str, int]) -> None:
        tab = sheet["name"]
        drawn = {row_key(self.sample.secret, self.facts["coder"], id): id for id in self.sample.table["segment_id"]}
        texts, codes = self._known_texts(), self._known_codes()
        for row, cells in sheet["rows"][1:]:
            answer = {name: cells[place].strip() if place < len(cells) else "" for name, place in columns.items()}
            if not any(answer.values()):
                continue
            segment_id = self._segment(tab, row, answer, drawn)
            if segment_id is not None:
                text = texts.get((segment_id, self.hashes[answer["key"]]))
                if text is None:
                    self.problem(tab, row, "the text is none that this store has given out", "Export a sheet anew")
                else:
                    self._read_answer(tab, row, answer, segment_id, text, codes)
        if not self.rows["readings"] and not any(finding.severity == "problem" for finding in self.findings):
            what = "nothing is filled in" if self.seen else "has no rows"
            self.problem(tab, None, what, "Send the file that was filled in")
        elif len(self.seen) < self.sample.n:
            what = f"{self.sample.n - len(self.seen)} of {self.sample.n} texts have no row"
            self._note("notice", tab, None, what, "They count as not read")

    def _segment(self, tab: str, row: int, answer: dict[str, str], drawn: dict[str, str]) -> str | None:
        """Return the segment that a row is about, after a look at its text."""
        segment_id = drawn.get(answer["key"])
        if segment_id is None:
            self.problem(tab, row, "belongs to another sample or coder, or has lost its id", "Remove the row")
        elif segment_id in self.seen:
            self.problem(tab, row, f"is the same text as row {self.seen[segment_id]}", "Keep one of the two rows")
        elif fingerprint(answer["text"]) != self.hashes.get(answer["key"]):
            self.seen[segment_id] = row
            self.problem(tab, row, "the text is not the one that was sent", "Put the text back as it was")
        else:
            self.seen[segment_id] = row
            return segment_id
        return None

    def _known_texts(self) -> dict[tuple[str, str], str]:
        """Return the texts in which the segments were given out, by segment and fingerprint."""
        given = self.sample.table if self.store is None else sent_places(self.store, self.sample.name)
        pairs = given[["segment_id", "text"]].iloc[::-1].itertuples(index=False, name=None)
        return {(segment_id, fingerprint(text)): text for segment_id, text in pairs}

    def _known_codes(self) -> dict[str, str]:
        """Return ids by all that a code may be called: as in the sheet first, then as in the codebook now.

        A code that was renamed or merged since the sheet was made has its present id.
        """
        called = {plain(id): id for id in self.codebook.ids}
        for lang in reversed(LANGUAGES):
            called |= {plain(label): id for id, label in code_labels(self.codebook, lang).items()}
        present = self._present_ids()
        called |= {plain(id): present[id] for id in self.labels}
        return called | {plain(label): present[id] for id, label in self.labels.items()}

    def _present_ids(self) -> dict[str, str]:
        """Return what the codes of the sheet are called now."""
        ids = {id: id for id in self.labels}
        if self.store is None:
            return ids
        version = self.facts.get("codebook_version", "")
        known = version in set(codebook_versions(self.store)["codebook_version"])
        for change in codebook_changes(self.store, version if known else None):
            # Of a version that the store has not, it is not known which changes came after: only what is gone follows.
            ids = {
                old: id if not known and old in self.codebook.ids else change.recode.get(id, id)
                for old, id in ids.items()
            }
        return ids

    def _read_answer(
        self, tab: str, row: int, answer: dict[str, str], segment_id: str, text: str, codes: dict[str, str]
    ) -> None:
        given: dict[str, str] = {}
        spans: dict[tuple[str, int, int], dict[str, Any]] = {}
        for n in range(1, CODES_PER_ROW + 1):
            code = self._code(tab, row, answer, n, codes)
            if code is None:
                continue
            sign = self._sign(tab, row, answer, n)
            if given.setdefault(code, sign) != sign:
                self.problem(tab, row, f"code '{code}' has two signs, '{given[code]}' and '{sign}'", "Keep one of them")
            start, end = self._span(tab, row, answer.get(f"words{n}", ""), n, text)
            coding = {"segment_id": segment_id, "start": start, "end": end, "code": code, "polarity": sign}
            spans[code, start, end] = coding | {"quote": text[start:end], "row": row}
        none = plain(answer["none"])
        if none and none not in _YES:
            what = f"'{headings()['none'](self._lang)}' is neither empty nor '{YES(self._lang)}'"
            self.problem(tab, row, what, "Choose from the list")
        elif none and given:
            self.problem(tab, row, "has a code and is marked as having none", "Keep one of the two")
        if none or given:
            seen = {"segment_id": segment_id, "coded": bool(given), "fingerprint": fingerprint(text), "row": row}
            self.rows["readings"].append(seen)
        else:
            self.left.append(segment_id)
        self.rows["codings"] += spans.values()
        if answer.get("comment"):
            self.rows["comments"].append({"segment_id": segment_id, "comment": answer["comment"], "row": row})

    def _code(self, tab: str, row: int, answer: dict[str, str], n: int, codes: dict[str, str]) -> str | None:
        written = answer[f"code{n}"]
        if not written:
            beside = [what for what in ("polarity", "words") if answer.get(f"{what}{n}")]
            if beside:
                name = headings()[f"{beside[0]}{n}"](self._lang)
                self.problem(tab, row, f"'{name}' is filled in and its code is not", "Choose the code, or empty it")
            return None
        code = codes.get(plain(written))
        if code is None:
            what = f"what stands under '{headings()[f'code{n}'](self._lang)}' is no code of the codebook"
            self.problem(tab, row, what, "Choose from the list")
        elif code not in self.codebook.ids:
            self.problem(tab, row, f"code '{code}' is no longer in the codebook", "Put it back, or choose another")
        else:
            return code
        return None

    def _sign(self, tab: str, row: int, answer: dict[str, str], n: int) -> str:
        written = answer[f"polarity{n}"]
        if written not in _SIGNS:
            name = headings()[f"polarity{n}"](self._lang)
            self.problem(tab, row, f"what stands under '{name}' is none of + - ?", "Choose from the list")
        self.assumed += not written
        return _SIGNS.get(written, "+")

    def _span(self, tab: str, row: int, words: str, n: int, text: str) -> tuple[int, int]:
        if not words:
            return 0, len(text)
        found = _find(text, words) or _find(text, words.strip(_QUOTES + " "))
        if found is None:
            name = headings()[f"words{n}"](self._lang)
            self.problem(tab, row, f"what stands under '{name}' is not in the text", "Copy it from the text")
            return 0, len(text)
        return found


def _find(text: str, words: str) -> tuple[int, int] | None:
    """Return the first place of the words, whatever white space stands between them; as written, or in other case.

    Some keyboards and programs write å as a and a ring: the words are composed, as the texts are.
    """
    pattern = r"\s+".join(map(re.escape, unicodedata.normalize("NFC", words).split()))
    found = re.search(pattern, text) or re.search(pattern, text, re.IGNORECASE)
    return found.span() if pattern and found else None
