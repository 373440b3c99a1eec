"""Mean harm for every mean gain that could have been expected without the event: the G line.

A growth form with harm h and a form that grows h less with none give the same data. So θ(G) = G − E[D], the mean harm
in steps, is drawn for every mean gain G. With control units D is the change beyond theirs and G the gain beyond theirs,
0 if the paths would have been parallel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.measures.placement import Labels, row_ids
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.limits import TAUS, difference_limits
from evalkit.study import Study
from evalkit.wording import Language, number, percent, pick

__all__ = ["GainLine", "gain_line"]

_STRAIGHT = {
    False: ("om den fortsatt rakt", "if it had gone on in a straight line"),
    True: ("om försprånget i växt fortsatt", "if the lead in growth had gone on"),
}


@dataclass(frozen=True, slots=True, eq=False)
class GainLine:
    """Mean harm for every mean gain that could have been expected without the event.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tau (standard deviation of shocks that all units share in a session) and gain: tau, gain, harm (gain minus
        the mean difference), harm_low and harm_high (one-sided limits each), kind ("grid", "plateau", "linear",
        "ceiling" or "declared"; with controls "parallel" and "linear"), rests_on and row_id.
    mean_difference : float
        Mean difference over units; with controls, beyond theirs.
    n, k_post : int
        Units, and sessions after the event.
    gain_max : float or None
        The largest gain declared as possible.
    level : float
        Level of each one-sided limit.
    before : BeforeAfter
        What it rests on.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    mean_difference: float
    n: int
    k_post: int
    gain_max: float | None
    level: float
    before: BeforeAfter
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        taus = ", ".join(number(tau, 2, lang=lang) for tau in sorted(set(self.table["tau"])))
        return pick(
            lang,
            sv=f"Medelskada i steg mot antagen medelökning utan händelsen; ensidiga {share}-gränser för gemensamma "
            f"störningar τ = {taus}. n = {units}, {self.k_post} {self.labels.noun('session', lang, many=True)} efter.",
            en=f"Mean harm in steps against the mean gain assumed without the event; one-sided {share} limits for "
            f"shared shocks τ = {taus}. n = {units}, {self.k_post} "
            f"{self.labels.noun('session', lang, many=True)} after.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the line means and what it cannot say."""
        parts = []
        for kind, sv, en in (
            ("plateau", "om utvecklingen annars stannat av", "if growth had otherwise stopped"),
            ("parallel", "om banorna annars följts åt", "if the paths had otherwise been parallel"),
            ("linear", *_STRAIGHT[self.before.controlled]),
            ("ceiling", "om alla nått skalans topp", "if all had reached the top of the scale"),
        ):
            rows = self.table[self.table["kind"] == kind]
            if len(rows):
                harm = number(rows["harm"].iloc[0], 2, lang=lang)
                gain = number(rows["gain"].iloc[0], 2, lang=lang)
                words = pick(lang, sv=sv, en=en)
                parts.append(pick(lang, sv=f"{harm} {words} (ökning {gain})", en=f"{harm} {words} (gain {gain})"))
        text = pick(lang, sv="Medelskadan i steg vore ", en="The mean harm in steps would be ") + "; ".join(parts)
        if self.before.controlled:
            return text + pick(
                lang,
                sv=". Här är det ändringen utöver jämförelseenheternas som räknas; om banorna annars följts åt går "
                "inte att läsa ur data. Ett negativt tal betyder att nivån steg mer än antaget, inte att händelsen "
                "gjorde "
                "nytta.",
                en=". It is the change beyond the control units' that counts here; whether the paths would otherwise "
                "have been parallel cannot be read from the data. A negative number means that the level rose more "
                "than "
                "assumed, not that the event did good.",
            )
        return text + pick(
            lang,
            sv=". Vilken ökning som gällt utan händelsen går inte att läsa ur data: linjen visar vad varje antagande "
            "leder till, inte vilket som är rätt. Ett negativt tal betyder att nivån steg mer än antaget, inte att "
            "händelsen "
            "gjorde nytta.",
            en=". Which gain held without the event cannot be read from the data: the line shows what each assumption "
            "leads to, not which is right. A negative number means that the level rose more than assumed, not that "
            "the event "
            "did good.",
        )


def gain_line(
    before: BeforeAfter, *, study: Study, taus: Sequence[float] = TAUS, level: float = 0.95, steps: int = 25
) -> GainLine:
    """Compute the mean harm for every gain from none to the ceiling.

    Parameters
    ----------
    before : BeforeAfter
        From `before_after`.
    study : Study
        Its declared largest gain.
    taus : sequence of float, default (0, .15, .25)
        Shared shocks.
    level : float, default 0.95
        Level of each one-sided limit.
    steps : int, default 25
        Points of the grid.

    Returns
    -------
    GainLine
        The grid with its benchmarks.

    Raises
    ------
    EstimationError
        If all differences are equal.
    """
    marks = _benchmarks(before, study.experiment.gain_max)
    ends = sorted([0.0, *marks.values(), *([-0.5, 0.5] if before.controlled else [])])
    points = [("grid", float(gain)) for gain in np.linspace(ends[0], ends[-1], steps)]
    points += list(marks.items())
    used, control = before.differences["difference"], before.control["difference"]
    k_post = len(before.post_sessions)
    rows = []
    for tau in taus:
        low, high = difference_limits(used, tau=tau, k_post=k_post, level=level, control=control)
        for kind, gain in points:
            limits = {"harm_low": gain - high.ci_high, "harm_high": gain - low.ci_low}
            rows.append({"tau": tau, "gain": gain, "harm": gain - low.estimate, **limits, "kind": kind})
    table = pd.DataFrame(rows)
    table["rests_on"] = [before.rests_on] * len(table)
    table["row_id"] = row_ids(table, ["tau", "kind", "gain"])
    return GainLine(
        table=table,
        mean_difference=float(used.mean() - (control.mean() if before.controlled else 0)),
        n=before.n,
        k_post=k_post,
        gain_max=study.experiment.gain_max,
        level=level,
        before=before,
        labels=before.labels,
    )


def _benchmarks(before: BeforeAfter, declared: float | None) -> dict[str, float]:
    marks = {"plateau": before.plateau_gain, "linear": before.linear_gain, "ceiling": before.ceiling_gain}
    if before.controlled:
        marks = {"parallel": before.plateau_gain, "linear": before.linear_gain}
    elif declared is not None:
        marks["declared"] = declared
    return {kind: gain for kind, gain in marks.items() if math.isfinite(gain)}
