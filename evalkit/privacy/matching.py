"""Where names stand in a text, and what is to be done with each of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from evalkit.privacy.names import Meaning, NameList
from evalkit.privacy.words import ATOM, gap_kind, is_function_word, is_ordinary, is_place, looks_like_name

__all__ = [
    "AMBIGUOUS",
    "CAPITAL",
    "COMPOUND",
    "HYPHENATED",
    "LOWER_CASE",
    "NEUTRAL",
    "ORDINARY",
    "UNKNOWN",
    "Edit",
    "Matches",
    "find_names",
]

# Reasons why a word is put before the evaluator, in the order in which they are shown.
AMBIGUOUS = "several share this name"
ORDINARY = "name that is also a word or a place"
HYPHENATED = "hyphenated with a registered name"
COMPOUND = "begins with the name of a unit"
LOWER_CASE = "registered name in lower case"
UNKNOWN = "capital, in no register"
CAPITAL = "ordinary word with a capital"

NEUTRAL = "namn"

# A line opens with a time, a number, a bullet or a quotation mark before its first word.
_LINE_OPENS = re.compile(r"[\s\d.:,()\[\]<>#*•·o–—\"”“'«»-]*")
_ASIDE = re.compile(r"[ \t]*[(\[][^()\[\]\n]{1,40}[)\]][ \t]*$")
_LABEL_ENDS = re.compile(r"(?:[ \t]*[(\[][^()\[\]\n]{1,40}[)\]])?[ \t]*:(?!\S)|\s*$")
_ABBREVIATION = re.compile(
    r"(?i)(?:^|[\s(])(?:t\.? ?ex|bl\.? ?a|m\.? ?fl|d\.? ?v\.? ?s|s\.? ?k|f\.? ?d|i\.? ?e|e\.? ?g|dvs|jfr|jmf|ca"
    r"|dr|prof|mr|mrs|ms|st|ev|inkl|resp|kl|nr|tel|[^\W\d_])\.$"
)
_WRAPPED_LINE = 45  # a line at least this long without a full stop goes on in the next


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the old text and what replaces it."""

    start: int
    end: int
    kind: str
    pseudonym: str
    suffix: str = ""


@dataclass(slots=True)
class Matches:
    """What is replaced, and which words the evaluator should look at (word, reason, start)."""

    edits: list[Edit] = field(default_factory=list)
    doubts: list[tuple[str, str, int]] = field(default_factory=list)


def find_names(text: str, names: NameList, *, units: frozenset[str]) -> Matches:
    """Find registered names, and words that may be names.

    Parameters
    ----------
    text : str
        Composed text; what must not be touched is masked.
    names : NameList
        The names.
    units : frozenset of str
        Units that the document is about, which tell persons of one name apart.

    Returns
    -------
    Matches
        In the order of the text.
    """
    return _Search(text, names, units).run()


