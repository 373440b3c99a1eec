"""A codebook as a workbook of four sheets and back.

"codes" has one row per code, "rules" one per rule in the patterns of codebook.toml, "groupings" one per place of a
grouping, "codebook" the version and the polarity cues. Several patterns stand in one cell, one a line. All cells are
text, so that a spreadsheet program takes no pattern for a formula. Any sheet but "codes" may be missing.
"""

import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.coding.codebook import Codebook, Place, codebook_source, parse_codebook
from evalkit.coding.codebook_changes.layout import Block, Layout, as_item, as_toml, code_block, written_text
from evalkit.coding.codebook_changes.written import CUES, rule_fields, written_grouping, written_phrase
from evalkit.coding.codes import Code, Cycle, Grouping, Matrix
from evalkit.errors import CodebookError, SourceError
from evalkit.sources.guarded import run_guarded
from evalkit.study import Text
from evalkit.wording import LANGUAGES

__all__ = ["codebook_from_xlsx", "codebook_to_xlsx"]

_TEXTS = ("name", "definition", "include", "exclude", "example")
_CODES = ("id", *(f"{text}_{lang}" for text in _TEXTS for lang in LANGUAGES), "parent", "colour")
_LISTS = ("words", "sequence", "with", "not", "roles")
_RULES = ("code", "id", "words", "sequence", "gap", "order", "across", "polarity", "negatable", "with", "not", "roles")
_GROUPINGS = (
    "grouping", "kind", "name_sv", "name_en", "place", "row", "row_sv", "row_en", "column", "column_sv", "column_en",
    "code",
)  # fmt: skip
_CODEBOOK = ("key", "value")
_COLUMNS = {"codes": _CODES, "rules": _RULES, "groupings": _GROUPINGS, "codebook": _CODEBOOK}
_WIDTHS = {"id": 18, "code": 18, "parent": 18, "grouping": 18, "key": 18, "value": 60, "sequence": 34, "not": 34}
_WIDE = ("definition", "include", "exclude", "example", "words", "with")
_TRUTHS = {"true": True, "sant": True, "ja": True, "false": False, "falskt": False, "nej": False}
_UNHELD = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LONGEST_CELL = 32_767
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same codebook gives the same bytes


