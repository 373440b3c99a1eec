"""Undo page layout: hard-wrapped lines, page breaks, page numbers and running headers → paragraphs and headings.

Text out of a PDF has lost what a paragraph is. Each decision here asks what a typesetter would have done: a line that
ends although the next word had room ends its paragraph. Text that was never laid out comes back as it was.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["is_laid_out", "rebuild_paragraphs"]

_TERMINAL = re.compile(r"[.!?:…][”\"'’)\]»]*\d{0,2}$")
_HARD_END = re.compile(r"[.,;:!?…–\-/]$")
_UPPER_START = re.compile(r"[\"”“'’»(\[]*[A-ZÅÄÖÉÜ0-9]")
_LOWER_START = re.compile(r"[\"”“'’»(\[]*[a-zåäöéü]")
_BULLET = re.compile(r"^(?:[•●○▪◦‣■□➢✓\uf0b7\uf0a7\u2043*]|[-–—](?=\s)|o(?=\s{2,}))\s*(?=\S)")
_NUMBERED = re.compile(r"^(?:\d{1,2}[.)]|[a-z]\))\s+(?=\S)")
_SECTION = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-ZÅÄÖ]")
_LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*(?=\d+$)|\s*…{2,}\s*(?=\d+$)")
_MARKED = re.compile(r"^(?:#{1,6} |\||>|-{3,}$|={3,}$)")
_AUTHORED = re.compile(r"^(?:#{1,6} |\|)", re.M)  # marks that people type and pages do not have
_PLANNED = re.compile(r"^\d{1,2}[:.]\d{2}(?:\s*[-–]\s*\d{1,2}[:.]\d{2}\b|\s+[A-ZÅÄÖ])")  # a row of a day's plan
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:sid(?:a|an)?|page|s\.?)\s*)?\d{1,4}(?:\s*(?:/|av|of|\(|\|)\s*\d{1,4}\)?)?\W*$", re.I
)
_DATED = re.compile(r"(?:\(\d{4}\)|\b[a-zå]{3,9}\.? \d{4})$", re.I)
_CLOCK = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]?"
_TURN = re.compile(rf"^(?:{_CLOCK}\s*)?([A-ZÅÄÖÉ][\w.\-/]*(?: [\w.\-/]+){{0,3}})(?:\s*\([^)]{{0,40}}\))?\s*:(?=\s|$)")
_TIMED = re.compile(r"^[\[(]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]\s")
_NOTE = re.compile(r"^(\d{1,2})\s+(?=[A-ZÅÄÖ\"”(]|https?://|www\.)")
_TERM = re.compile(r"^(?:\d{1,2} )?[A-ZÅÄÖ]\w+(?: \w+){0,2} [–-] [a-zåäö]")
_SHARED_HYPHEN = frozenset({"och", "eller", "samt", "respektive", "resp.", "and", "or"})

_EDGE = 3  # running headers and page numbers stand among the first or last lines of a page
_NARROWEST, _WIDEST = 35, 130
_FULL = 0.6  # a line at least this full was broken because it had to be
_ROOM = 0.9  # letters differ in width, so the next word must fit with a margin


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    gap: bool = False
    indented: bool = False
    trailing: bool = False
    notes: tuple[str, ...] = ()

    @property
    def ends(self) -> bool:
        return bool(_TERMINAL.search(self.text))

    @property
    def upper(self) -> bool:
        return bool(_UPPER_START.match(self.text))


def is_laid_out(text: str) -> bool:
    """Tell whether the lines of a text were broken by a page's width rather than by its author.

    Parameters
    ----------
    text : str
        Normalised text.

    Returns
    -------
    bool
        True if lines have a common width and most full ones go on in the middle of a sentence.
    """
    if _AUTHORED.search(text):
        return False
    pages = [page.split("\n") for page in text.split("\f")]
    lines = [line.text for page in _read_pages(pages) for line in page]
    if len(lines) < 8:
        return False
    width = _width(lines)
    if not _NARROWEST <= width <= _WIDEST or max(map(len, lines)) > 1.6 * width:
        return False
    full = continued = 0
    for line, following in itertools.pairwise(lines):
        if len(line) >= _FULL * width:
            full += 1
            continued += bool(not _TERMINAL.search(line) and _LOWER_START.match(following))
    return continued >= 5 and continued >= full / 2


def rebuild_paragraphs(text: str, *, labels: Iterable[str] = ()) -> str:
    r"""Rebuild paragraphs from laid-out text.

    Parameters
    ----------
    text : str
        Normalised text; pages may be parted by ``\f``.
    labels : iterable of str
        Speakers that are declared. A label before a colon that stands at the start of two lines or more is taken for
        a speaker too; each starts a paragraph.

    Returns
    -------
    str
        Paragraphs parted by blank lines. Headings start with ``# ``, items of lists with ``- ``.
    """
    pages = _read_pages([page.split("\n") for page in text.split("\f")])
    lines = _join_pages(_without_furniture(pages))
    if not lines:
        return ""
    speakers = {label.rstrip(":").casefold() for label in labels} | _recurring_labels(lines)
    builder = _Builder(_width([line.text for line in lines]), speakers, _hyphenated(text))
    return "\n\n".join(builder.paragraphs(lines))


def _width(lines: list[str]) -> float:
    lengths = sorted(map(len, lines))
    return lengths[int(0.9 * (len(lengths) - 1))]


def _read_pages(pages: list[list[str]]) -> list[list[_Line]]:
    """Turn raw lines into lines that know what stood around them; in double-spaced text one blank is nothing."""
    written = sum(1 for page in pages for line in page if line.strip())
    followed = sum(
        1 for page in pages for line, after in itertools.pairwise(page) if line.strip() and not after.strip()
    )
    blanks_that_part = 2 if written and followed / written > 0.8 else 1
    return [list(_read_page(page, blanks_that_part)) for page in pages]


def _read_page(page: list[str], blanks_that_part: int) -> Iterator[_Line]:
    blanks = 0
    for raw in page:
        if not raw.strip():
            blanks += 1
            continue
        yield _Line(
            text=" ".join(raw.split()),
            gap=blanks >= blanks_that_part,
            indented=raw.startswith(("\t", "  ")),
            trailing=raw.endswith("  "),
        )
        blanks = 0


def _without_furniture(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Drop page numbers and running headers and footers."""
    if len(pages) < 2:
        return pages
    seen = Counter(key for page in pages for key in {_masked(line) for line in _edges(page)})
    running = {key for key, count in seen.items() if count >= 3 and count >= len(pages) / 2}
    return [_trim(page, running) for page in pages]


