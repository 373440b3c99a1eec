"""An audit sample → a workbook for one coder: the texts in their order, lists to choose from, the codebook, a guide.

The coder is blind: nothing in the file tells what the rules or anybody else coded, nor the stratum, the probability,
the document or the period. The texts are those of today: a name that got its pseudonym after the draw does not go
out. Only the answer cells can be filled in (protection without a password: it hinders slips,
not people).
"""

import datetime as dt
import io
import textwrap
from pathlib import Path
from typing import Any, cast

import pandas as pd
from openpyxl.utils import get_column_letter

from evalkit.coding.codes import Codebook
from evalkit.coding.present_samples import PresentSample
from evalkit.coding.sheet.layout import (
    CODEBOOK_TAB,
    CODES_PER_ROW,
    CODING_TAB,
    FORMAT,
    META,
    README_TAB,
    YES,
    code_labels,
    fingerprint,
    headings,
    row_key,
)
from evalkit.errors import StoreError, TableError
from evalkit.tables import write_whole
from evalkit.wording import Language, count_noun, pick

__all__ = ["coding_sheet", "write_coding_sheet"]

LONGEST_CELL = 32_767
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same sample gives the same bytes
_LINE_POINTS = 13.0
_TALLEST_ROW = 409.0  # a spreadsheet's own limit
_WIDTHS = {"number": 5, "question": 26, "text": 64, "none": 9, "comment": 26}
_WIDTHS |= {f"code{n}": 17 for n in range(1, CODES_PER_ROW + 1)}
_WIDTHS |= {f"polarity{n}": 5 for n in range(1, CODES_PER_ROW + 1)}
_ANSWERS = ("code", "polarity", "none", "comment", "words")
_TOP = {"valign": "top", "text_wrap": True, "font_name": "Arial", "font_size": 10}
_HEAD = _TOP | {"bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF", "border": 1, "border_color": "#FFFFFF"}
_LINE = {"bottom": 1, "bottom_color": "#C8C8C8"}
_ANSWER = _TOP | {"locked": False, "num_format": "@", "bg_color": "#FFF9E3", "border": 1, "border_color": "#D9D2B0"}
_ALLOWED = {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True}


def write_coding_sheet(
    path: Path,
    present: PresentSample,
    segments: pd.DataFrame,
    codebook: Codebook,
    *,
    coder: str,
    title: str,
    lang: Language = "sv",
) -> None:
    """Write the coding sheet of one coder; a file that is there is never overwritten, since somebody may have coded it.

    Parameters
    ----------
    path : pathlib.Path
        Where to, ending in .xlsx.
    present, segments, codebook, coder, title, lang
        As in `coding_sheet`.

    Raises
    ------
    StoreError
        If the file exists, or the sample is not stored.
    TableError
        As in `coding_sheet`.
    """
    if path.exists():
        raise StoreError(f"{path.name}: exists already and may hold somebody's work; give another name")
    write_whole(path, coding_sheet(present, segments, codebook, coder=coder, title=title, lang=lang))


def coding_sheet(
    present: PresentSample,
    segments: pd.DataFrame,
    codebook: Codebook,
    *,
    coder: str,
    title: str,
    lang: Language = "sv",
) -> bytes:
    """Make the coding sheet of one coder.

    Parameters
    ----------
    present : PresentSample
        The stored sample as it reads now, from `sample_now`; what is left out of it is not in the sheet.
    segments : pandas.DataFrame
        Table `segments`, for the question that stands before a segment.
    codebook : Codebook
        Its codes are what can be chosen.
    coder : str
        Who will fill it in.
    title : str
        The study's title.
    lang : {"sv", "en"}, default "sv"
        Language of the sheet.

    Returns
    -------
    bytes
        An .xlsx workbook; no cell holds a formula.

    Raises
    ------
    StoreError
        If the sample is not stored yet, or the coder has no name.
    TableError
        If a text is longer than a cell can hold, the codebook has no codes, or no text is left.
    """
    from xlsxwriter import Workbook

    sample, coder = present.sample, coder.strip()
    stored = bool(sample.name and sample.secret)
    if not stored or not coder:
        missing = "the coder a name: give --coder" if stored else "the sample a name: store it first"
        raise StoreError(f"coding sheet: give {missing}")
    _check(present, codebook)
    labels = code_labels(codebook, lang)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": title, "created": _MADE})
        book.set_size(2400, 1400)
        _write_readme(book, present, codebook, coder=coder, title=title, lang=lang)
        _write_coding(book, present, _questions(present, segments), len(labels), coder=coder, lang=lang)
        _write_codebook(book, codebook, labels, lang)
        _write_meta(book, present, codebook, labels, coder=coder, title=title, lang=lang)
    return buffer.getvalue()


