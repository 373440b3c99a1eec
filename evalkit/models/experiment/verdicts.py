"""Whether the event did harm, as far as the assumed growth without it allows a verdict.

A growth form with harm h and a form that grows h less with none give the same data. So θ(G) = G − E[D], the mean harm
in steps, is drawn for every mean gain G that one could have expected, and a verdict names the G it holds for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError
from evalkit.inference import Interval, mean_t
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.levels import merge_rows
from evalkit.study import Study, Text
from evalkit.wording import Language, number, percent, pick

__all__ = [
    "TAUS",
    "GainLine",
    "Verdict",
    "Verdicts",
    "difference_limits",
    "gain_line",
    "harm_verdict",
    "harm_verdicts",
    "smallest_detectable_harm",
]

TAUS = (0.0, 0.15, 0.25)
EQUAL = 1e-12
Verdict = Literal["non-inferior", "inferior", "inconclusive"]
VERDICTS: dict[str, Text] = {
    "non-inferior": Text(sv="ingen skada över marginalen", en="no harm above the margin"),
    "inferior": Text(sv="skada över marginalen", en="harm above the margin"),
    "inconclusive": Text(sv="går inte att avgöra", en="inconclusive"),
}


@dataclass(frozen=True, slots=True, eq=False)
class GainLine:
    """Mean harm for every mean gain that could have been expected without the event.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tau (standard deviation of shocks that all units share in a session) and gain: tau, gain, harm (gain minus
        the mean difference), harm_low and harm_high (one-sided limits each), kind ("grid", "plateau", "linear",
        "ceiling" or "declared"), rests_on and row_id.
    mean_difference : float
        Mean difference over units.
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
            ("plateau", "om utvecklingen annars stannat av", "if growth would have stopped"),
            ("linear", "om den fortsatt rakt", "if it had gone on in a straight line"),
            ("ceiling", "om alla nått skalans topp", "if all had reached the top of the scale"),
        ):
            rows = self.table[self.table["kind"] == kind]
            if len(rows):
                harm = number(rows["harm"].iloc[0], 2, lang=lang)
                gain = number(rows["gain"].iloc[0], 2, lang=lang)
                words = pick(lang, sv=sv, en=en)
                parts.append(pick(lang, sv=f"{harm} {words} (ökning {gain})", en=f"{harm} {words} (gain {gain})"))
        text = pick(lang, sv="Medelskadan i steg vore ", en="The mean harm in steps would be ") + "; ".join(parts)
        return text + pick(
            lang,
            sv=". Vilken ökning som gällt utan händelsen går inte att läsa ur data: linjen visar vad varje antagande "
            "leder till, inte vilket som är rätt. Ett negativt tal är en vinst.",
            en=". Which gain held without the event cannot be read from the data: the line shows what each assumption "
            "leads to, not which is right. A negative number is a benefit.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """The verdict at each margin, for each size of shared shocks.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tau, margin and largest gain: tau, margin, gain_max (in steps), verdict ("non-inferior", "inferior" or
        "inconclusive"; inferior at margin 0 is "harm shown"), gain_star (no harm above the margin unless the units
        would otherwise have gained more than this), mean_difference, ci_low and ci_high (one-sided limits of the mean
        difference), smallest_harm (detectable with 80 % power if the gain were known), rests_on and row_id.
    gain_max : float or None
        The largest gain declared; None where none is, and then there is a row per gain of a grid and no headline.
    headline_margin, headline_tau : float
        What the headline is about.
    gain_star_without : tuple of float
        Smallest and largest gain_star of the headline when any one unit is left out.
    n, k_post : int
        Units, and sessions after the event.
    level, power : float
        Level of each one-sided limit; power of smallest_harm.
    before : BeforeAfter
        What it rests on.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    gain_max: float | None
    headline_margin: float
    headline_tau: float
    gain_star_without: tuple[float, float]
    n: int
    k_post: int
    level: float
    power: float
    before: BeforeAfter
    labels: Labels

    @property
    def headline(self) -> "pd.Series[Any] | None":
        """The row of the headline; None where no largest gain is declared."""
        return None if self.gain_max is None else self._headline_rows().iloc[0]

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        text = pick(
            lang,
            sv=f"Utslag per marginal och gemensam störning τ, ensidiga {share}-gränser. n = {units}, {self.k_post} "
            f"{self.labels.noun('session', lang, many=True)} efter",
            en=f"Verdict per margin and shared shock τ, one-sided {share} limits. n = {units}, {self.k_post} "
            f"{self.labels.noun('session', lang, many=True)} after",
        )
        if self.gain_max is not None:
            gain = number(self.gain_max, 2, lang=lang)
            text += pick(lang, sv=f"; största väntade ökning {gain} steg", en=f"; largest gain expected {gain} steps")
        return f"{text}."

    def sentence(self, lang: Language = "sv") -> str:
        """Give the headline with all that it depends on."""
        parts = [self._no_headline(lang)] if self.gain_max is None else [self._headline(lang), self._shown(lang)]
        parts.append(self._star(lang))
        smallest = self._headline_rows().iloc[0]["smallest_harm"]
        size, power = number(smallest, 2, lang=lang), percent(self.power, lang=lang)
        parts.append(
            pick(
                lang,
                sv=f"Vore ökningen känd skulle en skada på {size} steg upptäckas med {power} sannolikhet, en mindre "
                "mer sällan.",
                en=f"Were the gain known, harm of {size} steps would be detected with {power} probability, less harm "
                "more seldom.",
            )
        )
        if self.before.co_events:
            words = self.before.co_event_words(lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Utslaget gäller allt som hände samtidigt och kan inte skilja händelsen från {words}.",
                    en=f"The verdict is about all that happened and cannot tell the event from {words}.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Utan jämförelsegrupp vilar utslaget på antagandet om ökningen utan händelsen.",
                en="Without a control group the verdict rests on the gain assumed without the event.",
            )
        )
        return " ".join(parts)

    def _headline_rows(self) -> pd.DataFrame:
        same = np.isclose(self.table["tau"], self.headline_tau) & np.isclose(self.table["margin"], self.headline_margin)
        return self.table[same]

    def _headline(self, lang: Language) -> str:
        row = self._headline_rows().iloc[0]
        margin, tau = number(self.headline_margin, 2, lang=lang), number(self.headline_tau, 2, lang=lang)
        gain = number(self.gain_max or 0, 2, lang=lang)
        what = {
            "non-inferior": pick(
                lang,
                sv=f"”{self.before.event(lang)}” gjorde ingen skada över {margin} steg",
                en=f"“{self.before.event(lang)}” did no harm above {margin} steps",
            ),
            "inferior": pick(
                lang,
                sv=f"”{self.before.event(lang)}” gjorde en skada på mer än {margin} steg",
                en=f"“{self.before.event(lang)}” did harm of more than {margin} steps",
            ),
            "inconclusive": pick(
                lang,
                sv=f"Om ”{self.before.event(lang)}” gjorde mer än {margin} stegs skada går inte att avgöra",
                en=f"Whether “{self.before.event(lang)}” did more than {margin} steps of harm is inconclusive",
            ),
        }[str(row["verdict"])]
        return pick(
            lang,
            sv=f"{what}, givet en ökning på högst {gain} steg utan händelsen och gemensamma störningar τ = {tau}.",
            en=f"{what}, given a gain of at most {gain} steps without the event and shared shocks τ = {tau}.",
        )

    def _shown(self, lang: Language) -> str:
        """Say for which shocks harm is shown whatever the gain."""
        rows = self.table[np.isclose(self.table["margin"], 0) & (self.table["verdict"] == "inferior")]
        if rows.empty:
            return pick(
                lang,
                sv="Någon skada alls är inte visad om utvecklingen annars kunnat stanna av.",
                en="No harm at all is shown if growth could otherwise have stopped.",
            )
        taus = ", ".join(number(tau, 2, lang=lang) for tau in sorted(set(rows["tau"])))
        return pick(
            lang,
            sv=f"Skada är visad även om utvecklingen annars stannat av (τ = {taus}).",
            en=f"Harm is shown even if growth would otherwise have stopped (τ = {taus}).",
        )

    def _star(self, lang: Language) -> str:
        row = self._headline_rows().iloc[0]
        margin, tau = number(self.headline_margin, 2, lang=lang), number(self.headline_tau, 2, lang=lang)
        star = float(row["gain_star"])
        low, high = (number(value, 2, lang=lang) for value in self.gain_star_without)
        if star <= 0:
            return pick(
                lang,
                sv=f"Inte ens om utvecklingen annars stannat av kan skada över {margin} steg uteslutas (τ = {tau}).",
                en=f"Not even if growth would otherwise have stopped can harm above {margin} steps be ruled out (τ = "
                f"{tau}).",
            )
        text = number(star, 2, lang=lang)
        if not math.isfinite(self.gain_star_without[0]):
            return pick(
                lang,
                sv=f"Ingen skada över {margin} steg, om de inte annars skulle ha ökat mer än {text} steg (τ = {tau}).",
                en=f"No harm above {margin} steps, unless they would otherwise have gained more than {text} steps (τ = "
                f"{tau}).",
            )
        return pick(
            lang,
            sv=f"Ingen skada över {margin} steg, om de inte annars skulle ha ökat mer än {text} steg (τ = {tau}; {low} "
            f"till {high} om någon enhet tas bort).",
            en=f"No harm above {margin} steps, unless they would otherwise have gained more than {text} steps (τ = "
            f"{tau}; {low} to {high} if any one unit is left out).",
        )

    def _no_headline(self, lang: Language) -> str:
        return pick(
            lang,
            sv="Inget huvudutslag: den största ökning som kunnat väntas utan händelsen (gain_max) är inte angiven i "
            "study.toml. Rutnätet visar utslaget för flera tänkbara.",
            en="No headline verdict: the largest gain to be expected without the event (gain_max) is not declared in "
            "study.toml. The grid shows the verdict for several.",
        )


