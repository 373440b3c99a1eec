"""A plan for rating a sample of levels again, blind and in random order, by somebody else than the first time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.rated_cells import rated_cells
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["Rerating", "plan_rerating"]

_CELL = ["unit", "session", "tool"]


@dataclass(frozen=True, slots=True, eq=False)
class Rerating:
    """Which levels to rate again, in which order.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per cell, in the order to be rated: order, unit, session, tool, not_by (raters who know it), rests_on
        (rows of the register) and row_id. The first level is not in it: the second rater must not see it.
    rated_once : int
        Cells that one rater has scored so far.
    seed : int
        Of the drawing.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    rated_once: int
    seed: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return what was drawn from what."""
        n, of = len(self.table), number(self.rated_once, lang=lang)
        return pick(
            lang,
            sv=f"n = {count_noun(n, 'ruta', 'rutor')} att bedöma på nytt, av {of} bedömda en gång; frö {self.seed}.",
            en=f"n = {count_noun(n, 'cell', 'cells', lang='en')} to rate again, of {of} rated once; seed {self.seed}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how to use the plan."""
        each = self.labels.noun("session", lang)
        return pick(
            lang,
            sv=f"Rutorna är lottade inom varje {each} och ska bedömas i denna ordning av någon som varken har bedömt "
            f"dem eller ser vilken {each} underlaget är från. Skriv dem i registret assessments med blind = ja.",
            en=f"The cells are drawn within each {each} and are to be rated in this order by somebody who has not "
            f"rated them and does not see which {each} the material is from. Enter them in the register assessments "
            "with blind = yes.",
        )


def plan_rerating(assessments: pd.DataFrame, study: Study, *, cells: int = 60, seed: int = 0) -> Rerating:
    """Draw levels to be rated again: equally many from each session, in random order over all.

    Parameters
    ----------
    assessments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its tools and scale.
    cells : int, default 60
        How many; with 60 an ICC of .7 has a 95 % interval of about ± .13.
    seed : int, default 0
        Of the drawing.

    Returns
    -------
    Rerating
        Fewer cells where fewer were rated once.

    Raises
    ------
    EstimationError
        If no level was rated once only.
    TableError
        If a level is outside the scale or a tool is not declared.

    References
    ----------
    Bonett, D. G. (2002). Sample size requirements for estimating intraclass correlations with desired precision.
    Statistics in Medicine 21, 1331–1335.
    """
    once = rated_cells(assessments, study)
    once = once[once["n_raters"] == 1].reset_index(drop=True)
    if once.empty:
        raise EstimationError(
            "rerating: no level has exactly one rater; there is nothing to rate again.",
            sv="ombedömning: ingen nivå har exakt en bedömare; det finns inget att bedöma en gång till.",
        )
    rng = np.random.default_rng(seed)
    # Round by round one cell of every session, so that thin sessions are not crowded out.
    turn = once.assign(key=rng.random(len(once))).sort_values("key").groupby("session").cumcount()
    chosen = once.assign(turn=turn, key=rng.random(len(once))).sort_values(["turn", "key"]).head(cells)
    table = chosen.iloc[rng.permutation(len(chosen))].reset_index(drop=True)
    table = table.assign(order=np.arange(1, len(table) + 1), not_by=[", ".join(raters) for raters in table["raters"]])
    table["row_id"] = row_ids(table, _CELL)
    return Rerating(table[["order", *_CELL, "not_by", "rests_on", "row_id"]], len(once), seed, labels_of(study))
