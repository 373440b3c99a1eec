"""Where people stood at check-in and check-out on the same statement: counts per zone, and pairs where known."""

from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd

from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, gather, source_rows
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["PositionPairs", "PositionZones", "position_pairs", "position_zones"]

_STATEMENT = ["session", "statement"]


@dataclass(frozen=True, slots=True, eq=False)
class PositionZones:
    """Persons per zone at check-in and check-out.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session, statement, phase and zone: session, statement, phase ("in", "out"), zone, agreement (0 for
        the zone of least agreement, one more per zone), n (persons), share (of the phase), rests_on (rows of the
        register) and row_id. Only statements that were put in both phases.
    zones : tuple of str
        From least to most agreement.
    one_phase : int
        Statements put in one phase only, which cannot be compared and are left out.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    zones: tuple[str, ...]
    one_phase: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        statements = len(self.table[_STATEMENT].drop_duplicates())
        persons = self.table.groupby("phase")["n"].sum().reindex(["in", "out"], fill_value=0)
        before, after = (number(count, lang=lang) for count in persons)
        text = pick(
            lang,
            sv=f"n = {count_noun(statements, 'påstående', 'påståenden')}; {before} placeringar vid incheckning och "
            f"{after} vid utcheckning.",
            en=f"n = {count_noun(statements, 'statement', 'statements', lang='en')}; {before} placings at check-in and "
            f"{after} at check-out.",
        )
        return text + _left_out(self.one_phase, lang)

    def sentence(self, lang: Language = "sv") -> str:
        """Say where people stood and what counts per zone cannot say."""
        if self.table.empty:
            return pick(
                lang,
                sv="Inget påstående har ställts både vid incheckning och utcheckning.",
                en="No statement was put both at check-in and at check-out.",
            )
        weighted = self.table.assign(agreement=self.table["agreement"] * self.table["share"])
        places = weighted.groupby([*_STATEMENT, "phase"])["agreement"].sum().unstack("phase")  # noqa: PD010
        total = number(len(places), lang=lang)
        higher, lower = (
            number(count, lang=lang)
            for count in ((places["out"] > places["in"]).sum(), (places["out"] < places["in"]).sum())
        )
        return pick(
            lang,
            sv=f"På {higher} av {total} påståenden stod man i medeltal närmare instämmande vid utcheckning än vid "
            f"incheckning, på {lower} längre från. Antal per zon säger inte vilka som flyttade sig, och inte om de "
            "står kvar dagen efter.",
            en=f"On {higher} of {total} statements people stood on average closer to agreement at check-out than at "
            f"check-in, on {lower} further from it. Counts per zone do not tell who moved, nor whether they stand "
            "there the day after.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class PositionPairs:
    """Known persons' places on the same statement, before and after.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session, statement and participant with a place in both phases: session, statement, participant,
        unit, before, after (agreement: zones counted from the least agreeing, or centimetres with the sign of the
        declared direction), change (after − before: more is towards agreement), rests_on (rows of the register) and
        row_id.
    statements : pandas.DataFrame
        One row per session and statement: session, statement, pairs, towards, same, away (persons), mean_change,
        unpaired (known persons with one place only), rests_on and row_id.
    unit : {"zones", "cm"}
        Of the places.
    one_phase : int
        Statements put in one phase only, which cannot be compared and are left out.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    statements: pd.DataFrame
    unit: str
    one_phase: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        pairs, persons = len(self.table), self.table["participant"].nunique()
        text = pick(
            lang,
            sv=f"n = {number(pairs)} par av {count_noun(persons, 'person', 'personer')} på "
            f"{count_noun(len(self.statements), 'påstående', 'påståenden')}.",
            en=f"n = {number(pairs, lang='en')} pairs of {count_noun(persons, 'person', 'persons', lang='en')} on "
            f"{count_noun(len(self.statements), 'statement', 'statements', lang='en')}.",
        )
        return text + _left_out(self.one_phase, lang)

    def sentence(self, lang: Language = "sv") -> str:
        """Say who moved which way and what that cannot say."""
        if self.table.empty:
            return pick(
                lang,
                sv="Ingen känd person har en plats både vid incheckning och utcheckning.",
                en="No known person has a place both at check-in and at check-out.",
            )
        change = self.table["change"]
        towards, same, away = (number(n.sum(), lang=lang) for n in (change > 0, change == 0, change < 0))
        return pick(
            lang,
            sv=f"Av {number(len(change))} par flyttade {towards} mot instämmande, {same} stod kvar och {away} flyttade "
            "bort. Samma personer återkommer på flera påståenden, de ser varandra och frågan ställs samma dag: det är "
            "ingen mätning av varaktig förändring.",
            en=f"Of {number(len(change), lang='en')} pairs {towards} moved towards agreement, {same} stayed and {away} "
            "moved away. The same persons recur on several statements, they see one another and are asked the same "
            "day: this is no measure of lasting change.",
        )