def difference_limits(
    differences: ArrayLike, *, tau: float, k_post: int, level: float = 0.95
) -> tuple[Interval, Interval]:
    """Compute the one-sided limits of the mean difference.

    Parameters
    ----------
    differences : array_like of float
        One per unit.
    tau : float
        Standard deviation of a shock that all units share in a session; it enters the one session before and the mean
        of those after.
    k_post : int
        Sessions after the event.
    level : float, default 0.95
        Level of each limit.

    Returns
    -------
    tuple of Interval
        With the lower limit, and with the upper one.

    Raises
    ------
    EstimationError
        If there are fewer than two differences, one is missing, or all are equal.
    """
    d = np.asarray(differences, dtype=float)
    if d.size > 1 and np.ptp(d) < EQUAL:
        raise EstimationError(
            f"experiment: all {d.size} differences are equal, so how much they vary is unknown and there is no "
            "interval. Show the paths."
        )
    shared = tau**2 * (1 + 1 / k_post)
    low = mean_t(differences, level=level, alternative="greater", extra_variance=shared)
    high = mean_t(differences, level=level, alternative="less", extra_variance=shared)
    return low, high


def harm_verdict(low: float, high: float, *, margin: float, gain_max: float) -> Verdict:
    """Give the verdict at a margin.

    Parameters
    ----------
    low, high : float
        One-sided limits of the mean difference.
    margin : float
        Harm, in steps, that would matter; 0 asks whether there is any.
    gain_max : float
        Largest mean gain to be expected without the event; the smallest is 0.

    Returns
    -------
    {"non-inferior", "inferior", "inconclusive"}
        Non-inferior if even the largest gain leaves the harm below the margin, inferior if even no gain leaves it
        above.
    """
    if -high > margin:
        return "inferior"
    return "non-inferior" if gain_max - low < margin else "inconclusive"


