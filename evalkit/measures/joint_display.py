"""Every unit's learning, attendance, contacts and codings side by side: a joint display of a mixed-methods study."""

from dataclasses import dataclass

import pandas as pd

from evalkit.measures.learning_levels import learning_levels
from evalkit.measures.participation import completing_units, participation
from evalkit.measures.placement import Labels, labels_of
from evalkit.measures.register_rows import source_rows
from evalkit.study import Study
from evalkit.wording import Language, number, pick

__all__ = ["JointDisplay", "joint_display"]


@dataclass(frozen=True, slots=True, eq=False)
class JointDisplay:
    """One row per unit.

    Attributes
    ----------
    table : pandas.DataFrame
        unit, completed, first_level and last_level (mean over tools in the first and last session judged), attended
        (sessions), contacts, codings, rests_on (rows of the registers; coding ids) and row_id. What was never recorded
        is missing; what was recorded as nothing is 0.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return what the columns rest on."""
        n = number(len(self.table), lang=lang)
        return pick(
            lang,
            sv=f"n = {n}. Nivå: medel över bedömda verktyg vid första och sista bedömda träff; maskinkodningar, "
            "ej kontrollerade.",
            en=f"n = {n}. Level: mean over judged tools at the first and last judgement; machine codings, not checked.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the sources say together and what they cannot."""
        judged = self.table.dropna(subset=["first_level", "last_level"])
        rose = int((judged["last_level"] > judged["first_level"]).sum())
        silent = int((self.table["contacts"] == 0).sum())
        return pick(
            lang,
            sv=f"Nivån var högre sist än först hos {number(rose)} av {number(len(judged))} bedömda; {number(silent)} "
            "saknar antecknad kontakt mellan träffarna. Källorna står bredvid varandra: tabellen säger inte vad som "
            "orsakade vad, och ett tomt fält är en lucka i underlaget.",
            en=f"The level was higher last than first in {number(rose, lang='en')} of {number(len(judged), lang='en')} "
            f"judged; {number(silent, lang='en')} have no contact on record between the sessions. The sources stand "
            "side by side: the table does not say what caused what, and an empty cell is a gap in the material.",
        )


def joint_display(
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    attendance: pd.DataFrame,
    contacts: pd.DataFrame,
    codings: pd.DataFrame,
    *,
    study: Study,
) -> JointDisplay:
    """Put what each source says about a unit side by side.

    Parameters
    ----------
    assessments, enrolment, attendance, contacts, codings : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; any may be without rows.
    study : Study
        Its units, in its order.

    Returns
    -------
    JointDisplay
        One row per declared unit.

    References
    ----------
    Guetterman, T. C., Fetters, M. D. & Creswell, J. W. (2015). Integrating quantitative and qualitative results in
    health science mixed methods research through joint displays. Annals of Family Medicine 13(6).
    """
    units = pd.Index(study.unit_ids, name="unit", dtype="str")
    levels = learning_levels(assessments, study, enrolment=enrolment).sessions.dropna(subset=["level"])
    ends = levels.sort_values("session").groupby("unit")["level"].agg(["first", "last"])
    present = participation(attendance, enrolment=enrolment, study=study).units.set_index("unit")["attended"]
    table = pd.DataFrame(index=units)
    table["completed"] = completing_units(enrolment, study, attendance=attendance).reindex(units)
    table["first_level"], table["last_level"] = ends["first"].reindex(units), ends["last"].reindex(units)
    table["attended"] = present.reindex(units).astype("Int64") if len(attendance) else pd.NA
    table["contacts"] = _count(contacts, units)
    table["codings"] = _count(codings, units)
    registers = (assessments, enrolment, attendance, contacts)
    parts = [register[["unit"]].assign(id=source_rows(register)) for register in registers]
    every = pd.concat([*parts, codings[["unit"]].assign(id=codings["coding_id"])])
    behind = every.dropna(subset=["unit"]).groupby("unit")["id"].agg(tuple)
    table["rests_on"] = pd.Series([behind.get(unit, ()) for unit in units], index=units, dtype="object")
    table["row_id"] = units
    return JointDisplay(table.reset_index(), labels_of(study))


def _count(rows: pd.DataFrame, units: "pd.Index[str]") -> "pd.Series[int]":
    """Count a table's rows per unit; without any rows nothing is known."""
    counts = rows.groupby("unit").size().reindex(units, fill_value=0).astype("Int64")
    return counts if len(rows) else counts.mask(counts == 0)
