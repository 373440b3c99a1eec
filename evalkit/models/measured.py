"""What the calibration measured where a method keeps less than it promises, for the results' own sentences.

The models stand below `calibrate` and cannot read its table, so the figures are written here. A test holds each of them
against the committed table, and every goal that is clearly missed in the table against the sentence that has to say so.
"""

from evalkit.wording import Language, number, percent

__all__ = ["MEASURED", "measured"]

MEASURED: dict[str, tuple[float, float]] = {
    "contrasts": (0.885, 0.955),
    "contrasts under shared shocks": (0.18, 0.32),
    "power of predictors": (0.06, 0.12),
    "left with": (0.23, 0.23),
    "left without": (0.39, 0.39),
}
"""From the lowest to the highest: how often 95 % intervals held the truth (contrasts of the units where leaving is no
chance or growth levels off), how often contrasts were wrong under shared shocks (of 0.15 steps, nine units), how often
tests found a judgement that did matter for who left, and how many left with and without it."""


def measured(what: str, lang: Language) -> str:
    """Write what was measured.

    Parameters
    ----------
    what : str
        A key of `MEASURED`.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Such as "88–91 %".

    Examples
    --------
    >>> measured("power of predictors", "en")
    '6–12%'
    """
    low, high = MEASURED[what]
    lowest, highest = number(100 * low, lang=lang), percent(high, lang=lang)
    return highest if percent(low, lang=lang) == highest else f"{lowest}–{highest}"