def _edges(page: list[_Line]) -> list[_Line]:
    return page if len(page) <= 2 * _EDGE else page[:_EDGE] + page[-_EDGE:]


def _masked(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text.casefold())


def _trim(page: list[_Line], running: set[str]) -> list[_Line]:
    def furniture(line: _Line) -> bool:
        if _PAGE_NUMBER.match(line.text):
            return True
        # A speaker's label or a short answer may well begin several pages.
        return _masked(line) in running and len(line.text) > 3 and not _TURN.match(line.text) and not line.ends

    start, end = 0, len(page)
    while start < end and furniture(page[start]):
        start += 1
    while end > start and furniture(page[end - 1]):
        end -= 1
    return page[start:end]


def _join_pages(pages: list[list[_Line]]) -> list[_Line]:
    """Put the pages after each other; footnotes wait until the paragraph that they interrupt is complete."""
    lines: list[_Line] = []
    waiting: tuple[str, ...] = ()
    for page in pages:
        body, notes = _split_footnotes(page)
        if body and waiting:
            body = [_Line(body[0].text, body[0].gap, body[0].indented, body[0].trailing, waiting), *body[1:]]
            waiting = ()
        lines += body
        waiting += notes
    if waiting:
        lines.append(_Line("", gap=True, notes=waiting))
    return lines


def _split_footnotes(page: list[_Line]) -> tuple[list[_Line], tuple[str, ...]]:
    """Part off the notes at the foot: "3 Text" where a 3 stands close behind a word higher up on the page."""
    first = len(page)
    for index in range(len(page) - 1, max(0, len(page) - 15), -1):
        found = _NOTE.match(page[index].text)
        if found and any(re.search(rf"[a-zåäö.,;)”\"]{found[1]}(?=[\s.,;)]|$)", line.text) for line in page[:index]):
            first = index
    notes: list[str] = []
    for line in page[first:]:
        if _NOTE.match(line.text):
            notes.append(line.text)
        else:
            notes[-1] += f" {line.text}"
    return page[:first], tuple(notes)


def _recurring_labels(lines: list[_Line]) -> set[str]:
    found = Counter(match[1].casefold() for line in lines if (match := _TURN.match(line.text)))
    return {label for label, count in found.items() if count > 1}


def _hyphenated(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.findall(r"\w+-\w+", text))


