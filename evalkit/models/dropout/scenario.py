"""What if: enrolment, completion and cost under assumptions that stand in the open; never a prediction."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError, UsageError
from evalkit.measures.placement import Labels, labels_of
from evalkit.models.dropout.predictor import Predictor
from evalkit.models.levels import enrolled_units, merge_rows
from evalkit.study import Funding, Study, Text
from evalkit.wording import Language, join, number, percent, pick

__all__ = ["Scenario", "WhatIf", "requirement", "what_if"]

Range = tuple[float, float]
AS_IT_WAS = "as_it_was"
NO_REASON = Text(sv="", en="")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that could have been done otherwise, and what it is assumed to do; every number is a range.

    Parameters
    ----------
    id : str
        Short name in a–z and _.
    name : Text
        What would be done.
    deterred_completers, deterred_leavers : tuple of float
        Share, from lowest to highest, of those that completed and of those that did not who would not have enrolled.
    retained : tuple of float, default (0, 0)
        Share of those that did not complete, and would still have enrolled, who would have completed.
    lost : tuple of float, default (0, 0)
        Share of the completers that would still have enrolled who would have left.
    fee : tuple of float, default (0, 0)
        Paid by every enrolling unit; lowers what the funder pays.
    extra_cost : tuple of float, default (0, 0)
        Spent on every enrolling unit beyond what was spent.
    why : Text
        Where the assumptions come from; may be empty.
    """

    id: str
    name: Text
    deterred_completers: Range
    deterred_leavers: Range
    retained: Range = (0.0, 0.0)
    lost: Range = (0.0, 0.0)
    fee: Range = (0.0, 0.0)
    extra_cost: Range = (0.0, 0.0)
    why: Text = NO_REASON

    def __post_init__(self) -> None:
        for name, most in {**dict.fromkeys(_SHARES, 1.0), "fee": math.inf, "extra_cost": math.inf}.items():
            low, high = getattr(self, name)
            if not 0 <= low <= high <= most:
                limit = "" if math.isinf(most) else " and 1"
                raise UsageError(
                    f"scenario '{self.id}': {name} is {low} to {high}; give the lower end first, from 0{limit}"
                )


