"""Who speaks where: a document's text → its turns, in order.

Declared labels count always. Without a declaration a label is believed only when it behaves like one: a common
abbreviation ("I:", "R1:"), or at least two labels that return and between them open most paragraphs, so that "Obs:"
and "Beslut:" in a note stay what they are.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Turn", "find_labels", "read_turns"]

Role = Literal["informant", "intervjuare", "handledare", "anteckning"]

_CLOCK = r"\[?\(?(?:(?P<h>\d{1,2}):)?(?P<m>\d{1,2}):(?P<s>\d{2})(?:[.,]\d+)?\]?\)?"
_NAME = r"\[[^\[\]\n:]{1,30}\](?:-\w+)?|[^\W\d_][\w .'’/-]{0,38}?"
_ASIDE = r"(?:[ \t]*[(\[][^()\[\]\n]{1,40}[)\]])?"
# "[00:12:41] Rektor 2 (skrattar): text", "R1 [00:12]: text", "– I: text"
_COLON_LABEL = re.compile(
    rf"^[ \t]*(?:[-–][ \t]*)?(?:{_CLOCK}[ \t]+)?(?P<label>{_NAME}){_ASIDE}[ \t]*:(?=\s|$)[ \t]*", re.MULTILINE
)
# "[id1] text"
_BRACKET_LABEL = re.compile(r"^[ \t]*\[(?P<label>[^\W\d_][\w ]{0,20})\][ \t]+(?=\S)", re.MULTILINE)
_PARAGRAPH = re.compile(r"(?:\A|\n[ \t]*\n)[ \t\n]*(?=\S)")
_HEADING = re.compile(r"^#{1,6}[ \t]", re.MULTILINE)

_INTERVIEWER = re.compile(r"(?i)i|int|interv|intervjuare(n)?( ?\d)?|interviewer|moderator|utvärderare(n)?|m(?=$)")
_INFORMANT = re.compile(
    r"(?i)(r|ip|d|p)( ?\d{1,2})?|informant( ?\d+)?|respondent( ?\d+)?|deltagare( ?\d+)?|participant( ?\d+)?|svar"
)
_SUPERVISOR = re.compile(r"(?i)h( ?\d{1,2})?|handledare(n)?( ?\d+)?|supervisor( ?\d+)?")
_INFERRED: Role = "informant"
# Words before a colon that notes and lists return to; nobody is called so.
_NOBODY = re.compile(
    r"(?i)obs|nb|ps|not|notera|beslut|fråga|frågor|kommentar|ansvarig|ansv|närvarande|frånvarande|uppföljning|datum"
    r"|plats|tid|syfte|mål|bakgrund|resultat|exempel|ex|hinder|kvar|nästa steg|övrigt|todo|kl|källa|bild|figur|tabell"
    r"|s|sid|sida"
)
ASKS_AT_LEAST = 0.3  # share of an undeclared interviewer's turns that ask, and at least twice anybody else's
LABELS_MUST_OPEN = 0.5  # share of the paragraphs that undeclared labels must open between them


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of text with one speaker, or with none.

    Parameters
    ----------
    start, end : int
        Offsets of what is said, without the label.
    label : str or None
        The speaker's label as it stands.
    role : str or None
        The speaker's role; None where nobody speaks.
    t_start : float or None
        Seconds into the recording, where the label tells.
    """

    start: int
    end: int
    label: str | None
    role: Role | None
    t_start: float | None


def find_labels(text: str, declared: Mapping[str, Role]) -> tuple[dict[str, Role], bool]:
    """Tell which labels of a text are speakers, and their roles.

    Parameters
    ----------
    text : str
        A document's text.
    declared : mapping of str to str
        Labels declared for this document, each with its role.

    Returns
    -------
    tuple of dict and bool
        Label to role for every speaker in the text; True if a role had to be inferred from how the speakers talk.
    """
    found = Counter(match["label"] for match in _label_matches(text))
    roles: dict[str, Role] = {label: role for label, role in declared.items() if label in found}
    usual = {label: role for label in found if label not in roles and (role := _usual_role(label))}
    if roles or _open_most_paragraphs(text, usual):
        roles |= usual
    often = 3 if any(label in declared for label in roles) else 2
    recurring = [
        label for label, count in found.items() if label not in roles and count >= often and _could_be_called(label)
    ]
    together: dict[str, Role] = {**roles, **dict.fromkeys(recurring, _INFERRED)}
    if not recurring or len(together) < 2 or not _open_most_paragraphs(text, together):
        return roles, False
    return roles | _roles_by_questions(text, recurring, known=roles), True


