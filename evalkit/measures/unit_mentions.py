"""Turns in which one unit speaks of another: a trace of learning from each other."""

import re
from dataclasses import dataclass

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, place_segments, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.study import Study
from evalkit.wording import Language, number, pick

__all__ = ["UnitMentions", "unit_mentions"]


@dataclass(frozen=True, slots=True, eq=False)
class UnitMentions:
    """How often a unit's people speak of another unit.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session, speaking unit and unit spoken of: session (missing where the document has none), unit,
        about, turns, rests_on (segment ids) and row_id. Only pairs with at least one turn.
    turns : pandas.DataFrame
        One row per speaking unit: unit, turns (all), about_others (that name another unit).
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    turns: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        some, of = (number(self.turns[column].sum(), lang=lang) for column in ("about_others", "turns"))
        noun = self.labels.noun("unit", lang)
        return pick(
            lang,
            sv=f"n = {some} av {of} repliker nämner en annan {noun} vid namn.",
            en=f"n = {some} of {of} turns name another {noun}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say who speaks of whom and what names cannot say."""
        noun, many = self.labels.noun("unit", lang), self.labels.noun("unit", lang, many=True)
        limit = pick(
            lang,
            sv="Bara den som nämns vid namn räknas: ”de andra” och ”en grannkommun” syns inte, och att nämna någon är "
            "inte att ha lärt av den.",
            en="Only those named count: “the others” and “a neighbour” do not show, and to name somebody is not to "
            "have learned from them.",
        )
        if self.table.empty:
            return (
                pick(lang, sv=f"Ingen nämner en annan {noun} vid namn. ", en=f"Nobody names another {noun}. ") + limit
            )
        speakers, named = self.table["unit"].nunique(), self.table.groupby("about")["turns"].sum()
        most, times = str(named.idxmax()), number(named.max(), lang=lang)
        of = self.labels.count(len(self.turns), "unit", lang)
        return (
            pick(
                lang,
                sv=f"{number(speakers)} av {of} nämner någon annan; oftast nämnd är {most} ({times} repliker). ",
                en=f"{number(speakers, lang='en')} of {of} name another of the {many}; most often named is {most} "
                f"({times} turns). ",
            )
            + limit
        )


def unit_mentions(segments: pd.DataFrame, documents: pd.DataFrame, study: Study) -> UnitMentions:
    """Count the turns in which the people of one unit name another unit.

    Parameters
    ----------
    segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`. Only turns of known units, and not the interviewer's or the team's own.
    study : Study
        Its units are looked for by id, name and other names.

    Returns
    -------
    UnitMentions
        A turn that names two others counts for both.
    """
    placed = place_segments(segments, documents)
    own = (segments["role"] == "informant") & placed["unit"].isin(study.unit_ids)
    said = placed[own].assign(text=segments.loc[own, "text"])
    rows = []
    for unit in study.units:
        words = [re.escape(word) for word in (unit.id, unit.name, *unit.aliases) if word]
        # A person's pseudonym begins with the unit's ("K02-1"); it names the person, and where from.
        found = said["text"].str.contains(rf"(?<!\w)(?:{'|'.join(words)})s?(?!\w)", case=False, regex=True)
        hits = said[found & (said["unit"] != unit.id)]
        rows.append(hits[["segment_id", "session", "unit"]].assign(about=unit.id))
    keys = ["session", "unit", "about"]
    empty = pd.DataFrame({"segment_id": said["segment_id"], "session": said["session"], "unit": said["unit"]}).head(0)
    hits = pd.concat([empty.assign(about=pd.Series(dtype="str")), *rows])
    table = hits.groupby(keys, as_index=False, dropna=False).agg(
        turns=("segment_id", "nunique"), rests_on=("segment_id", tuple)
    )
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, keys)
    turns = said.groupby("unit").agg(turns=("segment_id", "nunique")).reset_index()
    others = hits.groupby("unit")["segment_id"].nunique()
    turns["about_others"] = turns["unit"].map(others).fillna(0).astype("int64")
    return UnitMentions(table, turns, labels_of(study))
