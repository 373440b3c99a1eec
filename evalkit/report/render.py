"""Markdown → one HTML page that needs nothing else: pandoc for the document, our own style sheet."""

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import EvalkitError
from evalkit.wording import Language, number, pick

__all__ = ["details", "html_page", "markdown_table", "plain"]

_STYLE = Path(__file__).with_name("report.css")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~^@])")


_SWEDISH = {
    "accounted": "andel förklarad",
    "activities": "aktiviteter",
    "added": "tillagda",
    "alpha": "alfa",
    "amount": "belopp",
    "as_planned": "som planerat",
    "base": "räknat på",
    "between": "emellan",
    "cells": "rutor",
    "chance": "kan vara slump",
    "changed": "ändrade",
    "cost": "kostnad",
    "counted": "räknat",
    "dropped": "strukna",
    "goal": "mål",
    "held_minutes": "hållna minuter",
    "hours": "timmar",
    "icc": "ICC",
    "icc_cells": "rutor i ICC",
    "measured": "uppmätt",
    "method": "metod",
    "party": "part",
    "per_unit": "per enhet",
    "planned_minutes": "planerade minuter",
    "preparation": "förberedelse",
    "programmes": "simulerade",
    "raters": "bedömare",
    "said_in": "sägs i resultatet om",
    "sessions": "träffar",
    "swapped": "bytta",
    "units": "enheter",
    "where": "var",
    "why": "varför inte",
    "without_reason": "utan skäl",
    "about_session": "om träff",
    "completed": "fullföljde",
    "contacts": "kontakter",
    "first_level": "första nivå",
    "last_level": "sista nivå",
    "attended": "närvarande",
    "ci_high": "övre gräns",
    "ci_low": "nedre gräns",
    "code": "kod",
    "codings": "kodningar",
    "consent": "medgivande",
    "date": "dag",
    "difference": "skillnad",
    "document": "dokument",
    "document_id": "dokument",
    "documents": "dokument",
    "encoding": "kodning av tecken",
    "estimate": "skattning",
    "informant_words": "andras ord än intervjuarens",
    "kind": "slag",
    "level": "nivå",
    "minus": "−",
    "n": "antal",
    "per_1000": "per 1 000 ord",
    "plus": "+",
    "polarity": "polaritet",
    "quote": "citat",
    "rater": "bedömare",
    "rests_on": "vilar på",
    "segments": "segment",
    "session": "träff",
    "small": "få ord",
    "term": "term",
    "tool": "verktyg",
    "unclear": "?",
    "unit": "enhet",
    "verbatim": "ordagrant",
    "words": "ord",
}


_SWEDISH_VALUES = {
    "all": "allt",
    "completed": "fullföljde",
    "enrolled": "anmälda",
    "evaluator": "utvärderaren",
    "funder": "finansiären",
    "host": "teamet",
    "no variation": "ingen variation",
    "one rater": "en bedömare",
    "participant": "deltagarna",
    "too few": "för få",
    "without evaluation": "utan utvärderingen",
}


class RenderError(EvalkitError):
    """pandoc could not make the report."""


