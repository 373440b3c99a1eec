"""How many segments two coders must both read for an interval of a given width."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isinf
from typing import Any, Literal

import pandas as pd

from evalkit.coding.agreement.intervals import MIN_CODED, MIN_DOCUMENTS, alpha_of_f1
from evalkit.errors import EstimationError
from evalkit.inference import wilson
from evalkit.wording import Language, number, percent, pick

__all__ = ["AgreementPlan", "plan_agreement"]

Measure = Literal["f1", "alpha"]
_MOST = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AgreementPlan:
    """How much must be coded twice.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per prevalence: prevalence (share of the segments that one coder gives the code), f1, alpha
        (expected), coded (segments that at least one of the two will code), segments (to be read by both), half_width
        (expected, of the measure asked for), limit ("width", or "least" where 12 coded segments decide), rests_on
        (empty: nothing is observed yet).
    measure : {"f1", "alpha"}
        Whose interval is planned.
    agreement, half_width, deff : float
        Expected value, half-width wanted, expected design effect of documents.
    documents : int
        Documents expected to have the code.
    confidence : float
        Of the interval.
    """

    table: pd.DataFrame
    measure: Measure
    agreement: float
    half_width: float
    deff: float
    documents: int
    confidence: float

    def caption(self, lang: Language = "sv") -> str:
        """Return what the plan assumes."""
        value, deff = number(self.agreement, 2, lang=lang), number(self.deff, 1, lang=lang)
        name = _name(self.measure, lang)
        level, docs = percent(self.confidence, lang=lang), number(self.documents, lang=lang)
        return pick(
            lang,
            sv=f"Antaget: {name} {value}, designeffekt {deff}, koden i {docs} dokument; {level}-intervall.",
            en=f"Assumed: {name} {value}, design effect {deff}, the code in {docs} documents; {level} interval.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many segments that is, for the rarest code and the commonest."""
        rows = self.table.sort_values("prevalence")
        rare, common = rows.iloc[0], rows.iloc[-1]
        width, name = number(self.half_width, 2, lang=lang), _name(self.measure, lang)
        share, n = _share(rare["prevalence"], lang), number(rare["segments"], lang=lang)
        text = pick(
            lang,
            sv=f"För att {name} ska få ett intervall på ±{width} måste två kodare läsa {n} segment om koden finns i "
            f"{share} av dem",
            en=f"For an interval of ±{width} of {name}, two coders must read {n} segments if the code is in {share} of "
            "them",
        )
        if len(rows) > 1:
            share, n = _share(common["prevalence"], lang), number(common["segments"], lang=lang)
            text += pick(lang, sv=f", och {n} om den finns i {share}", en=f", and {n} if it is in {share}")
        return text + pick(
            lang,
            sv=". Bredden är den väntade: ungefär varannan gång blir den större, och den växer om koderna står tätare "
            "i få dokument än antaget.",
            en=". The width is the expected one: about every other time it will be larger, and it grows if the code "
            "clusters more in few documents than assumed.",
        )


def plan_agreement(
    *,
    agreement: float = 0.8,
    half_width: float = 0.1,
    measure: Measure = "f1",
    prevalences: Sequence[float] = (0.01, 0.02, 0.05, 0.1, 0.2),
    deff: float = 1.5,
    documents: int = 20,
    confidence: float = 0.95,
) -> AgreementPlan:
    """Compute how many segments two coders must both read for `coder_agreement` to give an interval of a given width.

    Parameters
    ----------
    agreement : float, default 0.8
        Expected value of the measure.
    half_width : float, default 0.1
        Half the distance between the interval's ends.
    measure : {"f1", "alpha"}, default "f1"
        Whose interval.
    prevalences : sequence of float
        Expected share of the segments that one coder gives the code; one row each.
    deff : float, default 1.5
        Expected design effect of documents; at least 1. `Agreement.table` has that of what is coded so far: it holds
        for documents with about as many coded segments each, and grows with them.
    documents : int, default 20
        Documents expected to have the code, at least 5.
    confidence : float, default 0.95
        Level of the interval.

    Returns
    -------
    AgreementPlan
        One row per prevalence.

    Raises
    ------
    EstimationError
        If an assumption is out of range, or more than ten million coded segments would be needed.
    """
    _check(agreement, half_width, measure, prevalences, deff, documents)
    rows = [_row(p, agreement, half_width, measure, deff, documents, confidence) for p in prevalences]
    return AgreementPlan(
        table=pd.DataFrame(rows).astype({"coded": "Int64", "segments": "Int64", "limit": "str"}),
        measure=measure,
        agreement=agreement,
        half_width=half_width,
        deff=deff,
        documents=documents,
        confidence=confidence,
    )