def _check(present: PresentSample, codebook: Codebook) -> None:
    if not codebook.codes:
        raise TableError("coding sheet: the codebook has no codes; add them to codebook.toml")
    if present.table.empty:
        raise TableError("coding sheet: no segment of the sample is certainly in the texts of today. Draw a new sample")
    long = present.table.loc[present.table["text"].str.len() > LONGEST_CELL, "segment_id"]
    if len(long):
        raise TableError(
            f"coding sheet: segment '{long.iloc[0]}' is longer than the {LONGEST_CELL} signs that a cell holds. Part "
            "it by a blank line in its document and draw anew"
        )


def _questions(present: PresentSample, segments: pd.DataFrame) -> dict[str, str]:
    """Return the question before each segment, where the texts are still cut as they were."""
    texts = dict(segments[["segment_id", "text"]].itertuples(index=False, name=None))
    asked = dict(segments[["segment_id", "question"]].dropna().itertuples(index=False, name=None))
    return {
        id: texts[asked[now]][:LONGEST_CELL]
        for id, now in present.table[["segment_id", "present_id"]].itertuples(index=False, name=None)
        if asked.get(now) in texts
    }


def _height(*cells: tuple[str, float]) -> float:
    """Return how high a row must be for its texts; not every program finds out when it opens a file."""
    lines = [
        sum(max(1, len(textwrap.wrap(line, max(1, int(width * 1.06))))) for line in text.split("\n"))
        for text, width in cells
    ]
    return min(_TALLEST_ROW, max([1, *lines]) * _LINE_POINTS + 4)


def _write_coding(
    book: Any, present: PresentSample, questions: dict[str, str], n_codes: int, *, coder: str, lang: Language
) -> None:
    sheet = book.add_worksheet(CODING_TAB(lang))
    columns = headings()
    place = {name: number for number, name in enumerate(columns)}
    formats = {
        "key": book.add_format(_TOP),
        "number": book.add_format(_TOP | _LINE | {"align": "center", "font_color": "#6B6B6B"}),
        "question": book.add_format(_TOP | _LINE | {"italic": True, "font_color": "#6B6B6B", "bg_color": "#F2F2F2"}),
        "text": book.add_format(_TOP | _LINE),
        "answer": book.add_format(_ANSWER),
        "sign": book.add_format(_ANSWER | {"align": "center", "bold": True}),
    }
    head = book.add_format(_HEAD)
    for name, title in columns.items():
        sheet.write_string(0, place[name], title(lang), head)
        sheet.set_column(place[name], place[name], _WIDTHS.get(name, 24), None, {"hidden": name == "key"})
    sheet.set_row(0, _height(*((title(lang), _WIDTHS.get(name, 24) - 2) for name, title in columns.items())))
    last, secret = len(present.table), present.sample.secret
    for row, segment in enumerate(cast("list[dict[str, Any]]", present.table.to_dict("records")), start=1):
        question = questions.get(segment["segment_id"], "")
        sheet.set_row(row, _height((question, _WIDTHS["question"]), (segment["text"], _WIDTHS["text"])))
        sheet.write_string(row, place["key"], row_key(secret, coder, segment["segment_id"]), formats["key"])
        sheet.write_number(row, place["number"], int(segment["position"]), formats["number"])
        sheet.write_string(row, place["question"], question, formats["question"])
        sheet.write_string(row, place["text"], segment["text"], formats["text"])
        for name in columns:
            if name.startswith(_ANSWERS):
                sheet.write_blank(row, place[name], None, formats["sign" if name.startswith("polarity") else "answer"])
    _add_lists(sheet, place, last, n_codes, lang)
    _mark_done(book, sheet, place, last)
    sheet.freeze_panes(1, place["text"] + 1)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.protect("", _ALLOWED)
    _set_up_print(sheet, place["comment"], last, lang)


