"""How far two raters agree on the same unit, session and tool: within sessions, or unknown."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from evalkit.measures.placement import Labels, row_ids
from evalkit.measures.register_rows import as_tuples, gather, source_rows
from evalkit.wording import Language, count_noun, interval, number, percent, pick

__all__ = ["RaterPairs", "RaterReliability", "rater_reliability"]

_COLUMNS = ["session", "cells", "raters", "icc_cells", "icc", "ci_low", "ci_high", "alpha", "why"]


@dataclass(frozen=True, slots=True, eq=False)
class RaterPairs:
    """Which levels two raters gave to the same unit, session and tool.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per pair of levels: first, second (levels), cells, rests_on (rows of the register) and row_id.
    raters : tuple of str
        The two raters; empty if no two share a cell.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    raters: tuple[str, ...]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        cells = int(self.table["cells"].sum())
        who = pick(lang, sv=" och ", en=" and ").join(self.raters) or "–"
        return pick(
            lang,
            sv=f"n = {count_noun(cells, 'ruta', 'rutor')} bedömda av både {who}.",
            en=f"n = {count_noun(cells, 'cell', 'cells', lang='en')} rated by both {who}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far apart the two were and what that cannot say."""
        if self.table.empty:
            return pick(lang, sv="Ingen nivå har två bedömare.", en="No level has two raters.")
        apart = (self.table["first"] - self.table["second"]).abs()
        same, one, more = (
            number(self.table.loc[part, "cells"].sum(), lang=lang) for part in (apart == 0, apart == 1, apart > 1)
        )
        lower = number(self.table.loc[self.table["second"] < self.table["first"], "cells"].sum(), lang=lang)
        first, second = self.raters
        same_session = self.labels.noun("session", lang)
        return pick(
            lang,
            sv=f"De gav samma nivå i {same} rutor, ett steg isär i {one} och mer i {more}; {second} satte lägre än "
            f"{first} i {lower}. Andelen lika är ingen reliabilitet: den räknas inom {same_session}.",
            en=f"They gave the same level in {same} cells, one step apart in {one} and more in {more}; {second} rated "
            f"lower than {first} in {lower}. The share alike is no reliability: that is computed within a "
            f"{same_session}.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class RaterReliability:
    """Agreement between raters within sessions.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session with doubly rated cells (unit × tool), and a last one, with session missing, for all
        sessions together with each session's mean taken out: session, cells (with two or more raters), raters,
        icc_cells (those rated by the pair of raters that shares the most cells), icc (ICC(A,1): one rater, absolute
        agreement), ci_low, ci_high, alpha (Krippendorff's, ordinal; in the last row the mean of the sessions' alphas
        weighted by their cells), why (empty, "one rater", "too few" or "no variation": then there is no number),
        rests_on (rows of the register) and row_id.
    pairs : RaterPairs
        What the two raters who share the most cells gave to them.
    cells : int
        Doubly rated cells.
    blind : int
        Those in which at least one rater did not know the other's level.
    raters : int
        Raters in the whole register.
    min_cells : int
        Doubly rated cells under which no number is given.
    level : float
        Of the intervals.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    pairs: RaterPairs
    cells: int
    blind: int
    raters: int
    min_cells: int
    level: float
    labels: Labels

    @property
    def known(self) -> bool:
        """Whether the whole gives a number."""
        return bool(self.table["icc"].notna().iloc[-1])

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the numbers rest on."""
        raters, blind = (number(count, lang=lang) for count in (self.raters, self.blind))
        return pick(
            lang,
            sv=f"n = {count_noun(self.cells, 'dubbelbedömd ruta', 'dubbelbedömda rutor')} ({blind} med minst en blind "
            f"bedömare); {raters} bedömare i registret.",
            en=f"n = {count_noun(self.cells, 'doubly rated cell', 'doubly rated cells', lang='en')} ({blind} with at "
            f"least one blind rater); raters in the register: {raters}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the raters agree, or that it is unknown and why."""
        if not self.known:
            return pick(lang, sv="Reliabiliteten är okänd: ", en="Reliability unknown: ") + self._why(lang)
        row = self.table.iloc[-1]
        icc, cells = number(row["icc"], 2, lang=lang), number(row["icc_cells"], lang=lang)
        ends, level = interval(row["ci_low"], row["ci_high"], lang=lang), percent(self.level, lang=lang)
        alpha = ""
        if not pd.isna(row["alpha"]):
            value = number(row["alpha"], 2, lang=lang)
            alpha = pick(lang, sv=f", ordinal alfa {value}", en=f", ordinal alpha {value}")
        same = self.labels.noun("session", lang)
        return pick(
            lang,
            sv=f"Inom samma {same} är bedömarnas ICC {icc} ({level}: {ends}; {cells} rutor){alpha}. Det gäller en "
            "bedömare åt gången och är prövat bara där två har bedömt.",
            en=f"Within one {same} the raters' ICC is {icc} ({level}: {ends}; {cells} cells){alpha}. It holds for one "
            "rater at a time and is tried only where two have rated.",
        )

    def _why(self, lang: Language) -> str:
        cells, least = number(int(self.table["icc_cells"].iloc[-1]), lang=lang), number(self.min_cells, lang=lang)
        if not self.cells:
            return pick(lang, sv="ingen nivå har två bedömare.", en="no level has two raters.")
        if self.table["why"].iloc[-1] == "no variation":
            return pick(lang, sv="nivåerna varierar inte.", en="the levels do not vary.")
        return pick(
            lang,
            sv=f"samma två bedömare har bedömt bara {cells} gemensamt; det behövs {least}.",
            en=f"the same two raters share only {cells} of their ratings; {least} are needed.",
        )


def rater_reliability(
    assessments: pd.DataFrame, *, labels: Labels | None = None, min_cells: int = 10
) -> RaterReliability:
    """Estimate the reliability of levels from the cells that more than one rater has scored.

    Raters are compared within a session, since growth from session to session alone would make them seem to agree.

    Parameters
    ----------
    assessments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; a level that could not be judged does not count.
    labels : Labels, optional
        Names for a reader.
    min_cells : int, default 10
        Doubly rated cells under which no number is given.

    Returns
    -------
    RaterReliability
        Numbers, or the reason why there are none.

    References
    ----------
    McGraw, K. O. & Wong, S. P. (1996). Forming inferences about some intraclass correlation coefficients.
    Psychological Methods, 1, 30–46.

    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
    """
    judged = assessments[assessments["level"].notna()]
    judged = judged.assign(level=judged["level"].astype("float64"), source=source_rows(judged))
    twice = judged[judged.groupby(["unit", "session", "tool"])["rater"].transform("nunique") > 1]
    rows = [_row(session, part, min_cells) for session, part in twice.groupby("session")]
    centred = twice.assign(level=twice["level"] - twice.groupby("session")["level"].transform("mean"))
    rows.append(_row(None, centred, min_cells, alpha=_weighted_alpha(rows)))
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "rests_on"]).astype(
        {"session": "Int64", "cells": "int64", "raters": "int64", "icc_cells": "int64", "why": "str"}
        | dict.fromkeys(("icc", "ci_low", "ci_high", "alpha"), "float64")
    )
    table["row_id"] = row_ids(table, ["session"])
    blind = twice[twice["blind"].fillna(value=False)]
    return RaterReliability(
        table=table,
        pairs=RaterPairs(_pairs(twice), tuple(map(str, _fullest_pair(twice).columns)), labels or Labels()),
        cells=_cells(twice),
        blind=_cells(blind),
        raters=int(assessments["rater"].nunique()),
        min_cells=min_cells,
        level=0.95,
        labels=labels or Labels(),
    )


def _cells(assessments: pd.DataFrame) -> int:
    return len(assessments.drop_duplicates(["unit", "session", "tool"]))


def _row(session: Any, twice: pd.DataFrame, min_cells: int, *, alpha: float | None = None) -> dict[str, Any]:
    pair = _fullest_pair(twice)
    cells, varies = _cells(twice), bool(twice["level"].min() < twice["level"].max())
    why = "too few" if len(pair) < min_cells else "" if varies else "no variation"
    if not cells:
        why = "one rater"
    icc = (nan, nan, nan) if why else _icc(pair)
    if alpha is None:
        alpha = _alpha(twice) if cells >= min_cells and varies else nan
    return {
        "session": session,
        "cells": cells,
        "raters": twice["rater"].nunique(),
        "icc_cells": len(pair),
        **dict(zip(("icc", "ci_low", "ci_high"), icc, strict=True)),
        "alpha": alpha,
        "why": why,
        "rests_on": tuple(twice["source"]),
    }


def _wide(twice: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell and one column per rater."""
    return twice.pivot(index=["unit", "session", "tool"], columns="rater", values="level")  # noqa: PD010  keys unique


def _fullest_pair(twice: pd.DataFrame) -> pd.DataFrame:
    """Return the levels of the two raters that share the most cells; the ICC needs a complete table."""
    wide = _wide(twice)
    raters = list(wide.columns)
    pairs = [wide[[a, b]].dropna() for place, a in enumerate(raters) for b in raters[place + 1 :]]
    return max(pairs, key=len, default=pd.DataFrame())


def _pairs(twice: pd.DataFrame) -> pd.DataFrame:
    """Count the levels that the fullest pair of raters gave to the same cells."""
    raters = list(_fullest_pair(twice).columns)
    first, second = (twice[twice["rater"] == rater] for rater in raters) if raters else (twice, twice)
    keys = ["unit", "session", "tool"]
    both = first[[*keys, "level", "source"]].merge(second[[*keys, "level", "source"]], on=keys)
    both["rests_on"] = as_tuples(zip(both["source_x"], both["source_y"], strict=True))
    both = both.rename(columns={"level_x": "first", "level_y": "second"})
    pairs = both.groupby(["first", "second"], as_index=False).agg(cells=("unit", "size"), rests_on=("rests_on", gather))
    pairs["row_id"] = row_ids(pairs, ["first", "second"])
    return pairs


def _icc(pair: pd.DataFrame) -> tuple[float, float, float]:
    import pingouin

    long = pair.reset_index(drop=True).melt(ignore_index=False, var_name="rater", value_name="level")
    long = long.rename_axis("cell").reset_index()
    # Raters who agree everywhere leave no residual to divide by; the coefficient is 1 and has no interval.
    if np.ptp(pair.to_numpy(), axis=1).max() == 0:
        return (1.0, nan, nan)
    with _exact(pingouin), np.errstate(all="ignore"):
        fitted = pingouin.intraclass_corr(long, targets="cell", raters="rater", ratings="level").set_index("Type")
    low, high = fitted.loc["ICC(A,1)", "CI95"]
    return float(fitted.loc["ICC(A,1)", "ICC"]), float(low), float(high)


@contextmanager
def _exact(pingouin: Any) -> Iterator[None]:
    """Keep pingouin from rounding its intervals, and from warning of what pandas 4 will change."""
    before = dict(pingouin.options)
    pingouin.options["round.column.CI95"] = None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="pingouin")
            yield
    finally:
        pingouin.options.update(before)


def _alpha(twice: pd.DataFrame) -> float:
    import krippendorff

    return float(krippendorff.alpha(_wide(twice).T.to_numpy(), level_of_measurement="ordinal"))


def _weighted_alpha(sessions: list[dict[str, Any]]) -> float:
    known = [(row["alpha"], row["cells"]) for row in sessions if not np.isnan(row["alpha"])]
    if not known:
        return nan
    alphas, cells = zip(*known, strict=True)
    return float(np.average(alphas, weights=cells))
