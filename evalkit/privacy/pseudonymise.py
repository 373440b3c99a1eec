"""Texts and documents → the same with bracketed pseudonyms, and the words that the evaluator should look at."""

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from evalkit.errors import PrivacyError
from evalkit.privacy.filenames import has_name, pseudonymise_filename
from evalkit.privacy.matching import NEUTRAL, Edit, find_names
from evalkit.privacy.names import NameList
from evalkit.privacy.queue import empty_queue, join_queues
from evalkit.privacy.shapes import SHAPE_LABELS, find_shapes, mask

__all__ = ["Pseudonymised", "pseudonymise_documents", "pseudonymise_text"]

_BRACKETED = re.compile(r"\[([^\[\]\n]{1,60})\](?:-[a-zåäö]+)?")
_NUMBERED = re.compile(rf"{NEUTRAL}(?: \d+)?")


@dataclass(frozen=True, slots=True)
class Pseudonymised:
    """A text without the names that could be found.

    Parameters
    ----------
    text : str
        Composed (NFC), with pseudonyms in brackets.
    replacements : pandas.DataFrame
        Per replacement `start` and `end` of the bracketed pseudonym in `text`, `kind` (person, unit, decided,
        ambiguous, personnummer, phone, email, url, address) and `pseudonym`.
    candidates : pandas.DataFrame
        Words to decide on: `word`, `reason`, `count`, and `starts`, their offsets in `text`.
    """

    text: str = field(repr=False)
    replacements: pd.DataFrame = field(repr=False)
    candidates: pd.DataFrame = field(repr=False)


def pseudonymise_text(text: str, names: NameList, *, unit: str | None = None) -> Pseudonymised:
    """Replace names, and what gives a person away by its shape, by pseudonyms.

    Parameters
    ----------
    text : str
        Any text.
    names : NameList
        The names, see `evalkit.privacy.name_list`.
    unit : str, optional
        The unit that the text is about; it tells persons of one name apart.

    Returns
    -------
    Pseudonymised
        Pseudonymising its text again changes nothing.
    """
    return _pseudonymise(text, names, frozenset() if unit is None else frozenset({unit}))


