"""What has been introduced at home, and what is known of it: said, shown or observed. Apart from learning levels."""

from dataclasses import dataclass

import pandas as pd

from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, source_rows, tool_names, unit_list
from evalkit.study import Study, Text
from evalkit.tables.schemas import EVIDENCE
from evalkit.wording import Language, number, pick

__all__ = ["Implementation", "implementation_status"]

_CELL = ["unit", "tool"]
# A register is free to choose its words; these are the usual ones.
_ENGLISH = {"planerat": "planned", "påbörjat": "begun", "prövat": "tried", "infört": "introduced"}


@dataclass(frozen=True, slots=True, eq=False)
class Implementation:
    """The latest record of each unit and tool.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and tool: unit, tool, status (of the latest record, in the register's words; missing without
        one), evidence ("said", "shown" or "observed", of that record), date (of it), strongest (kind of evidence of
        any record), records, rests_on (rows of the register, all records) and row_id.
    statuses : tuple of str
        The register's words, in the order in which they first stand in time.
    tools : dict of str to Text
        Names of the tools.
    records : int
        Rows of the register.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    statuses: tuple[str, ...]
    tools: dict[str, Text]
    records: int
    labels: Labels

    def status_name(self, status: str, lang: Language = "sv") -> str:
        """Return the register's word, in English where it is one of the usual Swedish ones."""
        return pick(lang, sv=status, en=_ENGLISH.get(status.casefold(), status))

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        known, cells = number(self.table["status"].notna().sum(), lang=lang), number(len(self.table), lang=lang)
        records = number(self.records, lang=lang)
        return pick(
            lang,
            sv=f"n = {records} uppgifter om {known} av {cells} rutor ({self.labels.noun('unit', lang)} × verktyg).",
            en=f"n = {records} records on {known} of {cells} cells ({self.labels.noun('unit', lang)} × tool).",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what is known, by which evidence, and what that cannot say."""
        known = self.table.dropna(subset="status")
        if known.empty:
            return pick(
                lang,
                sv="Inget är antecknat om vad som införts på hemmaplan.",
                en="Nothing is recorded of what has been introduced at home.",
            )
        said, shown, observed = (number((known["evidence"] == kind).sum(), lang=lang) for kind in EVIDENCE)
        of, silent = number(len(known), lang=lang), number(len(self.table) - len(known), lang=lang)
        statuses = ", ".join(
            f"{self.status_name(status, lang)} {number((known['status'] == status).sum(), lang=lang)}"
            for status in self.statuses
        )
        return pick(
            lang,
            sv=f"Senaste uppgift i {of} rutor: {statuses}. {said} är bara sagt, {shown} visat och {observed} "
            f"observerat; {silent} rutor saknar uppgift. Det som är sagt är inte kontrollerat, och utan uppgift är "
            "inte samma sak som inte infört.",
            en=f"Latest record of {of} cells: {statuses}. {said} only said, {shown} shown and {observed} observed; "
            f"{silent} cells have no record. What was said has not been checked, and no record is not the same as not "
            "introduced.",
        )


def implementation_status(implementation: pd.DataFrame, study: Study) -> Implementation:
    """Find the latest record of each unit and tool, with its kind of evidence.

    Parameters
    ----------
    implementation : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its units and tools.

    Returns
    -------
    Implementation
        One row per unit and tool.

    Raises
    ------
    TableError
        If a tool is not declared.
    """
    unknown = ~implementation["tool"].isin(study.tool_ids)
    if unknown.any():
        row = implementation[unknown].iloc[0]
        raise TableError(
            f"implementation: tool '{row['tool']}' in row {row['source_row']} is not declared. Correct the row, or "
            "declare it under [[tools]] in study.toml."
        )
    given = implementation.assign(
        source=source_rows(implementation), strength=implementation["evidence"].map(EVIDENCE.index)
    )
    given = given.sort_values("date", kind="stable")
    by_cell = given.groupby(_CELL)
    latest = by_cell[["status", "evidence", "date"]].last()
    latest["strongest"] = by_cell["strength"].max().map(lambda strength: EVIDENCE[int(strength)]).astype("str")
    latest["records"] = by_cell.size()
    latest["rests_on"] = by_cell["source"].agg(tuple)
    units = unit_list(study, implementation["unit"])
    cells = pd.DataFrame([(u, t) for u in units for t in study.tool_ids], columns=_CELL).astype("str")
    table = cells.merge(latest.reset_index(), on=_CELL, how="left")
    table["records"] = table["records"].fillna(0).astype("int64")
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, _CELL)
    return Implementation(
        table=table,
        statuses=tuple(dict.fromkeys(given["status"])),
        tools=tool_names(study),
        records=len(implementation),
        labels=labels_of(study),
    )
