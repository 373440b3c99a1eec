"""WebVTT and SubRip, read strictly: every ``-->`` becomes a cue or an error with its line.

The published readers drop malformed cues without a word; here nothing that was said disappears unseen.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass

from evalkit.sources.turns import Turn, merge_turns

__all__ = ["Cue", "CueError", "cue_turns", "read_cues"]

_STAMP = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s+[^\s>:]+:[^\s>]+)*\s*$")
_BLOCK = re.compile(r"^(NOTE|STYLE|REGION)(\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
_TAG = re.compile(r"</?(?:v|c|i|b|u|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<\d[\d:.]*>|\{\\an\d\}", re.I)
_LABEL = re.compile(r"^([^\s:<>\[\]][^:<>\[\]]{0,59}):\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of a recording with its text.

    Attributes
    ----------
    line : int
        Line of its timing in the file, from 1.
    start, end : float
        Seconds.
    payload : tuple of str
        Its lines as they stand in the file.
    """

    line: int
    start: float
    end: float
    payload: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CueError:
    """A line that cannot be read as part of a subtitle file.

    Attributes
    ----------
    line : int
        Line in the file, from 1.
    what : str
        What is wrong, without the words that stand there.
    """

    line: int
    what: str


def read_cues(text: str) -> tuple[list[Cue], list[CueError]]:
    r"""Read the cues of a subtitle file.

    Parameters
    ----------
    text : str
        The whole file with ``\n`` as line end.

    Returns
    -------
    tuple of list of Cue and list of CueError
        In the order of the file.
    """
    lines = text.split("\n")
    cues: list[Cue] = []
    errors: list[CueError] = []
    index = 0
    if re.match(r"^WEBVTT(\s|$)", lines[0]):
        index = _skip_block(lines, 0, errors)
    while index < len(lines):
        line = lines[index]
        if _BLOCK.match(line):
            index = _skip_block(lines, index, errors)
        elif "-->" in line:
            index = _read_cue(lines, index, cues, errors)
        else:
            # A line right before a timing is the cue's identifier; any other text belongs to no cue.
            followed = index + 1 < len(lines) and "-->" in lines[index + 1]
            if line.strip() and not followed:
                errors.append(CueError(index + 1, "text stands outside any cue"))
            index += 1
    return cues, errors


def _skip_block(lines: list[str], index: int, errors: list[CueError]) -> int:
    """Pass a comment, style or header block, which may hold no arrow."""
    while index < len(lines) and lines[index].strip():
        if _TIMING.match(lines[index]):
            return index
        if "-->" in lines[index]:
            errors.append(CueError(index + 1, "an arrow stands in a comment or header"))
        index += 1
    return index


def _read_cue(lines: list[str], index: int, cues: list[Cue], errors: list[CueError]) -> int:
    timing = index
    index += 1
    while index < len(lines) and lines[index].strip() and "-->" not in lines[index]:
        index += 1
    end_of_payload = index
    # SubRip numbers may follow a payload without a blank line; then the number is the next cue's, not said.
    if (
        index < len(lines)
        and "-->" in lines[index]
        and end_of_payload > timing + 1
        and lines[index - 1].strip().isdigit()
    ):
        end_of_payload -= 1
    found = _TIMING.match(lines[timing])
    if found is None:
        errors.append(CueError(timing + 1, "the times of the cue cannot be read"))
        return index
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    if end < start:
        errors.append(CueError(timing + 1, "the cue ends before it starts"))
    else:
        cues.append(Cue(timing + 1, start, end, tuple(lines[timing + 1 : end_of_payload])))
    return index


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")


def cue_turns(cues: list[Cue]) -> list[Turn]:
    """Turn cues into turns, with the speaker where the file names one.

    Parameters
    ----------
    cues : list of Cue
        From `read_cues`.

    Returns
    -------
    list of Turn
        Consecutive cues of a speaker joined. Voices (``<v Name>``) name a speaker; where a file has none, so does
        "Name: text" if at least half of the cues begin so (as Zoom writes them).
    """
    labels = _labels(cues)
    turns = [turn for cue in cues for turn in _turns_of(cue, labels)]
    return merge_turns(turns)


def _labels(cues: list[Cue]) -> frozenset[str]:
    if any(_VOICE.search(line) for cue in cues for line in cue.payload):
        return frozenset()
    found = Counter(match[1] for cue in cues if cue.payload and (match := _LABEL.match(_plain(cue.payload[0]))))
    spoken = sum(1 for cue in cues if cue.payload)
    return frozenset(found) if 2 * sum(found.values()) >= spoken > 0 else frozenset()


def _turns_of(cue: Cue, labels: frozenset[str]) -> list[Turn]:
    parts: list[tuple[str | None, str]] = []
    if labels:
        for line in map(_plain, cue.payload):
            match = _LABEL.match(line)
            if match and match[1] in labels:
                parts.append((match[1], line[match.end() :]))
            else:
                parts.append((parts[-1][0] if parts else None, line))
    else:
        pieces = _VOICE.split("\n".join(cue.payload))
        parts = [(None, pieces[0]), *zip(map(_plain, pieces[1::2]), pieces[2::2], strict=True)]
    return [Turn(cue.start, speaker or None, _plain(text)) for speaker, text in parts]


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", text)).split())