class _Builder:
    """Decides, line by line, whether a paragraph goes on."""

    def __init__(self, width: float, speakers: set[str], hyphenated: frozenset[str]) -> None:
        self.width = width
        self.speakers = speakers
        self.hyphenated = hyphenated
        self.spoken = False

    def paragraphs(self, lines: list[_Line]) -> Iterator[str]:
        """Yield the paragraphs of the text."""
        current, complete = "", True
        previous: _Line | None = None
        waiting: list[str] = []
        for index, line in enumerate(lines):
            waiting += line.notes
            heading = self._is_heading(lines, index, open_paragraph=not complete)
            if complete or heading or self._starts(line, previous, current):
                if current:
                    yield current
                yield from waiting
                waiting, current = [], ""
            if heading:
                current = line.text if line.text.startswith("#") else f"# {line.text}"
            else:
                current = self._joined(current, line.text) if current else self._opened(line.text)
            complete = heading or self._stands_alone(line.text)
            self.spoken = self.spoken or self._is_turn(line.text)
            previous = line
        yield from [current] if current else []
        yield from waiting

    def _is_turn(self, text: str) -> bool:
        match = _TURN.match(text)
        return bool(_TIMED.match(text)) or (match is not None and match[1].casefold() in self.speakers)

    @staticmethod
    def _stands_alone(text: str) -> bool:
        return bool(_MARKED.match(text) or _LEADERS.search(text))

    def _starts(self, line: _Line, previous: _Line | None, current: str) -> bool:
        """Tell whether a line starts a paragraph although it is no heading."""
        if previous is None or self._is_turn(line.text) or self._stands_alone(line.text) or _PLANNED.match(line.text):
            return True
        if self._is_turn(previous.text) and previous.text.endswith(":"):
            return False  # a label alone on its line: what it says follows
        roomy = self._had_room(previous, line)
        if _BULLET.match(line.text) or _NUMBERED.match(line.text):
            return previous.ends or line.gap or roomy or current.startswith("- ") or bool(_NUMBERED.match(current))
        if not line.upper:
            return line.gap and (previous.ends or not _LOWER_START.match(line.text))
        if previous.ends:
            return bool(_TERM.match(line.text)) or line.gap or roomy or previous.trailing or line.indented
        return line.gap or (roomy and len(previous.text) < _FULL * self.width and not _HARD_END.search(previous.text))

    def _had_room(self, previous: _Line, line: _Line) -> bool:
        word = line.text.split(" ", 1)[0]
        return len(previous.text) + 1 + len(word) <= _ROOM * self.width

    def _is_heading(self, lines: list[_Line], index: int, *, open_paragraph: bool) -> bool:
        line = lines[index]
        if re.match(r"#{1,6} ", line.text):
            return True
        previous = lines[index - 1] if index else None
        if not self._could_be_heading(line.text):
            return False
        if previous is not None and open_paragraph and not (previous.ends or line.gap):
            return (
                _is_capitals(line.text)
                and len(previous.text) < _FULL * self.width
                and not _is_turn_label(previous.text)
            )
        if _is_capitals(line.text):
            return True
        if self.spoken and not _SECTION.match(line.text):
            return False
        following = lines[index + 1] if index + 1 < len(lines) else None
        if following is None or not (following.upper or _BULLET.match(following.text)) or _is_capitals(following.text):
            return False
        return self._could_be_heading(following.text) or self._is_body(lines, index + 1)

    def _could_be_heading(self, text: str) -> bool:
        if (
            len(text) > min(80, 0.75 * self.width)
            or not re.search(r"[^\W\d_]{2}", text)
            or not _UPPER_START.match(text)
        ):
            return False
        refused = _HARD_END, _DATED, _LEADERS
        return not any(shape.search(text) for shape in refused) and not _TURN.match(text) and not _BULLET.match(text)

    def _is_body(self, lines: list[_Line], index: int) -> bool:
        line = lines[index]
        return (
            line.ends
            or len(line.text) >= _FULL * self.width
            or bool(_TURN.match(line.text))
            or bool(_BULLET.match(line.text))
        )

    def _opened(self, text: str) -> str:
        if _LEADERS.search(text):
            return _LEADERS.sub(" … ", text)
        return _BULLET.sub("- ", text)

    def _joined(self, current: str, text: str) -> str:
        """Join a line to its paragraph, undoing hyphenation."""
        broken = re.search(r"(\w+)-$", current)
        if broken is None:
            return f"{current}{text}" if current.endswith("/") else f"{current} {text}"
        first = re.split(r"[\s.,;:!?)]", text, maxsplit=1)[0]
        if first.casefold() in _SHARED_HYPHEN:
            return f"{current} {text}"
        stem = broken[1]
        kept = stem.isdigit() or (stem.isupper() and len(stem) > 1) or not _LOWER_START.match(text)
        if kept or f"{stem}-{first}".casefold() in self.hyphenated:
            return current + text
        return current[:-1] + text


def _is_turn_label(text: str) -> bool:
    return bool(_TURN.match(text)) and text.endswith(":")


def _is_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 4 and text.upper() == text and not _HARD_END.search(text)
