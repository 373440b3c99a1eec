"""The estimators of codings: counts corrected by an audit sample, and agreement between coders."""

from dataclasses import dataclass, replace

import numpy as np

from evalkit.calibrate.coding_cells import CodingCell
from evalkit.calibrate.estimators.case import Estimator, Quantity, Row, approximate
from evalkit.coding.agreement.intervals import concord
from evalkit.coding.agreement.judgements import Tally
from evalkit.inference import Interval, mover_difference
from evalkit.measures.corrected_counts import Audited, correct_count
from evalkit.simulate.chance import stream
from evalkit.simulate.codings import AuditedPeriod
from evalkit.study import Text

__all__ = ["CODING", "CodingCase", "agreement", "corrected"]


@dataclass(frozen=True, slots=True)
class CodingCase:
    """One simulated corpus as an estimator meets it: it draws what it needs.

    Parameters
    ----------
    cell : CodingCell
        Its kind.
    seed : int
        The corpus's own.
    """

    cell: CodingCell
    seed: int


def corrected(case: CodingCase) -> list[Row]:
    """Correct the count of one code in both periods, in the second, and its change, as `corrected_counts` does.

    Parameters
    ----------
    case : CodingCase
        A corpus.

    Returns
    -------
    list of Row
        corrected_total, corrected_period (segments), corrected_change (share of segments, second minus first period).
    """
    periods = case.cell.rules().draw(stream(case.seed, "rules"))
    parts = [
        Audited(int(p.hit.sum()), int((~p.hit).sum()), p.hit[p.drawn], p.true[p.drawn], p.weight[p.drawn])
        for p in periods
    ]
    truth = [int(period.true.sum()) for period in periods]
    first, second = (correct_count([part]).total for part in parts)
    return [
        _interval("corrected_total", sum(truth), correct_count(parts).total),
        _interval("corrected_period", truth[1], second),
        _change("corrected_change", periods, first, second),
    ]


def _interval(quantity: str, truth: float, found: Interval | None) -> Row:
    if found is None:
        return Row(quantity, refused=True)
    return Row(quantity, truth, found.estimate, found.ci_low, found.ci_high)


def _change(quantity: str, periods: list[AuditedPeriod], first: Interval | None, second: Interval | None) -> Row:
    if first is None or second is None:
        return Row(quantity, refused=True)
    sizes, shares = [len(period.true) for period in periods], [float(period.true.mean()) for period in periods]
    found = mover_difference(*(_share(one, size) for one, size in ((second, sizes[1]), (first, sizes[0]))))
    return _interval(quantity, shares[1] - shares[0], found)


def _share(count: Interval, size: int) -> Interval:
    ends = {name: getattr(count, name) / size for name in ("estimate", "ci_low", "ci_high")}
    return replace(count, **ends)


def agreement(case: CodingCase) -> list[Row]:
    """Estimate F1 and alpha of two coders, and of three, as `coder_agreement` does.

    Parameters
    ----------
    case : CodingCase
        A corpus.

    Returns
    -------
    list of Row
        f1_two, alpha_two, f1_three, alpha_three.
    """
    rows = []
    for count, name in ((2, "two"), (3, "three")):
        kind = case.cell.coders(count)
        drawn = kind.draw(stream(case.seed, f"{name} coders"), 1)
        found = concord(Tally(*(part[0][:, None].astype(np.float64) for part in drawn)), 0, coders=count)
        f1, alpha, _ = kind.agreement()
        if found.why:
            rows += [Row(f"f1_{name}", refused=True), Row(f"alpha_{name}", refused=True)]
            continue
        rows += [
            Row(f"f1_{name}", f1, found.f1, found.f1_ci_low, found.f1_ci_high),
            Row(f"alpha_{name}", alpha, found.alpha, found.alpha_ci_low, found.alpha_ci_high),
        ]
    return rows


_AGREEMENT = Text(sv="överensstämmelse mellan kodare", en="agreement between coders")

CODING: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity(
                "corrected_total",
                Text(sv="rättat antal, hela materialet", en="corrected count, all of it"),
                approximate,
            ),
            Quantity(
                "corrected_period", Text(sv="rättat antal, en period", en="corrected count, one period"), approximate
            ),
            Quantity(
                "corrected_change",
                Text(sv="rättad ändring mellan perioder, MOVER", en="corrected change between periods, MOVER"),
                approximate,
            ),
        ),
        corrected,
        CodingCell,
    ),
    Estimator(
        (
            Quantity("f1_two", Text(sv="två kodares F1", en="F1 of two coders"), approximate, _AGREEMENT),
            Quantity("alpha_two", Text(sv="två kodares alfa", en="alpha of two coders"), approximate, _AGREEMENT),
            Quantity("f1_three", Text(sv="tre kodares F1", en="F1 of three coders"), approximate, _AGREEMENT),
            Quantity("alpha_three", Text(sv="tre kodares alfa", en="alpha of three coders"), approximate, _AGREEMENT),
        ),
        agreement,
        CodingCell,
    ),
)
