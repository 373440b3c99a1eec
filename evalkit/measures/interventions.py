"""What the evaluator advised along the way and what became of it: a formative evaluation changes what it studies."""

from dataclasses import dataclass

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, source_rows
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["Interventions", "interventions"]


@dataclass(frozen=True, slots=True, eq=False)
class Interventions:
    """The evaluator's interventions in order.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per intervention: intervention, date, after_session, advice, uptake (as noted; missing where nothing
        is), known (whether the uptake is noted), rests_on (row of the register) and row_id.
    uptakes : dict of str to int
        How often each uptake was noted, in the register's words.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    uptakes: dict[str, int]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        count, known = len(self.table), number(self.table["known"].sum(), lang=lang)
        return pick(
            lang,
            sv=f"n = {count_noun(count, 'råd', 'råd')} från utvärderaren; av {known} är det antecknat vad som hände.",
            en=f"n = {count_noun(count, 'piece', 'pieces', lang='en')} of advice by the evaluator; of {known} it is "
            "noted what happened.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what became of the advice and what that cannot say."""
        if self.table.empty:
            return pick(
                lang,
                sv="Inga råd från utvärderaren är antecknade; om några gavs har de kunnat påverka det som utvärderas.",
                en="No advice by the evaluator has been recorded; if any was given it may have affected what is "
                "evaluated.",
            )
        each = "; ".join(f"”{words}” {number(n)}" for words, n in self.uptakes.items()) or "–"
        if lang == "en":
            each = "; ".join(f"“{words}” {number(n, lang=lang)}" for words, n in self.uptakes.items()) or "–"
        return pick(
            lang,
            sv=f"Vad som hände efter råden: {each}. Upptaget är antecknat av utvärderaren själv. Råden är en del av "
            "programmet: det som ändrades efter dem är inte bara teamets verk, och jämförelser över tid bär dem med "
            "sig.",
            en=f"What happened after the advice: {each}. Its uptake is noted by the evaluator. The advice is part of "
            "the programme: what changed after it is not the team's work alone, and comparisons over time carry it.",
        )


def interventions(register: pd.DataFrame, *, study: Study | None = None) -> Interventions:
    """List what the evaluator advised and what is noted of its uptake.

    Parameters
    ----------
    register : pandas.DataFrame
        The register of interventions, see `evalkit.tables.SCHEMAS`.
    study : Study, optional
        For names.

    Returns
    -------
    Interventions
        In order of session and date; those without either come last.
    """
    columns = ["intervention", "date", "after_session", "advice", "uptake"]
    table = register[columns].assign(
        known=register["uptake"].notna(),
        rests_on=as_tuples(zip(source_rows(register), strict=True)).set_axis(register.index),
    )
    table = table.sort_values(["after_session", "date"], kind="stable", na_position="last", ignore_index=True)
    table["row_id"] = row_ids(table, ["intervention"])
    uptakes = {str(words): int(n) for words, n in table["uptake"].value_counts(sort=False).items()}
    return Interventions(table, uptakes, labels_of(study))