def _add_lists(sheet: Any, place: dict[str, int], last: int, n_codes: int, lang: Language) -> None:
    """Let codes, signs and the yes be chosen from lists."""
    sign = pick(lang, sv="+ sägs finnas, − sägs saknas, ? önskas eller är oklart. Tomt räknas som +.", en=_SIGNS_EN)
    wrong = pick(lang, sv="Välj ur listan.", en="Choose from the list.")
    tab = CODEBOOK_TAB(lang)
    codes = {"validate": "list", "source": f"='{tab}'!$A$2:$A${n_codes + 1}", "error_message": wrong}
    signs = {"validate": "list", "source": ["+", "-", "?"], "input_message": sign, "error_message": wrong}
    for n in range(1, CODES_PER_ROW + 1):
        sheet.data_validation(1, place[f"code{n}"], last, place[f"code{n}"], codes)
        sheet.data_validation(1, place[f"polarity{n}"], last, place[f"polarity{n}"], signs)
    yes = {"validate": "list", "source": [YES(lang)], "error_message": wrong}
    sheet.data_validation(1, place["none"], last, place["none"], yes)


_SIGNS_EN = "+ is said to be there, − is said to be missing, ? is wished for or unclear. Empty counts as +."


def _mark_done(book: Any, sheet: Any, place: dict[str, int], last: int) -> None:
    """Colour the number of a row that has an answer, so that a coder sees what is left."""
    answered = [
        f"{get_column_letter(place[name] + 1)}2"
        for name in [*(f"code{n}" for n in range(1, CODES_PER_ROW + 1)), "none"]
    ]
    rule = {
        "type": "formula",
        "criteria": "=LEN(" + "&".join(f"${cell}" for cell in answered) + ")>0",
        "format": book.add_format({"bg_color": "#CFE8CF", "font_color": "#1E5B1E"}),
    }
    sheet.conditional_format(1, place["number"], last, place["number"], rule)


