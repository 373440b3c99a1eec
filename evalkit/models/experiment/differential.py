"""Differential harm: what the leavers carried against what others carried, within the same units and sessions.

What all units share in a session, and what a unit gains in all tools, cancels. The price: parallel growth of the two
kinds of tool is assumed, and harm that struck everything alike is not seen.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.inference import permute_groups
from evalkit.measures.placement import Labels, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.carriers import Carried
from evalkit.models.experiment.limits import EQUAL, difference_limits, harm_verdict, smallest_detectable_harm
from evalkit.models.levels import merge_rows
from evalkit.wording import Language, number, p_value, percent, pick

__all__ = ["DifferentialHarm", "differential_harm"]


@dataclass(frozen=True, slots=True, eq=False)
class DifferentialHarm:
    """Harm in what the leavers carried, beyond that in the rest.

    Attributes
    ----------
    table : pandas.DataFrame
        Per unit with a change in both kinds of tool at one session: unit, carried and other (mean change in the tools
        that the leavers carried, in the others; over the same sessions), difference, pre_carried and pre_other (levels
        before), supervised (whether a leaver supervised it; missing where unknown), rests_on and row_id.
    estimates : pandas.DataFrame
        Per kind ("tools", "units"): kind, harm (in steps, positive where what the leavers carried fared worse), ci_low
        and ci_high (one-sided limits each: t over units for tools; for units those of the permutation test, infinite
        where the labellings are too few for any), verdict (at `margin`), p (exact, one-sided, over labellings of tools
        or of units), n_labellings, n_carried, n_other, smallest_harm. Without the second row where no comparison is
        possible.
    carried : Carried
        What the leavers carried.
    before : BeforeAfter
        What it rests on.
    margin : float
        Harm, in steps, that would matter.
    pre_gap : float
        How much faster, in steps per session, the carried tools grew before the event, mean over units; missing where
        no unit tells.
    level, power : float
        Level of each one-sided limit; power of smallest_harm.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    estimates: pd.DataFrame
    carried: Carried
    before: BeforeAfter
    margin: float
    pre_gap: float
    level: float
    power: float
    labels: Labels

    def estimate(self, kind: str) -> dict[str, Any] | None:
        """Return the row of one kind, or None."""
        rows = self.estimates[self.estimates["kind"] == kind].to_dict("records")
        return {str(key): value for key, value in rows[0].items()} if rows else None

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(len(self.table), "unit", lang), percent(self.level, lang=lang)
        mine, others = (len(self.carried.tools(carried=which)) for which in (True, False))
        return pick(
            lang,
            sv=f"Ändring i de {mine} verktyg som de som slutade bar mot {others} andra, inom samma enheter och "
            f"träffar; ensidiga {share}-gränser. n = {units}.",
            en=f"Change in the {mine} tools that those who left carried against {others} others, within the same units "
            f"and sessions; one-sided {share} limits. n = {units}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say whether what the leavers carried fared worse, and what that cannot say."""
        parts = [self._tools(lang), self._units(lang)]
        parts.append(
            pick(
                lang,
                sv="Jämförelsen förutsätter att båda slagen annars hade utvecklats lika, och ser inte en skada som "
                "drabbade allt lika.",
                en="The comparison assumes that both kinds would otherwise have grown alike, and does not see harm "
                "that struck everything alike.",
            )
        )
        parts.append(self._alike(lang))
        return " ".join(part for part in parts if part)

    def _tools(self, lang: Language) -> str:
        row = self.estimate("tools") or {}
        mine, rest = (signed(float(self.table[name].mean()), lang) for name in ("carried", "other"))
        tools = self.carried.named(self.carried.tools(carried=True), lang)
        harm, ways, p = self._harm(row, lang), number(row["n_labellings"], lang=lang), p_value(row["p"], lang=lang)
        least, size = number(1 / row["n_labellings"], 3, lang=lang), number(row["smallest_harm"], 2, lang=lang)
        share = percent(self.power, lang=lang)
        return pick(
            lang,
            sv=f"I det som de som slutade bar ({tools}) ändrades nivån {mine} steg, i de andra verktygen {rest}: "
            f"{harm}. Räknas verktygen som fall i stället för enheterna blir {p} ({ways} möjliga indelningar: lägre "
            f"än {least} "
            f"kan det inte bli). En skillnad på {size} steg hade upptäckts med {share} sannolikhet.",
            en=f"In what those who left carried ({tools}) the level changed by {mine} steps, in the other tools by "
            f"{rest}: {harm}. With tools instead of units as the cases {p} ({ways} possible labellings: it cannot be "
            f"below "
            f"{least}). A difference of {size} steps would have been detected with {share} probability.",
        )

    def _units(self, lang: Language) -> str:
        row = self.estimate("units")
        if row is None:
            return pick(
                lang,
                sv="Enheter som hade någon av dem som handledare går inte att jämföra med andra: för få på endera "
                "sidan.",
                en="Units supervised by one of them cannot be compared with others: too few on either side.",
            )
        few, many = self.labels.count(int(row["n_carried"]), "unit", lang), int(row["n_other"])
        if math.isinf(row["ci_low"]) or math.isinf(row["ci_high"]):
            harm, ways = number(row["harm"], 2, lang=lang), number(row["n_labellings"], lang=lang)
            return pick(
                lang,
                sv=f"De {few} som hade någon av dem som handledare och {many} andra är för få ({ways} möjliga "
                f"indelningar) för att gränser ska kunna sättas kring skillnaden, {harm} steg.",
                en=f"The {few} supervised by one of them and {many} others are too few ({ways} possible labellings) "
                f"for limits around the difference, {harm} steps.",
            )
        return pick(
            lang,
            sv=f"Bland de {few} som hade någon av dem som handledare, mot {many} andra: "
            f"{self._harm(row, lang)}; {p_value(row['p'], lang=lang)}, exakt om enheterna i övrigt är utbytbara.",
            en=f"Among the {few} supervised by one of them, against {many} others: {self._harm(row, lang)}; "
            f"{p_value(row['p'], lang=lang)}, exact if the units are otherwise exchangeable.",
        )

    def _harm(self, row: dict[str, Any], lang: Language) -> str:
        harm, low, high = (number(row[name], 2, lang=lang) for name in ("harm", "ci_low", "ci_high"))
        margin = number(self.margin, 2, lang=lang)
        limits = pick(lang, sv=f"gränser {low} till {high}", en=f"limits {low} to {high}")
        units = row["kind"] == "units"
        if row["ci_low"] > 0:
            whose = (
                pick(lang, sv="hos dem", en="in these")
                if units
                else pick(lang, sv="i det burna", en="in what was carried")
            )
            return pick(
                lang,
                sv=f"större skada {whose}, {harm} steg ({limits})",
                en=f"more harm {whose}, {harm} steps ({limits})",
            )
        if row["verdict"] == "non-inferior":
            return pick(
                lang,
                sv=f"ingen särskild skada över {margin} steg ({harm}; {limits})",
                en=f"no particular harm above {margin} steps ({harm}; {limits})",
            )
        what = pick(lang, sv="de", en="these") if units else pick(lang, sv="det burna", en="what was carried")
        verb = "were" if units else "was"
        return pick(
            lang,
            sv=f"om {what} skadades mer går inte att avgöra ({harm} steg; {limits})",
            en=f"whether {what} {verb} harmed more is inconclusive ({harm} steps; {limits})",
        )

    def _alike(self, lang: Language) -> str:
        """Say what is known of the assumption: levels and growth before the event."""
        mine, rest = (number(self.table[name].mean(), 1, lang=lang) for name in ("pre_carried", "pre_other"))
        text = pick(
            lang,
            sv=f"Före händelsen stod de burna verktygen på {mine} och de andra på {rest}",
            en=f"Before the event the carried tools stood at {mine} and the others at {rest}",
        )
        if not math.isnan(self.pre_gap):
            gap = number(abs(self.pre_gap), 2, lang=lang)
            faster = self.pre_gap >= 0
            text += pick(
                lang,
                sv=f", och de burna ökade {gap} steg {'mer' if faster else 'mindre'} per "
                f"{self.labels.noun('session', lang)} än de andra",
                en=f", and the carried ones gained {gap} steps {'more' if faster else 'less'} per "
                f"{self.labels.noun('session', lang)} than the others",
            )
        return text + pick(
            lang,
            sv=". Ökade de olika redan dessförinnan talar det emot antagandet att de annars hade följts åt.",
            en=". If they grew differently even before, that speaks against the assumption that they would otherwise "
            "have grown alike.",
        )


def signed(value: float, lang: Language) -> str:
    """Format a change with its sign.

    Parameters
    ----------
    value : float
        In steps.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Two decimals.
    """
    return ("+" if value > 0 else "") + number(value, 2, lang=lang)


def differential_harm(
    before: BeforeAfter, carried: Carried, *, margin: float, level: float = 0.95, power: float = 0.8
) -> DifferentialHarm:
    """Compare the change in what the leavers carried with that in the rest.

    Parameters
    ----------
    before : BeforeAfter
        From `before_after`.
    carried : Carried
        From `carried_by_leavers`.
    margin : float
        Harm, in steps, that would matter.
    level : float, default 0.95
        Level of each one-sided limit.
    power : float, default 0.8
        Power of the smallest detectable harm, by t.

    Returns
    -------
    DifferentialHarm
        Tools within units first, then units against units.

    Raises
    ------
    EstimationError
        If the leavers carried none or all of the tools, fewer than two units have a change in both kinds, or all
        differences are equal.

    References
    ----------
    Pitman, E. J. G. (1937). Significance tests which may be applied to samples from any populations. Supplement to
    the Journal of the Royal Statistical Society 4, 119–130.
    Shadish, W. R., Cook, T. D. & Campbell, D. T. (2002). Experimental and Quasi-Experimental Designs for Generalized
    Causal Inference, chapter 6 (nonequivalent dependent variables). Houghton Mifflin.
    """
    mine, others = (carried.tools(carried=which) for which in (True, False))
    if not mine or not others:
        which = ("none", "inget") if not mine else ("all", "alla")
        raise EstimationError(
            f"differential harm: those who left carried {which[0]} of the tools assessed on both sides of the event; "
            "there is nothing to compare.",
            sv=f"skillnad i skada: de som slutade bar {which[1]} av de verktyg som bedömts på båda sidor om händelsen; "
            "det finns inget att jämföra.",
        )
    table = _unit_table(before, carried, mine, others)
    if len(table) < 2:
        raise EstimationError(
            f"differential harm: {len(table)} units have a change in both kinds of tool at one session; at least 2 are "
            "needed.",
            sv=f"skillnad i skada: {len(table)} enheter har en ändring i båda slagen av verktyg vid samma träff; minst "
            "2 behövs.",
        )
    rows = [_tools_row(before, table, mine, others, margin, level, power)]
    units = _units_row(before, carried, margin, level, power)
    return DifferentialHarm(
        table=table,
        estimates=pd.DataFrame([*rows, *([units] if units else [])]),
        carried=carried,
        before=before,
        margin=margin,
        pre_gap=_pre_gap(before, mine, others),
        level=level,
        power=power,
        labels=before.labels,
    )


def _unit_table(before: BeforeAfter, carried: Carried, mine: list[str], others: list[str]) -> pd.DataFrame:
    known = before.changes[before.changes["tool"].isin([*mine, *others])]
    known = known.assign(kind=np.where(known["tool"].isin(mine), "carried", "other"))
    by_session = known.pivot_table(index=["unit", "session"], columns="kind", values="change", aggfunc="mean")
    by_session = by_session.reindex(columns=["carried", "other"]).dropna()
    means = by_session.groupby("unit").mean()
    levels = known.drop_duplicates(["unit", "tool"]).pivot_table(index="unit", columns="kind", values="pre")
    levels = levels.reindex(columns=["carried", "other"])
    order = [unit for unit in before.units["unit"] if unit in means.index]
    supervised = carried.units.set_index("unit")["carried"]
    shown = carried.table.loc[carried.table["tool"].isin([*mine, *others]), "rests_on"]
    sources = dict(zip(carried.units["unit"], carried.units["rests_on"], strict=True))
    table = pd.DataFrame(
        {
            "unit": order,
            "carried": means.loc[order, "carried"].to_numpy(),
            "other": means.loc[order, "other"].to_numpy(),
            "difference": (means["carried"] - means["other"]).loc[order].to_numpy(),
            "pre_carried": levels.loc[order, "carried"].to_numpy(),
            "pre_other": levels.loc[order, "other"].to_numpy(),
            "supervised": supervised.reindex(order).array,
        }
    )
    table["rests_on"] = as_tuples(
        merge_rows([*known.loc[known["unit"] == unit, "rests_on"], *shown, sources.get(unit, ())]) for unit in order
    )
    table["row_id"] = row_ids(table, ["unit"])
    return table


def _tools_row(
    before: BeforeAfter,
    table: pd.DataFrame,
    mine: list[str],
    others: list[str],
    margin: float,
    level: float,
    power: float,
) -> dict[str, Any]:
    # Each tool's change beyond its unit's mean at the session, so that who was assessed in which tool matters less.
    known = before.changes[before.changes["tool"].isin([*mine, *others])]
    beyond = known["change"] - known.groupby(["unit", "session"])["change"].transform("mean")
    by_tool = beyond.groupby(known["tool"]).mean()
    test = permute_groups(by_tool.reindex(mine).dropna(), by_tool.reindex(others).dropna(), alternative="less")
    d = table["difference"]
    # A shock shared by the units of a session cancels in both comparisons, so tau is 0.
    low, high = difference_limits(d, tau=0.0, k_post=1, level=level)
    return {
        "kind": "tools",
        **_limits(low.estimate, low.ci_low, high.ci_high, margin),
        "smallest_harm": smallest_detectable_harm(d, level=level, power=power),
        "p": test.p_value,
        "n_labellings": test.n_arrangements,
        "n_carried": len(mine),
        "n_other": len(others),
    }


def _units_row(
    before: BeforeAfter, carried: Carried, margin: float, level: float, power: float
) -> dict[str, Any] | None:
    """Compare units supervised by a leaver with the others; None where a side has fewer than two or nothing varies."""
    known = before.differences.merge(carried.units[["unit", "carried"]], on="unit")
    known = known[known["carried"].notna()]
    theirs = known["carried"].astype(bool)
    d, rest = known.loc[theirs, "difference"], known.loc[~theirs, "difference"]
    if min(len(d), len(rest)) < 2 or (np.ptp(d) < EQUAL and np.ptp(rest) < EQUAL):
        return None
    test = permute_groups(d, rest, alternative="less")
    # Not Welch's t: with two or three units on a side it errs in 6 % instead of 5.
    both = permute_groups(d, rest, level=2 * level - 1)
    return {
        "kind": "units",
        **_limits(both.estimate, both.ci_low, both.ci_high, margin),
        "smallest_harm": smallest_detectable_harm(d, level=level, power=power, control=rest),
        "p": test.p_value,
        "n_labellings": test.n_arrangements,
        "n_carried": len(d),
        "n_other": len(rest),
    }


def _limits(change: float, low: float, high: float, margin: float) -> dict[str, Any]:
    # With ties a limit that is 0 comes out a rounding error from it, and must not decide.
    low, high = (0.0 if abs(end) < EQUAL else end for end in (low, high))
    verdict = harm_verdict(low, high, margin=margin, gain_max=0.0)
    return {"harm": -change, "ci_low": -high, "ci_high": -low, "verdict": verdict}


def _pre_gap(before: BeforeAfter, mine: list[str], others: list[str]) -> float:
    """Return the mean over units of the slope before the event in carried tools minus that in the others."""
    slopes = before.tool_slopes
    means = [slopes[slopes["tool"].isin(tools)].groupby("unit")["slope"].mean() for tools in (mine, others)]
    gap = (means[0] - means[1]).dropna()
    return float(gap.mean()) if len(gap) else math.nan
