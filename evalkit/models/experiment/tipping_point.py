"""Units that left after the event: how much worse they must have fared for the verdict to be another."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.limits import VERDICTS, difference_limits, harm_verdict
from evalkit.models.experiment.sensitivity import HEADLINE_TAU
from evalkit.models.experiment.verdicts import headline_margin_of
from evalkit.study import Study
from evalkit.wording import Language, join, number, percent, pick

__all__ = ["TippingPoint", "tipping_point"]


@dataclass(frozen=True, slots=True, eq=False)
class TippingPoint:
    """The verdict at each margin for what leavers can have lost unseen.

    Attributes
    ----------
    table : pandas.DataFrame
        Per margin and stretch of delta with one verdict: margin, verdict, delta_low and delta_high (steps by which the
        leavers fared worse, where unseen, than those who were seen; negative: better), rests_on and row_id.
    tips : pandas.DataFrame
        Per margin: margin, verdict (with leavers like the others), tips_at (the delta nearest to 0 at which it is
        another; infinite if none within the scale's span is).
    leavers : tuple of str
        Units that left after the event.
    share_unseen : float
        Mean over all enrolled at the event of the share of sessions afterwards that they had left.
    n : int
        Units enrolled at the event.
    span : float
        From the lowest to the highest level: no unit can have lost more.
    gain_max, headline_margin, tau, level : float
        The largest gain, the margin of the headline, the shared shocks and the level of the limits.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    tips: pd.DataFrame
    leavers: tuple[str, ...]
    share_unseen: float
    n: int
    span: float
    gain_max: float
    headline_margin: float
    tau: float
    level: float
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, tau = self.labels.count(self.n, "unit", lang), number(self.tau, 2, lang=lang)
        share, unseen = percent(self.level, lang=lang), percent(self.share_unseen, lang=lang)
        return pick(
            lang,
            sv="Utslag per marginal beroende på hur det gick för dem som lämnade efter händelsen "
            f"({len(self.leavers)}); ensidiga {share}-gränser, τ = {tau}. n = {units}, {unseen} av deras tid efteråt "
            "osedd.",
            en=f"Verdict per margin depending on how those that left after the event ({len(self.leavers)}) fared; "
            f"one-sided {share} limits, τ = {tau}. n = {units}, {unseen} of their time afterwards unseen.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how badly it must have gone for those who left, and what that cannot say."""
        row = self.tips[np.isclose(self.tips["margin"], self.headline_margin)].iloc[0]
        names, margin = join(list(self.leavers), lang=lang), number(self.headline_margin, 2, lang=lang)
        verdict, at = VERDICTS[str(row["verdict"])](lang), float(row["tips_at"])
        parts = [
            pick(
                lang,
                sv=f"{names} lämnade vid eller efter händelsen och syns inte sedan.",
                en=f"{names} left at or after the event and {'is' if len(self.leavers) == 1 else 'are'} not seen "
                f"afterwards.",
            )
        ]
        if math.isinf(at):
            span = number(self.span, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Utslaget vid marginalen {margin} steg ({verdict}) blir detsamma hur det än gick efteråt inom "
                    f"skalans {span} steg.",
                    en=f"The verdict at the margin of {margin} steps ({verdict}) is the same whatever happened "
                    f"afterwards within the scale's {span} steps.",
                )
            )
        else:
            size = number(abs(at), 2, lang=lang)
            worse = pick(lang, sv="sämre", en="worse") if at > 0 else pick(lang, sv="bättre", en="better")
            parts.append(
                pick(
                    lang,
                    sv=f"Utslaget vid marginalen {margin} steg ({verdict}) blir ett annat först om det gick minst "
                    f"{size} steg {worse} för dem än för de andra.",
                    en=f"The verdict at the margin of {margin} steps ({verdict}) is another only if they fared at "
                    f"least {size} steps {worse} than the others.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Hur det verkligen gick efteråt vet ingen; det här är en gräns, ingen skattning.",
                en="What really happened afterwards nobody knows; this is a bound, no estimate.",
            )
        )
        return " ".join(parts)


def tipping_point(before: BeforeAfter, *, study: Study, tau: float = HEADLINE_TAU, level: float = 0.95) -> TippingPoint:
    """Find how much worse leavers must have fared, where unseen, for the verdict to change.

    The mean over all enrolled at the event is that of the seen minus delta times the share unseen; its standard error
    stays that of the seen, as if the unseen were drawn from the same units.

    Parameters
    ----------
    before : BeforeAfter
        From `before_after`.
    study : Study
        Its margins and declared largest gain.
    tau : float, default 0.15
        Shared shocks.
    level : float, default 0.95
        Level of each one-sided limit.

    Returns
    -------
    TippingPoint
        Every margin, and 0.

    Raises
    ------
    EstimationError
        If no unit left after the event, the largest gain or margins are not declared, or all differences are equal.

    References
    ----------
    Cro, S., Morris, T. P., Kenward, M. G. & Carpenter, J. R. (2020). Sensitivity analysis for clinical trials with
    missing continuous outcome data using controlled multiple imputation. Statistics in Medicine 39, 2815–2842.
    """
    headline = headline_margin_of(study)
    top = 0.0 if before.controlled else study.experiment.gain_max
    if top is None:
        raise EstimationError(
            "tipping point: the largest gain to be expected without the event is not declared, so there is no verdict "
            "to tip; give gain_max in study.toml.",
            sv="brytpunkt: den största ökning som kunnat väntas utan händelsen är inte angiven, så det finns inget "
            "utslag som kan ändras; ange gain_max i study.toml.",
        )
    unseen = np.array([_unseen(row, before.post_sessions) for row in before.units.to_dict("records")])
    leavers = tuple(str(unit) for unit in before.units.loc[unseen > 0, "unit"])
    if not leavers:
        raise EstimationError(
            f"tipping point: none of the {len(before.units)} units enrolled at the event left after it.",
            sv=f"brytpunkt: ingen av de {len(before.units)} enheter som var anmälda vid händelsen lämnade efter den.",
        )
    low, high = difference_limits(
        before.differences["difference"],
        tau=tau,
        k_post=len(before.post_sessions),
        level=level,
        control=before.control["difference"],
    )
    share, span = float(unseen.mean()), float(before.scale.maximum - before.scale.minimum)
    rows: list[dict[str, Any]] = []
    tips: list[dict[str, Any]] = []
    for margin in sorted({0.0, *study.experiment.margins}):
        # Non-inferior up to the first delta, inferior from the second one.
        first, second = (margin + low.ci_low - top) / share, (margin + high.ci_high) / share
        rows += _stretches(margin, first, second, span)
        verdict = harm_verdict(low.ci_low, high.ci_high, margin=margin, gain_max=top)
        nearest = min((first, second), key=abs)
        tips.append({"margin": margin, "verdict": verdict, "tips_at": nearest if abs(nearest) <= span else math.inf})
    table = pd.DataFrame(rows)
    table["rests_on"] = [before.rests_on] * len(table)
    table["row_id"] = row_ids(table, ["margin", "verdict"])
    return TippingPoint(
        table=table,
        tips=pd.DataFrame(tips),
        leavers=leavers,
        share_unseen=share,
        n=len(before.units),
        span=span,
        gain_max=top,
        headline_margin=headline,
        tau=tau,
        level=level,
        labels=before.labels,
    )


def _unseen(unit: dict[Any, Any], post_sessions: tuple[int, ...]) -> float:
    """Return the share of sessions after the event that a unit had left; all of them if it has no difference."""
    if not unit["left_after_event"]:
        return 0.0
    if not unit["used"]:
        return 1.0
    return float(np.mean([session >= unit["latest"] for session in post_sessions]))


def _stretches(margin: float, first: float, second: float, span: float) -> list[dict[str, Any]]:
    ends = [-span, *(min(max(at, -span), span) for at in (first, second)), span]
    return [
        {"margin": margin, "verdict": verdict, "delta_low": start, "delta_high": stop}
        for verdict, start, stop in zip(("non-inferior", "inconclusive", "inferior"), ends[:-1], ends[1:], strict=True)
        if stop > start
    ]