def read_turns(text: str, roles: Mapping[str, Role]) -> Iterator[Turn]:
    """Cut a text where a speaker's label stands.

    Parameters
    ----------
    text : str
        A document's text.
    roles : mapping of str to str
        Label to role of every speaker (see `find_labels`).

    Yields
    ------
    Turn
        In order; what stands before the first label, or under a heading, is nobody's.
    """
    marks: list[tuple[int, int, re.Match[str] | None]] = [
        (match.start(), match.end(), match) for match in _label_matches(text) if match["label"] in roles
    ]
    if marks:
        marks += [(match.start(), match.start(), None) for match in _HEADING.finditer(text)]
        marks.sort(key=lambda mark: mark[0])
    starts = [0, *(end for _, end, _ in marks)]
    ends = [*(start for start, _, _ in marks), len(text)]
    for start, end, match in zip(starts, ends, [None, *(match for _, _, match in marks)], strict=True):
        label = match["label"] if match else None
        if text[start:end].strip():
            yield Turn(start, end, label, roles[label] if label else None, _seconds(match) if match else None)


def _label_matches(text: str) -> list[re.Match[str]]:
    matches = [*_COLON_LABEL.finditer(text), *_BRACKET_LABEL.finditer(text)]
    taken: dict[int, re.Match[str]] = {}
    for match in matches:
        taken.setdefault(match.start(), match)
    return [taken[start] for start in sorted(taken)]


def _usual_role(label: str) -> Role | None:
    if _INTERVIEWER.fullmatch(label):
        return "intervjuare"
    if _INFORMANT.fullmatch(label):
        return "informant"
    if _SUPERVISOR.fullmatch(label):
        return "handledare"
    return None


def _could_be_called(label: str) -> bool:
    return len(label.split()) <= 3 and not _NOBODY.fullmatch(label)


def _open_most_paragraphs(text: str, labels: Mapping[str, Role]) -> bool:
    if not labels:
        return False
    openings = {match.start() for match in _label_matches(text) if match["label"] in labels}
    paragraphs = [match.end() for match in _PARAGRAPH.finditer(text)]
    opened = sum(
        any(start <= place and not text[start:place].strip() for start in _near(openings, place))
        for place in paragraphs
    )
    lines = [line for line in text.split("\n") if line.strip()]
    return opened >= LABELS_MUST_OPEN * len(paragraphs) or len(openings) >= LABELS_MUST_OPEN * len(lines)


def _near(openings: set[int], place: int) -> list[int]:
    return [start for start in range(max(0, place - 12), place + 1) if start in openings]


def _roles_by_questions(text: str, labels: list[str], *, known: Mapping[str, Role]) -> dict[str, Role]:
    """Among speakers nobody declared, the one who mostly asks is taken for the interviewer."""
    roles: dict[str, Role] = dict.fromkeys(labels, _INFERRED)
    if "intervjuare" in known.values():
        return roles
    turns = list(read_turns(text, {**known, **roles}))
    shares = {}
    for label in labels:
        said = [text[turn.start : turn.end].strip() for turn in turns if turn.label == label]
        shares[label] = sum("?" in words for words in said) / max(len(said), 1)
    asker, *others = sorted(shares, key=lambda label: -shares[label])
    if shares[asker] >= ASKS_AT_LEAST and all(shares[asker] >= 2 * shares[other] for other in others):
        roles[asker] = "intervjuare"
    return roles


def _seconds(match: re.Match[str]) -> float | None:
    parts = match.groupdict()
    if parts.get("m") is None:
        return None
    return 3600.0 * int(parts["h"] or 0) + 60.0 * int(parts["m"]) + int(parts["s"])
