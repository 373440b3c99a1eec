"""When understanding becomes competence: how many of all enrolled have come that far, with leaving in between."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of
from evalkit.models.levels import enrolled_units, merge_rows, tool_levels
from evalkit.models.survival import cumulative_incidence
from evalkit.study import Study, Text
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["CompetenceIncidence", "competence_incidence"]


@dataclass(frozen=True, slots=True, eq=False)
class CompetenceIncidence:
    """How many of all enrolled units have reached a level and kept it, by session.

    Attributes
    ----------
    table : pandas.DataFrame
        Per session: session, events, incidence, ci_low, ci_high, left (share that left before reaching it), rests_on
        (assessments of the units that have reached it by then) and row_id.
    units : pandas.DataFrame
        Per enrolled unit: unit, reached (session, missing if never), confirmed (whether a later assessment says so
        too), left (first session it was gone), completed, rests_on.
    threshold : int
        The level.
    tool : str or None
        The tool, or None for at least half of the tools assessed.
    n, n_reached, n_left, n_unconfirmed, n_never_assessed : int
        Enrolled units; those that reached the level, left before, reached it at their last assessment only, and have
        no assessment.
    level : float
        Level of each pointwise interval.
    threshold_label, tool_label : Text
        Their names.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    threshold: int
    tool: str | None
    n: int
    n_reached: int
    n_left: int
    n_unconfirmed: int
    n_never_assessed: int
    level: float
    threshold_label: Text
    tool_label: Text
    labels: Labels

    def what(self, lang: Language) -> str:
        """Say what counts as reached."""
        return pick(
            lang,
            sv=f"”{self.threshold_label(lang)}” (nivå {self.threshold} eller mer) i {self.tool_label(lang)}",
            en=f"“{self.threshold_label(lang)}” (level {self.threshold} or more) in {self.tool_label(lang)}",
        )

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        return pick(
            lang,
            sv=f"Andel av alla anmälda som nått och behållit {self.what(lang)}, med punktvisa {share} intervall. "
            f"n = {units}: {self.n_reached} nådde dit, {self.n_left} lämnade dessförinnan.",
            en=f"Share of all enrolled that have reached and kept {self.what(lang)}, with pointwise {share} "
            f"intervals. n = {units}: {self.n_reached} got there, {self.n_left} left before.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many got there, when, and what that cannot say."""
        units = self.labels.count(self.n, "unit", lang)
        if not self.n_reached:
            high = percent(self.table["ci_high"].iloc[-1], lang=lang)
            parts = [
                pick(
                    lang,
                    sv=f"Ingen av {units} har setts nå och behålla {self.what(lang)}; intervallet går upp till {high}.",
                    en=f"None of {units} has been seen to reach and keep {self.what(lang)}; the interval goes up to "
                    f"{high}.",
                )
            ]
        else:
            parts = [self._reached(units, lang)]
        completed = self.units[self.units["completed"]]
        reached, of = (number(n, lang=lang) for n in (completed["reached"].notna().sum(), len(completed)))
        parts.append(
            pick(
                lang,
                sv=f"Av de {of} som fullföljde nådde {reached} dit.",
                en=f"Of the {of} that completed {reached} got there.",
            )
        )
        if self.n_unconfirmed:
            parts.append(
                pick(
                    lang,
                    sv=f"{self.n_unconfirmed} nådde dit först vid sin sista bedömning; att de behållit det är inte "
                    "belagt.",
                    en=f"{self.n_unconfirmed} got there only at their last assessment; that they kept it is not shown.",
                )
            )
        if self.n_never_assessed:
            parts.append(
                pick(
                    lang,
                    sv=f"{self.n_never_assessed} har ingen bedömning och räknas som att de inte setts nå dit.",
                    en=f"{self.n_never_assessed} have no assessment and count as not seen to get there.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Den som lämnat kan ha lärt sig senare utan att det synts; andelen är vad som setts, inte vad som "
                "hade hänt om alla stannat.",
                en="Those who left may have learned later unseen; the share is what was seen, not what would have "
                "happened had all stayed.",
            )
        )
        return " ".join(parts)

    def _reached(self, units: str, lang: Language) -> str:
        last = self.table.iloc[-1]
        first = self.table.loc[self.table["events"] > 0, "session"].iloc[0]
        when = self.labels.group("session", first, lang)
        share = percent(last["incidence"], lang=lang)
        limits = interval(100 * last["ci_low"], 100 * last["ci_high"], 0, lang=lang)
        level, n = percent(self.level, lang=lang), number(self.n_reached, lang=lang)
        return pick(
            lang,
            sv=f"{n} av {units} ({share}; {level} intervall {limits} %) nådde och behöll {self.what(lang)}, den "
            f"första vid {when}; {self.n_left} lämnade dessförinnan.",
            en=f"{n} of {units} ({share}; {level} interval {limits}%) reached and kept {self.what(lang)}, the first "
            f"at {when}; {self.n_left} left before.",
        )


def competence_incidence(
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    *,
    study: Study,
    tool: str | None = None,
    threshold: int | None = None,
    attendance: pd.DataFrame | None = None,
    level: float = 0.95,
) -> CompetenceIncidence:
    """Compute how many of all enrolled have reached a level and kept it, by session.

    A unit has reached it in the first session from which it stands there in every later assessment. Leaving first is
    a competing event; nobody drops out of the denominator.

    Parameters
    ----------
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; several raters of one level are averaged.
    study : Study
        Its sessions, tools and scale.
    tool : str, optional
        One tool; when left out a unit must stand at the level in at least half of the tools assessed in a session.
    threshold : int, optional
        The level; default the scale's competence.
    attendance : pandas.DataFrame, optional
        For the completion rule.
    level : float, default 0.95
        Level of each pointwise interval.

    Returns
    -------
    CompetenceIncidence
        One row per session.

    Raises
    ------
    EstimationError
        If no threshold is declared, nothing was assessed, or the tool has no assessment.
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    wanted = _threshold(study, threshold)
    enrolled = enrolled_units(enrolment, study=study, attendance=attendance).table
    cells = tool_levels(assessments, study=study)
    cells = cells[cells["unit"].isin(enrolled["unit"])]
    if tool is not None:
        cells = cells[cells["tool"] == tool]
    if cells.empty:
        raise EstimationError(
            "competence: no level has been assessed" + (f" of tool '{tool}'" if tool else "") + "; add assessments.",
            sv="kompetens: ingen nivå är bedömd"
            + (f" för verktyget ”{tool}”" if tool else "")
            + "; lägg till bedömningar.",
        )
    units = _reaching(enrolled, cells, wanted)
    reached = units["reached"].notna()
    names = {item.id: item.name for item in study.tools}
    half = Text(sv="minst hälften av verktygen", en="at least half of the tools")
    return CompetenceIncidence(
        table=_by_session(units, [0, *study.session_ids], level),
        units=units,
        threshold=wanted,
        tool=tool,
        n=len(units),
        n_reached=int(reached.sum()),
        n_left=int((~reached & units["left"].notna()).sum()),
        n_unconfirmed=int((reached & ~units["confirmed"]).sum()),
        n_never_assessed=int((~units["unit"].isin(cells["unit"])).sum()),
        level=level,
        threshold_label=study.scales.level.labels[wanted - study.scales.level.minimum],
        tool_label=half if tool is None else names.get(tool, Text(sv=tool, en=tool)),
        labels=labels_of(study),
    )


def _threshold(study: Study, threshold: int | None) -> int:
    """Return the level asked for, or the one that the scale says is competence."""
    scale = study.scales.level
    wanted = scale.competence if threshold is None else threshold
    if wanted is None:
        raise EstimationError(
            "competence: the scale says no level that counts as competence; declare competence in study.toml.",
            sv="kompetens: skalan säger inte vilken nivå som räknas som kompetens; ange competence i study.toml.",
        )
    if not scale.minimum < wanted <= scale.maximum:
        raise EstimationError(
            f"competence: level {wanted} is not a step of the scale above its lowest; declare one that is.",
            sv=f"kompetens: nivån {wanted} är inget steg på skalan över det lägsta; ange ett som är det.",
        )
    return wanted


def _by_session(units: pd.DataFrame, sessions: list[int], level: float) -> pd.DataFrame:
    """Compute the cumulative incidence of reaching the level, with leaving first as the competing event."""
    reached, gone = units["reached"].notna(), units["reached"].isna() & units["left"].notna()
    # One is added to every time, so that what was so before the first session has a time after zero.
    times = units["reached"].fillna(units["left"]).fillna(max(sessions)) + 1
    curve = cumulative_incidence(times, reached, gone, grid=np.array(sessions) + 1, level=level)
    return pd.DataFrame(
        {
            "session": sessions,
            "events": curve.table["events"],
            "incidence": curve.table["incidence"],
            "ci_low": curve.table["ci_low"],
            "ci_high": curve.table["ci_high"],
            "left": curve.table["competing_incidence"],
            "rests_on": [merge_rows(units.loc[units["reached"] <= session, "rests_on"]) for session in sessions],
            "row_id": [str(session) for session in sessions],
        }
    )


def _reaching(enrolled: pd.DataFrame, cells: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Find each unit's first session of a spell at the level that lasts to its last assessment."""
    there = cells.assign(there=cells["level"] >= threshold).groupby(["unit", "session"])["there"].mean() >= 0.5
    paths = {unit: path.droplevel("unit") for unit, path in there.groupby("unit")}
    sources = cells.groupby("unit")["rests_on"].agg(merge_rows)
    rows = []
    for unit, latest, completed in enrolled[["unit", "latest", "completed"]].itertuples(index=False):
        path = paths.get(unit, there.iloc[:0].droplevel("unit"))
        below = path.index[~path]
        spell = path.index[path.index > below.max()] if len(below) else path.index
        rows.append(
            {
                "unit": unit,
                "reached": float(spell.min()) if len(spell) else np.nan,
                "confirmed": len(spell) > 1,
                "left": latest,
                "completed": completed,
                "rests_on": sources.get(unit, ()),
            }
        )
    return pd.DataFrame(rows)
