"""What the programme cost per enrolled and per completing unit, and the hours that the parties spent."""

from dataclasses import dataclass
from math import nan

import pandas as pd

from evalkit.errors import EstimationError, TableError
from evalkit.measures.participation import completing_units
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, gather, source_rows
from evalkit.study import Funding, Study, Text
from evalkit.tables.schemas import HOURS_KINDS, PARTIES
from evalkit.wording import Language, number, pick

__all__ = ["PARTY_NAMES", "SpentHours", "UnitCosts", "spent_hours", "unit_costs"]

PARTY_NAMES = {
    "host": Text(sv="teamet", en="the team"),
    "participant": Text(sv="deltagarna", en="the participants"),
    "funder": Text(sv="finansiären", en="the funder"),
    "evaluator": Text(sv="utvärderaren", en="the evaluator"),
}


@dataclass(frozen=True, slots=True, eq=False)
class UnitCosts:
    """Cost per enrolled and per completing unit.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per amount ("all", "without evaluation") and base ("enrolled", "completed"): amount, base, cost, units,
        per_unit (missing where no unit), rests_on (rows of the register; the funding is in study.toml) and row_id.
    funding : Funding
        As declared.
    rule : Text
        When a unit counts as having completed.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    funding: Funding
    rule: Text
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the numbers rest on."""
        units = self.table.set_index(["amount", "base"])["units"]["all"]
        enrolled, completed = (self.labels.count(int(units[base]), "unit", lang) for base in ("enrolled", "completed"))
        total = f"{number(self.funding.total, lang=lang)} {self.funding.currency}"
        return pick(
            lang,
            sv=f"n = {enrolled} anmälda, {completed} fullföljde ({self.rule.sv}); {total} enligt study.toml.",
            en=f"n = {enrolled} enrolled, {completed} completed ({self.rule.en}); {total} by study.toml.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what a unit cost and what that cannot say."""
        if not self.table["units"].any():
            return pick(lang, sv="Ingen står i anmälningsregistret.", en="Nobody is in the enrolment register.")
        costs = self.table.set_index(["amount", "base"])["per_unit"]
        currency, noun = self.funding.currency, self.labels.noun("unit", lang)
        enrolled, completed, bare = (
            f"{number(costs[key], lang=lang)} {currency}"
            for key in (("all", "enrolled"), ("all", "completed"), ("without evaluation", "completed"))
        )
        without = pick(lang, sv=f" ({bare} utan utvärderingen)", en=f" ({bare} without the evaluation)")
        without = without if self.funding.evaluation else ""
        done = pick(lang, sv=f"{noun} som fullföljde", en=f"completing {noun}")
        per_completing = pick(lang, sv=" och ", en=" and ") + f"{completed} per {done}{without}"
        if not self.table.loc[self.table["base"] == "completed", "units"].any():
            per_completing = pick(lang, sv="; ingen fullföljde", en="; nobody completed")
        return pick(
            lang,
            sv=f"Bidraget är {enrolled} per anmäld{per_completing}. Deltagarnas egen tid och vad resultatet är värt "
            "ingår inte, så talen säger inte om det lönade sig.",
            en=f"The funding is {enrolled} per enrolled{per_completing}. The participants' own time and what the "
            "result is worth are not in it, so the numbers do not tell whether it paid.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class SpentHours:
    """Hours per party, session and kind.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per party: party, preparation, session, between, hours (all), sessions (with any hours), rests_on (rows
        of the register) and row_id.
    by_session : pandas.DataFrame
        One row per party, session and kind: party, session, kind, hours, rests_on and row_id.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    by_session: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the numbers rest on."""
        rows, hours = number(len(self.by_session), lang=lang), number(self.table["hours"].sum(), lang=lang)
        return pick(
            lang,
            sv=f"n = {hours} timmar i {rows} uppgifter.",
            en=f"n = {hours} hours in {rows} records.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say where the hours went and what the register cannot say."""
        if self.table.empty:
            return pick(lang, sv="Inga timmar är antecknade.", en="No hours have been recorded.")
        each = "; ".join(
            f"{PARTY_NAMES[row['party']](lang)} {number(row['hours'], lang=lang)}"
            for row in self.table.to_dict("records")
        )
        unsaid = [PARTY_NAMES[party](lang) for party in PARTIES if party not in set(self.table["party"])]
        text = pick(lang, sv=f"Antecknade timmar: {each}.", en=f"Recorded hours: {each}.")
        if unsaid:
            names = ", ".join(unsaid)
            text += pick(lang, sv=f" Utan uppgift: {names}.", en=f" Without a record: {names}.")
        return text + pick(
            lang,
            sv=" Timmar som ingen antecknat syns inte, och timmar säger inte vad de gav.",
            en=" Hours that nobody noted do not show, and hours do not tell what they gave.",
        )


def unit_costs(enrolment: pd.DataFrame, study: Study, *, attendance: pd.DataFrame | None = None) -> UnitCosts:
    """Divide the funding by the units that enrolled and by those that completed.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its funding and its rule of completion.
    attendance : pandas.DataFrame, optional
        For a rule that asks for presence.

    Returns
    -------
    UnitCosts
        With and without the evaluation.

    Raises
    ------
    EstimationError
        If the study declares no funding.
    TableError
        If the evaluation costs more than all.
    """
    funding = study.funding
    if funding is None:
        raise EstimationError(
            "unit_costs: study.toml declares no funding; add [funding] with total.",
            sv="kostnad per enhet: study.toml anger inget bidrag; lägg till [funding] med total.",
        )
    if funding.evaluation > funding.total:
        raise TableError("unit_costs: the evaluation costs more than the total; correct [funding] in study.toml.")
    completed = completing_units(enrolment, study, attendance=attendance)
    sources = source_rows(enrolment)
    rows = []
    for amount, cost in (("all", funding.total), ("without evaluation", funding.total - funding.evaluation)):
        for base, chosen in (("enrolled", completed.notna()), ("completed", completed)):
            units = int(chosen.sum())
            rests_on = tuple(sources[enrolment["unit"].isin(chosen.index[chosen])])
            rows.append((amount, base, cost, units, cost / units if units else nan, rests_on))
    table = pd.DataFrame(rows, columns=["amount", "base", "cost", "units", "per_unit", "rests_on"])
    table["row_id"] = row_ids(table, ["amount", "base"])
    return UnitCosts(table, funding, study.completion.rule, labels_of(study))


def spent_hours(hours: pd.DataFrame, *, study: Study | None = None) -> SpentHours:
    """Sum the hours of each party.

    Parameters
    ----------
    hours : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study, optional
        For names.

    Returns
    -------
    SpentHours
        Parties in a fixed order, only those with any record.

    Raises
    ------
    TableError
        If a party is not one of the four.
    """
    given = hours[["party", "session", "kind", "hours"]].assign(
        rests_on=as_tuples(zip(source_rows(hours), strict=True)).set_axis(hours.index)
    )
    unknown = ~given["party"].isin(PARTIES)
    if unknown.any():
        raise TableError(
            f"hours: the party in row {hours.loc[unknown, 'source_row'].iloc[0]} is not known; use "
            f"{', '.join(PARTIES)}."
        )
    given["row_id"] = row_ids(given, ["party", "session", "kind"])
    rows = []
    for party in PARTIES:
        part = given[given["party"] == party]
        if part.empty:
            continue
        kinds = {kind: part.loc[part["kind"] == kind, "hours"].sum() for kind in HOURS_KINDS}
        rests_on = gather(part["rests_on"])
        rows.append(
            {"party": party, **kinds, "hours": part["hours"].sum(), "sessions": part["session"].nunique()}
            | {"rests_on": rests_on}
        )
    table = pd.DataFrame(rows, columns=["party", *HOURS_KINDS, "hours", "sessions", "rests_on"])
    table = table.astype({"party": "str"} | dict.fromkeys((*HOURS_KINDS, "hours"), "float64"))
    table["row_id"] = row_ids(table, ["party"])
    return SpentHours(table, given, labels_of(study))
