"""What is different between two codebooks: codes, their texts and rules, groupings and polarity cues.

The order of codes and rules is no difference. A code that got another id is known from the changes that the store
has, or told by what it says: the only two codes left over that have the same rules, or without rules the same
definition. What the difference does to codings is another question, which needs the segments.
"""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from rapidfuzz import fuzz

from evalkit.coding.codebook import Codebook
from evalkit.coding.codebook_changes.change import CodebookChange
from evalkit.coding.codebook_changes.written import CUES, rule_text, written_phrase
from evalkit.coding.codes import Code, Grouping, Matrix
from evalkit.coding.rules import Rule
from evalkit.wording import LANGUAGES, Language, pick

__all__ = ["CodebookDiff", "diff_codebooks", "diff_lines"]

_TEXTS = ("name", "definition", "include", "exclude", "example")
_ALIKE = 60.0
"""Percentage from which two rules are one rule that was changed, by Levenshtein's normalised similarity."""
_COLUMNS = ("what", "change", "code", "lang", "before", "after", "rests_on")
_SIGNS = {"added": "+", "removed": "-", "renamed": "→", "merged": "→", "split": "→", "moved": "→", "changed": "~"}

_SAID = {
    "added": ("ny", "nya", "new"),
    "removed": ("borttagen", "borttagna", "removed"),
    "renamed": ("med nytt id", "med nytt id", "renamed"),
    "merged": ("sammanslagen", "sammanslagna", "merged"),
    "split": ("delad", "delade", "split"),
    "moved": ("flyttad", "flyttade", "moved"),
    "changed": ("ändrad", "ändrade", "changed"),
}
_GROUPS = {
    "code": ("koder", "codes"),
    "text": ("texter", "texts"),
    "rule": ("regler", "rules"),
    "grouping": ("grupperingar", "groupings"),
    "polarity": ("polaritet", "polarity"),
}
_GROUP_OF = dict.fromkeys((*_TEXTS, "parent", "colour"), "text")
_WHAT = {
    "code": "kod", "name": "namn", "definition": "definition", "include": "ta med", "exclude": "ta inte med",
    "example": "exempel", "parent": "överordnad", "colour": "färg", "rule": "regel", "grouping": "gruppering",
    "negation": "nekande ord", "negation_ahead": "nekande ord efter", "exempt": "undantag från nekande",
    "hypothetical": "önskan", "question": "frågor", "window": "fönster", "language": "språk",
}  # fmt: skip
Row = tuple[str, str, str, str, str, str, tuple[str, ...]]