_SHARES = ("deterred_completers", "deterred_leavers", "retained", "lost")


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """Scenarios beside what happened.

    Attributes
    ----------
    table : pandas.DataFrame
        Per scenario, what happened first: scenario, name_sv, name_en, why_sv, why_en, enrolled_low and enrolled_high
        (units), completed_low and completed_high, share_low and share_high (of the enrolled), cost_low and cost_high
        (for the funder per completing unit; missing without funding, infinite where nobody may complete), the
        assumptions (each with _low and _high), rests_on and row_id.
    n, n_completed : int
        Units enrolled and completing, as it was.
    funding : Funding or None
        As declared.
    rule : Text
        When a unit counts as having completed.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    n: int
    n_completed: int
    funding: Funding | None
    rule: Text
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, completed = self.labels.count(self.n, "unit", lang), number(self.n_completed, lang=lang)
        scenarios = len(self.table) - 1
        return pick(
            lang,
            sv=f"{scenarios} tankeförsök bredvid det som hände: från det lägsta till det högsta som antagandena ger. "
            f"n = {units} anmälda, {completed} fullföljde ({self.rule.sv}).",
            en=f"{scenarios} thought experiments beside what happened: from the lowest to the highest that the "
            f"assumptions give. n = {units} enrolled, {completed} completed ({self.rule.en}).",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what each scenario gives under its assumptions, and that it is no prediction."""
        rows = self.table.to_dict("records")
        parts = [self._said(row, lang) for row in rows]
        if self.funding is None:
            parts.append(
                pick(
                    lang,
                    sv="Kostnaden är okänd: study.toml anger ingen finansiering.",
                    en="The cost is unknown: study.toml declares no funding.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Antagandena är valda, inte uppmätta, och gäller just de enheter som anmälde sig: det är "
                "tankeförsök, inga förutsägelser. Att färre anmäler sig kan ge en högre andel som fullföljer utan att "
                "en enda till gör det.",
                en="The assumptions are chosen, not measured, and are about the very units that enrolled: thought "
                "experiments, no predictions. That fewer enrol can give a higher share that completes without one more "
                "doing so.",
            )
        )
        return " ".join(parts)

    def assumptions(self, row: dict[Any, Any], lang: Language) -> str:
        """Write the assumptions of one row that are not nothing."""
        words = {
            "deterred_completers": pick(
                lang,
                sv="{} av dem som fullföljde inte hade anmält sig",
                en="{} of those that completed would not enrol",
            ),
            "deterred_leavers": pick(
                lang, sv="{} av de andra inte hade anmält sig", en="{} of the others would not enrol"
            ),
            "retained": pick(
                lang, sv="{} av resten av de andra hade fullföljt", en="{} of the rest of the others would complete"
            ),
            "lost": pick(
                lang, sv="{} av övriga som fullföljde hade lämnat", en="{} of the other completers would leave"
            ),
        }
        said = [
            text.format(_range(row[f"{name}_low"], row[f"{name}_high"], lang, share=True))
            for name, text in words.items()
            if row[f"{name}_high"] > 0
        ]
        currency = self.funding.currency if self.funding else ""
        for name, sv, en in (
            ("fee", "avgiften är", "the fee is"),
            ("extra_cost", "den tillkommande kostnaden är", "the extra cost is"),
        ):
            if row[f"{name}_high"] > 0:
                amount = _range(row[f"{name}_low"], row[f"{name}_high"], lang)
                said.append(f"{pick(lang, sv=sv, en=en)} {amount} {currency}".strip())
        return join(said, lang=lang)

    def _said(self, row: dict[Any, Any], lang: Language) -> str:
        enrolled, completed, share = (
            _range(row[f"{name}_low"], row[f"{name}_high"], lang, share=name == "share", digits=digits)
            for name, digits in (("enrolled", 1), ("completed", 1), ("share", 0))
        )
        past = row["scenario"] == AS_IT_WAS
        text = pick(
            lang,
            sv=f"{row['name_sv']}: {enrolled} anmälda, {completed} {'fullföljde' if past else 'fullföljer'} ({share})",
            en=f"{row['name_en']}: {enrolled} enrolled, {completed} {'completed' if past else 'complete'} ({share})",
        )
        if self.funding is not None:
            cost = _range(row["cost_low"], row["cost_high"], lang)
            noun = self.labels.noun("unit", lang)
            text += pick(
                lang,
                sv=f", {cost} {self.funding.currency} per {noun} som fullföljer",
                en=f", {cost} {self.funding.currency} per completing {noun}",
            )
        assumed = self.assumptions(row, lang)
        if assumed:
            text += pick(lang, sv=f", om {assumed}", en=f", if {assumed}")
        return f"{text}."


def requirement(
    predictor: Predictor,
    *,
    id: str,
    name: Text,
    obtains: Range,
    retained: Range = (0.0, 0.0),
    why: Text | None = None,
) -> Scenario:
    """Describe a demand at enrolment, such as a mandate, by who was judged to lack it.

    Parameters
    ----------
    predictor : Predictor
        The judgement, from `dropout_predictor`; a judgement made in hindsight does not tell who lacked it in time.
    id, name : str, Text
        Of the scenario.
    obtains : tuple of float
        Share of those that lack it, from lowest to highest, who would have got it and enrolled.
    retained : tuple of float, default (0, 0)
        Share of the leavers that would still have enrolled who would have completed.
    why : Text, optional
        Where the assumptions come from; default how many were judged to lack it.

    Returns
    -------
    Scenario
        Those who lack it and would not get it do not enrol; unjudged units count as having it.

    Raises
    ------
    EstimationError
        If the judgement was made too late.
    """
    if predictor.n_late:
        raise EstimationError(
            f"scenario '{id}': {predictor.n_late} units were judged only after the outcome was known; who lacked it in "
            "time is not known.",
            sv=f"tankeförsök ”{id}”: {predictor.n_late} enheter bedömdes först när utfallet var känt; vilka som "
            "saknade det i tid är inte känt.",
        )
    table = predictor.table
    lacks = (table["value"] == False).fillna(value=False).astype(bool)  # noqa: E712 (missing is not lacking)
    left = table["left"].astype(bool)
    shares = [float(lacks[group].mean()) if group.any() else 0.0 for group in (~left, left)]
    low, high = obtains
    deterred = [(share * (1 - high), share * (1 - low)) for share in shares]
    few, many = int(lacks.sum()), len(table)
    return Scenario(
        id,
        name,
        deterred_completers=deterred[0],
        deterred_leavers=deterred[1],
        retained=retained,
        why=why
        or Text(
            sv=f"{few} av {many} bedömdes sakna {predictor.named('sv')}, {int((lacks & left).sum())} av dem lämnade",
            en=f"{few} of {many} were judged to lack {predictor.named('en')}, {int((lacks & left).sum())} of them left",
        ),
    )