def _set_up_print(sheet: Any, last_column: int, last: int, lang: Language) -> None:
    """Print what is needed to code on paper; the optional words to the right stay on the screen."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, last, last_column)
    sheet.set_footer(pick(lang, sv="&L&A&RSida &P av &N", en="&L&A&RPage &P of &N"))


def _write_codebook(book: Any, codebook: Codebook, labels: dict[str, str], lang: Language) -> None:
    sheet = book.add_worksheet(CODEBOOK_TAB(lang))
    titles = pick(
        lang,
        sv="Kod|Id|Betyder|Kodas när|Kodas inte när|Exempel",
        en="Code|Id|Means|Code when|Do not code when|Example",
    )
    head, body, name = (book.add_format(f) for f in (_HEAD, _TOP | _LINE, _TOP | _LINE | {"bold": True}))
    widths = (22, 20, 44, 44, 38, 44)
    for column, (title, width) in enumerate(zip(titles.split("|"), widths, strict=True)):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, width)
    for row, code in enumerate(codebook.codes, start=1):
        said = (code.definition, code.include, code.exclude, code.example)
        cells = [labels[code.id], code.id, *(part(lang)[:LONGEST_CELL] for part in said)]
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, name if column == 0 else body)
        sheet.set_row(row, _height(*zip(cells, widths, strict=True)))
    sheet.freeze_panes(1, 1)
    sheet.protect("", _ALLOWED)
    _set_up_print(sheet, 5, len(labels), lang)


def _write_readme(
    book: Any, present: PresentSample, codebook: Codebook, *, coder: str, title: str, lang: Language
) -> None:
    sheet = book.add_worksheet(README_TAB(lang))
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 100)
    sheet.hide_gridlines(2)
    large = book.add_format(_TOP | {"bold": True, "font_size": 16})
    grey = book.add_format(_TOP | {"font_color": "#6B6B6B"})
    body, number = book.add_format(_TOP), book.add_format(_TOP | {"bold": True, "align": "right"})
    sheet.write_string(0, 1, pick(lang, sv="Kodning av ett stickprov", en="Coding a sample"), large)
    texts = pick(
        lang,
        sv=count_noun(len(present.table), "text", "texter"),
        en=count_noun(len(present.table), "text", "texts", lang="en"),
    )
    name = present.sample.name
    about = pick(
        lang,
        sv=f"{title}. Stickprov: {name}. Kodare: {coder}. {texts}. Kodbok {codebook.version}.",
        en=f"{title}. Sample: {name}. Coder: {coder}. {texts}. Codebook {codebook.version}.",
    )
    sheet.write_string(1, 1, about, grey)
    sheet.set_row(0, 26)
    sheet.set_row(1, _height((about, 100)))
    for row, line in enumerate(_guide(lang), start=1):
        sheet.write_number(row + 2, 0, row, number)
        sheet.write_string(row + 2, 1, line, body)
        sheet.set_row(row + 2, _height((line, 100)) + 4)
    sheet.protect("", _ALLOWED)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _guide(lang: Language) -> list[str]:
    coding, codebook = CODING_TAB(lang), CODEBOOK_TAB(lang)
    if lang == "sv":
        return [
            f"Läs först fliken {codebook}. Gå sedan till fliken {coding} och läs varje text för sig. Texterna är "
            "lottade och blandade: två som står efter varandra hör inte ihop.",
            f"Välj de koder som stämmer, högst {CODES_PER_ROW} för varje text. Räcker inte det, skriv resten i "
            "kommentaren.",
            "± säger hur: + betyder att något sägs finnas eller ske, − att det sägs saknas eller inte ske, ? att det "
            "önskas eller är oklart. Lämnar du ± tomt räknas det som +. Samma kod kan inte ha två olika tecken i samma "
            "text.",
            "Stämmer ingen kod, välj ”ja” under Läst, ingen kod. En rad utan kod och utan ”ja” räknas som oläst. "
            "Radens nummer blir grönt när den är besvarad.",
            "Vill du visa vilka ord som avgjorde, kopiera dem ur texten till kolumnen Ord längst till höger. Det är "
            "frivilligt; utan ord gäller koden hela texten.",
            "Koda bara det som står under Text. Frågan före finns där för att du ska förstå svaret.",
            "Koda på egen hand, och tala inte med andra som kodar samma texter förrän alla är klara. Lita på ditt "
            "omdöme: maskinen mäts mot det, inte tvärtom.",
            "Det går bara att skriva i de ljusgula rutorna. Ta inte bort rader och ändra inte texten. Syns inte hela "
            "texten, klicka i rutan och läs i formelfältet.",
            "Spara som Excel-fil (.xlsx) och skicka tillbaka den. Du kan skicka en halvfärdig fil, fortsätta i samma "
            "fil och skicka den igen.",
            "Texterna är avidentifierade, men människor har sagt dem i förtroende. Förvara filen så att ingen annan "
            "kan läsa den.",
        ]
    return [
        f"Read the tab {codebook} first. Then go to the tab {coding} and read each text on its own. The texts were "
        "drawn at random and shuffled: two that stand next to each other do not belong together.",
        f"Choose the codes that fit, at most {CODES_PER_ROW} for each text. If that is not enough, write the rest in "
        "the comment.",
        "± says how: + means that something is said to be there or to happen, − that it is said to be missing or not "
        "to happen, ? that it is wished for or unclear. An empty ± counts as +. The same code cannot have two "
        "different signs in the same text.",
        "If no code fits, choose “yes” under Read, no code. A row without a code and without “yes” counts as not read. "
        "A row's number turns green when it has been answered.",
        "If you want to show which words decided it, copy them from the text into the column Words far to the right. "
        "That is optional; without words the code is for the whole text.",
        "Code only what stands under Text. The question before is there to help you understand the answer.",
        "Code on your own, and do not talk with others who code the same texts until everybody is done. Trust your "
        "judgement: the machine is measured against it, not the other way round.",
        "Only the pale yellow cells can be written in. Do not remove rows or change the text. If you do not see all of "
        "a text, click the cell and read it in the formula bar.",
        "Save as an Excel file (.xlsx) and send it back. You may send a half-finished file, go on in the same file and "
        "send it again.",
        "The texts carry no names, but people said them in confidence. Keep the file where nobody else can read it.",
    ]


def _write_meta(
    book: Any,
    present: PresentSample,
    codebook: Codebook,
    labels: dict[str, str],
    *,
    coder: str,
    title: str,
    lang: Language,
) -> None:
    """Write the hidden tab: what the sheet is for, a hash of each row's text, and what each code was called."""
    sheet = book.add_worksheet(META)
    sample = present.sample
    facts = {
        "format": FORMAT,
        "sample": sample.name,
        "digest": sample.digest,
        "coder": coder,
        "study": title,
        "codebook_version": codebook.codebook_version,
        "language": lang,
    }
    rows = present.table[["segment_id", "text"]].itertuples(index=False, name=None)
    hashes = [(row_key(sample.secret, coder, segment_id), fingerprint(text)) for segment_id, text in rows]
    for column, pairs in ((0, facts.items()), (2, hashes), (4, labels.items())):
        for row, pair in enumerate(pairs):
            sheet.write_row(row, column, pair)
    sheet.very_hidden()
    sheet.protect("")
