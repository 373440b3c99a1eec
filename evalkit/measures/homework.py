"""Homework handed in, per unit and session."""

from dataclasses import dataclass

import pandas as pd

from evalkit.measures.placement import Labels, count_words, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, gather, leaving, presence, unit_list, unit_session_grid
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, percent, pick

__all__ = ["Homework", "homework"]


@dataclass(frozen=True, slots=True, eq=False)
class Homework:
    """What each unit handed in after each session that anybody handed in something after.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and session: unit, session, documents, words, state ("handed in", "nothing", "may have left",
        "left"), rests_on (document ids) and row_id.
    units : pandas.DataFrame
        One row per unit: unit, handed_in, nothing (sessions), rests_on and row_id.
    unplaced : int
        Homework without unit or session, which is left out.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    unplaced: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        documents = int(self.table["documents"].sum())
        units = self.labels.count(len(self.units), "unit", lang)
        text = pick(
            lang,
            sv=f"n = {count_noun(documents, 'hemuppgift', 'hemuppgifter')} av {units}.",
            en=f"n = {count_noun(documents, 'piece', 'pieces', lang='en')} of homework by {units}.",
        )
        if not self.unplaced:
            return text
        return text + pick(
            lang,
            sv=f" {number(self.unplaced)} utan {self._where(lang)} är inte med.",
            en=f" {number(self.unplaced, lang='en')} without {self._where(lang)} left out.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how much was handed in and what that cannot say."""
        there = self.table[self.table["state"].isin(["handed in", "nothing"])]
        if there.empty:
            return pick(lang, sv="Ingen hemuppgift finns i materialet.", en="There is no homework in the material.")
        done = there["state"] == "handed in"
        share = percent(done.mean(), lang=lang)
        full = number((self.units["nothing"] == 0).sum(), lang=lang)
        by_session = done.groupby(there["session"]).mean()
        ends = [
            f"{percent(value, lang=lang)} ({self.labels.group('session', session, lang)})"
            for session, value in by_session.iloc[[0, -1]].items()
        ]
        return pick(
            lang,
            sv=f"De som var kvar lämnade in {share} av hemuppgifterna, från {ends[0]} till {ends[1]}; {full} lämnade "
            "in varje gång. Det som inte finns i materialet räknas som inte inlämnat, även om det bara saknas där, "
            "och en inlämnad hemuppgift säger inte hur bra den är.",
            en=f"Those still taking part handed in {share} of the homework, from {ends[0]} to {ends[1]}; {full} did "
            "so every time. What is not in the material counts as not handed in, even if it is only missing there, "
            "and homework handed in does not tell how good it is.",
        )

    def _where(self, lang: Language) -> str:
        return pick(lang, sv=" eller ", en=" or ").join(self.labels.noun(key, lang) for key in ("unit", "session"))


def homework(documents: pd.DataFrame, *, enrolment: pd.DataFrame | None = None, study: Study | None = None) -> Homework:
    """Tell which units handed in homework after which sessions.

    Parameters
    ----------
    documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; those of the kind "hemuppgift" count.
    enrolment : pandas.DataFrame, optional
        Tells when units left.
    study : Study, optional
        Its units are there even without homework.

    Returns
    -------
    Homework
        A session after which nobody handed in anything is taken to have set no homework.
    """
    given = documents[documents["kind"] == "hemuppgift"]
    placed = given.dropna(subset=["unit", "session"])
    left = leaving(enrolment)
    enrolled = [] if enrolment is None else [enrolment["unit"]]
    sessions = sorted({int(session) for session in placed["session"]})
    table = unit_session_grid(unit_list(study, placed["unit"], *enrolled), sessions)
    keys = ["unit", "session"]
    grouped = placed.assign(words=count_words(placed["text"])).groupby(keys, as_index=False)
    counts = grouped.agg(documents=("document_id", "nunique"), words=("words", "sum"), rests_on=("document_id", tuple))
    table = table.merge(counts, on=keys, how="left")
    table[["documents", "words"]] = table[["documents", "words"]].fillna(0).astype("int64")
    table["state"] = [
        _state(unit, int(session), count, left)
        for unit, session, count in table[["unit", "session", "documents"]].itertuples(index=False, name=None)
    ]
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, keys)
    columns = [*keys, "documents", "words", "state", "rests_on", "row_id"]
    return Homework(table[columns], _units(table), len(given) - len(placed), labels_of(study))


def _state(unit: str, session: int, documents: int, left: dict[str, tuple[int, int | None]]) -> str:
    if documents:
        return "handed in"
    # Homework is done after its session: a unit that left right after it may never have begun.
    there = presence(unit, session + 1, left)
    return "nothing" if there == "in" else there


def _units(table: pd.DataFrame) -> pd.DataFrame:
    marked = table.assign(
        handed_in=(table["state"] == "handed in").astype("int64"), nothing=(table["state"] == "nothing").astype("int64")
    )
    units = marked.groupby("unit", sort=False).agg(
        handed_in=("handed_in", "sum"), nothing=("nothing", "sum"), rests_on=("rests_on", gather)
    )
    units = units.reset_index()
    units["row_id"] = row_ids(units, ["unit"])
    return units