class _Search:
    def __init__(self, text: str, names: NameList, units: frozenset[str]) -> None:
        self.text, self.names, self.units = text, names, units
        atoms = list(ATOM.finditer(text))
        self.words = [atom[0] for atom in atoms]
        self.starts = [atom.start() for atom in atoms]
        self.ends = [atom.end() for atom in atoms]
        self.lower = {word for word in self.words if word.islower()}
        self.matches = Matches()
        self.unknown: list[tuple[int, int, bool]] = []  # first and last word, whether it looks like a name

    def run(self) -> Matches:
        i = 0
        while i < len(self.words):
            i = self._step(i) + 1
        self._queue_unknown()
        self.matches.doubts.sort(key=lambda doubt: doubt[2])
        return self.matches

    def _step(self, i: int) -> int:
        """Deal with the word at i; return the last word dealt with."""
        end = self._chain_end(i)
        for j, meanings in self._spans(i, exact=True):
            whole = self._chain_end(j) == j and j >= end
            if whole or all(meaning.kind == "unit" for meaning in meanings):
                self._replace(i, j, meanings)
                return j
        if end > i and self._holds_person(i, end):
            self._doubt(HYPHENATED, self._slice(i, end), i, end, neutral=True)
            return end
        for j, meanings in self._spans(i, exact=False):
            if j > i and all(is_ordinary(word) for word in self.words[i : j + 1]):
                continue  # "hans sten" is no person
            self._replace_folded(i, j, meanings)
            return j
        return self._unregistered(i, end)

    def _gap(self, i: int) -> str | None:
        """Tell what joins the word at i to the next."""
        if i + 1 >= len(self.words):
            return None
        return gap_kind(self.text[self.ends[i] : self.starts[i + 1]], before=self.words[i])

    def _slice(self, i: int, j: int) -> str:
        return self.text[self.starts[i] : self.ends[j]]

    def _chain_end(self, i: int) -> int:
        """Last part of a hyphenated name that goes on from i, such as Anna-Karin."""
        j = i
        while self._has_capital(j) and self._gap(j) == "-" and self._has_capital(j + 1):
            j += 1
        return j

    def _has_capital(self, i: int) -> bool:
        return self.words[i][0].isupper() and len(self.words[i]) > 1

    def _holds_person(self, i: int, j: int) -> bool:
        found = (self.names.forms.get(word, ()) for word in self.words[i : j + 1])
        return any(meaning.kind == "person" for meanings in found for meaning in meanings)

    def _spans(self, i: int, *, exact: bool) -> Iterator[tuple[int, tuple[Meaning, ...]]]:
        """Stretches from i that are names, longest first."""
        look_up = self.names.forms if exact else self.names.folded
        first = self.words[i] if exact else self.words[i].casefold()
        gap = self._gap(i)
        if first.casefold() not in self.names.starts and first not in look_up and gap not in ("~", ""):
            return
        found: list[tuple[int, tuple[Meaning, ...]]] = []
        keys, j = [first], i
        while keys:
            found += [(j, look_up[key]) for key in keys if key in look_up]
            gap = self._gap(j)
            if gap is None or j - i > self.names.longest + 1 or not self._may_go_on(j):
                break
            j += 1
            word = self.words[j] if exact else self.words[j].casefold()
            joiners = ("", "-") if gap == "~" else (gap,)
            keys = [key + joiner + word for key in keys for joiner in joiners]
        yield from reversed(found)

    def _may_go_on(self, j: int) -> bool:
        # A name at the end of a line does not go on in the speaker label that opens the next.
        gap = self.text[self.ends[j] : self.starts[j + 1]]
        return "\n" not in gap or not _LABEL_ENDS.match(self.text, self.ends[j + 1])

    def _replace(self, i: int, j: int, meanings: tuple[Meaning, ...]) -> None:
        # A registered name goes before one decided in the queue, a plain form before a genitive.
        known = [m for m in meanings if m.kind != "decided"] or list(meanings)
        known = [m for m in known if m.suffix == ""] or known
        pseudonyms = {m.pseudonym for m in known}
        chosen = known[0]
        if len(pseudonyms) > 1:
            here = [m for m in known if m.unit is not None and m.unit in self.units]
            if len({m.pseudonym for m in here}) != 1 or any(m.kind == "unit" for m in known):
                self._doubt(AMBIGUOUS, chosen.base, i, j, suffix=chosen.suffix, neutral=True)
                return
            chosen = here[0]
        elif i == j and chosen.kind != "decided" and self._is_doubtful(i, chosen):
            self._doubt(ORDINARY, chosen.base, i, j, suffix=chosen.suffix, neutral=True)
            return
        self._edit(i, j, chosen.kind, chosen.pseudonym, chosen.suffix)

    def _is_doubtful(self, i: int, meaning: Meaning) -> bool:
        """Whether a registered name may be an ordinary word or a place where it stands."""
        if meaning.suffix.startswith("-") or self._is_label(i):
            return False
        home = meaning.pseudonym if meaning.kind == "unit" else meaning.unit
        if meaning.kind == "person" and is_place(meaning.base) and home not in self.units:
            return True
        if not is_ordinary(meaning.base) or not (self.words[i].isupper() or self._opens(i)):
            return False
        return is_function_word(meaning.base) or home not in self.units

    def _replace_folded(self, i: int, j: int, meanings: tuple[Meaning, ...]) -> None:
        """Treat a name without capitals: a whole name is one all the same, a single word may be any word."""
        persons = {m.pseudonym for m in meanings}
        if j > i and len(persons) == 1 and meanings[0].kind != "decided":
            self._edit(i, j, meanings[0].kind, meanings[0].pseudonym, meanings[0].suffix)
        else:
            plain = [m for m in meanings if m.suffix == ""] or list(meanings)
            self._doubt(LOWER_CASE, plain[0].base.lower(), i, j, suffix=plain[0].suffix, neutral=False)

    def _unregistered(self, i: int, end: int) -> int:
        word = self.words[i]
        stem = self._begins_with_unit(word)
        if stem:
            self._doubt(COMPOUND, word, i, i, neutral=False)
            return i
        if self._has_capital(i) and not word.isupper():
            # A word that the text also has in lower case is no name, only the first of its sentence.
            opens = self._opens(i)
            if opens and end == i and word.lower() in self.lower:
                return end
            verdicts = [looks_like_name(self.words[k], opens=opens and k == i) for k in range(i, end + 1)]
            if any(verdict is not None for verdict in verdicts):
                self.unknown.append((i, end, True in verdicts))
        return end

    def _begins_with_unit(self, word: str) -> bool:
        lower = word.casefold()
        beginnings = (lower[:size] for size in range(4, len(lower) - 1))
        return any(stem in self.names.unit_stems for stem in beginnings) and not is_ordinary(word)

    def _queue_unknown(self) -> None:
        """Queue words in no register; "Karin Persson" is one entry, unless one of them has been decided on."""
        runs: list[tuple[int, int, bool]] = []
        for i, j, name in self.unknown:
            if self._is_kept(self._slice(i, j)):
                continue
            if runs and runs[-1][1] + 1 == i and self.text[self.ends[i - 1] : self.starts[i]] == " ":
                runs[-1] = (runs[-1][0], j, runs[-1][2] or name)
            else:
                runs.append((i, j, name))
        for i, j, name in runs:
            word = self._slice(i, j)
            if not self._is_kept(word):
                self.matches.doubts.append((word, UNKNOWN if name else CAPITAL, self.starts[i]))

    def _is_kept(self, word: str) -> bool:
        bases = (word, word[:-1]) if word.endswith("s") else (word,)
        return any((base, reason) in self.names.decided for base in bases for reason in (UNKNOWN, CAPITAL))

    def _doubt(self, reason: str, word: str, i: int, j: int, *, neutral: bool, suffix: str = "") -> None:
        """Follow the evaluator's decision; without one, queue the word and hide it if it may be a person's."""
        decision = self.names.decided.get((word, reason))
        if decision is None and word.endswith("s"):
            decision = self.names.decided.get((word[:-1], reason))
            suffix = suffix if decision is None else "s"
        if decision is None:
            self.matches.doubts.append((word, reason, self.starts[i]))
            decision = NEUTRAL if neutral else ""
        if decision:
            self._edit(i, j, "ambiguous" if decision == NEUTRAL else "decided", decision, suffix)

    def _edit(self, i: int, j: int, kind: str, pseudonym: str, suffix: str) -> None:
        self.matches.edits.append(Edit(self.starts[i], self.ends[j], kind, pseudonym, suffix))

    def _is_label(self, i: int) -> bool:
        """Whether the word is all there is, or stands as a speaker's label."""
        line = self.text.rfind("\n", 0, self.starts[i]) + 1
        before = _LINE_OPENS.fullmatch(self.text, line, self.starts[i])
        after = _LABEL_ENDS.match(self.text, self.ends[i])
        return bool(before and after and (":" in after[0] or not self.text[:line].strip()))

    def _opens(self, i: int) -> bool:
        """Whether the word opens a sentence or a turn, where every word has a capital."""
        start = self.starts[i]
        line = self.text.rfind("\n", 0, start) + 1
        if _LINE_OPENS.fullmatch(self.text, line, start):
            last = self.text[:line].rstrip()
            length = len(last) - (last.rfind("\n") + 1)
            return not last or last[-1] in ".!?:…" or length < _WRAPPED_LINE
        before = self.text[line:start].rstrip(" \t\"”“'«»([")
        before = _ASIDE.sub("", before).rstrip()
        if not before or before[-1] in "!?:…":
            return True
        return before[-1] == "." and not _ABBREVIATION.search(before[-12:])
