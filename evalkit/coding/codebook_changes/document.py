"""A codebook as a Word document to print and talk about: the tree, a block per code, the groupings as tables."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from evalkit.coding.codebook import Codebook
from evalkit.coding.codes import Code, Cycle, Grouping, Matrix
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["codebook_to_docx"]

_MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 – python-docx writes naive times as UTC
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)
_FONT = "Calibri"
_GREY, _BLACK = RGBColor(0x59, 0x59, 0x59), RGBColor(0, 0, 0)
_LABEL_MM, _TEXT_MM, _INDENT_MM = 27, 138, 6
_DEEPEST = 4
_UNHELD = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def codebook_to_docx(codebook: Codebook, *, lang: Language = "sv", counts: Mapping[str, int] | None = None) -> bytes:
    """Write a codebook as a Word document on A4.

    Parameters
    ----------
    codebook : Codebook
        With rules or without; of the rules only their number is told.
    lang : {"sv", "en"}, default "sv"
        Language of the document.
    counts : mapping of str to int, optional
        Id of a code → how many codings it has; a code that is not there has none.

    Returns
    -------
    bytes
        A .docx file; the same for the same input.
    """
    document = Document()
    _set_up(document, codebook, lang)
    _introduction(document, codebook, lang, counts)
    children = _children(codebook)
    document.add_heading(pick(lang, sv="Översikt", en="Overview"), 1)
    for code, depth in _tree(codebook, children):
        _overview_line(document, code, depth, lang, counts)
    document.add_heading(pick(lang, sv="Koderna", en="The codes"), 1)
    for code, depth in _tree(codebook, children):
        _block(document, codebook, code, depth, lang, counts)
    if codebook.groupings:
        document.add_heading(pick(lang, sv="Grupperingar", en="Groupings"), 1)
    for grouping in codebook.groupings:
        _grouping(document, codebook, grouping, lang)
    return _same_bytes(document)


def _children(codebook: Codebook) -> dict[str, list[Code]]:
    children: dict[str, list[Code]] = {}
    for code in codebook.codes:
        children.setdefault(code.parent, []).append(code)
    return children


def _tree(codebook: Codebook, children: Mapping[str, list[Code]]) -> Iterable[tuple[Code, int]]:
    """Yield the codes with their depth, each before those below it."""
    waiting = [(code, 0) for code in reversed(children.get("", []))]
    while waiting:
        code, depth = waiting.pop()
        yield code, depth
        waiting += [(child, depth + 1) for child in reversed(children.get(code.id, []))]


def _set_up(document: Any, codebook: Codebook, lang: Language) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(20)
    sizes = {"Normal": 10, "Title": 22, "Heading 1": 15, "Heading 2": 11.5, "Heading 3": 11, "Heading 4": 10.5}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        style.font.color.rgb, style.font.italic = _BLACK, False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)  # the theme's font would win over the one set
    normal = document.styles["Normal"]
    normal.paragraph_format.space_after = Pt(4)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), pick(lang, sv="sv-SE", en="en-GB"))
    normal.element.get_or_add_rPr().append(language)
    title = f"{pick(lang, sv='Kodbok', en='Codebook')} {codebook.version}"
    about = document.core_properties
    about.title, about.author, about.comments = title, "", ""
    about.language = pick(lang, sv="sv-SE", en="en-GB")
    about.created = about.modified = _MADE
    footer = section.footer.paragraphs[0]
    _run(footer, f"{title} · {pick(lang, sv='sida', en='page')} ", colour=_GREY, size=8.5)
    _page_number(footer)


def _introduction(document: Any, codebook: Codebook, lang: Language, counts: Mapping[str, int] | None) -> None:
    document.add_heading(f"{pick(lang, sv='Kodbok', en='Codebook')} {codebook.version}", 0)
    n_rules = sum(len(code.rules) for code in codebook.codes)
    about = [
        f"{pick(lang, sv='Version', en='Version')} {codebook.codebook_version}",
        count_noun(len(codebook.codes), pick(lang, sv="kod", en="code"), pick(lang, sv="koder", en="codes"), lang=lang),
        count_noun(n_rules, pick(lang, sv="regel", en="rule"), pick(lang, sv="regler", en="rules"), lang=lang),
    ]
    _run(document.add_paragraph(), " · ".join(about), colour=_GREY)
    document.add_paragraph(
        pick(
            lang,
            sv="En kod ges åt det som sägs i ett segment, inte åt ordet som råkar användas. Definitionen avgör; ”ta "
            "med” och ”ta inte med” drar gränsen mot andra koder. Det som kodas med en underordnad kod räknas också "
            "till koden ovanför. Varje kodning har en riktning: + när det sägs finnas, − när det sägs saknas, "
            "? när det är önskat, frågat eller osäkert.",
            en="A code is given to what is said in a segment, not to the word that happens to be used. The definition "
            "decides; “include” and “exclude” draw the line against other codes. What is coded with a code below "
            "another counts for the one above too. Every coding has a direction: + when something is said to be "
            "there, − when it is said to be missing, ? when it is wished for, asked about or uncertain.",
        )
    )
    if n_rules:
        document.add_paragraph(
            pick(
                lang,
                sv="Reglerna står i codebook.toml. De föreslår kodningar; hur ofta de har fel mäts innan något räknas.",
                en="The rules are in codebook.toml. They suggest codings; how often they err is measured before "
                "anything is counted.",
            )
        )
    if counts is not None:
        document.add_paragraph(
            pick(
                lang,
                sv="Antalet kodningar är räknat som det är, utan rättelse för kodningens fel.",
                en="Numbers of codings are as counted, not corrected for errors of coding.",
            )
        )


def _overview_line(document: Any, code: Code, depth: int, lang: Language, counts: Mapping[str, int] | None) -> None:
    line = document.add_paragraph()
    line.paragraph_format.left_indent = Mm(_INDENT_MM * depth)
    line.paragraph_format.space_after, line.paragraph_format.line_spacing = Pt(0), 1.0
    _named(line, code, lang)
    if counts is not None:
        _run(line, f"  {number(counts.get(code.id, 0), lang=lang)}", colour=_GREY)


def _block(
    document: Any, codebook: Codebook, code: Code, depth: int, lang: Language, counts: Mapping[str, int] | None
) -> None:
    indent = _INDENT_MM * min(depth, _DEEPEST)
    heading = document.add_heading("", min(depth + 2, 4))
    heading.paragraph_format.left_indent = Mm(indent)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(9), Pt(2)
    _named(heading, code, lang)
    rows = [(label, getattr(code, text)(lang)) for text, label in _labels(lang).items()]
    if code.parent:
        rows.append((pick(lang, sv="Hör till", en="Belongs to"), codebook.label(code.parent, lang)))
    rules = (
        number(len(code.rules), lang=lang)
        if code.rules
        else pick(lang, sv="inga, kodas av människor", en="none, coded by people")
    )
    rows.append((pick(lang, sv="Regler", en="Rules"), rules))
    if counts is not None:
        rows.append((pick(lang, sv="Kodningar", en="Codings"), number(counts.get(code.id, 0), lang=lang)))
    _labelled(document, [(label, text) for label, text in rows if text], indent, pick(lang, sv="Exempel", en="Example"))


def _labels(lang: Language) -> dict[str, str]:
    return {
        "definition": pick(lang, sv="Definition", en="Definition"),
        "include": pick(lang, sv="Ta med", en="Include"),
        "exclude": pick(lang, sv="Ta inte med", en="Exclude"),
        "example": pick(lang, sv="Exempel", en="Example"),
    }


def _labelled(document: Any, rows: list[tuple[str, str]], indent: int, slanted: str) -> None:
    """Write labels and texts side by side, on one page where they fit on one."""
    table = document.add_table(len(rows), 2)
    table.autofit = False
    _indent(table, indent)
    widths = (_LABEL_MM, _TEXT_MM - indent)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for place, (cells, (label, text)) in enumerate(zip(table.rows, rows, strict=True), start=1):
        _keep_whole(cells)
        for cell, width in zip(cells.cells, widths, strict=True):
            cell.width = Mm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            paragraph.paragraph_format.keep_with_next = place < len(rows)
        _run(cells.cells[0].paragraphs[0], label, colour=_GREY)
        _run(cells.cells[1].paragraphs[0], text, italic=label == slanted)


def _grouping(document: Any, codebook: Codebook, grouping: Grouping, lang: Language) -> None:
    document.add_heading(_held(f"{grouping.name(lang)} ({grouping.id})"), 2)
    rows = _matrix(codebook, grouping, lang) if isinstance(grouping, Matrix) else _cycle(codebook, grouping, lang)
    table = document.add_table(0, len(rows[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    for n, texts in enumerate(rows):
        cells = table.add_row()
        _keep_whole(cells)
        for m, (cell, text) in enumerate(zip(cells.cells, texts, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            paragraph.paragraph_format.keep_with_next = n < len(rows) - 1
            _run(paragraph, text, bold=n == 0 or (m == 0 and isinstance(grouping, Matrix)))
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _matrix(codebook: Codebook, grouping: Matrix, lang: Language) -> list[list[str]]:
    rows = [["", *(text(lang) for text in grouping.columns)]]
    for text, codes in zip(grouping.rows, grouping.cells, strict=True):
        rows.append([text(lang), *(codebook.label(code, lang) for code in codes)])
    return rows


def _cycle(codebook: Codebook, grouping: Cycle, lang: Language) -> list[list[str]]:
    rows = [[pick(lang, sv="Plats", en="Place"), pick(lang, sv="Kod", en="Code")]]
    rows += [[pick(lang, sv=f"Steg {n}", en=f"Step {n}"), code] for n, code in enumerate(grouping.steps, start=1)]
    rows += [[pick(lang, sv="Mitten", en="Hub"), grouping.hub]] * bool(grouping.hub)
    rows += [[pick(lang, sv="Mellan stegen", en="Between the steps"), code] for code in grouping.between]
    return [rows[0], *([place, codebook.label(code, lang)] for place, code in rows[1:])]


def _named(paragraph: Any, code: Code, lang: Language) -> None:
    """Write a code's colour, name and id."""
    if code.colour:
        _run(paragraph, "■ ", colour=RGBColor.from_string(code.colour[1:].upper()))
    _run(paragraph, code.name(lang) or code.id)
    _run(paragraph, f"  {code.id}", colour=_GREY, bold=False, size=9)


def _run(
    paragraph: Any,
    text: str,
    *,
    colour: RGBColor | None = None,
    bold: bool | None = None,
    italic: bool = False,
    size: float | None = None,
) -> None:
    run = paragraph.add_run(_held(text))
    run.bold = bold
    run.italic = italic or None
    if colour is not None:
        run.font.color.rgb = colour
    if size is not None:
        run.font.size = Pt(size)


def _held(text: str) -> str:
    return _UNHELD.sub(" ", text)


def _page_number(paragraph: Any) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _indent(table: Any, millimetres: int) -> None:
    place = OxmlElement("w:tblInd")
    place.set(qn("w:w"), str(round(millimetres * 56.7)))  # twentieths of a point
    place.set(qn("w:type"), "dxa")
    table._tbl.tblPr.append(place)


def _same_bytes(document: Any) -> bytes:
    """Save without the time of saving, which the archive would otherwise carry."""
    saved, fixed = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as parts, zipfile.ZipFile(fixed, "w") as archive:
        for name in parts.namelist():
            entry = zipfile.ZipInfo(name, _FIXED_DATE)
            entry.create_system = 0  # the same bytes from any operating system
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts.read(name))
    return fixed.getvalue()