def _row(
    p: float, agreement: float, half_width: float, measure: Measure, deff: float, documents: int, confidence: float
) -> dict[str, Any]:
    f1 = agreement if measure == "f1" else 1 - (1 - agreement) * (1 - p)
    # Alpha's interval is F1's, stretched by 1 / (1 − p).
    stretch = 1.0 if measure == "f1" else 1 / (1 - p)

    def width(coded: int) -> float:
        n, j = coded / deff, f1 / (2 - f1)
        limits = wilson(j * n, n, level=confidence, df=documents - 1)
        low, high = (2 * end / (1 + end) for end in (limits.ci_low, limits.ci_high))
        return stretch * (high - low) / 2

    sizes = range(MIN_CODED, _MOST)
    coded = MIN_CODED + bisect_left(sizes, -half_width, key=lambda size: -width(size))
    if coded >= _MOST:
        raise EstimationError(
            f"plan_agreement: an interval of ±{half_width} needs more than {_MOST} coded segments; choose a wider one.",
            sv=f"plan_agreement: ett intervall på ±{half_width} kräver mer än {_MOST} kodade segment; välj ett vidare.",
        )
    segments = ceil(coded / (p * (2 - f1)))
    return {
        "prevalence": p,
        "f1": f1,
        "alpha": alpha_of_f1(f1, 2 * p * segments, 2 * segments) if measure == "f1" else agreement,
        "coded": coded,
        "segments": segments,
        "half_width": width(coded),
        "limit": "least" if coded == MIN_CODED else "width",
        "rests_on": (),
    }


def _check(
    agreement: float, half_width: float, measure: str, prevalences: Sequence[float], deff: float, documents: int
) -> None:
    shares = bool(prevalences) and all(0 < p < 1 for p in prevalences)
    for fine, en, sv in (
        (
            measure in ("f1", "alpha"),
            f"measure='{measure}'; choose f1 or alpha",
            f"measure='{measure}'; välj f1 eller alpha",
        ),
        (
            0 < agreement <= 1,
            f"agreement={agreement}; it must lie above 0 and at most at 1",
            f"agreement={agreement}; det måste ligga över 0 och högst på 1",
        ),
        (
            0 < half_width < 1,
            f"half_width={half_width}; it must lie between 0 and 1",
            f"half_width={half_width}; det måste ligga mellan 0 och 1",
        ),
        (
            shares,
            "prevalences; give at least one, each between 0 and 1",
            "prevalences; ange minst en, var och en mellan 0 och 1",
        ),
        (deff >= 1 and not isinf(deff), f"deff={deff}; it is at least 1", f"deff={deff}; det är minst 1"),
        (
            documents >= MIN_DOCUMENTS,
            f"documents={documents}; at least {MIN_DOCUMENTS} must have the code",
            f"documents={documents}; minst {MIN_DOCUMENTS} måste ha koden",
        ),
    ):
        if not fine:
            raise EstimationError(f"plan_agreement: {en}.", sv=f"plan_agreement: {sv}.")


def _share(p: float, lang: Language) -> str:
    return percent(p, 0 if round(100 * p, 6).is_integer() else 1, lang=lang)


def _name(measure: Measure, lang: Language) -> str:
    return "F1" if measure == "f1" else pick(lang, sv="alfa", en="alpha")
