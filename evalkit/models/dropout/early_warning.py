"""Attendance before leaving: did those who left first stay away, and how many stayed away without leaving."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures import participation
from evalkit.measures.placement import Labels, labels_of
from evalkit.models.levels import enrolled_units, merge_rows
from evalkit.study import Study
from evalkit.wording import Language, count_noun, join, number, pick

__all__ = ["EarlyWarning", "early_warning"]


@dataclass(frozen=True, slots=True, eq=False)
class EarlyWarning:
    """Who was absent while still in the programme, leavers against the others.

    Attributes
    ----------
    table : pandas.DataFrame
        Per unit and session it is known to have been in, up to `until`: unit, left (whether it leaves), session, state
        ("present", "absent" or "unknown"), to_leaving (sessions until the first it was gone, 1 for the last one before
        it; missing for those who stayed), rests_on and row_id.
    units : pandas.DataFrame
        Per unit: unit, left, seen (sessions with a record), absent (of them), warned (at least `absences`), rests_on.
    until : int
        Last session at which any unit that leaves was still in: those who stayed are held to the same sessions.
    absences : int
        How many absences make a warning.
    n_unseen : int
        Leavers without a single record while they were in.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    until: int
    absences: int
    n_unseen: int
    labels: Labels

    def count(self, *, left: bool) -> tuple[int, int]:
        """Return how many were warned, of how many with a record."""
        seen = self.units[(self.units["left"] == left) & (self.units["seen"] > 0)]
        return int(seen["warned"].sum()), len(seen)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        leavers, stayers = (number((self.units["left"] == left).sum(), lang=lang) for left in (True, False))
        until = self.labels.group("session", self.until, lang)
        return pick(
            lang,
            sv=f"Närvaro medan enheten ännu var med, till och med {until}. n = {leavers} som lämnade, {stayers} som "
            "stannade.",
            en=f"Attendance while the unit was still in, up to {until}. n = {leavers} that left, {stayers} that "
            "stayed.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say whether absence came before leaving, and what that cannot say."""
        (warned, leavers), (false, stayers) = self.count(left=True), self.count(left=False)
        least = count_noun(
            self.absences,
            self.labels.noun("session", lang),
            self.labels.noun("session", lang, many=True),
            lang=lang,
        )
        until = self.labels.group("session", self.until, lang)
        parts = [
            pick(
                lang,
                sv=f"Av de {leavers} som lämnade hade {_none(warned, lang)} missat minst {least} innan; av de "
                f"{stayers} som stannade hade {_none(false, lang)} det, till och med {until}.",
                en=f"Of the {leavers} that left {_none(warned, lang)} had missed at least {least} before; of the "
                f"{stayers} that stayed {_none(false, lang)} had, up to {until}.",
            )
        ]
        if warned + false:
            parts.append(
                pick(
                    lang,
                    sv=f"Som varningstecken hade det pekat ut {warned + false}, varav {_none(warned, lang)} lämnade.",
                    en=f"As a warning sign it would have pointed at {warned + false}, of which {_none(warned, lang)} "
                    "left.",
                )
            )
        if self.n_unseen:
            unseen = self.labels.count(self.n_unseen, "unit", lang)
            parts.append(
                pick(
                    lang,
                    sv=f"För {unseen} som lämnade finns ingen närvaro antecknad dessförinnan.",
                    en=f"Of {unseen} that left there is no attendance recorded before.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Det är sett i efterhand, hos få: den som lämnade tidigt har haft få tillfällen att utebli, och en "
                "tröskel som ser bra ut här är inte prövad någon annanstans.",
                en="It is seen in hindsight, in a few: one that left early had few occasions to be absent, and a "
                "threshold that looks good here has been tried nowhere else.",
            )
        )
        return " ".join(parts)


def early_warning(
    attendance: pd.DataFrame, enrolment: pd.DataFrame, *, study: Study, absences: int = 1
) -> EarlyWarning:
    """Line up the attendance of those who left before they did, beside that of the others at the same sessions.

    Parameters
    ----------
    attendance, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its sessions.
    absences : int, default 1
        How many absences make a warning.

    Returns
    -------
    EarlyWarning
        Sessions at which a unit may already have left do not count: staying away then is leaving, not a warning.

    Raises
    ------
    EstimationError
        If there is no attendance, nobody is enrolled, or nobody or everybody left.
    """
    if not len(attendance) or not len(enrolment):
        raise EstimationError(
            "early warning: the attendance or the enrolment register has no rows.",
            sv="tidigt tecken: registret attendance eller enrolment har inga rader.",
        )
    units = enrolled_units(enrolment, study=study).table
    n_left, n = int(units["left"].sum()), len(units)
    if n_left in (0, n):
        which = ("none", "ingen") if not n_left else ("all", "alla")
        raise EstimationError(
            f"early warning: {which[0]} of the {n} units left; there is nothing to compare. Show the attendance.",
            sv=f"tidigt tecken: {which[1]} av de {n} enheterna lämnade; det finns inget att jämföra. Visa närvaron.",
        )
    until = int(units.loc[units["left"], "earliest"].max()) - 1
    gone = units.set_index("unit")["earliest"]
    table = participation(attendance, enrolment=enrolment, study=study).table
    table = table[table["unit"].isin(units["unit"]) & table["session"].isin(attendance["session"])].copy()
    table["to_leaving"] = (table["unit"].map(gone) - table["session"].astype("float64")).astype("float64")
    table = table[(table["session"] <= until) & ~(table["to_leaving"] < 1)]
    table["left"] = table["unit"].isin(units.loc[units["left"], "unit"])
    table["state"] = table["state"].where(table["state"].isin(["present", "absent"]), "unknown")
    columns = ["unit", "left", "session", "state", "to_leaving", "rests_on", "row_id"]
    rows = [_unit(row, table[table["unit"] == row["unit"]], absences) for row in units.to_dict("records")]
    summary = pd.DataFrame(rows)
    return EarlyWarning(
        table=table[columns].reset_index(drop=True),
        units=summary,
        until=until,
        absences=absences,
        n_unseen=int((summary["left"] & (summary["seen"] == 0)).sum()),
        labels=labels_of(study),
    )


def _none(count: int, lang: Language) -> str:
    return number(count, lang=lang) if count else pick(lang, sv="ingen", en="none")


def _unit(unit: dict[Any, Any], own: pd.DataFrame, absences: int) -> dict[str, Any]:
    absent = int((own["state"] == "absent").sum())
    return {
        "unit": unit["unit"],
        "left": unit["left"],
        "seen": int((own["state"] != "unknown").sum()),
        "absent": absent,
        "warned": absent >= absences,
        "rests_on": merge_rows([*own["rests_on"], unit["rests_on"]]),
    }


def warned_units(warning: EarlyWarning, lang: Language, *, left: bool) -> str:
    """List the units that were warned.

    Parameters
    ----------
    warning : EarlyWarning
        From `early_warning`.
    lang : {"sv", "en"}
        Language of the reader.
    left : bool
        Of those who left, or of the others.

    Returns
    -------
    str
        Their ids; an en dash for none.
    """
    own = warning.units[(warning.units["left"] == left) & warning.units["warned"]]
    return join([str(unit) for unit in own["unit"]], lang=lang) or "–"
