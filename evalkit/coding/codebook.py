"""codebook.toml → `Codebook`: codes with their definitions, rules, groupings and polarity cues.

The codebook and its rules are one file, so that a definition and what is done with it are read together. Everything
is checked when it is read: unknown keys, unknown codes, ids that stand twice, parents in a circle, patterns that
mean nothing. An error names the file, the line, the code, the rule, the key and what is allowed.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from evalkit.coding.codes import Code, Codebook, Cycle, Grouping, Matrix
from evalkit.coding.learned.file import companions, read_learned
from evalkit.coding.rules import (
    GAP,
    ROLES,
    WINDOW,
    Phrase,
    PolarityCues,
    Rule,
    Words,
    WordSequence,
    parse_alternatives,
    parse_phrase,
)
from evalkit.errors import CodebookError
from evalkit.shipped import codebook_path
from evalkit.study import Study, Text
from evalkit.wording import LANGUAGES

__all__ = [
    "Code",
    "Codebook",
    "Cycle",
    "Grouping",
    "Matrix",
    "Place",
    "codebook_files",
    "codebook_source",
    "parse_codebook",
    "read_codebook",
    "study_codebook",
]

T = TypeVar("T")
Row = dict[str, Any]
Lists = dict[str, tuple[str, ...]]
Place = tuple[int | None, int | None]
"""Number of a code and of a rule in it, from 0; None for the code itself, and for what is outside the codes."""

MOST_PARTS_IN_ANY_ORDER = 4


def study_codebook(study: Study) -> Path:
    """Return the study's codebook, or the one that evalkit ships where it has none.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pathlib.Path
        A codebook.toml.
    """
    own = study.raw / "codebook.toml"
    return own if own.is_file() else codebook_path()


def codebook_files(codebook: Path) -> list[Path]:
    """Return the files that a codebook consists of.

    Parameters
    ----------
    codebook : path
        A codebook.toml.

    Returns
    -------
    list of pathlib.Path
        The codebook, and those of its examples and what was learned from them that exist.
    """
    return [codebook, *(path for path in companions(codebook) if path.is_file())]


def read_codebook(path: Path | str, *, learned: bool = True) -> Codebook:
    """Read codebook.toml, and what was learned beside it (see `learned`).

    Parameters
    ----------
    path : path
        The file.
    learned : bool, default True
        Whether to read the learned file, where there is one; without it only the rules code.

    Returns
    -------
    Codebook
        Checked; a codebook without rules is valid.

    Raises
    ------
    CodebookError
        If the file cannot be read or anything in it is not allowed; the first problem is named.
    """
    path = Path(path)
    book = parse_codebook(codebook_source(path), name=path.name)
    said = read_learned(path) if learned else None
    if said is None:
        return book
    return replace(book, learned=said, digest=hashlib.sha256((book.digest + said.digest).encode()).hexdigest())


def codebook_source(path: Path) -> str:
    """Return the text of a codebook as it is hashed: without a byte order mark, lines ended by newlines.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        Its text; not checked.

    Raises
    ------
    CodebookError
        If the file cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise CodebookError(f"{path.name}: cannot be read ({error.strerror}). Give the codebook's file") from None
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name}: is not UTF-8 (byte {error.start}). Save it as UTF-8") from None


def parse_codebook(source: str, *, name: str = "codebook.toml", places: Mapping[Place, str] | None = None) -> Codebook:
    """Read a codebook from its text.

    Parameters
    ----------
    source : str
        As from `codebook_source`.
    name : str, default "codebook.toml"
        What errors call it.
    places : mapping, optional
        Where each code and rule was read, if the text was made from something else; errors name it instead of a line.

    Returns
    -------
    Codebook
        Checked.

    Raises
    ------
    CodebookError
        If anything in it is not allowed; the first problem is named.
    """
    try:
        declared = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{name}: is not valid TOML: {error}. Correct that line") from None
    return _Reader(name, source, places).codebook(declared)


