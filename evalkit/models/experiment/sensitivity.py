"""The headline asked again in other ways: groups as units, one unit left out, blind ratings alone."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels
from evalkit.measures.register_rows import as_tuples, source_rows
from evalkit.models.experiment.before_after import BeforeAfter, before_after
from evalkit.models.experiment.limits import VERDICTS, difference_limits, harm_verdict, smallest_detectable_harm
from evalkit.models.experiment.verdicts import headline_margin_of
from evalkit.models.levels import merge_rows
from evalkit.study import Study
from evalkit.wording import Language, join, number, percent, pick

__all__ = ["Sensitivity", "sensitivity"]

HEADLINE_TAU = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """The mean difference and its verdict, computed in several ways.

    Attributes
    ----------
    table : pandas.DataFrame
        Per way: kind ("main", "groups", "without", "blind"), what (the unit left out; else empty), n, mean_difference,
        ci_low and ci_high (one-sided limits), gain_star, verdict (missing without a declared gain), smallest_harm,
        refused_sv and refused_en (why there is no interval; else empty), rests_on and row_id.
    margin, tau : float
        What the verdicts are about.
    gain_max : float or None
        The largest gain declared; 0 with controls.
    grouped_by : str
        Column of the enrolment register whose groups are the units of "groups".
    n_without_group : int
        Units without a group, left out of "groups".
    level, power : float
        Level of each one-sided limit; power of smallest_harm.
    before : BeforeAfter
        What the main row rests on.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    margin: float
    tau: float
    gain_max: float | None
    grouped_by: str
    n_without_group: int
    level: float
    power: float
    before: BeforeAfter
    labels: Labels

    def row(self, kind: str) -> dict[str, Any]:
        """Return the first row of a kind."""
        return {str(k): v for k, v in self.table[self.table["kind"] == kind].iloc[0].to_dict().items()}

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        share, tau = percent(self.level, lang=lang), number(self.tau, 2, lang=lang)
        units = self.labels.count(self.before.n, "unit", lang)
        return pick(
            lang,
            sv=f"Medelskillnad efter minus före, räknad på flera sätt; ensidiga {share}-gränser, τ = {tau}. n = "
            f"{units}.",
            en=f"Mean difference after minus before, computed in several ways; one-sided {share} limits, τ = {tau}. n "
            f"= {units}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say whether the headline stands up to the other ways, and what that cannot say."""
        parts = [self._without(lang), self._other("groups", lang), self._other("blind", lang)]
        smallest = number(self.row("main")["smallest_harm"], 2, lang=lang)
        power = percent(self.power, lang=lang)
        parts.append(
            pick(
                lang,
                sv=f"Minsta skada som hade upptäckts med {power} sannolikhet, om ökningen vore känd: {smallest} steg. "
                "Inget av detta prövar antagandet om ökningen.",
                en=f"Smallest harm that would have been detected with {power} probability, were the gain known: "
                f"{smallest} steps. None of this tests the assumed gain.",
            )
        )
        return " ".join(parts)

    def _without(self, lang: Language) -> str:
        rows = self.table[(self.table["kind"] == "without") & self.table["ci_low"].notna()]
        if rows.empty:
            return pick(
                lang,
                sv="Ingen enhet kan tas bort: för få blir kvar.",
                en="No unit can be left out: too few would remain.",
            )
        main = self.row("main")["verdict"]
        if not isinstance(main, str):
            low, high = (number(rows["gain_star"].agg(end), 2, lang=lang) for end in ("min", "max"))
            return pick(
                lang,
                sv=f"Tas en enhet bort i taget hamnar G* mellan {low} och {high} steg.",
                en=f"With one unit left out at a time G* lies between {low} and {high} steps.",
            )
        other = rows[rows["verdict"] != main]
        if other.empty:
            return pick(
                lang,
                sv=f"Utslaget ({VERDICTS[main].sv}, marginal {number(self.margin, 2)}) står sig vilken enhet som än "
                "tas bort.",
                en=f"The verdict ({VERDICTS[main].en}, margin {number(self.margin, 2, lang='en')}) stands whichever "
                "unit is left out.",
            )
        names = join([str(unit) for unit in other["what"]], lang=lang)
        return pick(
            lang,
            sv=f"Utslaget ({VERDICTS[main].sv}) hänger på enskilda: utan {names} blir det ett annat.",
            en=f"The verdict ({VERDICTS[main].en}) hangs on single units: without {names} it is another.",
        )

    def _other(self, kind: str, lang: Language) -> str:
        row = self.row(kind)
        what = {
            "groups": pick(lang, sv="Med handledargrupper som enheter", en="With supervisor groups as units"),
            "blind": pick(lang, sv="Med bara blinda bedömningar", en="With blind ratings alone"),
        }[kind]
        if row["refused_en"]:
            return f"{what}: {row[f'refused_{lang}']}"
        limits = f"{number(row['ci_low'], 2, lang=lang)}{pick(lang, sv=' till ', en=' to ')}"
        limits += number(row["ci_high"], 2, lang=lang)
        change = number(row["mean_difference"], 2, lang=lang)
        text = f"{what} (n = {row['n']}): {pick(lang, sv='medeländring', en='mean change')} {change} ({limits})"
        if isinstance(row["verdict"], str):
            text += f", {VERDICTS[row['verdict']](lang)}"
        return f"{text}."


def sensitivity(
    before: BeforeAfter,
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    *,
    study: Study,
    grouped_by: str = "supervisor",
    margin: float | None = None,
    tau: float = HEADLINE_TAU,
    level: float = 0.95,
    power: float = 0.8,
) -> Sensitivity:
    """Compute the headline in other ways.

    Parameters
    ----------
    before : BeforeAfter
        From `before_after`.
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; for the blind ratings and the groups.
    study : Study
        Its margins and declared largest gain.
    grouped_by : {"supervisor", "group"}, default "supervisor"
        Column of enrolment: what units share with others of their group is then no longer counted as many times.
    margin : float, optional
        Harm, in steps, that would matter; default the middle one declared.
    tau : float, default 0.15
        Shared shocks.
    level : float, default 0.95
        Level of each one-sided limit.
    power : float, default 0.8
        Power of the smallest detectable harm.

    Returns
    -------
    Sensitivity
        A way that is not possible has a row that says why.

    Raises
    ------
    EstimationError
        If no margins are declared, or all differences are equal.
    """
    margin = headline_margin_of(study) if margin is None else margin
    top = 0.0 if before.controlled else study.experiment.gain_max
    how: dict[str, Any] = {"tau": tau, "level": level, "power": power, "margin": margin, "gain_max": top}
    used, control = before.differences, before.control["difference"]
    k_post = len(before.post_sessions)
    d = used.set_index("unit")["difference"]
    row = {"kind": "main", "what": "", **_way(d, control, k_post=k_post, **how)}
    rows = [row | {"rests_on": before.rests_on, "row_id": "main"}]
    groups = enrolment.set_index("unit")[grouped_by].reindex(d.index)
    by_group = d.groupby(groups).mean()
    told = source_rows(enrolment[enrolment["unit"].isin(d.index)])
    rests = merge_rows([before.rests_on, tuple(told)])
    rows.append(
        {"kind": "groups", "what": "", **_tried(by_group, control, k_post=k_post, **how)}
        | {"rests_on": rests, "row_id": "groups"}
    )
    for unit in d.index:
        own = _tried(d.drop(unit), control, k_post=k_post, **how)
        rests = merge_rows([*used.loc[used["unit"] != unit, "rests_on"], *before.control["rests_on"]])
        rows.append({"kind": "without", "what": unit, **own} | {"rests_on": rests, "row_id": f"without:{unit}"})
    rows.append(_blind(before, assessments, enrolment, study, how) | {"row_id": "blind"})
    table = pd.DataFrame(rows)
    table["rests_on"] = as_tuples(table["rests_on"])
    return Sensitivity(
        table=table,
        margin=margin,
        tau=tau,
        gain_max=top,
        grouped_by=grouped_by,
        n_without_group=int(groups.isna().sum()),
        level=level,
        power=power,
        before=before,
        labels=before.labels,
    )


def _way(
    d: ArrayLike,
    control: ArrayLike,
    *,
    tau: float,
    k_post: int,
    level: float,
    power: float,
    margin: float,
    gain_max: float | None,
) -> dict[str, Any]:
    how: dict[str, Any] = {"tau": tau, "k_post": k_post, "level": level, "control": control}
    low, high = difference_limits(d, **how)
    verdict = None
    if gain_max is not None:
        verdict = harm_verdict(low.ci_low, high.ci_high, margin=margin, gain_max=gain_max)
    return {
        "n": len(pd.Series(d)),
        "mean_difference": low.estimate,
        "ci_low": low.ci_low,
        "ci_high": high.ci_high,
        "gain_star": margin + low.ci_low,
        "verdict": verdict,
        "smallest_harm": smallest_detectable_harm(d, power=power, **how),
        "refused_sv": "",
        "refused_en": "",
    }


def _tried(d: "pd.Series[float]", control: ArrayLike, **how: Any) -> dict[str, Any]:
    """Compute a way, or say why it is refused."""
    try:
        return _way(d, control, **how)
    except EstimationError as error:
        return _refused(len(d), error)


def _refused(n: int, error: EstimationError) -> dict[str, Any]:
    empty = dict.fromkeys(("mean_difference", "ci_low", "ci_high", "gain_star", "smallest_harm"), math.nan)
    return {"n": n, **empty, "verdict": None, "refused_sv": error.text("sv"), "refused_en": error.text("en")}


def _blind(
    before: BeforeAfter, assessments: pd.DataFrame, enrolment: pd.DataFrame, study: Study, how: dict[str, Any]
) -> dict[str, Any]:
    """Use only what was rated without knowing the session or what had happened."""
    blind = assessments[assessments["blind"].fillna(value=False).astype(bool)]
    start = {"kind": "blind", "what": ""}
    try:
        if blind.empty:
            raise EstimationError("no rating is marked as blind.", sv="ingen bedömning är märkt som blind.")
        # Half of the units that have blind ratings are enough to place the session before the event.
        enrolment = enrolment[enrolment["unit"].isin(blind["unit"])]
        again = before_after(blind, enrolment, study=study, event=before.event_id, until=max(before.post_sessions))
        own = _way(again.differences["difference"], again.control["difference"], k_post=len(again.post_sessions), **how)
    except EstimationError as error:
        return start | _refused(0, error) | {"rests_on": ()}
    return start | own | {"rests_on": again.rests_on}
