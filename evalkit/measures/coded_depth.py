"""Codings of depth against codings of surface, per unit and session."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.errors import TableError
from evalkit.measures.placement import (
    Labels,
    When,
    group_values,
    labels_of,
    place_segments,
    row_ids,
)
from evalkit.measures.register_rows import as_tuples, gather, unit_session_grid
from evalkit.measures.tally import CountKind, count_kind, limits, place_codings, unchecked
from evalkit.study import Study
from evalkit.wording import Language, count_noun, interval, number, percent, pick

__all__ = ["CodedDepth", "check_sides", "coded_depth"]

_KEYS = ["unit", "session"]
_SIDES: dict[str, dict[Language, str]] = {
    "deep": {"sv": "djup", "en": "depth"},
    "surface": {"sv": "yta", "en": "surface"},
}
_PERIODS: dict[str, dict[Language, str]] = {
    "before": {"sv": "före händelsen", "en": "before the event"},
    "after": {"sv": "efter händelsen", "en": "after the event"},
    "first": {"sv": "första halvan", "en": "first half"},
    "second": {"sv": "andra halvan", "en": "second half"},
    "no_session": {"sv": "utan träff", "en": "without a session"},
}


@dataclass(frozen=True, slots=True, eq=False)
class CodedDepth:
    """Segments coded with depth, with surface or with both.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and session: unit, session, deep, surface (segments in which such a code is present: polarity
        "+"; one with both counts in both), share (deep / (deep + surface); missing where both are 0), words, rests_on
        (coding ids) and row_id.
    margins : pandas.DataFrame
        One row per session and one per unit, and one per period where corrected counts by period were given: by
        ("session", "unit", "period"), group, deep, surface, share (as in `table`, summed over the other; of a period
        the segments that the rules hit), and where corrected counts were given deep_total, surface_total (what people
        would have coded, each with _low and _high), share_corrected, share_low and share_high (from the opposite ends
        of both intervals, so wider than the intervals' level asks); missing otherwise. With rests_on and row_id.
    deep, surface : tuple of str
        The codes.
    when : {"said", "about"}
        Which session a segment was counted in.
    count_kind : {"machine", "people", "mixed"}
        Who coded. Machine codings have not been checked against people here.
    left_out : int
        Codings of these codes without unit or session.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    margins: pd.DataFrame
    deep: tuple[str, ...]
    surface: tuple[str, ...]
    when: When
    count_kind: CountKind
    left_out: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        deep, surface = (number(self.table[column].sum(), lang=lang) for column in ("deep", "surface"))
        text = pick(
            lang,
            sv=f"n = {deep} segment med {self._names('deep', lang)} och {surface} med {self._names('surface', lang)}; "
            f"{unchecked(self.count_kind, lang)}.",
            en=f"n = {deep} segments with {self._names('deep', lang)} and {surface} with "
            f"{self._names('surface', lang)}; {unchecked(self.count_kind, lang)}.",
        )
        if not self.left_out:
            return text
        return text + pick(
            lang,
            sv=f" {count_noun(self.left_out, 'kodning', 'kodningar')} utan {self._where(lang)} är inte med.",
            en=f" {count_noun(self.left_out, 'coding', 'codings', lang='en')} without {self._where(lang)} left out.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how depth and surface stand and what the counts cannot say."""
        deep, surface = (int(self.table[column].sum()) for column in ("deep", "surface"))
        if not deep + surface:
            return pick(
                lang,
                sv="Varken djup eller yta är kodad för någon enhet och träff.",
                en="Neither depth nor surface is coded for any unit and session.",
            )
        corrected = self._corrected(lang)
        if corrected:
            return corrected
        per_session = self.table.groupby("session")[["deep", "surface"]].sum()
        coded = per_session[per_session.sum(axis=1) > 0]
        ends = [
            f"{percent(row['deep'] / row.sum(), lang=lang)} av {number(row.sum())}"
            if lang == "sv"
            else f"{percent(row['deep'] / row.sum(), lang=lang)} of {number(row.sum(), lang=lang)}"
            for _, row in coded.iloc[[0, -1]].iterrows()
        ]
        first, last = (self.labels.group("session", session, lang) for session in (coded.index[0], coded.index[-1]))
        return pick(
            lang,
            sv=f"Djupet ({self._names('deep', lang)}) står för {ends[0]} kodade segment vid {first} och {ends[1]} vid "
            f"{last}. {limits(self.count_kind, lang)} Andelen är inte rättad för felkodning, som kan skilja sig "
            "mellan tidpunkter, och säger inte vad någon kan.",
            en=f"Depth ({self._names('deep', lang)}) makes up {ends[0]} coded segments at {first} and {ends[1]} at "
            f"{last}. {limits(self.count_kind, lang)} The share is not corrected for miscoding, which may differ over "
            "time, and does not tell what anybody can do.",
        ) + self._totals(lang)

    def _totals(self, lang: Language) -> str:
        """Say what is known of either side alone, by period or else by session."""
        for by in ("period", "session"):
            rows = self.margins[self.margins["by"] == by].to_dict("records")
            known = [(side, row) for side in ("deep", "surface") for row in rows if not pd.isna(row[f"{side}_total"])]
            if known:
                break
        else:
            return ""
        each = "; ".join(
            f"{_SIDES[side][lang]} {number(row[f'{side}_total'], lang=lang)} "
            f"({interval(row[f'{side}_low'], row[f'{side}_high'], 0, lang=lang)}; {self._group(row, lang)})"
            for side, row in known
        )
        return pick(
            lang,
            sv=f" Rättat antal segment, där stickprovet räcker: {each}.",
            en=f" Corrected number of segments, where enough was audited: {each}.",
        )

    def _group(self, row: dict[Any, Any], lang: Language) -> str:
        if row["by"] == "session":
            return self.labels.group("session", int(row["group"]), lang)
        return _PERIODS[row["group"]][lang] if row["group"] in _PERIODS else str(row["group"])

    def _corrected(self, lang: Language) -> str:
        """Say how the corrected share went, where it is known for two periods or else two sessions or more."""
        for by in ("period", "session"):
            known = self.margins[(self.margins["by"] == by) & self.margins["share_corrected"].notna()]
            if len(known) > 1:
                break
        else:
            return ""
        ends = [
            f"{percent(row['share_corrected'], lang=lang)} "
            f"({interval(100 * row['share_low'], 100 * row['share_high'], 0, lang=lang)}; {self._group(row, lang)})"
            for row in known.iloc[[0, -1]].to_dict("records")
        ]
        return pick(
            lang,
            sv=f"Rättat för felkodning står djupet ({self._names('deep', lang)}) för {ends[0]} först och {ends[1]} "
            "sist av segmenten med djup eller yta. Andelen gäller vad människor skulle ha kodat i detta material och "
            "säger inte vad någon kan.",
            en=f"Corrected for miscoding, depth ({self._names('deep', lang)}) makes up {ends[0]} first and {ends[1]} "
            "last of the segments with depth or surface. The share is about what people would have coded in this "
            "material and does not tell what anybody can do.",
        )

    def _names(self, which: str, lang: Language) -> str:
        codes = self.deep if which == "deep" else self.surface
        return ", ".join(self.labels.code(code, lang) for code in codes)

    def _where(self, lang: Language) -> str:
        return pick(lang, sv=" eller ", en=" or ").join(self.labels.noun(key, lang) for key in ("unit", "session"))


def coded_depth(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    documents: pd.DataFrame,
    deep: Collection[str],
    surface: Collection[str],
    codebook: Codebook | None = None,
    study: Study | None = None,
    when: When = "said",
    corrected: pd.DataFrame | None = None,
) -> CodedDepth:
    """Count the segments coded with depth and those coded with surface, per unit and session.

    Parameters
    ----------
    codings, segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`. The interviewer's own segments do not count.
    deep, surface : collection of str
        Ids of the codes that stand for depth and for surface.
    codebook : Codebook, optional
        Tells whether the codes exist, and their names.
    study : Study, optional
        Its units and sessions are there even without codings.
    when : {"said", "about"}, default "said"
        Whether a segment counts in the session of its document or in the session it speaks about.
    corrected : pandas.DataFrame, optional
        Counts corrected for miscoding, from `corrected_depth`: by ("period", "session" or "unit"), group (its number or
        id), side ("deep" or "surface": any code of that side), hits, total, ci_low, ci_high, and for periods
        rests_on. Groups that were not audited enough are not there or have no total.

    Returns
    -------
    CodedDepth
        Raw counts per unit and session; corrected ones only for whole sessions and units.

    Raises
    ------
    TableError
        If no code is given, one stands on both sides or is not in the codebook.
    """
    sides = {"deep": tuple(sorted(set(deep))), "surface": tuple(sorted(set(surface)))}
    check_sides(sides, codebook)
    placed = place_segments(segments, documents, when=when)
    spoken = placed[placed["informant"]]
    coded = place_codings(codings, spoken, placed)
    coded = coded[(coded["polarity"] == "+") & coded["code"].isin(sides["deep"] + sides["surface"])]
    units, sessions = (group_values(key, placed, study) for key in ("unit", "session"))
    table = unit_session_grid(units, sessions)
    for side, codes in sides.items():
        counts = coded[coded["code"].isin(codes)].groupby(_KEYS)["segment_id"].nunique().rename(side)
        table = table.merge(counts.reset_index(), on=_KEYS, how="left")
    words = spoken.groupby(_KEYS)["words"].sum()
    sources = coded.sort_values("coding_id").groupby(_KEYS)["coding_id"].agg(tuple).rename("rests_on")
    for part in (words, sources):
        table = table.merge(part.reset_index(), on=_KEYS, how="left")
    numbers = ["deep", "surface", "words"]
    table[numbers] = table[numbers].fillna(0).astype("int64")
    total = table["deep"] + table["surface"]
    table.insert(4, "share", table["deep"] / total.where(total > 0).astype("float64"))
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, _KEYS)
    return CodedDepth(
        table=table,
        margins=_margins(table, corrected),
        **sides,
        when=when,
        count_kind=count_kind(coded.merge(codings[["coding_id", "rule"]], on="coding_id")),
        left_out=int(coded[_KEYS].isna().any(axis=1).sum()),
        labels=labels_of(study, codebook),
    )


def check_sides(sides: Mapping[str, Collection[str]], codebook: Codebook | None) -> None:
    """Refuse sides without codes, a code on both, and codes that are not in the codebook."""
    for side, codes in sides.items():
        if not codes:
            raise TableError(f"coded_depth: {side}= names no code; give at least one.")
    both = sorted(set(sides["deep"]) & set(sides["surface"]))
    if both:
        raise TableError(f"coded_depth: code '{both[0]}' stands for both depth and surface; choose one.")
    unknown = [code for codes in sides.values() for code in codes if codebook and code not in codebook.ids]
    if unknown:
        raise TableError(f"coded_depth: code '{unknown[0]}' is not in the codebook; correct it or add the code.")


def _margins(table: pd.DataFrame, corrected: pd.DataFrame | None) -> pd.DataFrame:
    """Sum over units and over sessions; put corrected counts beside, with the rules' counts of the same segments."""
    parts = []
    for by in ("session", "unit"):
        sums = table.groupby(by, sort=False, as_index=False).agg(
            deep=("deep", "sum"), surface=("surface", "sum"), rests_on=("rests_on", gather)
        )
        parts.append(sums.assign(by=by, group=sums[by].astype("str")).drop(columns=by))
    margins = pd.concat([*parts, *_periods(corrected)], ignore_index=True)
    for side in ("deep", "surface"):
        names = {"total": f"{side}_total", "ci_low": f"{side}_low", "ci_high": f"{side}_high"}
        if corrected is None:
            margins[list(names.values())] = float("nan")
            continue
        own = corrected.loc[corrected["side"] == side, ["by", "group", "hits", *names]].rename(columns=names)
        margins = margins.merge(own.assign(group=own["group"].astype("str")), on=["by", "group"], how="left")
        # The hits are of the same segments as the corrected counts; the table lacks those without unit or session.
        margins[side] = margins.pop("hits").fillna(margins[side]).astype("int64")
    total = margins["deep"] + margins["surface"]
    margins["share"] = margins["deep"] / total.where(total > 0).astype("float64")
    deep, surface = margins["deep_total"], margins["surface_total"]
    none = deep + surface == 0
    deep, surface = deep.mask(none), surface.mask(none)
    margins["share_corrected"] = deep / (deep + surface)
    margins["share_low"] = margins["deep_low"] / (margins["deep_low"] + margins["surface_high"])
    margins["share_high"] = margins["deep_high"] / (margins["deep_high"] + margins["surface_low"])
    margins["row_id"] = row_ids(margins, ["by", "group"])
    counts = [f"{side}_{end}" for side in ("deep", "surface") for end in ("total", "low", "high")]
    shares = ["share_corrected", "share_low", "share_high"]
    return margins[["by", "group", "deep", "surface", "share", *counts, *shares, "rests_on", "row_id"]]


def _periods(corrected: pd.DataFrame | None) -> list[pd.DataFrame]:
    """Take the rules' counts of each period from the corrected counts, since periods are no part of the table."""
    rows = pd.DataFrame() if corrected is None else corrected[corrected["by"] == "period"]
    if rows.empty:
        return []
    counts = rows.pivot_table(index="group", columns="side", values="hits", aggfunc="sum")
    order = [group for group in _PERIODS if group in counts.index]
    order += [group for group in counts.index if group not in _PERIODS]
    counts = counts.reindex(index=order, columns=["deep", "surface"]).fillna(0).astype("int64")
    sources = rows.groupby("group")["rests_on"].agg(gather)
    return [counts.assign(by="period", rests_on=sources).reset_index()]
