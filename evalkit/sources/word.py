""".docx → text: paragraphs and table cells in the order of the document, headings as ``# `` lines.

The parts are read directly, because python-docx leaves out inserted tracked changes and returns empty text for a
document with entities. Deleted text, comments, headers and footers are not part of what was written.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from evalkit.errors import SourceError
from evalkit.sources.archives import open_archive, parse_member

__all__ = ["read_word"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "pPr", "rPr", "instrText", "delText", "sectPr", "tblPr", "sdtPr"})
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_MAX_HEADING = 6


def read_word(path: Path) -> str:
    """Read a .docx file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        Paragraphs parted by blank lines; list items and table rows on lines of their own.

    Raises
    ------
    SourceError
        If the file is refused or is not a Word document.
    """
    with open_archive(path) as archive:
        root = parse_member(archive, "word/document.xml")
        styles = parse_member(archive, "word/styles.xml")
    body = None if root is None else next((child for child in root if _name(child) == "body"), None)
    if body is None:
        raise SourceError("is not a Word document; save it anew as .docx")
    return join_blocks(_blocks(body, _style_levels(styles)))


def join_blocks(blocks: Iterator[tuple[str, str]]) -> str:
    """Join blocks of text: items of the same list and rows of the same table by a line end, all else by a blank line.

    Parameters
    ----------
    blocks : iterator of tuple of str and str
        Kind of the block ("paragraph", "item", "row") and its text.

    Returns
    -------
    str
        The text; empty blocks are left out.
    """
    text, last = "", ""
    for kind, block in blocks:
        if block.strip():
            between = "" if not text else "\n" if kind == last != "paragraph" else "\n\n"
            text, last = text + between + block, kind
        else:
            last = ""
    return text


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: ET.Element | None) -> str:
    if element is None:
        return ""
    return element.get(f"{_W}val") or element.get(f"{_STRICT_W}val") or ""


def _child(element: ET.Element | None, *names: str) -> ET.Element | None:
    for name in names:
        element = None if element is None else next((child for child in element if _name(child) == name), None)
    return element


def _style_levels(styles: ET.Element | None) -> dict[str, int]:
    """Map the ids of heading styles to levels, of list styles to 0; ids are translated (Rubrik1), names are not."""
    levels = {}
    for style in styles if styles is not None else ():
        name = _value(_child(style, "name")).casefold()
        found = re.match(r"^(?:heading|rubrik) (\d)$", name)
        identity = style.get(f"{_W}styleId") or style.get(f"{_STRICT_W}styleId") or ""
        if found or name in ("title", "rubrik"):
            levels[identity] = int(found[1]) if found else 1
        elif _child(style, "pPr", "numPr") is not None:
            levels[identity] = 0
    return levels


def _blocks(parent: ET.Element, levels: dict[str, int]) -> Iterator[tuple[str, str]]:
    for element in parent:
        name = _name(element)
        if name == "p":
            yield _paragraph(element, levels)
        elif name == "tbl":
            for row in (child for child in element.iter() if _name(child) == "tr"):
                if _child(row, "trPr", "del") is None:
                    yield "row", _row(row, levels)
            yield "paragraph", ""
        elif name not in _SKIPPED:
            yield from _blocks(element, levels)


def _paragraph(element: ET.Element, levels: dict[str, int]) -> tuple[str, str]:
    text = "".join(_runs(element)).strip("\n")
    properties = _child(element, "pPr")
    outline = _value(_child(properties, "outlineLvl"))
    style = _value(_child(properties, "pStyle"))
    level = levels.get(style, 0)
    if not level and outline.isdigit() and int(outline) < _MAX_HEADING:
        level = int(outline) + 1
    if level and text.strip():
        return "paragraph", "#" * min(level, _MAX_HEADING) + " " + " ".join(text.split())
    numbered = _child(properties, "numPr")
    in_list = style in levels if numbered is None else _value(_child(numbered, "numId")) != "0"
    if in_list and text.strip():
        return "item", f"- {text.strip()}"
    return "paragraph", text


def _row(row: ET.Element, levels: dict[str, int]) -> str:
    """Write a table row as one line, so that "I:" in one cell and the answer in the next read as a turn."""
    cells = [" ".join(text.split()) for cell in row if _name(cell) in ("tc", "sdt") for text in [_cell(cell, levels)]]
    if len(cells) > 1 and cells[0].endswith(":"):
        cells = [f"{cells[0]} {cells[1]}", *cells[2:]]
    return "\t".join(cells).rstrip("\t")


def _cell(cell: ET.Element, levels: dict[str, int]) -> str:
    # A table inside the cell has rows of its own, which come after this one.
    own = (block for child in cell if _name(child) != "tbl" for block in _blocks_of(child, levels))
    return "\n".join(text for _, text in own)


def _blocks_of(element: ET.Element, levels: dict[str, int]) -> Iterator[tuple[str, str]]:
    if _name(element) == "p":
        yield _paragraph(element, levels)
    elif _name(element) not in _SKIPPED and _name(element) != "tcPr":
        yield from (block for child in element if _name(child) != "tbl" for block in _blocks_of(child, levels))


def _runs(element: ET.Element) -> Iterator[str]:
    for child in element:
        name = _name(child)
        if name in _SKIPPED:
            continue
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name == "p":  # a text box
            yield "\n"
            yield from _runs(child)
        else:
            yield from _runs(child)
