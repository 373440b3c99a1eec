"""Three views of the same units' learning side by side: raters' levels, coded depth of talk, and positions taken.

They are different things: levels and depth are followed over the programme, positions over a day. Where they agree the
finding rests on more than one leg; where they contradict each other there is something to ask about.
"""

from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.coded_depth import CodedDepth
from evalkit.measures.learning_levels import LearningLevels
from evalkit.measures.placement import Labels, row_ids
from evalkit.measures.positions import PositionPairs
from evalkit.measures.register_rows import as_tuples, gather
from evalkit.study import Scale, Text
from evalkit.wording import Language, join, number, pick

__all__ = ["SOURCES", "LearningTriangulation", "UnitLearning", "triangulate_learning"]

Source = Literal["rubric", "depth", "positions"]

SOURCES: dict[Source, Text] = {
    "rubric": Text(sv="bedömd nivå", en="rated level"),
    "depth": Text(sv="kodat djup", en="coded depth"),
    "positions": Text(sv="positioner", en="positions"),
}
"""What each source is called."""

APART = 0.5
"""Share of the way from the lowest to the highest rank from which two sources are said to lie far apart."""

ALL_PAIRS = 40
"""Most units whose pairs are compared in every random order."""

NAMED = 10
"""Most units that a sentence names."""