def pseudonymise_documents(
    documents: pd.DataFrame, speakers: pd.DataFrame, names: NameList
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Pseudonymise documents with their ids, paths and speakers.

    Parameters
    ----------
    documents : pandas.DataFrame
        One row per document, see `evalkit.tables`.
    speakers : pandas.DataFrame
        One row per document and speaker.
    names : NameList
        The names.

    Returns
    -------
    tuple of three pandas.DataFrame
        New documents and speakers, and the words that the evaluator should decide on.

    Raises
    ------
    PrivacyError
        If two documents get the same id, or two speakers with different roles the same label.
    """
    keys = [str(key) for key in documents["document_id"]]
    units = {key: _units_of(key, unit, speakers) for key, unit in zip(keys, documents["unit"], strict=True)}
    ids = {key: pseudonymise_filename(_composed(key), names, units=units[key]) for key in keys}
    _refuse_shared_ids(list(ids.values()))
    texts, queues = [], []
    for key, text in zip(keys, documents["text"], strict=True):
        done = _pseudonymise(str(text), names, units[key])
        texts.append(done.text)
        queues.append(_of_document(done.candidates, ids[key]))
    labels = _pseudonymise_labels(speakers, names, units)
    queues += [_of_document(candidates, ids.get(document, document)) for document, _, candidates in labels]
    new_documents = documents.assign(
        document_id=documents["document_id"].map(ids).astype("str"),
        path=[
            pseudonymise_filename(_composed(path), names, units=units[key])
            for key, path in zip(keys, documents["path"], strict=True)
        ],
        text=pd.Series(texts, index=documents.index, dtype="str"),
        text_sha256=pd.Series([_sha256(text) for text in texts], index=documents.index, dtype="str"),
    ).astype({"path": "str"})
    new_speakers = speakers.assign(
        document_id=pd.Series(
            [ids.get(key, key) for key in speakers["document_id"]], index=speakers.index, dtype="str"
        ),
        label=pd.Series([label for _, label, _ in labels], index=speakers.index, dtype="str"),
    )
    return new_documents, _one_row_per_label(new_speakers), join_queues([queue for queue in queues if len(queue)])


def _pseudonymise(text: str, names: NameList, units: frozenset[str]) -> Pseudonymised:
    text = _composed(text)
    protected = [match.span() for match in _BRACKETED.finditer(text) if _is_pseudonym(match[1], names)]
    shapes = find_shapes(text, protected=protected, has_name=lambda address: has_name(address, names))
    masked = mask(text, [*protected, *((start, end) for start, end, _ in shapes)])
    matches = find_names(masked, names, units=units)
    edits = [Edit(start, end, kind, SHAPE_LABELS[kind]) for start, end, kind in shapes] + matches.edits
    new, replacements, moved = _apply(text, sorted(edits, key=lambda edit: edit.start))
    return Pseudonymised(new, replacements, _candidates(matches.doubts, moved))


def _is_pseudonym(content: str, names: NameList) -> bool:
    known = content in names.pseudonyms or content in SHAPE_LABELS.values()
    return known or _NUMBERED.fullmatch(content) is not None


class _Moved:
    """Offsets of the old text → offsets of the new."""

    def __init__(self) -> None:
        self.old, self.shift = [0], [0]

    def __call__(self, offset: int) -> int:
        return offset + self.shift[bisect_right(self.old, offset) - 1]


def _apply(text: str, edits: Sequence[Edit]) -> tuple[str, pd.DataFrame, _Moved]:
    parts: list[str] = []
    rows: list[tuple[int, int, str, str]] = []
    moved = _Moved()
    last = length = 0
    for edit in edits:
        shown = f"[{edit.pseudonym}]"
        parts += [text[last : edit.start], shown, edit.suffix]
        start = length + edit.start - last
        rows.append((start, start + len(shown), edit.kind, edit.pseudonym))
        length = start + len(shown) + len(edit.suffix)
        last = edit.end
        moved.old.append(edit.end)
        moved.shift.append(length - edit.end)
    frame = pd.DataFrame(rows, columns=["start", "end", "kind", "pseudonym"])
    types = {"start": "int64", "end": "int64", "kind": "str", "pseudonym": "str"}
    return "".join([*parts, text[last:]]), frame.astype(types), moved


def _candidates(doubts: Sequence[tuple[str, str, int]], moved: _Moved) -> pd.DataFrame:
    starts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for word, reason, start in doubts:
        starts[" ".join(word.split()), reason].append(moved(start))
    rows = [(word, reason, len(found), tuple(found)) for (word, reason), found in starts.items()]
    frame = pd.DataFrame(rows, columns=["word", "reason", "count", "starts"])
    return frame.astype({"word": "str", "reason": "str", "count": "int64", "starts": "object"})


def _of_document(candidates: pd.DataFrame, document: str) -> pd.DataFrame:
    queue = empty_queue().reindex(range(len(candidates)))
    return queue.assign(
        word=candidates["word"], reason=candidates["reason"], count=candidates["count"], documents=document
    ).fillna({"decision": "", "pseudonym": ""})


def _units_of(document: str, unit: object, speakers: pd.DataFrame) -> frozenset[str]:
    """Units that can tell persons of one name apart: the document's own, else those of its speakers."""
    if isinstance(unit, str) and unit:
        return frozenset({unit})
    return frozenset(speakers.loc[speakers["document_id"] == document, "unit"].dropna())


def _pseudonymise_labels(
    speakers: pd.DataFrame, names: NameList, units: dict[str, frozenset[str]]
) -> list[tuple[str, str, pd.DataFrame]]:
    labels = []
    for document, label in zip(speakers["document_id"], speakers["label"], strict=True):
        # With its colon, as it stands in the text, so that both become the same.
        done = _pseudonymise(f"{label}:", names, units.get(str(document), frozenset()))
        labels.append((str(document), done.text.removesuffix(":"), done.candidates))
    return labels


def _one_row_per_label(speakers: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of a person who was labelled in two ways."""
    unlike = speakers.drop_duplicates().duplicated(["document_id", "label"])
    if unlike.any():
        first = speakers.drop_duplicates()[unlike].iloc[0]
        raise PrivacyError(
            f"{first['document_id']}: two speakers become '{first['label']}' but differ in role, unit or party. "
            "Label them apart in the document, or give them the same role"
        )
    return speakers.drop_duplicates().reset_index(drop=True)


def _refuse_shared_ids(ids: list[str]) -> None:
    shared = sorted(key for key, count in Counter(ids).items() if count > 1)
    if shared:
        raise PrivacyError(
            f"{len(shared)} document ids stand for several files once names are replaced, first '{shared[0]}'. "
            "Rename those files, for instance with a date"
        )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