def codebook_to_xlsx(codebook: Codebook) -> bytes:
    """Write a codebook as a workbook.

    Parameters
    ----------
    codebook : Codebook
        With rules or without; lists that rules share are written out.

    Returns
    -------
    bytes
        An .xlsx file; the same for the same codebook.

    Raises
    ------
    CodebookError
        If a text is longer than a cell, or has a sign that no cell can hold.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"created": _MADE})
        head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for name, rows in _sheets(codebook).items():
            sheet, columns = book.add_worksheet(name), _COLUMNS[name]
            for number, column in enumerate(columns):
                sheet.write_string(0, number, column, head)
                sheet.set_column(number, number, _width(column), body)
            for at, row in enumerate(rows, start=1):
                for number, text in enumerate(row):
                    if text:
                        sheet.write_string(
                            at, number, _held(text, f"sheet {name}, {columns[number]} of '{row[0]}'"), body
                        )
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    return buffer.getvalue()


def codebook_from_xlsx(path: Path, *, keep_rules_of: Path | None = None) -> str:
    """Read a codebook from a workbook.

    Parameters
    ----------
    path : pathlib.Path
        An .xlsx file with the sheets of `codebook_to_xlsx`; a workbook of one sheet is a list of codes.
    keep_rules_of : pathlib.Path, optional
        A codebook.toml: its rules, lists, cues, comments and layout stay, and the workbook gives the rest.

    Returns
    -------
    str
        Text of a codebook.toml, read and found valid. Where a code has a name in one language only, the name is for
        both.

    Raises
    ------
    CodebookError
        If the workbook cannot be read or is no valid codebook; the sheet and the row are named.
    """
    sheets = _read(path)
    rows = sheets["codes"].rows
    _refuse_twice(sheets["codes"], [row.text("id") for row in rows])
    if keep_rules_of is None:
        source, places = _from_sheets(sheets)
    else:
        source, places = _into(Layout(codebook_source(keep_rules_of)), sheets)
    parse_codebook(source, name=path.name, places=places)
    return source


def _sheets(codebook: Codebook) -> dict[str, list[Sequence[str]]]:
    cues = codebook.polarity
    about: list[Sequence[str]] = [("version", codebook.version), ("language", codebook.language)]
    about += [(cue, "\n".join(map(written_phrase, getattr(cues, cue)))) for cue in CUES]
    about += [("question", str(cues.question).lower()), ("window", str(cues.window))]
    return {
        "codes": [_code_row(code) for code in codebook.codes],
        "rules": [_rule_row(code, number) for code in codebook.codes for number in range(len(code.rules))],
        "groupings": [row for grouping in codebook.groupings for row in _grouping_rows(grouping)],
        "codebook": about,
    }


def _code_row(code: Code) -> list[str]:
    texts = [getattr(code, text)(lang) for text in _TEXTS for lang in LANGUAGES]
    return [code.id, *texts, code.parent, code.colour]


def _rule_row(code: Code, number: int) -> list[str]:
    rule = code.rules[number]
    fields = rule_fields(rule)
    if "words" in fields:
        fields["words"] = ["|".join(fields["words"])]
    cells = {key: "\n".join(value) if key in _LISTS else _cell(value) for key, value in fields.items()}
    own = "" if rule.id == f"{code.id}.{number + 1}" else rule.id
    return [code.id, own, *(cells.get(column, "") for column in _RULES[2:])]


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _grouping_rows(grouping: Grouping) -> Iterable[list[str]]:
    kind = "matrix" if isinstance(grouping, Matrix) else "cycle"
    head = [grouping.id, kind, grouping.name.sv, grouping.name.en]
    if isinstance(grouping, Matrix):
        for r, (row, codes) in enumerate(zip(grouping.rows, grouping.cells, strict=True), start=1):
            for c, (column, code) in enumerate(zip(grouping.columns, codes, strict=True), start=1):
                yield [*head, "cell", str(r), row.sv, row.en, str(c), column.sv, column.en, code]
        return
    places = [("step", code) for code in grouping.steps] + [("hub", grouping.hub)] * bool(grouping.hub)
    for place, code in places + [("between", code) for code in grouping.between]:
        yield [*head, place, *[""] * 6, code]


def _held(text: str, where: str) -> str:
    sign = _UNHELD.search(text)
    if sign:
        raise CodebookError(f"{where}: has the sign U+{ord(sign[0]):04X}, which no cell can hold; remove it")
    if len(text) > _LONGEST_CELL:
        raise CodebookError(f"{where}: has {len(text)} signs, and a cell holds {_LONGEST_CELL}; shorten it")
    return text


def _width(column: str) -> int:
    return 48 if column.split("_")[0] in _WIDE else _WIDTHS.get(column, 14)


@dataclass(frozen=True)
class _Row:
    """A row of a sheet: its number as a person sees it, and its cells by column."""

    where: str
    cells: Mapping[str, str]

    def error(self, what: str) -> CodebookError:
        return CodebookError(f"{self.where}: {what}")

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def both(self, column: str) -> Text:
        """Return a text in two languages; a name in one is for both, and so is a language without a column."""
        sv = self.cells.get(f"{column}_sv", self.cells.get(f"{column}_en", ""))
        en = self.cells.get(f"{column}_en", sv)
        return Text(sv=sv or en, en=en or sv) if column == "name" else Text(sv=sv, en=en)

    def written(self, column: str) -> Any:
        """Return a text as codebook.toml has it; a column without a language is for both."""
        return self.cells[column] if column in self.cells else written_text(self.both(column))

    def lines(self, column: str) -> list[str]:
        """Return the patterns in a cell."""
        lines = [line.rstrip() for line in self.cells.get(column, "").split("\n") if line.strip()]
        if any(re.search(r"\w[,;]\s+\S", line) for line in lines):
            raise self.error(f"{column} has ',' or ';' after a word; write one pattern a line (Alt+Enter)")
        return lines

    def whole(self, column: str) -> int:
        if not re.fullmatch(r"\d{1,4}", self.text(column)):
            raise self.error(f"{column} must be a whole number")
        return int(self.text(column))

    def truth(self, column: str) -> bool:
        if self.text(column).casefold() not in _TRUTHS:
            raise self.error(f"{column} must be true or false")
        return _TRUTHS[self.text(column).casefold()]


@dataclass(frozen=True)
class _Sheet:
    """A sheet of the workbook; one that is not there has no rows."""

    where: str
    rows: Sequence[_Row] = ()
    is_there: bool = False


def _read(path: Path) -> dict[str, _Sheet]:
    if not path.is_file():
        raise CodebookError(f"{path.name}: is no file. Give the workbook's file")
    try:
        found = run_guarded("evalkit.sources.workbook:read_sheets", path)
    except SourceError as error:
        raise CodebookError(f"{path.name}: {error.args[0]}") from None
    if len(found) == 1 and found[0]["name"].strip().casefold() not in _COLUMNS:
        found[0]["name"] = "codes"
    sheets = {name: _Sheet(f"{path.name}, sheet {name}") for name in _COLUMNS}
    for sheet in found:
        name = sheet["name"].strip().casefold()
        if name in _COLUMNS:
            sheets[name] = _sheet(path.name, name, sheet)
    if not sheets["codes"].is_there:
        raise CodebookError(f"{path.name}: has no sheet called 'codes'; give the sheet with the codes that name")
    return sheets


def _sheet(file: str, name: str, sheet: Mapping[str, Any]) -> _Sheet:
    where = f"{file}, sheet {name}"
    for row, what, advice in sheet["losses"]:
        raise CodebookError(f"{where}{f', row {row}' if row else ''}: {what}. {advice}")
    if not sheet["rows"]:
        raise CodebookError(f"{where}: is empty; its first row names the columns {', '.join(_COLUMNS[name])}")
    (_, titles), *body = sheet["rows"]
    titles = [title.strip().casefold() for title in titles]
    allowed = (*_COLUMNS[name], *(_TEXTS if name == "codes" else ()))
    for title in filter(None, titles):
        if title not in allowed:
            raise CodebookError(f"{where}: column '{title}' is not known; allowed are {', '.join(allowed)}")
        if titles.count(title) > 1:
            raise CodebookError(f"{where}: column '{title}' stands more than once; keep one")
    if _COLUMNS[name][0] not in titles:
        raise CodebookError(f"{where}: column '{_COLUMNS[name][0]}' is missing; put it first")
    rows = [
        _Row(f"{where}, row {number}", {title: cell for title, cell in zip(titles, cells, strict=True) if title})
        for number, cells in body
    ]
    for row in rows:
        if not row.text(_COLUMNS[name][0]):
            raise row.error(f"{_COLUMNS[name][0]} is empty; fill it in, or empty the whole row")
    return _Sheet(where, rows, True)


def _refuse_twice(sheet: _Sheet, ids: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for number, id in enumerate(ids):
        if id and id in first:
            row = sheet.rows[first[id]].where.rpartition(", ")[2]
            raise sheet.rows[number].error(f"id '{id}' stands in {row} too; give each its own")
        first[id] = number


def _from_sheets(sheets: Mapping[str, _Sheet]) -> tuple[str, dict[Place, str]]:
    """Write the sheets as a codebook of their own."""
    codes = sheets["codes"].rows
    known = [row.text("id") for row in codes]
    rules: dict[str, list[_Row]] = {id: [] for id in known}
    for row in sheets["rules"].rows:
        if row.text("code") not in rules:
            raise row.error(f"code '{row.text('code')}' is not in the sheet codes; add it there or correct the id")
        rules[row.text("code")].append(row)
    _refuse_twice(sheets["rules"], [row.text("id") for row in sheets["rules"].rows])
    places: dict[Place, str] = {}
    blocks = []
    for number, row in enumerate(codes):
        own = rules[row.text("id")]
        places[number, None] = _place(row)
        places |= {(number, n): _place(rule) for n, rule in enumerate(own)}
        block = _block(row)
        lines = "".join(f"  {as_toml(_rule(rule))},\n" for rule in own)
        blocks.append(block.lead + block.text + (f"rules = [\n{lines}]\n" if lines else ""))
    groupings = [written_grouping(grouping) for grouping in _groupings(sheets["groupings"], known)]
    return _top(sheets["codebook"]) + "".join(blocks) + "".join(groupings), places


def _place(row: _Row) -> str:
    return row.where.partition(", ")[2]


def _block(row: _Row) -> Block:
    texts = {text: row.written(text) for text in _TEXTS}
    return code_block(row.text("id"), texts | {key: row.text(key) for key in ("parent", "colour")})


def _rule(row: _Row) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": row.text("id")} if row.text("id") else {}
    for column in _RULES[2:]:
        if column in _LISTS:
            lines = row.lines(column)
            if column == "words":
                lines = [word for line in lines for word in (line.split("|") if "@" not in line else [line])]
            rule |= {column: lines} if lines else {}
        elif not row.text(column):
            continue
        elif column == "gap":
            rule[column] = row.whole(column)
        elif column in ("across", "negatable"):
            rule[column] = row.truth(column)
        else:
            rule[column] = re.sub("[−–]", "-", row.text(column))
    return rule


def _top(sheet: _Sheet) -> str:
    """Write version, language and cues; a workbook without that sheet is a first version."""
    rows = {row.text("key").casefold(): row for row in sheet.rows}
    known = ("version", "language", *CUES, "question", "window")
    for key, row in rows.items():
        if key not in known:
            raise row.error(f"key '{key}' is not known; allowed are {', '.join(known)}")
    _refuse_twice(sheet, [row.text("key").casefold() for row in sheet.rows])
    filled = {key: row for key, row in rows.items() if row.text("value")}
    version = filled["version"].text("value") if "version" in filled else "1.0"
    language = filled["language"].text("value") if "language" in filled else "sv"
    lines = [f"version = {as_toml(version)}", f"language = {as_toml(language)}", "", "[polarity]"]
    lines += [f"{cue} = {as_toml(filled[cue].lines('value'))}" for cue in CUES if cue in filled]
    if "question" in filled:
        lines.append(f"question = {as_toml(filled['question'].truth('value'))}")
    if "window" in filled:
        lines.append(f"window = {filled['window'].whole('value')}")
    return "\n".join([*lines, ""])


def _groupings(sheet: _Sheet, known: Sequence[str]) -> list[Grouping]:
    rows: dict[str, list[_Row]] = {}
    for row in sheet.rows:
        if row.text("code") not in known:
            raise row.error(f"code '{row.text('code')}' is not in the sheet codes; add it there or correct the id")
        rows.setdefault(row.text("grouping"), []).append(row)
    return [_matrix(id, own) if _kind(own) == "matrix" else _cycle(id, own) for id, own in rows.items()]


def _kind(rows: Sequence[_Row]) -> str:
    for row in rows:
        if row.text("kind") not in ("matrix", "cycle") or row.text("kind") != rows[0].text("kind"):
            raise row.error("kind must be matrix or cycle, and the same in all rows of the grouping")
    return rows[0].text("kind")


def _matrix(id: str, rows: Sequence[_Row]) -> Matrix:
    headings: dict[str, dict[int, Text]] = {"row": {}, "column": {}}
    cells: dict[tuple[int, int], str] = {}
    for row in rows:
        if row.text("place") not in ("cell", ""):
            raise row.error("place must be cell in a matrix")
        at = row.whole("row"), row.whole("column")
        if at in cells:
            raise row.error(f"the matrix has two codes in row {at[0]}, column {at[1]}; keep one")
        cells[at] = row.text("code")
        for heading, number in zip(headings, at, strict=True):
            headings[heading].setdefault(number, row.both(heading))
    numbers = [sorted(headings[heading]) for heading in ("row", "column")]
    for r in numbers[0]:
        for c in numbers[1]:
            if (r, c) not in cells:
                raise rows[-1].error(f"the matrix '{id}' has no code in row {r}, column {c}; add a row for it")
    return Matrix(
        id=id,
        name=rows[0].both("name"),
        rows=tuple(headings["row"][r] for r in numbers[0]),
        columns=tuple(headings["column"][c] for c in numbers[1]),
        cells=tuple(tuple(cells[r, c] for c in numbers[1]) for r in numbers[0]),
    )


def _cycle(id: str, rows: Sequence[_Row]) -> Cycle:
    codes: dict[str, list[str]] = {"step": [], "hub": [], "between": []}
    for row in rows:
        if row.text("place") not in codes:
            raise row.error("place must be step, hub or between in a cycle")
        codes[row.text("place")].append(row.text("code"))
        if len(codes["hub"]) > 1:
            raise row.error("a cycle has one hub; make the other a step, or put it between")
    if len(codes["step"]) < 2:
        raise rows[-1].error(f"the cycle '{id}' needs at least two steps; add rows for them")
    return Cycle(id, rows[0].both("name"), tuple(codes["step"]), "".join(codes["hub"]), tuple(codes["between"]))


def _into(layout: Layout, sheets: Mapping[str, _Sheet]) -> tuple[str, dict[Place, str]]:
    """Put the workbook's codes into a codebook, and change only what is different."""
    rows = sheets["codes"].rows
    wanted = [row.text("id") for row in rows]
    for id in layout.codebook.ids:
        if id not in wanted:
            layout.remove(layout.code(id))
    blocks = [_updated(layout, row) if row.text("id") in layout.codebook.ids else _block(row) for row in rows]
    kept = [block for block in layout.blocks if block.kind == "codes"]
    if kept != blocks:
        place = layout.blocks.index(kept[0]) if kept else _end_of_head(layout)
        rest = [block for block in layout.blocks if block.kind != "codes"]
        layout.blocks = rest[:place] + blocks + rest[place:]
    top = [row for row in sheets["codebook"].rows if row.text("key").casefold() == "version" and row.text("value")]
    if top and top[0].text("value") != layout.codebook.version:
        layout.blocks[0].edit(lambda table: table.__setitem__("version", top[0].text("value")))
    source = layout.text()
    if sheets["groupings"].is_there:
        source = _with_groupings(source, layout, _groupings(sheets["groupings"], wanted))
    return source, {(number, None): _place(row) for number, row in enumerate(rows)}


def _end_of_head(layout: Layout) -> int:
    return next((n for n, block in enumerate(layout.blocks) if block.kind == "groupings"), len(layout.blocks))


def _updated(layout: Layout, row: _Row) -> Block:
    block, code = layout.code(row.text("id")), layout.codebook.code(row.text("id"))
    given = {text: row.written(text) for text in _TEXTS if row.cells.keys() & {text, f"{text}_sv", f"{text}_en"}}
    given |= {key: row.text(key) for key in ("parent", "colour") if key in row.cells}

    def update(table: Any) -> None:
        for key, written in given.items():
            if written != written_text(getattr(code, key)):
                table[key] = as_item(as_toml(written))

    block.edit(update)
    return block


def _with_groupings(source: str, layout: Layout, groupings: list[Grouping]) -> str:
    if tuple(groupings) == layout.codebook.groupings:
        return source
    kept = [block for block in layout.blocks if block.kind != "groupings"]
    text = "".join(block.lead + block.text for block in kept)
    return text + "".join(map(written_grouping, groupings)) + layout.tail