FEWEST = 4
"""Units with both sources under which their ranks are not compared."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitLearning:
    """What three sources say of one unit, session by session.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session: unit, session, level (mean over tools), n_tools, deep, surface (coded segments), share
        (deep of both), before, after (mean agreement at check-in and check-out), pairs, rests_on and row_id.
    unit : str
        The unit.
    changes : pandas.DataFrame
        Its rows of `LearningTriangulation.table`.
    contradictions : pandas.DataFrame
        Its rows of `LearningTriangulation.contradictions`.
    scale : Scale
        Of the levels.
    span : tuple of float
        Least and most agreement of anybody, so that all pages can have one axis; missing without positions.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    unit: str
    changes: pd.DataFrame
    contradictions: pd.DataFrame
    scale: Scale
    span: tuple[float, float]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return what each source rests on."""
        levels = number(self.table["level"].notna().sum(), lang=lang)
        coded = number(self.table[["deep", "surface"]].to_numpy().sum(), lang=lang)
        pairs = number(self.table["pairs"].sum(), lang=lang)
        many = self.labels.noun("session", lang, many=True)
        return pick(
            lang,
            sv=f"{self.unit}: n = {levels} {many} med nivå, {coded} kodade segment, {pairs} placeringar in och ut.",
            en=f"{self.unit}: n = {levels} {many} with a level, {coded} coded segments, {pairs} placings in and out.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say which way each source points and where they contradict each other."""
        words = []
        for row in self.changes.to_dict("records"):
            name = SOURCES[row["source"]](lang)
            if pd.isna(row["change"]):
                words.append(pick(lang, sv=f"{name}: för litet underlag", en=f"{name}: too little material"))
            else:
                sign = "+" if row["change"] > 0 else ""
                words.append(f"{name} {sign}{number(row['change'], 2, lang=lang)}")
        text = f"{self.unit}: {'; '.join(words)}."
        for row in self.contradictions.to_dict("records"):
            text += " " + _said(row, lang)
        return text + pick(
            lang,
            sv=" Sidan ställer källorna bredvid varandra; den avgör inte vilken som har rätt.",
            en=" The page puts the sources side by side; it does not decide which is right.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class LearningTriangulation:
    """What three sources say of how far each unit moved.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and source: unit, source ("rubric", "depth", "positions"), early, late, change (rubric: mean
        level of the later minus the earlier half of the unit's sessions with a level; depth: the same of the share of
        deep codings; positions: mean move towards agreement between check-in and check-out), n (levels' sessions,
        coded segments, pairs), place (0 for the unit that moved least, 1 for the one that moved most; ties shared),
        rests_on and row_id. Change is missing where the source has too little.
    agreement : pandas.DataFrame
        One row per pair of sources: first, second, n (units with both), tau (Kendall's tau-b of their changes), chance
        (what 95 % of random orders stay within, ±), rests_on and row_id; tau is missing under four units.
    contradictions : pandas.DataFrame
        One row per unit and pair of sources that disagree: unit, first, second, kind ("direction": one rose, the other
        fell; "place": at least half of the ranking apart, among four units or more with both), rests_on and row_id.
    sessions : pandas.DataFrame
        See `UnitLearning.table`, for all units.
    least_coded : int
        Coded segments in each half under which depth is left out.
    scale : Scale
        Of the levels.
    span : tuple of float
        Least and most agreement of anybody, so that all pages can have one axis; missing without positions.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    agreement: pd.DataFrame
    contradictions: pd.DataFrame
    sessions: pd.DataFrame
    least_coded: int
    scale: Scale
    span: tuple[float, float]
    labels: Labels

    @property
    def units(self) -> list[str]:
        """The units, in order."""
        return list(dict.fromkeys(self.table["unit"]))

    def unit(self, unit: str) -> UnitLearning:
        """Return what is known of one unit.

        Parameters
        ----------
        unit : str
            Its id.

        Returns
        -------
        UnitLearning
            For its page.

        Raises
        ------
        EstimationError
            If there is no such unit.
        """
        if unit not in self.units:
            raise EstimationError(
                f"triangulation: no unit '{unit}'; known are {', '.join(self.units)}.",
                sv=f"triangulering: det finns ingen enhet ”{unit}”; kända är {', '.join(self.units)}.",
            )
        own = (part[part["unit"] == unit].reset_index(drop=True) for part in self._parts())
        sessions, changes, contradictions = own
        return UnitLearning(sessions, unit, changes, contradictions, self.scale, self.span, self.labels)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        known = self.table.dropna(subset="change").groupby("source")["unit"].nunique()
        each = ", ".join(f"{name(lang)} {number(known.get(source, 0), lang=lang)}" for source, name in SOURCES.items())
        units = self.labels.count(len(self.units), "unit", lang)
        return pick(lang, sv=f"n = {units}; med underlag: {each}.", en=f"n = {units}; with material: {each}.")

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the sources agree, where they contradict each other, and what that cannot say."""
        parts = [self._agreement(row, lang) for row in self.agreement.to_dict("records")]
        turned = self.contradictions[self.contradictions["kind"] == "direction"]
        units = list(dict.fromkeys(turned["unit"]))
        if (self.table.dropna(subset="change").groupby("unit").size() < 2).all():
            parts.append(
                pick(
                    lang,
                    sv="Ingen har mer än en källa att jämföra.",
                    en="Nobody has more than one source to compare.",
                )
            )
        elif units:
            names = join(units[:NAMED], lang=lang) + (" …" if len(units) > NAMED else "")
            parts.append(
                pick(
                    lang,
                    sv=f"Källorna pekar åt olika håll för {names}: där behövs en läsning av underlaget.",
                    en=f"The sources point in different directions for {names}: there the material needs reading.",
                )
            )
        else:
            parts.append(
                pick(
                    lang,
                    sv="Ingen källa pekar åt motsatt håll mot en annan.",
                    en="No source points in the opposite direction to another.",
                )
            )
        apart = list(dict.fromkeys(self.contradictions.loc[self.contradictions["kind"] == "place", "unit"]))
        if apart:
            names = join(apart[:NAMED], lang=lang) + (" …" if len(apart) > NAMED else "")
            some, of = number(len(apart), lang=lang), self.labels.count(len(self.units), "unit", lang)
            parts.append(
                pick(
                    lang,
                    sv=f"För {some} av {of} ger två källor platser minst halva rangordningen isär ({names}).",
                    en=f"For {some} of {of} two sources give places at least half the ranking apart ({names}).",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Källorna mäter olika saker: nivå och djup följs genom programmet, positionerna under en dag. Att "
                "de är överens gör inte talen säkrare var för sig.",
                en="The sources measure different things: level and depth over the programme, positions over a day. "
                "That they agree does not make each number surer.",
            )
        )
        return " ".join(parts)

    def _parts(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        return self.sessions, self.table, self.contradictions

    def _agreement(self, row: dict[Any, Any], lang: Language) -> str:
        pair = pick(lang, sv=" och ", en=" and ").join(SOURCES[row[end]](lang) for end in ("first", "second"))
        n = self.labels.count(int(row["n"]), "unit", lang)
        if pd.isna(row["tau"]):
            return pick(
                lang,
                sv=f"{pair[0].upper()}{pair[1:]}: {n} har båda, för få för att jämföra ordningen.",
                en=f"{pair[0].upper()}{pair[1:]}: {n} have both, too few to compare their order.",
            )
        tau, chance = (number(row[value], 2, lang=lang) for value in ("tau", "chance"))
        verdict = pick(lang, sv="inom vad slumpen ger", en="within what chance gives")
        if abs(row["tau"]) > row["chance"]:
            verdict = pick(lang, sv="mer än slumpen ger", en="beyond what chance gives")
        return pick(
            lang,
            sv=f"{pair[0].upper()}{pair[1:]}: rangkorrelation {tau} ({n}), {verdict} (±{chance}).",
            en=f"{pair[0].upper()}{pair[1:]}: rank correlation {tau} ({n}), {verdict} (±{chance}).",
        )


def triangulate_learning(
    levels: LearningLevels,
    depth: CodedDepth,
    positions: PositionPairs,
    *,
    least_coded: int = 3,
    n_orders: int = 9999,
    seed: int = 0,
) -> LearningTriangulation:
    """Put rated levels, coded depth and positions side by side for each unit.

    Parameters
    ----------
    levels : LearningLevels
        From `learning_levels`.
    depth : CodedDepth
        From `coded_depth`.
    positions : PositionPairs
        From `position_pairs`; persons without a unit do not count.
    least_coded : int, default 3
        Coded segments in each half of a unit's sessions under which its depth is left out.
    n_orders : int, default 9999
        Random orders for what chance gives.
    seed : int, default 0
        Of the random orders.

    Returns
    -------
    LearningTriangulation
        One row per unit and source.

    References
    ----------
    Farmer, T. et al. (2006). Developing and implementing a triangulation protocol for qualitative health research.
    Qualitative Health Research 16, 377–394.

    Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33, 239–251.
    """
    sessions, ends = _sessions(levels, depth, positions), ["before", "after"]
    rows = []
    for unit, part in sessions.groupby("unit", sort=False):
        rows += [_rubric(str(unit), part), _depth(str(unit), part, least_coded), _positions(str(unit), part)]
    columns = ["unit", "source", "early", "late", "change", "n", "rests_on"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"unit": "str", "source": "str"} | dict.fromkeys(("early", "late", "change"), "float64")
    )
    table.insert(6, "place", table.groupby("source")["change"].transform(lambda c: _places(c.dropna())))
    table["row_id"] = row_ids(table, ["unit", "source"])
    return LearningTriangulation(
        table=table,
        agreement=_agreement(table, n_orders, seed),
        contradictions=_contradictions(table),
        sessions=sessions,
        least_coded=least_coded,
        scale=levels.scale,
        span=(float(positions.table[ends].min().min()), float(positions.table[ends].max().max())),
        labels=levels.labels,
    )


def _sessions(levels: LearningLevels, depth: CodedDepth, positions: PositionPairs) -> pd.DataFrame:
    """Join the three sources by unit and session; positions of one session are averaged over persons and statements."""
    keys = ["unit", "session"]
    rated = levels.sessions[[*keys, "level", "n_tools", "rests_on"]]
    coded = depth.table[[*keys, "deep", "surface", "share", "rests_on"]]
    pairs = positions.table.dropna(subset="unit")
    moved = pairs.groupby(keys, as_index=False).agg(
        before=("before", "mean"), after=("after", "mean"), pairs=("change", "size"), rests_on=("rests_on", gather)
    )
    sources = [part.rename(columns={"rests_on": f"from_{k}"}) for k, part in enumerate((rated, coded, moved))]
    joined = sources[0].merge(sources[1], on=keys, how="outer").merge(sources[2], on=keys, how="outer")
    order = {unit: place for place, unit in enumerate(dict.fromkeys([*rated["unit"], *coded["unit"]]))}
    joined = joined.sort_values(keys, key=lambda c: c.map(order) if c.name == "unit" else c, ignore_index=True)
    counts = ["n_tools", "deep", "surface", "pairs"]
    joined[counts] = joined[counts].fillna(0).astype("int64")
    behind = zip(*(as_tuples(joined[f"from_{k}"]) for k in range(3)), strict=True)
    joined["rests_on"] = as_tuples(gather(parts) for parts in behind)
    joined["row_id"] = row_ids(joined, keys)
    numbers = ["level", "n_tools", "deep", "surface", "share", "before", "after", "pairs"]
    return joined[[*keys, *numbers, "rests_on", "row_id"]]


def _halves(part: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier and the later half of some sessions; the middle one of an odd number belongs to neither."""
    half = len(part) // 2
    return part.head(half), part.tail(half)


def _row(unit: str, source: Source, early: float, late: float, n: int, part: pd.DataFrame) -> dict[str, Any]:
    change = late - early
    return {"unit": unit, "source": source, "early": early, "late": late, "change": change, "n": n} | {
        "rests_on": gather(part["rests_on"])
    }


def _rubric(unit: str, part: pd.DataFrame) -> dict[str, Any]:
    seen = part[part["level"].notna()]
    early, late = _halves(seen)
    ends = (float(early["level"].mean()), float(late["level"].mean())) if len(early) else (nan, nan)
    return _row(unit, "rubric", *ends, len(seen), seen)


def _depth(unit: str, part: pd.DataFrame, least: int) -> dict[str, Any]:
    coded = part[part["deep"] + part["surface"] > 0]
    shares = []
    for half in _halves(coded):
        deep, surface = int(half["deep"].sum()), int(half["surface"].sum())
        shares.append(deep / (deep + surface) if deep + surface >= least else nan)
    return _row(unit, "depth", shares[0], shares[1], int(coded[["deep", "surface"]].to_numpy().sum()), coded)


def _positions(unit: str, part: pd.DataFrame) -> dict[str, Any]:
    moved = part[part["pairs"] > 0]
    if moved.empty:
        return _row(unit, "positions", nan, nan, 0, moved)
    before, after = (float(np.average(moved[end], weights=moved["pairs"])) for end in ("before", "after"))
    return _row(unit, "positions", before, after, int(moved["pairs"].sum()), moved)


def _agreement(table: pd.DataFrame, n_orders: int, seed: int) -> pd.DataFrame:
    from scipy.stats import kendalltau

    wide, rows = table.pivot_table(index="unit", columns="source", values="change", sort=False), []
    for place, (first, second) in enumerate(combinations(SOURCES, 2)):
        both = wide.reindex(columns=[first, second]).dropna()
        a, b = both[first].to_numpy(), both[second].to_numpy()
        own = table[table["unit"].isin(both.index) & table["source"].isin([first, second])]
        row = {"first": first, "second": second, "n": len(both), "tau": nan, "chance": nan}
        if len(both) >= FEWEST and len(set(a)) > 1 and len(set(b)) > 1:
            row["tau"] = float(kendalltau(a, b).statistic)
            row["chance"] = _chance(a, b, n_orders, np.random.default_rng([seed, place]))
        rows.append(row | {"rests_on": gather(own["rests_on"])})
    agreement = pd.DataFrame(rows)
    agreement["row_id"] = row_ids(agreement, ["first", "second"])
    return agreement


def _chance(a: np.ndarray, b: np.ndarray, n_orders: int, rng: np.random.Generator) -> float:
    """Return what |tau-b| stays within in 95 % of random orders of one of the two."""
    n = len(a)
    if n > ALL_PAIRS:
        return 1.959964 * float(np.sqrt((4 * n + 10) / (9 * n * (n - 1))))  # tau is close to normal from there
    upper = np.triu_indices(len(a), 1)
    signs = np.sign(a[:, None] - a[None, :])[upper]
    orders = rng.permuted(np.tile(b, (n_orders, 1)), axis=1)
    shuffled = np.sign(orders[:, :, None] - orders[:, None, :])[:, upper[0], upper[1]]
    scale = np.sqrt(np.abs(signs).sum() * np.abs(shuffled[0]).sum())
    return float(np.quantile(np.abs(shuffled @ signs) / scale, 0.95, method="higher"))


def _contradictions(table: pd.DataFrame) -> pd.DataFrame:
    known = table.dropna(subset="change")
    order = {unit: place for place, unit in enumerate(dict.fromkeys(table["unit"]))}
    parts: list[pd.DataFrame] = []
    for first, second in combinations(SOURCES, 2):
        one, other = (known[known["source"] == source].set_index("unit") for source in (first, second))
        both = one.index.intersection(other.index, sort=False)
        one, other = one.loc[both], other.loc[both]
        turned = one["change"] * other["change"] < 0
        far = (_places(one["change"]) - _places(other["change"])).abs() >= APART
        far &= len(both) >= FEWEST
        kind = pd.Series(np.where(turned, "direction", np.where(far, "place", "")), index=both, dtype="str")
        rests_on = as_tuples(gather(rows) for rows in zip(one["rests_on"], other["rests_on"], strict=True))
        found = pd.DataFrame({"unit": both, "kind": kind.to_numpy(), "rests_on": rests_on})
        parts.append(found.assign(first=first, second=second).loc[kind.to_numpy() != ""])
    columns = ["unit", "first", "second", "kind"]
    joined: pd.DataFrame = pd.concat(parts).astype(dict.fromkeys(columns, "str"))
    joined = joined.sort_values("unit", key=lambda units: units.map(order), kind="stable", ignore_index=True)
    joined["row_id"] = row_ids(joined, ["unit", "first", "second"])
    return joined[[*columns, "rests_on", "row_id"]]


def _places(changes: "pd.Series[float]") -> "pd.Series[float]":
    """Return where each stands between the one that moved least (0) and the one that moved most (1)."""
    return (changes.rank() - 1) / max(len(changes) - 1, 1)


def _said(row: dict[Any, Any], lang: Language) -> str:
    """Put one contradiction in words."""
    first, second = (SOURCES[row[end]](lang) for end in ("first", "second"))
    pair = pick(
        lang, sv=f"{first[0].upper()}{first[1:]} och {second}", en=f"{first[0].upper()}{first[1:]} and {second}"
    )
    if row["kind"] == "direction":
        return pair + pick(lang, sv=" pekar åt olika håll.", en=" point in different directions.")
    return pair + pick(
        lang, sv=" ger enheten vitt skilda platser i ordningen.", en=" give the unit places far apart in the order."
    )
