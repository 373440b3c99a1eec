"""What had been judged of each unit, by whom, and whether before it left."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.register_rows import source_rows
from evalkit.models.levels import merge_rows
from evalkit.study import Study

__all__ = ["LACKING", "judged_units"]

LACKING = ("nej", "no", "0", "false", "falskt")


def judged_units(
    judgements: pd.DataFrame, units: pd.DataFrame, *, what: str, having: Collection[str], study: Study
) -> pd.DataFrame:
    """Collect what was judged of each unit, telling judgements made in time from those made afterwards.

    In time is before the unit can have left (by the last day of the session it was last known to be in), and for a
    unit that stayed, by the last session's last day. Where the days are not known a judgement is not in time.

    Parameters
    ----------
    judgements : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    units : pandas.DataFrame
        From `enrolled_units`.
    what : str
        Which judgement.
    having : collection of str
        Values that count as having it, whatever their case.
    study : Study
        Its sessions with their days.

    Returns
    -------
    pandas.DataFrame
        Per unit: unit, left, earliest and latest (as in `units`), value (True, False or missing: that of the rater
        with most judgements, in time where there is one), agreed (False where raters differ), in_time, judged_on,
        judged_by and rests_on.

    Raises
    ------
    EstimationError
        If nothing of the kind was judged, or no judged value counts as having or as lacking it.
    """
    said = judgements[(judgements["what"] == what) & judgements["unit"].isin(units["unit"])].copy()
    if said.empty:
        raise EstimationError(
            f"predictor '{what}': no enrolled unit has such a judgement; check its name.",
            sv=f"prediktorn ”{what}”: ingen anmäld enhet har en sådan bedömning; kontrollera namnet.",
        )
    said["has"] = _has(said["value"], having, what)
    said["rests_on"] = [(row,) for row in source_rows(said)]
    limits = {row["unit"]: _last_day_in(row, study) for row in units.to_dict("records")}
    days = pd.to_datetime(said["unit"].map(limits))
    said["in_time"] = (said["judged_on"] <= days).fillna(False)
    said["order"] = -said["judged_by"].map(said["judged_by"].value_counts())
    by_unit: dict[str, list[dict[Any, Any]]] = {unit: [] for unit in units["unit"]}
    for row in said[["unit", "has", "in_time", "order", "judged_on", "judged_by", "rests_on"]].to_dict("records"):
        by_unit[row["unit"]].append(row)
    keys = dict(zip(units["unit"], units["rests_on"], strict=True))
    rows = [_one(by_unit[unit], keys[unit]) for unit in units["unit"]]
    return units[["unit", "left", "earliest", "latest"]].reset_index(drop=True).join(pd.DataFrame(rows))


def _has(values: "pd.Series[str]", having: Collection[str], what: str) -> "pd.Series[bool]":
    plain = values.str.strip().str.casefold()
    has = plain.isin([value.casefold() for value in having])
    other = sorted(set(plain[~has]))
    # Two kinds only, or the rest is declared to lack it: otherwise a "perhaps" would silently count as a no.
    if not has.any() or (len(other) > 1 and not plain[~has].isin(LACKING).all() and set(having) <= _DEFAULT):
        raise EstimationError(
            f"predictor '{what}': {values.nunique()} different values are judged; say with having= which of them "
            "count as having it (all others then count as lacking it).",
            sv=f"prediktorn ”{what}”: {values.nunique()} olika värden förekommer; ange med having= vilka som räknas "
            "som att ha det (alla andra räknas då som att sakna det).",
        )
    return has


_DEFAULT = {"ja", "yes", "1", "true", "sant"}


def _last_day_in(unit: Mapping[Any, Any], study: Study) -> pd.Timestamp | None:
    """Return the last day the unit is known to have been in; for one that stayed, the programme's last day."""
    days = {session.id: session.dates for session in study.sessions if session.dates}
    if not unit["left"]:
        return pd.Timestamp(max(days[max(study.session_ids)])) if max(study.session_ids) in days else None
    seen = int(unit["earliest"]) - 1
    if seen in days:
        return pd.Timestamp(max(days[seen]))
    first = min(study.session_ids)
    if seen < first and first in days:
        return pd.Timestamp(min(days[first]) - dt.timedelta(days=1))
    return None


def _one(said: list[dict[Any, Any]], key: tuple[str, ...]) -> dict[str, Any]:
    """Choose what counts for one unit: each rater's latest judgement in time, else the first one made afterwards."""
    row: dict[str, Any] = {"value": pd.NA, "agreed": True, "in_time": pd.NA, "judged_on": pd.NaT, "judged_by": ""}
    if not said:
        return row | {"rests_on": key}
    timely = [each for each in said if each["in_time"]]
    if timely:
        by_rater = {each["judged_by"]: each for each in sorted(timely, key=lambda each: each["judged_on"])}
        counted = sorted(by_rater.values(), key=lambda each: (each["order"], each["judged_by"]))
    else:
        counted = sorted(said, key=lambda each: (each["judged_on"], each["order"]))[:1]
    first = counted[0]
    row |= {
        "value": bool(first["has"]),
        "agreed": all(each["has"] == first["has"] for each in counted),
        "in_time": bool(timely),
        "judged_on": first["judged_on"],
        "judged_by": str(first["judged_by"]),
    }
    return row | {"rests_on": merge_rows([*(each["rests_on"] for each in counted), key])}