def what_if(
    enrolment: pd.DataFrame,
    scenarios: Sequence[Scenario],
    *,
    study: Study,
    attendance: pd.DataFrame | None = None,
) -> WhatIf:
    """Compute enrolment, completion and cost per completing unit under each scenario.

    Everything is computed at every combination of the ends of the assumed ranges; since each result rises or falls with
    each assumption by itself, no value between can lie outside.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    scenarios : sequence of Scenario
        With their assumptions.
    study : Study
        Its rule of completion and its funding.
    attendance : pandas.DataFrame, optional
        For a rule that asks for presence.

    Returns
    -------
    WhatIf
        What happened, then each scenario.

    Raises
    ------
    EstimationError
        If nobody is enrolled.
    """
    if not len(enrolment):
        raise EstimationError(
            "what if: the enrolment register has no rows; without it nobody's leaving is known.",
            sv="tankeförsök: registret enrolment har inga rader; utan det vet man inte vem som lämnat.",
        )
    units = enrolled_units(enrolment, study=study, attendance=attendance).table
    n, completed = len(units), int(units["completed"].sum())
    as_it_was = Scenario(AS_IT_WAS, Text(sv="Som det blev", en="As it was"), (0.0, 0.0), (0.0, 0.0))
    total = study.funding.total if study.funding else math.nan
    table = pd.DataFrame([_row(scenario, n, completed, total) for scenario in (as_it_was, *scenarios)])
    table["rests_on"] = [merge_rows(units["rests_on"])] * len(table)
    table["row_id"] = table["scenario"]
    return WhatIf(table, n, completed, study.funding, study.completion.rule, labels_of(study))


def _row(scenario: Scenario, n: int, completed: int, total: float) -> dict[str, Any]:
    names = (*_SHARES, "fee", "extra_cost")
    ranges = [getattr(scenario, name) for name in names]
    found = [_outcome(*ends, n=n, completed=completed, total=total) for ends in itertools.product(*ranges)]
    row: dict[str, Any] = {
        "scenario": scenario.id,
        "name_sv": scenario.name.sv,
        "name_en": scenario.name.en,
        "why_sv": scenario.why.sv,
        "why_en": scenario.why.en,
    }
    for place, what in enumerate(("enrolled", "completed", "share", "cost")):
        ends = [values[place] for values in found]
        known = [value for value in ends if not math.isnan(value)]
        row |= {f"{what}_low": min(known, default=math.nan), f"{what}_high": max(known, default=math.nan)}
    for name, (low, high) in zip(names, ranges, strict=True):
        row |= {f"{name}_low": low, f"{name}_high": high}
    return row


def _outcome(
    deterred_completers: float,
    deterred_leavers: float,
    retained: float,
    lost: float,
    fee: float,
    extra_cost: float,
    *,
    n: int,
    completed: int,
    total: float,
) -> tuple[float, float, float, float]:
    """Return units enrolled, units completing, their share, and the funder's cost per completing unit."""
    stayers, leavers = completed * (1 - deterred_completers), (n - completed) * (1 - deterred_leavers)
    enrolled, done = stayers + leavers, stayers * (1 - lost) + leavers * retained
    # The programme itself costs the same however many enrol.
    cost = total + enrolled * (extra_cost - fee)
    per_unit = cost / done if done > 0 else (math.nan if math.isnan(total) else math.inf)
    return enrolled, done, done / enrolled if enrolled > 0 else math.nan, per_unit


def _range(low: float, high: float, lang: Language, *, share: bool = False, digits: int = 0) -> str:
    def one(value: float) -> str:
        if math.isinf(value):
            return pick(lang, sv="utan gräns", en="without limit")
        return number(value, 0 if float(value).is_integer() else digits, lang=lang)

    if share:
        first, last = number(100 * low, lang=lang), percent(high, lang=lang)
        same = percent(low, lang=lang) == last
    else:
        first, last = one(low), one(high)
        same = first == last
    return last if same else pick(lang, sv=f"{first} till {last}", en=f"{first} to {last}")