def position_zones(positions: pd.DataFrame, study: Study) -> PositionZones:
    """Count the persons per zone at check-in and check-out, on statements that were put in both.

    Parameters
    ----------
    positions : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`: a count per zone, or one row per participant.
    study : Study
        Its zones in order, and whether near is agreement.

    Returns
    -------
    PositionZones
        Without zones in the register (a scale in centimetres), no rows.

    Raises
    ------
    TableError
        If a zone is not declared.
    """
    zones = _agreeing(study)
    given = positions[positions["zone"].notna()]
    _check_zones(given, zones)
    given = given.assign(n=given["n"].fillna(1).astype("int64"), source=source_rows(given))
    both, one_phase = _both_phases(given)
    keys = [*_STATEMENT, "phase"]
    counts = both.groupby([*keys, "zone"]).agg(n=("n", "sum"), rests_on=("source", tuple)).reset_index()
    grid = both[_STATEMENT].drop_duplicates().merge(pd.DataFrame({"phase": ["in", "out"]}), how="cross")
    steps = pd.DataFrame({"zone": pd.Series(zones, dtype="str"), "agreement": range(len(zones))})
    table = grid.merge(steps, how="cross").merge(counts, on=[*keys, "zone"], how="left")
    table["n"] = table["n"].fillna(0).astype("int64")
    totals = table.groupby(keys)["n"].transform("sum")
    table["share"] = table["n"] / totals.where(totals > 0)
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, [*keys, "zone"])
    columns = [*keys, "zone", "agreement", "n", "share", "rests_on", "row_id"]
    return PositionZones(table[columns], zones, one_phase, labels_of(study))


def position_pairs(positions: pd.DataFrame, study: Study) -> PositionPairs:
    """Pair the places of known participants on the same statement of the same session.

    Parameters
    ----------
    positions : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; rows without a participant are left out.
    study : Study
        Its scale of positions and the direction of agreement.

    Returns
    -------
    PositionPairs
        Never across different statements.

    Raises
    ------
    TableError
        If a zone is not declared, or a participant has two places in one phase.
    """
    scale = study.scales.position
    given = positions[positions["participant"].notna()]
    given = given.assign(place=_places(given, study), source=source_rows(given)).dropna(subset="place")
    both, one_phase = _both_phases(given)
    keys = [*_STATEMENT, "participant"]
    twice = both.duplicated([*keys, "phase"])
    if twice.any():
        raise TableError(
            f"positions: row {both.loc[twice, 'source_row'].iloc[0]} gives a participant a second place on the same "
            "statement and phase. Keep one."
        )
    halves = [both.loc[both["phase"] == phase, [*keys, "unit", "place", "source"]] for phase in ("in", "out")]
    table = halves[0].merge(halves[1], on=keys, suffixes=("", "_out"))
    table = table.sort_values(keys, ignore_index=True)
    pairs = table[[*keys, "unit"]].assign(
        before=table["place"],
        after=table["place_out"],
        change=table["place_out"] - table["place"],
        rests_on=as_tuples(zip(table["source"], table["source_out"], strict=True)),
    )
    pairs["row_id"] = row_ids(pairs, keys)
    return PositionPairs(pairs, _statements(pairs, both), scale.unit, one_phase, labels_of(study))


def _agreeing(study: Study) -> tuple[str, ...]:
    """Return the zones from least to most agreement; they are declared from near to far."""
    scale = study.scales.position
    return scale.zones[::-1] if scale.near_is == "agree" else scale.zones


def _check_zones(given: pd.DataFrame, zones: tuple[str, ...]) -> None:
    unknown = ~given["zone"].isin(zones)
    if unknown.any():
        raise TableError(
            f"positions: the zone in row {given.loc[unknown, 'source_row'].iloc[0]} is not declared. Correct the row, "
            "or declare zones under [scales.position] in study.toml, from near to far."
        )


def _places(given: pd.DataFrame, study: Study) -> "pd.Series[float]":
    """Express each place so that more is more agreement."""
    scale = study.scales.position
    if scale.unit == "cm":
        return given["distance_cm"] * (-1 if scale.near_is == "agree" else 1)
    zones = _agreeing(study)
    _check_zones(given[given["zone"].notna()], zones)
    return given["zone"].map({zone: float(step) for step, zone in enumerate(zones)}).astype("float64")


def _both_phases(given: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Keep the statements that were put in both phases, and count the others."""
    phases = given.groupby(_STATEMENT)["phase"].transform("nunique")
    alone = given.loc[phases < 2, _STATEMENT].drop_duplicates()
    return given[phases == 2].sort_values(_STATEMENT, kind="stable"), len(alone)


def _statements(pairs: pd.DataFrame, both: pd.DataFrame) -> pd.DataFrame:
    known = both.groupby(_STATEMENT)["participant"].nunique().reset_index()
    rows: list[dict[str, Any]] = []
    for session, statement, persons in known.itertuples(index=False, name=None):
        part = pairs[(pairs["session"] == session) & (pairs["statement"] == statement)]
        change = part["change"]
        rows.append(
            {
                "session": session,
                "statement": statement,
                "pairs": len(part),
                "towards": int((change > 0).sum()),
                "same": int((change == 0).sum()),
                "away": int((change < 0).sum()),
                "mean_change": change.mean() if len(part) else nan,
                "unpaired": int(persons) - len(part),
                "rests_on": gather(part["rests_on"]),
            }
        )
    columns = [*_STATEMENT, "pairs", "towards", "same", "away", "mean_change", "unpaired", "rests_on"]
    table = pd.DataFrame(rows, columns=columns).astype({"session": "Int64", "statement": "str"})
    table["row_id"] = row_ids(table, _STATEMENT)
    return table


def _left_out(one_phase: int, lang: Language) -> str:
    if not one_phase:
        return ""
    return pick(
        lang,
        sv=f" {count_noun(one_phase, 'påstående', 'påståenden')} i bara en fas är inte med.",
        en=f" {count_noun(one_phase, 'statement', 'statements', lang='en')} of one phase only left out.",
    )