class _Reader:
    """Turns the parsed file into a codebook and knows where in the file an error lies."""

    def __init__(self, name: str, source: str, places: Mapping[Place, str] | None = None) -> None:
        self.name = name
        self.source = source
        self.places = {at: f"line {n}" for n, at in _header_lines(source)} if places is None else places

    def codebook(self, declared: Row) -> Codebook:
        """Read the whole file."""
        top = _Table(declared, lambda what: self.error(None, None, what))
        top.only("version", "language", "lists", "polarity", "learned", "codes", "groupings")
        lists = self.lists(top.table("lists"))
        codes = tuple(self.code(row, number, lists) for number, row in enumerate(top.rows("codes")))
        self.check_codes(codes)
        book = Codebook(
            version=top.text("version", required=True),
            language=top.choice("language", ("sv",), default="sv"),
            codes=codes,
            groupings=tuple(self.grouping(row, number, codes) for number, row in enumerate(top.rows("groupings"))),
            polarity=self.cues(top.table("polarity")),
            digest=hashlib.sha256(self.source.encode()).hexdigest(),
            lists=lists,
            learned_not=self.learned_not(top.table("learned"), lists),
        )
        self.check_unique("groupings", [grouping.id for grouping in book.groupings])
        return book

    def error(self, code: int | None, rule: int | None, what: str) -> CodebookError:
        """Make an error that says where."""
        place = self.places.get((code, rule))
        return CodebookError(f"{self.name}{f', {place}' if place else ''}: {what}")

    def lists(self, row: Row) -> Lists:
        """Read [lists]: words that many rules share, written once and named "@name" where they are used."""
        table = _Table(row, lambda what: self.error(None, None, f"[lists] {what}"))
        return {name: table.texts(name) for name in row}

    def cues(self, row: Row) -> PolarityCues:
        """Read [polarity]."""
        table = _Table(row, lambda what: self.error(None, None, f"[polarity] {what}"))
        lists = ("negation", "negation_ahead", "exempt", "hypothetical")
        table.only(*lists, "question", "window")
        phrases = {name: table.patterns(name, parse_phrase) for name in lists}
        return PolarityCues(**phrases, question=table.truth("question", True), window=table.whole("window", WINDOW))

    def learned_not(self, row: Row, lists: Lists) -> tuple[Phrase, ...]:
        """Read [learned]: what keeps the learned coder from a sentence."""
        table = _Table(row, lambda what: self.error(None, None, f"[learned] {what}"), lists)
        table.only("not")
        return table.patterns("not", parse_phrase)

    def code(self, row: Row, number: int, lists: Lists) -> Code:
        """Read one [[codes]]."""
        who = f"code '{row['id']}'" if isinstance(row.get("id"), str) else f"code number {number + 1}"
        table = _Table(row, lambda what: self.error(number, None, f"{who}: {what}"))
        texts = ("definition", "include", "exclude", "example")
        table.only("id", "name", *texts, "parent", "colour", "was", "rules")
        id = table.text("id", required=True)
        if not re.fullmatch(r"[\w-]+", id):
            raise table.error("id has a sign that is not allowed; use letters, digits, '_' and '-'")
        colour = table.text("colour")
        if colour and not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
            raise table.error(f"colour is '{colour}'; write it as '#RRGGBB'")
        return Code(
            id=id,
            name=table.both("name", required=True),
            **{text: table.both(text) for text in texts},
            parent=table.text("parent"),
            colour=colour,
            was=self.was(row, table),
            rules=tuple(self.rule(rule, id, number, n, lists) for n, rule in enumerate(table.rows("rules"))),
        )

    def was(self, row: Row, table: "_Table") -> tuple[str, ...]:
        """Read the former ids of a code."""
        ids = row.get("was", [])
        if not isinstance(ids, list) or not all(isinstance(id, str) and re.fullmatch(r"[\w-]+", id) for id in ids):
            raise table.error('was is a list of the ids that the code had; write it as ["old_id"]')
        return tuple(ids)

    def rule(self, row: Row, code: str, code_number: int, number: int, lists: Lists) -> Rule:
        """Read one [[codes.rules]]."""
        id = row.get("id", f"{code}.{number + 1}")
        table = _Table(row, lambda what: self.error(code_number, number, f"code '{code}', rule '{id}': {what}"), lists)
        table.only("id", "words", "sequence", "gap", "order", "across", "polarity", "negatable", "with", "not", "roles")
        roles = table.texts("roles", default=ROLES)
        unknown = [role for role in roles if role not in ROLES]
        if unknown or not roles:
            raise table.error(f"roles has '{unknown[0] if unknown else ''}'; allowed are {', '.join(ROLES)}")
        return Rule(
            id=table.text("id") or f"{code}.{number + 1}",
            pattern=_pattern(table),
            polarity=table.choice("polarity", ("+", "-", "?"), default="+"),  # type: ignore[arg-type]
            negatable=table.truth("negatable", True),
            requires=table.patterns("with", parse_phrase),
            excludes=table.patterns("not", parse_phrase),
            roles=roles,
        )

    def grouping(self, row: Row, number: int, codes: tuple[Code, ...]) -> Grouping:
        """Read one [[groupings]]."""
        who = f"grouping '{row['id']}'" if isinstance(row.get("id"), str) else f"grouping number {number + 1}"
        table = _Table(row, lambda what: self.error(None, None, f"{who}: {what}"))
        kind = table.choice("kind", ("matrix", "cycle"))
        view = _matrix(table) if kind == "matrix" else _cycle(table)
        known = {code.id for code in codes}
        for code in view.codes:
            if code not in known:
                raise table.error(f"code '{code}' is not in the codebook; declare it under [[codes]] or correct the id")
        return view

    def check_codes(self, codes: tuple[Code, ...]) -> None:
        """Refuse ids that stand twice and parents that do not exist or go in a circle."""
        self.check_unique("codes", [code.id for code in codes])
        self.check_unique("rules", [rule.id for code in codes for rule in code.rules])
        parents = {code.id: code.parent for code in codes}
        for number, code in enumerate(codes):
            if code.parent and code.parent not in parents:
                raise self.error(
                    number, None, f"code '{code.id}': parent '{code.parent}' is not a code; give the id of one, or \"\""
                )
            chain, above = [code.id], code.parent
            while above and above in parents and above not in chain:
                chain.append(above)
                above = parents[above]
            if above in chain:
                circle = " → ".join((*chain, above))
                raise self.error(number, None, f"code '{code.id}': parents go in a circle ({circle}); break it")

    def check_unique(self, what: str, ids: list[str]) -> None:
        """Refuse ids that stand twice."""
        twice = [id for id, count in Counter(ids).items() if count > 1]
        if twice:
            raise CodebookError(f"{self.name}: {what}: id '{twice[0]}' stands more than once; give each its own")


