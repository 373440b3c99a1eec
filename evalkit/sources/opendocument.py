""".odt → text: the paragraphs, headings, lists and table rows of content.xml in the order of the document."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from evalkit.errors import SourceError
from evalkit.sources.archives import open_archive, parse_member
from evalkit.sources.word import join_blocks

__all__ = ["read_opendocument"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
# Deleted text is kept in tracked-changes; comments, notes and counters are not part of the running text.
_SKIPPED = frozenset({f"{_TEXT}tracked-changes", f"{_TEXT}note", f"{_TEXT}ruby-text", f"{_OFFICE}annotation"})
_MAX_HEADING = 6
_MAX_SPACES = 200


def read_opendocument(path: Path) -> str:
    """Read an .odt file.

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
        If the file is refused or is not an OpenDocument text.
    """
    with open_archive(path) as archive:
        root = parse_member(archive, "content.xml")
        manifest = parse_member(archive, "META-INF/manifest.xml")
    if manifest is not None and any(element.tag.endswith("}encryption-data") for element in manifest.iter()):
        raise SourceError("is protected by a password; save it without")
    body = None if root is None else root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise SourceError("is not an OpenDocument text; save it anew as .odt")
    return join_blocks(_blocks(body, "paragraph"))


def _blocks(parent: ET.Element, kind: str) -> Iterator[tuple[str, str]]:
    for element in parent:
        if element.tag in _SKIPPED:
            continue
        if element.tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level", "1")
            text = " ".join("".join(_inline(element)).split())
            yield (
                "paragraph",
                "#" * min(int(level) if level.isdigit() else 1, _MAX_HEADING) + f" {text}" if text else "",
            )
        elif element.tag == f"{_TEXT}p":
            text = "".join(_inline(element)).strip("\n")
            yield kind, f"- {text.strip()}" if kind == "item" and text.strip() else text
        elif element.tag == f"{_TEXT}list":
            yield from _blocks(element, "item")
        elif element.tag == f"{_TABLE}table-row":
            yield "row", _row(element)
        else:
            yield from _blocks(element, kind)


def _row(row: ET.Element) -> str:
    cells = [
        " ".join(" ".join(text for _, text in _blocks(cell, "paragraph")).split())
        for cell in row
        if cell.tag == f"{_TABLE}table-cell"
    ]
    if len(cells) > 1 and cells[0].endswith(":"):
        cells = [f"{cells[0]} {cells[1]}", *cells[2:]]
    return "\t".join(cells).rstrip("\t")


def _inline(element: ET.Element) -> Iterator[str]:
    yield _collapse(element.text)
    for child in element:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            yield " " * min(int(count) if count.isdigit() else 1, _MAX_SPACES)
        elif child.tag == f"{_TEXT}tab":
            yield "\t"
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag not in _SKIPPED:
            if child.tag == f"{_TEXT}p":  # a text box
                yield "\n"
            yield from _inline(child)
        yield _collapse(child.tail)


def _collapse(text: str | None) -> str:
    """Reduce white space of the XML to one space, as the format prescribes."""
    if not text:
        return ""
    inner = " ".join(text.split())
    return (" " if text[0].isspace() else "") + inner + (" " if inner and text[-1].isspace() else "")