def plain(text: str) -> str:
    """Escape a text so that Markdown shows it as it is.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        One line of Markdown.
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown_table(table: pd.DataFrame, *, lang: Language, caption: str = "") -> str:
    """Write a table as Markdown, numbers as the language writes them.

    Parameters
    ----------
    table : pandas.DataFrame
        What is shown, with its headings as column names.
    lang : {"sv", "en"}
        Language of the reader.
    caption : str, default ""
        Stands below the table.

    Returns
    -------
    str
        A pipe table.
    """
    numeric = [pd.api.types.is_numeric_dtype(table[column]) for column in table.columns]
    longest = [max([len(str(column)), *(len(_cell(v, lang)) for v in table[column])]) for column in table.columns]
    widths = [max(3, min(length, 60)) for length in longest]
    lines = [
        "| " + " | ".join(plain(str(column)) for column in table.columns) + " |",
        "|"
        + "|".join("-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True))
        + "|",
    ]
    lines += [
        "| " + " | ".join(plain(_cell(value, lang)) for value in row) + " |" for row in table.itertuples(index=False)
    ]
    return "\n".join(lines) + (f"\n\n: {plain(caption)}" if caption else "")


def details(data: pd.DataFrame, path: str, *, lang: Language, longest: int) -> str:
    """Write data as a part of the page that opens on a click.

    Parameters
    ----------
    data : pandas.DataFrame
        What is drawn or listed, with `rests_on`.
    path : str
        Where all of it lies, in reports/.
    lang : {"sv", "en"}
        Language of the reader.
    longest : int
        Most rows shown.

    Returns
    -------
    str
        Raw HTML inside Markdown.
    """
    shown = data.head(longest).drop(columns="row_id", errors="ignore")
    if "rests_on" in shown:
        ids = shown["rests_on"].astype("object").fillna("").astype("str")
        shown["rests_on"] = ids.map(lambda cell: _counted(cell, lang))
    heads = "".join(f"<th>{html.escape(column_label(str(column), lang))}</th>" for column in shown.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(value, lang))}</td>" for value in row) + "</tr>"
        for row in shown.itertuples(index=False)
    )
    count = number(len(data), lang=lang)
    title = pick(lang, sv=f"Visa data ({count} rader)", en=f"Show data ({count} rows)")
    whole = f"<p>{pick(lang, sv='Alla rader', en='All rows')}: <code>{path}</code></p>"
    table = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    return f"```{{=html}}\n<details><summary>{title}</summary>{table}{whole}</details>\n```"


def column_label(name: str, lang: Language) -> str:
    """Return a column's name as a reader of the report would say it.

    Parameters
    ----------
    name : str
        Name of the column.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        In English the name without underscores; in Swedish its translation, where there is one.
    """
    plainly = name.replace("_", " ")
    return pick(lang, sv=_SWEDISH.get(name, plainly), en=plainly)


def html_page(markdown: str, *, title: str, lang: Language, folder: Path) -> bytes:
    """Turn the report into one HTML page with its pictures inside.

    Parameters
    ----------
    markdown : str
        The report.
    title : str
        Its title.
    lang : {"sv", "en"}
        Its language.
    folder : pathlib.Path
        Where the pictures' paths start.

    Returns
    -------
    bytes
        UTF-8.

    Raises
    ------
    RenderError
        If pandoc fails.
    """
    import pypandoc

    arguments = [
        "--standalone",
        "--embed-resources",
        "--toc",
        "--toc-depth=2",
        f"--css={_STYLE}",
        f"--resource-path={folder}",
        f"--metadata=title:{title}",
        f"--metadata=lang:{lang}",
        f"--metadata=toc-title:{pick(lang, sv='Innehåll', en='Contents')}",
    ]
    try:
        page: str = pypandoc.convert_text(
            markdown,
            "html5",
            format="markdown-tex_math_dollars-citations-implicit_header_references",
            extra_args=arguments,
        )
    except RuntimeError as error:
        raise RenderError(f"pandoc could not write the report ({' '.join(str(error).split())[:200]})") from None
    return page.encode()


def _cell(value: Any, lang: Language) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return pick(lang, sv="ja" if value else "nej", en="yes" if value else "no")
    if isinstance(value, float) and not value.is_integer():
        return number(value, 2, lang=lang)
    if isinstance(value, int | float):
        return number(value, lang=lang)
    return pick(lang, sv=_SWEDISH_VALUES.get(str(value), str(value)), en=str(value))


def _counted(ids: str, lang: Language) -> str:
    every = ids.split()
    few = ", ".join(every[:4])
    return few if len(every) <= 4 else f"{few} … ({number(len(every), lang=lang)})"
