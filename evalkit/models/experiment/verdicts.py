"""The verdict on harm, as far as the gain assumed without the event allows one; it names that gain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.limits import (
    EQUAL,
    TAUS,
    difference_limits,
    harm_verdict,
    smallest_detectable_harm,
)
from evalkit.study import Study
from evalkit.wording import Language, number, percent, pick

__all__ = ["Verdicts", "harm_verdicts", "headline_margin_of"]


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
        if self.before.controlled:
            units = self.labels.count(len(self.before.control), "unit", lang)
            text += pick(lang, sv=f"; jämfört med {units} utan händelsen", en=f"; against {units} without the event")
        elif self.gain_max is not None:
            gain = number(self.gain_max, 2, lang=lang)
            text += pick(lang, sv=f"; största väntade ökning {gain} steg", en=f"; largest gain expected {gain} steps")
        return f"{text}."

    def sentence(self, lang: Language = "sv") -> str:
        """Give the headline with all that it depends on."""
        # First what needs no declared gain, then the verdict under the one that is.
        star = self._star(lang)
        if self.gain_max is None:
            parts = [self._no_headline(lang), star]
        else:
            parts = [star, self._headline(lang), self._shown(lang)]
        parts.append(self._whom(lang))
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
        parts.append(self._rests(lang))
        return " ".join(parts)

    def _whom(self, lang: Language) -> str:
        enrolled = len(self.before.units)
        return pick(
            lang,
            sv=f"Det gäller de {self.n} som bedömts både före och efter, av {enrolled} anmälda vid händelsen.",
            en=f"It holds for the {self.n} rated both before and after, of {enrolled} enrolled at the event.",
        )

    def _rests(self, lang: Language) -> str:
        if self.before.controlled:
            units = self.labels.count(len(self.before.control), "unit", lang)
            return pick(
                lang,
                sv=f"Utslaget vilar på att de annars hade utvecklats som {units} utan händelsen; det kan data "
                "inte visa.",
                en=f"The verdict rests on their otherwise growing like {units} without the event; the data cannot show "
                "it.",
            )
        return pick(
            lang,
            sv="Utan jämförelsegrupp vilar utslaget på antagandet om ökningen utan händelsen.",
            en="Without a control group the verdict rests on the gain assumed without the event.",
        )

    def _headline_rows(self) -> pd.DataFrame:
        same = np.isclose(self.table["tau"], self.headline_tau) & np.isclose(self.table["margin"], self.headline_margin)
        return self.table[same]

    def _headline(self, lang: Language) -> str:
        row = self._headline_rows().iloc[0]
        margin, tau = number(self.headline_margin, 2, lang=lang), number(self.headline_tau, 2, lang=lang)
        gain, share = number(self.gain_max or 0, 2, lang=lang), percent(self.level, lang=lang)
        event, session = self.before.event(lang), self.labels.noun("session", lang)
        what = {
            "non-inferior": pick(
                lang,
                sv=f"Att ”{event}” gjorde mer än {margin} stegs skada kan uteslutas (ensidig {share}-gräns)",
                en=f"That “{event}” did more than {margin} steps of harm can be ruled out (one-sided {share} limit)",
            ),
            "inferior": pick(
                lang,
                sv=f"Att ”{event}” gjorde mer än {margin} stegs skada är visat (ensidig {share}-gräns)",
                en=f"That “{event}” did more than {margin} steps of harm is shown (one-sided {share} limit)",
            ),
            "inconclusive": pick(
                lang,
                sv=f"Om ”{event}” gjorde mer än {margin} stegs skada går inte att avgöra (ensidiga {share}-gränser)",
                en=f"Whether “{event}” did more than {margin} steps of harm is inconclusive (one-sided {share} limits)",
            ),
        }[str(row["verdict"])]
        if self.before.controlled:
            return pick(
                lang,
                sv=f"{what}, om de annars hade utvecklats som jämförelseenheterna och störningar som de inte delat med "
                f"dem haft standardavvikelsen τ = {tau} steg.",
                en=f"{what}, if they would otherwise have grown like the control units and shocks not shared with them "
                f"had the standard deviation τ = {tau} steps.",
            )
        return pick(
            lang,
            sv=f"{what}, om de utan händelsen hade ökat högst {gain} steg och störningar som alla delat en {session} "
            f"haft standardavvikelsen τ = {tau} steg.",
            en=f"{what}, if without the event they had gained at most {gain} steps and shocks shared by all in "
            f"a {session} had the standard deviation τ = {tau} steps.",
        )

    def _stopped(self, lang: Language) -> str:
        """Name the least gain that could have been expected."""
        if self.before.controlled:
            return pick(lang, sv="banorna annars följts åt", en="the paths had otherwise been parallel")
        return pick(lang, sv="utvecklingen annars stannat av", en="growth had otherwise stopped")

    def _shown(self, lang: Language) -> str:
        """Say for which shocks harm is shown whatever the gain."""
        stopped = self._stopped(lang)
        rows = self.table[np.isclose(self.table["margin"], 0) & (self.table["verdict"] == "inferior")]
        if rows.empty:
            return pick(
                lang,
                sv=f"Att det blev någon skada alls är inte visat, om {stopped}.",
                en=f"That there was any harm at all is not shown, if {stopped}.",
            )
        taus = ", ".join(number(tau, 2, lang=lang) for tau in sorted(set(rows["tau"])))
        return pick(
            lang,
            sv=f"Skada är visad även om {stopped} (τ = {taus}).",
            en=f"Harm is shown even if {stopped} (τ = {taus}).",
        )

    def _star(self, lang: Language) -> str:
        star = float(self._headline_rows().iloc[0]["gain_star"])
        margin, tau = number(self.headline_margin, 2, lang=lang), number(self.headline_tau, 2, lang=lang)
        low, high = (number(value, 2, lang=lang) for value in self.gain_star_without)
        if star <= 0:
            stopped = self._stopped(lang)
            return pick(
                lang,
                sv=f"Inte ens om {stopped} kan skada över {margin} steg uteslutas (τ = {tau}).",
                en=f"Not even if {stopped} can harm above {margin} steps be ruled out (τ = {tau}).",
            )
        text, where = number(star, 2, lang=lang), f"τ = {tau}"
        if self.before.controlled:
            text += pick(lang, sv=" steg mer än jämförelseenheterna", en=" steps more than the control units")
        else:
            text += pick(lang, sv=" steg", en=" steps")
        if math.isfinite(self.gain_star_without[0]):
            where += pick(
                lang,
                sv=f"; {low} till {high} om någon enhet tas bort",
                en=f"; {low} to {high} if any one unit is left out",
            )
        return pick(
            lang,
            sv=f"Ingen skada över {margin} steg, om de inte annars skulle ha ökat mer än {text} ({where}).",
            en=f"No harm above {margin} steps, unless they would otherwise have gained more than {text} ({where}).",
        )

    def _no_headline(self, lang: Language) -> str:
        return pick(
            lang,
            sv="Inget huvudutslag: den största ökning som kunnat väntas utan händelsen (gain_max) är inte angiven i "
            "study.toml. Rutnätet visar utslaget för flera tänkbara.",
            en="No headline verdict: the largest gain to be expected without the event (gain_max) is not declared in "
            "study.toml. The grid shows the verdict for several.",
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
    margin = headline_margin_of(study) if headline_margin is None else headline_margin
    margins, sizes = sorted({0.0, *study.experiment.margins}), sorted(taus)
    tau = sizes[len(sizes) // 2] if headline_tau is None else headline_tau
    if margin not in margins or tau not in sizes:
        raise EstimationError(
            f"experiment: the headline's margin {margin} or tau {tau} is not computed; choose among margins "
            f"{margins} and taus {sizes}.",
            sv=f"experimentet: huvudutslagets marginal {margin} eller tau {tau} är inte beräknad; välj bland "
            f"marginalerna {margins} och tau {sizes}.",
        )
    top = 0.0 if before.controlled else study.experiment.gain_max
    gains = _gain_grid(before) if top is None else [top]
    d, c = (rows["difference"].to_numpy(dtype=float) for rows in (before.differences, before.control))
    how: dict[str, Any] = {"k_post": len(before.post_sessions), "level": level, "control": c}
    rows = []
    for size in sizes:
        low, high = difference_limits(d, tau=size, **how)
        smallest = smallest_detectable_harm(d, tau=size, power=power, **how)
        for m in margins:
            for gain in gains:
                verdict = harm_verdict(low.ci_low, high.ci_high, margin=m, gain_max=gain)
                row = {"tau": size, "margin": m, "gain_max": gain, "verdict": verdict, "gain_star": m + low.ci_low}
                row |= {"mean_difference": low.estimate, "ci_low": low.ci_low, "ci_high": high.ci_high}
                rows.append(row | {"smallest_harm": smallest})
    table = pd.DataFrame(rows)
    table["rests_on"] = [before.rests_on] * len(table)
    table["row_id"] = row_ids(table, ["tau", "margin", "gain_max"])
    return Verdicts(
        table=table,
        gain_max=top,
        headline_margin=margin,
        headline_tau=tau,
        gain_star_without=_gain_star_without(d, margin=margin, tau=tau, **how),
        n=before.n,
        k_post=len(before.post_sessions),
        level=level,
        power=power,
        before=before,
        labels=before.labels,
    )


def headline_margin_of(study: Study) -> float:
    """Return the margin that the headline is about: the middle one declared.

    Parameters
    ----------
    study : Study
        Its margins.

    Returns
    -------
    float
        In steps.

    Raises
    ------
    EstimationError
        If none are declared.
    """
    declared = sorted(study.experiment.margins)
    if not declared:
        raise EstimationError(
            "experiment: no margins are declared; give in study.toml the harm that would matter.",
            sv="experimentet: inga marginaler är angivna; ange i study.toml hur stor skada som skulle spela roll.",
        )
    return declared[(len(declared) - 1) // 2]


def _gain_star_without(d: NDArray[np.float64], *, margin: float, tau: float, **how: Any) -> tuple[float, float]:
    """Return the smallest and largest gain_star when any one unit is left out; missing where two would not remain."""
    rest = [np.delete(d, place) for place in range(d.size)]
    stars = [
        margin + difference_limits(part, tau=tau, **how)[0].ci_low
        for part in rest
        if part.size > 1 and np.ptp(part) >= EQUAL
    ]
    return (min(stars), max(stars)) if stars else (math.nan, math.nan)


def _gain_grid(before: BeforeAfter) -> list[float]:
    """Return gains to try where none is declared: quarter steps from none up to the ceiling, at most two steps."""
    return [float(gain) for gain in np.arange(0, min(before.ceiling_gain, 2) + 1e-9, 0.5)]