@dataclass(frozen=True)
class CodebookDiff:
    """Differences between two codebooks.

    Attributes
    ----------
    before, after : str
        Versions, with the hash of the text.
    table : pandas.DataFrame
        One row per difference. what: "code", a text ("name", "definition", "include", "exclude", "example"),
        "parent", "colour", "rule", "grouping", a cue ("negation" …, "question", "window") or "language"; change:
        "added", "removed", "renamed", "merged", "split", "moved" (a rule, to another code) or "changed"; code: id in
        the codebook that has it, the later one if both do, "" where it concerns no code; lang: of a text; before and
        after: what stood and stands there, "" if nothing; rests_on: ids of the codes.
    """

    before: str
    after: str
    table: pd.DataFrame

    def caption(self, lang: Language = "sv") -> str:
        """Say what the table is.

        Parameters
        ----------
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        str
            One sentence.
        """
        return pick(
            lang,
            sv=f"Skillnader mellan kodbok {self.before} och {self.after}.",
            en=f"Differences between codebook {self.before} and {self.after}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what is different, in numbers, and what that does not tell.

        Parameters
        ----------
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        str
            One or two sentences.
        """
        if self.table.empty:
            return pick(
                lang,
                sv=f"Kodbok {self.before} och {self.after} säger samma sak.",
                en=f"Codebook {self.before} and {self.after} say the same.",
            )
        group = self.table["what"].map(lambda what: what if what in _GROUPS else _GROUP_OF.get(what, "polarity"))
        counts = Counter(zip(group, self.table["change"], strict=True))
        said = []
        for kind, names in _GROUPS.items():
            parts = [
                f"{n} {pick(lang, sv=words[0] if n == 1 else words[1], en=words[2])}"
                for change, words in _SAID.items()
                if (n := counts[kind, change])
            ]
            if parts:
                said.append(f"{pick(lang, sv=names[0], en=names[1])}: {', '.join(parts)}")
        changed = pick(lang, sv=f"Från {self.before} till {self.after}", en=f"From {self.before} to {self.after}")
        left = pick(
            lang,
            sv="Vad det gör med kodningarna syns först när båda används på samma segment.",
            en="What it does to the codings shows only when both are applied to the same segments.",
        )
        return f"{changed} – {'; '.join(said)}. {left}"


def diff_codebooks(before: Codebook, after: Codebook, *, changes: Sequence[CodebookChange] = ()) -> CodebookDiff:
    """Compare two codebooks.

    Parameters
    ----------
    before, after : Codebook
        The earlier and the later one.
    changes : sequence of CodebookChange, optional
        What the store knows was done between them (`codebook_changes`): renamed, merged and split codes are then
        known and not told by what they say.

    Returns
    -------
    CodebookDiff
        One row per difference.
    """
    became, split = _became(before, after, changes)
    rows = list(_codes(before, after, became, split))
    pairs = [(old, after.code(new)) for old in before.codes if (new := became.get(old.id)) in after.ids]
    # The texts of a code that others went into are held against its own, not against theirs.
    own = [(old, new) for old, new in pairs if old.id == new.id or new.id not in before.ids]
    for code, later in own:
        rows += _texts(code, later, became)
    rows += _rules(before, after, became)
    rows += _groupings(before.groupings, after.groupings, became)
    rows += _cues(before, after)
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(dict.fromkeys(_COLUMNS[:-1], "str"))
    return CodebookDiff(before.codebook_version, after.codebook_version, table)


def diff_lines(diff: CodebookDiff, *, lang: Language = "sv", width: int = 100) -> list[str]:
    """Write the differences for a terminal.

    Parameters
    ----------
    diff : CodebookDiff
        From `diff_codebooks`.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.
    width : int, default 100
        Longest line but the last, which is `CodebookDiff.sentence`.

    Returns
    -------
    list of str
        Lines: what was added begins with "+", what went with "-", what moved with "→", what changed with "~" and has
        both on the lines below.
    """
    lines = [f"{diff.before} → {diff.after}"]
    code = None
    row: Any
    for row in diff.table.sort_values("code", kind="stable").itertuples(index=False):
        if row.code != code:
            code = row.code
            lines += ["", code or pick(lang, sv="hela kodboken", en="the whole codebook")]
        what = pick(lang, sv=_WHAT.get(row.what, row.what), en=row.what.replace("_", " "))
        head = f"  {_SIGNS[row.change]} {what}{f' ({row.lang})' if row.lang else ''}"
        if row.change == "changed":
            lines += [head, f"      - {row.before}", f"      + {row.after}"]
        elif row.change in ("added", "removed"):
            lines.append(f"{head}: {row.before or row.after}")
        else:
            lines.append(f"{head}: {row.before} → {row.after}")
    return [part for line in lines for part in _wrapped(line, width)] + ["", diff.sentence(lang)]


def _wrapped(line: str, width: int) -> list[str]:
    flat = " ".join(line.split("\n"))
    indent = " " * (len(flat) - len(flat.lstrip()))
    return textwrap.wrap(flat, width, subsequent_indent=indent + "  ", break_on_hyphens=False) or [""]


def _became(
    before: Codebook, after: Codebook, changes: Sequence[CodebookChange]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return what each earlier code is called later, and into which codes it was split."""
    became = {id: id for id in before.ids}
    split: dict[str, tuple[str, ...]] = {}
    for change in changes:
        became = {id: change.recode.get(now, now) for id, now in became.items()}
        split = {id: tuple(change.recode.get(now, now) for now in into) for id, into in split.items()}
        if change.kind == "split":
            split |= {id: change.after for id, now in became.items() if now in change.before}
    known = {id: now for id, now in became.items() if now in after.ids}
    gone = [code for code in before.codes if code.id not in known and code.id not in split]
    new = [
        code for code in after.codes if code.id not in {*known.values(), *(id for ids in split.values() for id in ids)}
    ]
    for old in gone:
        alike = [code for code in new if _says(code) == _says(old)]
        if _says(old) and len(alike) == 1 and sum(_says(code) == _says(old) for code in gone) == 1:
            known[old.id] = alike[0].id
    return known, split


def _says(code: Code) -> tuple[object, ...]:
    """Return by what a code without its id is known again; nothing if it says nothing."""
    rules = frozenset(map(rule_text, code.rules))
    if rules:
        return (rules,)
    return (code.definition,) if code.definition.sv or code.definition.en else ()


def _codes(
    before: Codebook, after: Codebook, became: dict[str, str], split: dict[str, tuple[str, ...]]
) -> Iterable[Row]:
    reached = Counter(became.values())
    for code in before.codes:
        new = became.get(code.id)
        into = [id for id in split.get(code.id, ()) if id in after.ids]
        if into:
            yield "code", "split", new or code.id, "", code.id, ", ".join(into), (code.id, *into)
        if new is None and not into:
            yield "code", "removed", code.id, "", _named(code), "", (code.id,)
        elif new is not None and new != code.id:
            change = "merged" if reached[new] > 1 else "renamed"
            yield "code", change, new, "", code.id, new, (code.id, new)
    made = {*became.values(), *(id for ids in split.values() for id in ids)}
    for code in after.codes:
        if code.id not in made:
            yield "code", "added", code.id, "", "", _named(code), (code.id,)


def _texts(old: Code, new: Code, became: dict[str, str]) -> Iterable[Row]:
    ids = tuple(dict.fromkeys((old.id, new.id)))
    for text in _TEXTS:
        was, now = getattr(old, text), getattr(new, text)
        same = was.sv == was.en and now.sv == now.en
        for lang in LANGUAGES[:1] if same else LANGUAGES:
            if was(lang) != now(lang):
                yield text, _change(was(lang), now(lang)), new.id, "" if same else lang, was(lang), now(lang), ids
    for key in ("parent", "colour"):
        was_key, now_key = getattr(old, key), getattr(new, key)
        if (became.get(was_key, was_key) if key == "parent" else was_key) != now_key:
            yield key, _change(was_key, now_key), new.id, "", was_key, now_key, ids


def _change(before: str, after: str) -> str:
    return "changed" if before and after else "added" if after else "removed"


@dataclass(frozen=True)
class _Placed:
    """A rule without its id, the code that it is a rule of, and what that code is called later."""

    code: str
    later: str
    rule: Rule
    own_id: str


def _placed(codebook: Codebook, became: dict[str, str]) -> list[_Placed]:
    return [
        _Placed(
            code.id, became.get(code.id, code.id), replace(rule, id=""), "" if rule.id == f"{code.id}.{n}" else rule.id
        )
        for code in codebook.codes
        for n, rule in enumerate(code.rules, start=1)
    ]


def _rules(before: Codebook, after: Codebook, became: dict[str, str]) -> Iterable[Row]:
    """Hold the rules of each code against those it had: the same, moved to another code, alike, new or gone."""
    old, new = _placed(before, became), _placed(after, {})
    old, new, _ = _pair_same(old, new, lambda placed: (placed.later, placed.rule))
    old, new, named = _pair_same(old, new, lambda placed: (placed.later, placed.own_id or placed))
    old, new, moved = _pair_same(old, new, lambda placed: placed.rule)
    old, new, alike = _pair_alike(old, new)
    for was, now in moved:
        yield "rule", "moved", now.code, "", was.code, f"{now.code}: {rule_text(now.rule)}", (was.code, now.code)
    for was, now in (*named, *alike):
        ids = tuple(dict.fromkeys((was.code, now.code)))
        yield "rule", "changed", now.code, "", rule_text(was.rule), rule_text(now.rule), ids
    for was in old:
        yield "rule", "removed", was.later, "", rule_text(was.rule), "", (was.code,)
    for now in new:
        yield "rule", "added", now.code, "", "", rule_text(now.rule), (now.code,)


Pairs = tuple[list[_Placed], list[_Placed], list[tuple[_Placed, _Placed]]]
"""Those left over on either side, and the pairs."""


def _pair_same(old: list[_Placed], new: list[_Placed], key: Callable[[_Placed], object]) -> Pairs:
    waiting: dict[object, list[_Placed]] = {}
    for now in new:
        waiting.setdefault(key(now), []).append(now)
    alone, pairs = [], []
    for was in old:
        if waiting.get(key(was)):
            pairs.append((was, waiting[key(was)].pop(0)))
        else:
            alone.append(was)
    return alone, [now for left in waiting.values() for now in left], pairs


def _pair_alike(old: list[_Placed], new: list[_Placed]) -> Pairs:
    alone, left, pairs = [], list(new), []
    for was in old:
        alike = {
            n: fuzz.ratio(rule_text(was.rule), rule_text(now.rule))
            for n, now in enumerate(left)
            if now.code == was.later
        }
        best = max(alike, key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= _ALIKE:
            pairs.append((was, left.pop(best)))
        else:
            alone.append(was)
    return alone, left, pairs


def _groupings(before: Sequence[Grouping], after: Sequence[Grouping], became: dict[str, str]) -> Iterable[Row]:
    was = {grouping.id: _view(grouping, became) for grouping in before}
    now = {grouping.id: _view(grouping, {}) for grouping in after}
    codes = {grouping.id: grouping.codes for grouping in (*before, *after)}
    for id in dict.fromkeys((*was, *now)):
        old, new = was.get(id, ""), now.get(id, "")
        if old != new:
            yield "grouping", _change(old, new), "", "", old, new, tuple(dict.fromkeys(codes[id]))


def _view(grouping: Grouping, became: dict[str, str]) -> str:
    """Return a grouping on one line."""
    name = f"{grouping.id} ({grouping.name.sv} / {grouping.name.en})"
    if isinstance(grouping, Matrix):
        columns = ", ".join(f"{text.sv} / {text.en}" for text in grouping.columns)
        rows = [
            f"{text.sv} / {text.en}: {', '.join(became.get(code, code) for code in codes)}"
            for text, codes in zip(grouping.rows, grouping.cells, strict=True)
        ]
        return f"{name}: [{columns}] {'; '.join(rows)}"
    steps, between = (" → ".join(became.get(code, code) for code in ids) for ids in (grouping.steps, grouping.between))
    return f"{name}: {steps}; hub {became.get(grouping.hub, grouping.hub) or '–'}; between {between or '–'}"


def _cues(before: Codebook, after: Codebook) -> Iterable[Row]:
    for cue in CUES:
        was, now = (Counter(map(written_phrase, getattr(book.polarity, cue))) for book in (before, after))
        for phrase in was - now:
            yield cue, "removed", "", "", phrase, "", ()
        for phrase in now - was:
            yield cue, "added", "", "", "", phrase, ()
    for key in ("question", "window"):
        old, new = (str(getattr(book.polarity, key)).lower() for book in (before, after))
        if old != new:
            yield key, "changed", "", "", old, new, ()
    if before.language != after.language:
        yield "language", "changed", "", "", before.language, after.language, ()


def _named(code: Code) -> str:
    return code.name.sv if code.name.sv == code.name.en else f"{code.name.sv} / {code.name.en}"