def smallest_detectable_harm(
    differences: ArrayLike, *, tau: float = 0.0, k_post: int = 1, level: float = 0.95, power: float = 0.8
) -> float:
    """Compute the harm that would be shown with the given power if the gain were known.

    Parameters
    ----------
    differences : array_like of float
        One per unit.
    tau : float, default 0
        Standard deviation of shared shocks.
    k_post : int, default 1
        Sessions after the event.
    level : float, default 0.95
        Level of the one-sided limit.
    power : float, default 0.8
        Probability of showing it.

    Returns
    -------
    float
        In steps.

    Examples
    --------
    At nine units, in standard deviations of the differences:

    >>> differences = [-4, -3, -2, -1, 0, 1, 2, 3, 4]
    >>> round(smallest_detectable_harm(differences) / float(np.std(differences, ddof=1)), 2)
    0.91
    """
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit

    x = np.asarray(differences, dtype=float)
    df = x.size - 1
    critical = float(stdtrit(df, level))
    shift = float(brentq(lambda ncp: 1 - nctdtr(df, ncp, critical) - power, 0, 10 + 2 * critical))
    return shift * math.sqrt(float(x.var(ddof=1)) / x.size + tau**2 * (1 + 1 / k_post))


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
    marks = {"plateau": before.plateau_gain, "linear": before.linear_gain, "ceiling": before.ceiling_gain}
    if study.experiment.gain_max is not None:
        marks["declared"] = study.experiment.gain_max
    marks = {kind: gain for kind, gain in marks.items() if math.isfinite(gain)}
    points = [("grid", float(gain)) for gain in np.linspace(min(0.0, *marks.values()), max(marks.values()), steps)]
    points += list(marks.items())
    used = before.differences
    k_post = len(before.post_sessions)
    rows = []
    for tau in taus:
        low, high = difference_limits(used["difference"], tau=tau, k_post=k_post, level=level)
        for kind, gain in points:
            limits = {"harm_low": gain - high.ci_high, "harm_high": gain - low.ci_low}
            rows.append({"tau": tau, "gain": gain, "harm": gain - low.estimate, **limits, "kind": kind})
    table = pd.DataFrame(rows)
    table["rests_on"] = [merge_rows(used["rests_on"])] * len(table)
    table["row_id"] = row_ids(table, ["tau", "kind", "gain"])
    return GainLine(
        table=table,
        mean_difference=float(used["difference"].mean()),
        n=before.n,
        k_post=k_post,
        gain_max=study.experiment.gain_max,
        level=level,
        before=before,
        labels=before.labels,
    )


