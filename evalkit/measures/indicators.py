"""Indicators against their targets: how far from the first value towards the target each unit has come."""

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import declared_first, source_rows, unit_list
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["Indicators", "indicators"]


@dataclass(frozen=True, slots=True, eq=False)
class Indicators:
    """First and latest value of each unit's indicators.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per indicator and unit: indicator, unit, first, latest (values), first_date, latest_date, values
        (number of), target (the latest noted; missing without one), reached (whether the latest value is at or beyond
        the target, seen from the first; missing without target), share (of the way from first to target; missing
        without target, or where the first value already is the target), rests_on (rows of the register) and row_id.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        rows, units = len(self.table), self.labels.count(self.table["unit"].nunique(), "unit", lang)
        without = int(self.table["target"].isna().sum())
        return pick(
            lang,
            sv=f"n = {count_noun(rows, 'indikator', 'indikatorer')} hos {units}; {number(without)} utan mål.",
            en=f"n = {count_noun(rows, 'indicator', 'indicators', lang='en')} at {units}; "
            f"{number(without, lang='en')} without a target.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many reached their target and what that cannot say."""
        if self.table.empty:
            return pick(lang, sv="Inga indikatorer är antecknade.", en="No indicators have been recorded.")
        known = self.table.dropna(subset="target")
        reached, of = number(known["reached"].sum(), lang=lang), number(len(known), lang=lang)
        closer = number((known["share"] > 0).sum(), lang=lang)
        single = int((self.table["values"] < 2).sum())
        text = pick(
            lang,
            sv=f"{reached} av {of} indikatorer med mål har nått det, {closer} har rört sig åt målets håll.",
            en=f"{reached} of {of} indicators with a target have reached it, {closer} have moved towards it.",
        )
        if single:
            text += pick(
                lang,
                sv=f" {number(single)} har bara ett värde.",
                en=f" {number(single, lang='en')} have one value only.",
            )
        return text + pick(
            lang,
            sv=" Talen är enheternas egna och följer annat än programmet också: de säger inte vad som orsakade dem.",
            en=" The values are the units' own and follow more than the programme: they do not tell what caused them.",
        )


def indicators(register: pd.DataFrame, *, study: Study | None = None) -> Indicators:
    """Compare each indicator's latest value with its target.

    Whether more is better is read from the target: it lies above the first value, or below it.

    Parameters
    ----------
    register : pandas.DataFrame
        The register of indicators, see `evalkit.tables.SCHEMAS`.
    study : Study, optional
        For names and the order of the units.

    Returns
    -------
    Indicators
        Indicators in the order in which they first stand.

    Raises
    ------
    TableError
        If a value is infinite.
    """
    if not np.isfinite(register["value"]).all():
        row = register[~np.isfinite(register["value"])].iloc[0]
        raise TableError(f"indicators: the value in row {row['source_row']} is not a finite number. Correct the row.")
    given = register.assign(source=source_rows(register)).sort_values("date", kind="stable")
    table = given.groupby(["indicator", "unit"], as_index=False, sort=False).agg(
        first=("value", "first"),
        latest=("value", "last"),
        first_date=("date", "first"),
        latest_date=("date", "last"),
        values=("value", "size"),
        target=("target", "last"),
        rests_on=("source", tuple),
    )
    way, gone = table["target"] - table["first"], table["latest"] - table["first"]
    beyond = np.where(way >= 0, table["latest"] >= table["target"], table["latest"] <= table["target"])
    table.insert(7, "reached", pd.Series(beyond, index=table.index).astype("boolean").where(table["target"].notna()))
    table.insert(8, "share", (gone / way.where(way != 0, nan) + 0.0).astype("float64"))
    order = declared_first(dict.fromkeys(register["indicator"]), [])
    units = unit_list(study, register["unit"])
    place = {"indicator": order.index, "unit": units.index}
    table = table.sort_values(["indicator", "unit"], key=lambda c: c.map(place[str(c.name)]), ignore_index=True)
    table["row_id"] = row_ids(table, ["indicator", "unit"])
    return Indicators(table, labels_of(study))