class _Table:
    """One table of the file: gives typed values or an error that names the key and what is allowed."""

    def __init__(self, row: Row, error: Callable[[str], CodebookError], lists: Lists | None = None) -> None:
        self.row = row
        self.error = error
        self.lists = lists or {}

    def only(self, *keys: str) -> None:
        unknown = [key for key in self.row if key not in keys]
        if unknown:
            raise self.error(f"'{unknown[0]}' is not a known key; allowed are {', '.join(keys)}")

    def _get(self, key: str, kind: type[T], what: str, default: T | None) -> T:
        value = self.row.get(key, default)
        if value is None:
            raise self.error(f"{key} is missing; give {what}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(f"{key} must be {what}")
        return value

    def text(self, key: str, *, required: bool = False) -> str:
        value = self._get(key, str, "a text", None if required else "").strip()
        if required and not value:
            raise self.error(f"{key} is empty; give a text")
        return value

    def both(self, key: str, *, required: bool = False) -> Text:
        value = self.row.get(key, None if required else "")
        if isinstance(value, str):
            value = {"sv": value, "en": value}
        if not isinstance(value, dict) or set(value) != set(LANGUAGES) or not all(map(_is_text, value.values())):
            raise self.error(f'{key} must be a text, or {{ sv = "...", en = "..." }}')
        return Text(**value)

    def choice(self, key: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        value = self.row.get(key, default)
        if value not in allowed:
            raise self.error(f"{key} must be one of " + ", ".join(f'"{choice}"' for choice in allowed))
        return str(value)

    def truth(self, key: str, default: bool) -> bool:
        return self._get(key, bool, "true or false", default)

    def whole(self, key: str, default: int) -> int:
        value = self._get(key, int, "a whole number", default)
        if not 0 <= value <= 50:
            raise self.error(f"{key} is {value}; allowed are 0 to 50")
        return value

    def texts(self, key: str, *, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.row.get(key, list(default))
        if not isinstance(value, list) or not all(map(_is_text, value)):
            raise self.error(f"{key} must be a list of texts")
        return tuple(self._named(key, written) for written in value)

    def _named(self, key: str, written: str) -> str:
        if not written.startswith("@"):
            return written
        if written[1:] not in self.lists:
            known = ", ".join(self.lists) or "none"
            raise self.error(f"{key} names the list '{written}', which is not under [lists] (there: {known})")
        return "|".join(self.lists[written[1:]])

    def table(self, key: str) -> Row:
        return self._get(key, dict, f"a table, as in [{key}]", {})

    def rows(self, key: str) -> list[Row]:
        value = self.row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.error(f"{key} must be a list of tables, as in [[{key}]]")
        return value

    def patterns(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        return tuple(self._parse(key, number, text, parse) for number, text in enumerate(self.texts(key), start=1))

    def _parse(self, key: str, number: int, written: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(written)
        except ValueError as error:
            raise self.error(f"{key}, pattern {number} ('{written}'): {error}") from None


def _pattern(table: _Table) -> Words | WordSequence:
    written = [key for key in ("words", "sequence") if key in table.row]
    if len(written) != 1:
        raise table.error("has no 'words' or 'sequence', or both; give one of the two")
    parts = table.patterns(written[0], parse_alternatives)
    if written == ["words"]:
        misplaced = [key for key in ("gap", "order", "across") if key in table.row]
        if misplaced:
            raise table.error(f"'{misplaced[0]}' belongs to a sequence, not to words; remove it")
        if not parts:
            raise table.error("words is empty; give at least one pattern")
        return Words(tuple(pattern for alternatives in parts for pattern in alternatives))
    any_order = table.choice("order", ("fixed", "either"), default="fixed") == "either"
    if len(parts) < 2:
        raise table.error("sequence needs at least two parts; use words for one")
    if any_order and len(parts) > MOST_PARTS_IN_ANY_ORDER:
        raise table.error(f'order = "either" allows at most {MOST_PARTS_IN_ANY_ORDER} parts; split the rule')
    return WordSequence(parts, table.whole("gap", GAP), any_order, table.truth("across", False))


def _matrix(table: _Table) -> Matrix:
    table.only("id", "kind", "name", "rows", "columns", "cells")
    headings = {}
    for key in ("rows", "columns"):
        values = table.row.get(key, [])
        if not isinstance(values, list) or not values:
            raise table.error(f"{key} must be a list of headings")
        named = [_Table({f"{key} {n}": value}, table.error) for n, value in enumerate(values, start=1)]
        headings[key] = tuple(part.both(f"{key} {n}", required=True) for n, part in enumerate(named, start=1))
    cells = table.row.get("cells", [])
    rows, columns = len(headings["rows"]), len(headings["columns"])
    shaped = isinstance(cells, list) and len(cells) == rows
    if not shaped or not all(
        isinstance(row, list) and len(row) == columns and all(map(_is_text, row)) for row in cells
    ):
        raise table.error(f"cells must be {rows} lists of {columns} code ids")
    return Matrix(
        id=table.text("id", required=True),
        name=table.both("name", required=True),
        rows=headings["rows"],
        columns=headings["columns"],
        cells=tuple(tuple(row) for row in cells),
    )


def _cycle(table: _Table) -> Cycle:
    table.only("id", "kind", "name", "steps", "hub", "between")
    steps = table.texts("steps")
    if len(steps) < 2:
        raise table.error("steps must be a list of at least two code ids")
    return Cycle(
        id=table.text("id", required=True),
        name=table.both("name", required=True),
        steps=steps,
        hub=table.text("hub"),
        between=table.texts("between"),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _header_lines(source: str) -> Iterator[tuple[int, Place]]:
    """Yield the line of each [[codes]] and [[codes.rules]], with the numbers of the code and the rule."""
    code, rule = -1, -1
    for number, line in enumerate(source.split("\n"), start=1):
        header = line.split("#")[0].replace(" ", "").strip()
        if header == "[[codes]]":
            code, rule = code + 1, -1
            yield number, (code, None)
        elif header == "[[codes.rules]]":
            rule += 1
            yield number, (code, rule)
