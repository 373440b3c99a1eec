"""The codes of a codebook's own groupings: a matrix of fields, or a cycle of steps."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from evalkit.coding.codebook import Codebook, Cycle, Matrix
from evalkit.errors import CodebookError
from evalkit.measures.placement import Labels, count_words, labels_of, row_ids
from evalkit.measures.tally import (
    CountKind,
    count_kind,
    extent,
    limits,
    place_codings,
    unchecked,
    with_counts,
    with_rates,
)
from evalkit.study import Text
from evalkit.wording import Language, number, pick

__all__ = ["GroupingCounts", "grouping_counts"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupingCounts:
    """The codes of one grouping of the codebook, placed where it puts them.

    Attributes
    ----------
    table : pandas.DataFrame
        part ("cell"; or "step", "hub", "between", "gap"), row and column (of a matrix, else missing), position (of a
        step, or of the gap that follows it), code, segments, codings, plus, minus, unclear, words, per_1000, rests_on
        (coding ids) and row_id. A *gap* counts the segments in which a code that stands between the steps was coded
        together with the step before or after; a segment may so be counted in several gaps.
    grouping : str
        Id of the grouping.
    kind : {"matrix", "cycle"}
        How it is drawn.
    name : Text
        Its name.
    rows, columns : tuple of Text
        Names of the rows and columns of a matrix.
    count_kind : {"machine", "people", "mixed"}
        Who coded.
    codings, coded_segments, segments, words : int
        Of the grouping's codes, and of the whole corpus but for the interviewer's segments.
    between_alone : int
        Segments with a code that stands between the steps, coded together with no step.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    grouping: str
    kind: Literal["matrix", "cycle"]
    name: Text
    rows: tuple[Text, ...]
    columns: tuple[Text, ...]
    count_kind: CountKind
    codings: int
    coded_segments: int
    segments: int
    words: int
    between_alone: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        return f"n = {self._extent(lang)}; {unchecked(self.count_kind, lang)}."

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the codings are spread over the grouping and what that cannot say."""
        name = self.name(lang)
        if not self.codings:
            return pick(lang, sv=f"{name}: inga kodningar.", en=f"{name}: no codings.")
        counted = self.table[self.table["part"] != "gap"].sort_values("segments", ascending=False, kind="stable")
        shares = ", ".join(
            f"{self.labels.code(code, lang)} {number(n, lang=lang)}"
            for code, n in zip(counted["code"], counted["segments"], strict=True)
        )
        parts = [pick(lang, sv=f"{name}, kodade segment: {shares}.", en=f"{name}, coded segments: {shares}.")]
        if (self.table["part"] == "between").any():
            alone = number(self.between_alone, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Mellan stegen räknas segment som också har steget före eller efter; {alone} segment har inget "
                    "steg.",
                    en="Between the steps, segments are counted that also have the step before or after; "
                    f"{alone} have no step.",
                )
            )
        return " ".join([*parts, limits(self.count_kind, lang)])

    def _extent(self, lang: Language) -> str:
        return extent(
            codings=self.codings, coded=self.coded_segments, segments=self.segments, words=self.words, lang=lang
        )


def grouping_counts(
    codings: pd.DataFrame, segments: pd.DataFrame, codebook: Codebook, grouping_id: str
) -> GroupingCounts:
    """Count the codes of a grouping that the codebook declares: a matrix of fields, or a cycle of steps.

    Parameters
    ----------
    codings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    codebook : Codebook
        Declares the grouping.
    grouping_id : str
        Which one.

    Returns
    -------
    GroupingCounts
        One row per code and place, zeros present.

    Raises
    ------
    CodebookError
        If the codebook has no such grouping.
    TableError
        If a coding's segment is missing.
    """
    grouping = next((g for g in codebook.groupings if g.id == grouping_id), None)
    if grouping is None:
        known = ", ".join(g.id for g in codebook.groupings) or "none"
        raise CodebookError(f"grouping '{grouping_id}' is not declared in the codebook; declared: {known}.")
    spoken = segments[segments["role"] != "intervjuare"]
    coded = place_codings(codings, spoken[["segment_id"]], segments)
    places = _cells(grouping) if isinstance(grouping, Matrix) else _ring(grouping)
    parts = pd.DataFrame(places, columns=["part", "row", "column", "position", "code"])
    parts = parts.astype({"part": "str", "row": "Int64", "column": "Int64", "position": "Int64", "code": "str"})
    gaps = parts["part"] == "gap"
    table = with_counts(parts[~gaps], coded, ["code"])
    alone = 0
    if isinstance(grouping, Cycle) and gaps.any():
        beside, alone = _beside_steps(coded, grouping)
        table = pd.concat([table, with_counts(parts[gaps], beside, ["position", "code"])], ignore_index=True)
    table["words"] = int(count_words(spoken["text"]).sum())
    table = with_rates(table)
    table["row_id"] = row_ids(table, ["part", "row", "column", "position", "code"])
    own = coded[coded["code"].isin(table["code"])]
    return GroupingCounts(
        table=table,
        grouping=grouping.id,
        kind="matrix" if isinstance(grouping, Matrix) else "cycle",
        name=grouping.name,
        rows=grouping.rows if isinstance(grouping, Matrix) else (),
        columns=grouping.columns if isinstance(grouping, Matrix) else (),
        count_kind=count_kind(codings),
        codings=len(own),
        coded_segments=own["segment_id"].nunique(),
        segments=len(spoken),
        words=int(count_words(spoken["text"]).sum()),
        between_alone=alone,
        labels=labels_of(None, codebook),
    )


def _cells(grouping: Matrix) -> list[tuple[str, int, int, None, str]]:
    return [("cell", i, j, None, code) for i, row in enumerate(grouping.cells) for j, code in enumerate(row)]


def _ring(grouping: Cycle) -> list[tuple[str, None, None, int | None, str]]:
    """Return the parts of a cycle: its steps, its hub, and what stands between the steps as a whole and gap by gap."""
    between, steps = grouping.between, list(enumerate(grouping.steps))
    parts: list[tuple[str, None, None, int | None, str]] = [("step", None, None, i, code) for i, code in steps]
    parts += [("hub", None, None, None, grouping.hub)] if grouping.hub else []
    parts += [("between", None, None, None, code) for code in between]
    return parts + [("gap", None, None, i, code) for i, _ in steps for code in between]


def _beside_steps(coded: pd.DataFrame, cycle: Cycle) -> tuple[pd.DataFrame, int]:
    """Return the between-codings beside the step before or after each gap, and how many segments have no step."""
    between = coded[coded["code"].isin(cycle.between)]
    gaps = []
    for position, step in enumerate(cycle.steps):
        near = coded["code"].isin([step, cycle.steps[(position + 1) % len(cycle.steps)]])
        here = between["segment_id"].isin(coded.loc[near, "segment_id"])
        gaps.append(between[here].assign(position=position))
    stepped = coded.loc[coded["code"].isin(cycle.steps), "segment_id"]
    alone = between.loc[~between["segment_id"].isin(stepped), "segment_id"].nunique()
    return pd.concat(gaps, ignore_index=True).astype({"position": "Int64"}), alone
