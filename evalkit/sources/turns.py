"""Speech with times → canonical transcript text: one turn a paragraph, ``[HH:MM:SS] Speaker: text``.

Also recognises what Teams and Word Transcribe save as .docx.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["Turn", "merge_turns", "read_export", "transcript_text"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said in one go.

    Attributes
    ----------
    start : float
        Seconds from the beginning of the recording.
    speaker : str or None
        As the recording program wrote it.
    text : str
        One line.
    """

    start: float
    speaker: str | None
    text: str


def merge_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Join consecutive turns of the same speaker.

    Parameters
    ----------
    turns : iterable of Turn
        In order.

    Returns
    -------
    list of Turn
        Speech without a speaker is joined only up to the end of a sentence, for whose it is nobody knows.
    """
    merged: list[Turn] = []
    for turn in turns:
        if not turn.text:
            continue
        last = merged[-1] if merged else None
        open_ended = last is not None and (last.speaker is not None or not last.text.endswith((".", "?", "!", "…")))
        if last is not None and last.speaker == turn.speaker and open_ended:
            merged[-1] = replace(last, text=f"{last.text} {turn.text}")
        else:
            merged.append(turn)
    return merged


def transcript_text(turns: Iterable[Turn]) -> str:
    r"""Write turns as canonical transcript text.

    Parameters
    ----------
    turns : iterable of Turn
        In order.

    Returns
    -------
    str
        A paragraph per turn, a blank line between.

    Examples
    --------
    >>> transcript_text([Turn(3.2, "Talare 1", "Hej."), Turn(64, None, "Ja.")])
    '[00:00:03] Talare 1: Hej.\n\n[00:01:04] Ja.'
    """
    return "\n\n".join(f"[{_clock(turn.start)}] {_label(turn.speaker)}{turn.text}" for turn in turns)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _label(speaker: str | None) -> str:
    if not speaker:
        return ""
    return " ".join(speaker.replace(":", " ").split()) + ": "


_TIME = r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})(?:[.,]\d+)?"
_WORD_STAMP = re.compile(rf"^{_TIME}\s+(\S.{{0,59}})$")
_TEAMS_STAMP = re.compile(rf"^(?!.*\b\d{{4}}\b)(\S.{{0,79}}?)(?<!,)\s+{_TIME}$")
_ARROW_STAMP = re.compile(rf"^{_TIME}\s*-->\s*[\d:.]+$")
_BOILERPLATE = re.compile(
    r"^(audio file|ljudfil|transcript|avskrift|transkription|transkript|.*\.(wav|mp3|m4a|mp4|ogg|wma)"
    r"|.* (started|stopped) transcription|.* (startade|stoppade) transkriptionen)$",
    re.I,
)
_STOPPED = re.compile(r"^.* (stopped transcription|stoppade transkriptionen)$")
_MARKER = re.compile(r"^(audio file|ljudfil|transcript|avskrift|.*(transcription|transkri).*)$", re.I | re.M)
_Stamp = tuple[int, float, str, int]  # line, seconds, speaker, how many lines the stamp takes


def read_export(text: str) -> str | None:
    """Read what Teams or Word Transcribe saved as a document.

    Parameters
    ----------
    text : str
        Text of the document, normalised.

    Returns
    -------
    str or None
        Canonical transcript text, or None if the document is not such an export. What stands before the first turn
        is kept, but for the program's own lines.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    best = max(([s for i in range(len(lines)) if (s := read(lines, i))] for read in (_arrow, _word, _teams)), key=len)
    if not _is_export(best, text):
        return None
    preamble = [line for line in lines[: best[0][0]] if not _BOILERPLATE.match(line)]
    turns = []
    ends = [index for index, _, _, _ in best[1:]] + [len(lines)]
    for (index, start, speaker, used), end in zip(best, ends, strict=True):
        said = [line for line in lines[index + used : end] if not _STOPPED.match(line)]
        turns.append(Turn(start, speaker, " ".join(said)))
    return "\n\n".join([*preamble, transcript_text(merge_turns(turns))])


def _word(lines: list[str], index: int) -> _Stamp | None:
    """Read "00:00:03 Talare 1"."""
    found = _WORD_STAMP.match(lines[index])
    return (index, _seconds(*found.group(1, 2, 3)), found[4], 1) if found else None


def _teams(lines: list[str], index: int) -> _Stamp | None:
    """Read "Talare 1   0:03"."""
    found = _TEAMS_STAMP.match(lines[index])
    return (index, _seconds(*found.group(2, 3, 4)), found[1], 1) if found else None


def _arrow(lines: list[str], index: int) -> _Stamp | None:
    """Read "0:0:3.480 --> 0:0:5.20" with the speaker on the next line."""
    found = _ARROW_STAMP.match(lines[index])
    if not found or index + 1 == len(lines):
        return None
    return index, _seconds(*found.group(1, 2, 3)), lines[index + 1], 2


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


def _is_export(stamps: list[_Stamp], text: str) -> bool:
    """Tell an export from a day plan, whose times also stand beside short words: speakers come back, items do not."""
    if len(stamps) < 2 or stamps[0][0] > 15:
        return False
    times = [start for _, start, _, _ in stamps]
    if any(later < earlier for earlier, later in itertools.pairwise(times)):
        return False
    speakers = {speaker for _, _, speaker, _ in stamps}
    return 2 * len(speakers) <= len(stamps) or bool(_MARKER.search(text[:2000]))
