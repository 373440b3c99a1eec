"""Swedish and English text and number formats, the only place that knows a decimal comma.

Numbers are formatted for reading only; results keep them unrounded.
"""

import math
from typing import Literal

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")

__all__ = ["LANGUAGES", "Language", "count_noun", "interval", "join", "number", "p_value", "percent", "pick"]


def pick(lang: Language, *, sv: str, en: str) -> str:
    """Choose the text of the language asked for.

    Parameters
    ----------
    lang : {"sv", "en"}
        Language of the reader.
    sv, en : str
        The same text in Swedish and English.

    Returns
    -------
    str
        One of the two.

    Examples
    --------
    >>> pick("sv", sv="lärträff", en="session")
    'lärträff'
    """
    return sv if lang == "sv" else en


def number(value: float, digits: int = 0, *, lang: Language = "sv") -> str:
    r"""Format a number as the language writes it.

    Parameters
    ----------
    value : float
        The number; a missing one is written as an en dash, an infinite one as ∞.
    digits : int, default 0
        Decimals.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Thousands parted by a no-break space (sv) or comma (en), true minus sign.

    Examples
    --------
    >>> number(-1234.56, 1)
    '−1\xa0234,6'
    >>> number(1234.56, 1, lang="en")
    '1,234.6'
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and float(f"{abs(value):.{digits}f}") != 0
    if lang == "sv":
        text = text.replace(",", "\u00a0").replace(".", ",")
    return ("−" if negative else "") + text


def percent(proportion: float, digits: int = 0, *, lang: Language = "sv") -> str:
    r"""Format a proportion 0–1 as per cent.

    Parameters
    ----------
    proportion : float
        Between 0 and 1.
    digits : int, default 0
        Decimals.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        With a no-break space before the sign in Swedish.

    Examples
    --------
    >>> percent(9 / 14)
    '64\xa0%'
    """
    return number(100 * proportion, digits, lang=lang) + pick(lang, sv="\u00a0%", en="%")


def interval(low: float, high: float, digits: int = 2, *, lang: Language = "sv") -> str:
    """Format an interval.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    digits : int, default 2
        Decimals.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The ends with a word between them, so that a minus sign cannot be mistaken for a dash.

    Examples
    --------
    >>> interval(0.351, 0.872)
    '0,35 till 0,87'
    """
    ends = number(low, digits, lang=lang), number(high, digits, lang=lang)
    return pick(lang, sv=" till ", en=" to ").join(ends)


def p_value(p: float, *, lang: Language = "sv") -> str:
    """Format a p-value with three decimals, never as zero.

    Parameters
    ----------
    p : float
        Between 0 and 1.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Such as "p = 0,021" or "p < 0,001".

    Examples
    --------
    >>> p_value(0.0004)
    'p < 0,001'
    """
    if p < 0.001:
        return f"p < {number(0.001, 3, lang=lang)}"
    return f"p = {number(p, 3, lang=lang)}"


def count_noun(count: int, one: str, many: str, *, lang: Language = "sv") -> str:
    """Write a count with the form of the noun that goes with it.

    Parameters
    ----------
    count : int
        How many.
    one, many : str
        The noun in singular and plural.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Such as "1 kommun" or "14 kommuner".

    Examples
    --------
    >>> count_noun(1, "kommun", "kommuner")
    '1 kommun'
    """
    return f"{number(count, lang=lang)} {one if count == 1 else many}"


def join(words: list[str], *, lang: Language = "sv") -> str:
    """List words as a sentence does.

    Parameters
    ----------
    words : list of str
        At least one.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The last one joined by "och" or "and".

    Examples
    --------
    >>> join(["mål", "mandat", "driv"])
    'mål, mandat och driv'
    """
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + pick(lang, sv=" och ", en=" and ") + words[-1]
