"""The block of ``key: value`` lines at the top of a document, parted from its text."""

import difflib
import re
from dataclasses import dataclass

__all__ = ["UNKNOWN_KEY", "Header", "SpeakerLine", "field_of", "read_header"]

_KEYS = {
    "kind": ("kind", "typ", "slag", "type"),
    "unit": ("unit", "enhet", "kommun", "organisation"),
    "session": ("session", "träff", "lärträff", "traff", "lartraff"),
    "date": ("date", "datum"),
    "verbatim": ("verbatim", "ordagrant", "ordagrann"),
    "consent": ("consent", "samtycke"),
    "language": ("language", "språk", "sprak", "lang"),
    "encoding": ("encoding", "teckenkodning"),
    "speakers": ("speakers", "speaker", "talare"),
}
_KEY = {name: key for key, names in _KEYS.items() for name in names}

_FENCE = re.compile(r"^(?:-{3,}|[–—][-–—]*)\s*$")  # Word makes dashes of hyphens
_ONE_LINE = re.compile(r"^-{3,}\s+(\S.*?)\s+-{3,}\s*$")
_ENTRY = re.compile(r"^\s*([^\W\d][\w -]{0,30}?)\s*:\s*(.*)$")
_SPEAKER = re.compile(r"^\s*(?:[-*]\s+)?([^=;]+?)\s*=\s*([^=;]+)$")
UNKNOWN_KEY = "a line of the header has no known key"
_LONGEST_HEADER = 80


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """A speaker as the header declares it: label = role, unit, party.

    Attributes
    ----------
    line : int
        Line in the file, from 1.
    label : str
        As it stands before the colon in the text.
    parts : tuple of str
        What stands after the equals sign, parted at commas.
    """

    line: int
    label: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """The block at the top of a document.

    Attributes
    ----------
    entries : dict of str to tuple of int and str
        Known key → line in the file and value as written.
    speakers : tuple of SpeakerLine
        Declared speakers.
    body : str
        The text without the header.
    faults : tuple of tuple of int, str and str
        Line, what is wrong and what to do, for each line that could not be read.
    lines : int
        How many lines of the file stand above the body.
    """

    entries: dict[str, tuple[int, str]]
    speakers: tuple[SpeakerLine, ...]
    body: str
    faults: tuple[tuple[int, str, str], ...] = ()
    lines: int = 0


def field_of(name: str) -> str | None:
    """Return the field that a key of a header or a column of a list stands for.

    Parameters
    ----------
    name : str
        As typed, in Swedish or English.

    Returns
    -------
    str or None
        Its name in evalkit, or None if it stands for nothing known.

    Examples
    --------
    >>> field_of("Samtycke")
    'consent'
    """
    return _KEY.get(" ".join(name.casefold().split()))


def read_header(text: str, *, unfenced: bool = False) -> Header:
    r"""Part a document's header from its text.

    Parameters
    ----------
    text : str
        Normalised text of the whole document.
    unfenced : bool, default False
        Whether lines with known keys at the very top, kind among them, are a header without dashes around them.

    Returns
    -------
    Header
        Without entries, and with all of the text as body, if there is no header. A rule of dashes at the top with
        no known key below it is no header.

    Examples
    --------
    >>> header = read_header("---\nkind: intervju\nspeakers: I = intervjuare\n---\nI: Hej.")
    >>> header.entries, header.speakers[0].label, header.body
    ({'kind': (2, 'intervju')}, 'I', 'I: Hej.')
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return Header({}, (), text)
    single = _ONE_LINE.match(lines[first])
    if single:
        inside = [(first + 1, part) for part in single[1].split(";")]
        return _header(inside, lines, first + 1)
    if _FENCE.match(lines[first]):
        return _fenced(lines, first)
    if unfenced:
        # Word turns three dashes into a rule, which is no text; then known keys at the very top are a header too.
        end = next(n for n in range(first, len(lines) + 1) if n == len(lines) or not _belongs(lines, first, n))
        header = _header([(n + 1, lines[n]) for n in range(first, end)], lines, end)
        return header if "kind" in header.entries else Header({}, (), text)
    return Header({}, (), text)


def _fenced(lines: list[str], first: int) -> Header:
    block = range(first + 1, min(len(lines), first + 1 + _LONGEST_HEADER))
    end = next((index for index in block if _FENCE.match(lines[index])), None)
    if end is not None:
        return _header([(n + 1, lines[n]) for n in range(first + 1, end)], lines, end + 1)
    begun = next((line for line in lines[first + 1 :] if line.strip()), "")
    entry = _ENTRY.match(begun)
    fault = (first + 1, "the header is not closed", "End it with a line of three dashes")
    return Header({}, (), "\n".join(lines), (fault,) if entry and field_of(entry[1]) else ())


def _belongs(lines: list[str], first: int, index: int) -> bool:
    """Tell whether a line goes on a header that has no fence: a known key, a speaker, or a blank between."""
    entry = _ENTRY.match(lines[index])
    if not lines[index].strip() or (entry and field_of(entry[1])):
        return True
    return index > first and bool(_SPEAKER.match(lines[index])) and index - first < _LONGEST_HEADER


def _header(inside: list[tuple[int, str]], lines: list[str], end: int) -> Header:
    """Read the lines of a header; what has no known key at all is no header but text."""
    entries: dict[str, tuple[int, str]] = {}
    speakers: list[SpeakerLine] = []
    faults: list[tuple[int, str, str]] = []
    in_speakers = False
    for number, line in inside:
        if not line.strip():
            continue
        entry = _ENTRY.match(line)
        key = field_of(entry[1]) if entry else None
        if entry and key == "speakers":
            in_speakers = True
            _read_speakers(number, entry[2], speakers, faults)
        elif entry and key:
            in_speakers = False
            if key in entries:
                faults.append((number, f"{key} stands twice in the header", "Keep one of them"))
            entries.setdefault(key, (number, entry[2].strip()))
        elif in_speakers and "=" in line:
            _read_speakers(number, line, speakers, faults)
        else:
            faults.append((number, UNKNOWN_KEY + _nearest(entry), "Use " + ", ".join(_KEYS)))
    if not entries and not speakers:
        return Header({}, (), "\n".join(lines))
    return Header(entries, tuple(speakers), "\n".join(lines[end:]), tuple(faults), end)


def _nearest(entry: re.Match[str] | None) -> str:
    near = difflib.get_close_matches(entry[1].casefold(), _KEY, n=1) if entry else []
    return f" (did you mean {near[0]}?)" if near else ""


def _read_speakers(number: int, text: str, speakers: list[SpeakerLine], faults: list[tuple[int, str, str]]) -> None:
    for part in filter(str.strip, text.split(";")):
        found = _SPEAKER.match(part)
        if found:
            label = found[1].strip().strip("\"'[]").rstrip(":").strip()
            speakers.append(SpeakerLine(number, label, tuple(piece.strip() for piece in found[2].split(","))))
        else:
            faults.append((number, "a speaker cannot be read", "Write: label = role, unit, party"))