def harm_verdicts(
    before: BeforeAfter,
    *,
    study: Study,
    taus: Sequence[float] = TAUS,
    headline_margin: float | None = None,
    headline_tau: float | None = None,
    level: float = 0.95,
    power: float = 0.8,
) -> Verdicts:
    """Give the verdict at each declared margin and at 0, for each size of shared shocks.

    Parameters
    ----------
    before : BeforeAfter
        From `before_after`.
    study : Study
        Its margins and declared largest gain.
    taus : sequence of float, default (0, .15, .25)
        Shared shocks.
    headline_margin : float, optional
        Margin of the headline; default the middle one declared.
    headline_tau : float, optional
        Shared shocks of the headline; default the middle ones of `taus`.
    level : float, default 0.95
        Level of each one-sided limit.
    power : float, default 0.8
        Power of the smallest detectable harm.

    Returns
    -------
    Verdicts
        The grid; a headline only where study.toml declares gain_max.

    Raises
    ------
    EstimationError
        If study.toml declares no margins, the headline's margin or tau is not among those computed, or all differences
        are equal.

    References
    ----------
    Piaggio, G. et al. (2012). Reporting of noninferiority and equivalence randomized trials. JAMA 308, 2594–2604.
    """
    declared = sorted(study.experiment.margins)
    if not declared:
        raise EstimationError("experiment: no margins are declared; give in study.toml the harm that would matter.")
    margins, sizes = sorted({0.0, *declared}), sorted(taus)
    margin = declared[(len(declared) - 1) // 2] if headline_margin is None else headline_margin
    tau = sizes[len(sizes) // 2] if headline_tau is None else headline_tau
    if margin not in margins or tau not in sizes:
        raise EstimationError(
            f"experiment: the headline's margin {margin} or tau {tau} is not computed; choose among margins "
            f"{margins} and taus {sizes}."
        )
    top = study.experiment.gain_max
    gains = _gain_grid(before) if top is None else [top]
    used, k_post = before.differences, len(before.post_sessions)
    d = used["difference"].to_numpy(dtype=float)
    rows = []
    for size in sizes:
        low, high = difference_limits(d, tau=size, k_post=k_post, level=level)
        smallest = smallest_detectable_harm(d, tau=size, k_post=k_post, level=level, power=power)
        for m in margins:
            for gain in gains:
                verdict = harm_verdict(low.ci_low, high.ci_high, margin=m, gain_max=gain)
                row = {"tau": size, "margin": m, "gain_max": gain, "verdict": verdict, "gain_star": m + low.ci_low}
                row |= {"mean_difference": low.estimate, "ci_low": low.ci_low, "ci_high": high.ci_high}
                rows.append(row | {"smallest_harm": smallest})
    table = pd.DataFrame(rows)
    table["rests_on"] = [merge_rows(used["rests_on"])] * len(table)
    table["row_id"] = row_ids(table, ["tau", "margin", "gain_max"])
    return Verdicts(
        table=table,
        gain_max=top,
        headline_margin=margin,
        headline_tau=tau,
        gain_star_without=_gain_star_without(d, margin=margin, tau=tau, k_post=k_post, level=level),
        n=before.n,
        k_post=k_post,
        level=level,
        power=power,
        before=before,
        labels=before.labels,
    )


def _gain_star_without(
    d: NDArray[np.float64], *, margin: float, tau: float, k_post: int, level: float
) -> tuple[float, float]:
    """Return the smallest and largest gain_star when any one unit is left out; missing where two would not remain."""
    rest = [np.delete(d, place) for place in range(d.size)]
    stars = [
        margin + difference_limits(part, tau=tau, k_post=k_post, level=level)[0].ci_low
        for part in rest
        if part.size > 1 and np.ptp(part) >= EQUAL
    ]
    return (min(stars), max(stars)) if stars else (math.nan, math.nan)


def _gain_grid(before: BeforeAfter) -> list[float]:
    """Return gains to try where none is declared: quarter steps from none up to the ceiling, at most two steps."""
    return [float(gain) for gain in np.arange(0, min(before.ceiling_gain, 2) + 1e-9, 0.5)]
