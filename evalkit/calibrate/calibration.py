"""The result of a calibration: how often each estimator is right in each cell, and by how much it is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.coding_cells import CodingCell
from evalkit.calibrate.estimators import MODELS, QUANTITIES
from evalkit.wording import Language, join, number, pick

__all__ = ["COLUMNS", "Calibration", "kind_word", "label_of", "with_keys"]

COLUMNS = {
    "cell": "str",
    "estimator": "str",
    "kind": "str",
    "truth": "float64",
    "programmes": "int64",
    "refused": "int64",
    "unbounded": "int64",
    "bias": "float64",
    "bias_mcse": "float64",
    "coverage": "float64",
    "coverage_mcse": "float64",
    "rate": "float64",
    "rate_mcse": "float64",
    "mean_width": "float64",
    "goal": "float64",
    "met": "boolean",
    "clear": "boolean",
}


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How well every estimator does in every cell.

    Attributes
    ----------
    table : pandas.DataFrame
        Per cell and estimator: cell, estimator, kind ("approximate" or "exact" interval, "error" or "power" of a test
        or verdict), truth, programmes, refused (how many of them), unbounded (intervals without two finite ends, left
        out of bias and width), bias and bias_mcse (its Monte Carlo error, with that of the truth itself), coverage
        and coverage_mcse, rate (of rejection, or of the verdict) and rate_mcse, mean_width, goal, met (missing where
        there is no goal), clear (whether a miss is more than Monte Carlo error), rests_on (cell and estimator) and
        row_id. Everything is counted among the programmes that were not refused.
    cells : tuple of Cell and CodingCell
        The cells.
    programmes : dict of str to int
        Programmes, or corpora, simulated per cell.
    seed : int
        Of the whole.
    version : str
        Version of evalkit that computed it.
    """

    table: pd.DataFrame
    cells: tuple[Cell | CodingCell, ...]
    programmes: dict[str, int]
    seed: int
    version: str

    @property
    def missed(self) -> pd.DataFrame:
        """The rows that miss their goal."""
        return self.table[~self.table["met"].fillna(value=True).astype(bool)]

    def about(self, *models: str) -> "Calibration":
        """Return the part that is about some models, for a figure of its own.

        Parameters
        ----------
        *models : {"progression", "dropout", "experiment", "coding"}
            Which.

        Returns
        -------
        Calibration
            With their rows, and the cells that have any.
        """
        names = {quantity.id for model in models for one in MODELS[model] for quantity in one.quantities}
        table = self.table[self.table["estimator"].isin(names)].reset_index(drop=True)
        cells = tuple(cell for cell in self.cells if cell.id in set(table["cell"]))
        return replace(self, table=table, cells=cells, programmes={cell.id: self.programmes[cell.id] for cell in cells})

    def misses(self, lang: Language = "sv") -> pd.DataFrame:
        """List what misses its goal, in words.

        Parameters
        ----------
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        pandas.DataFrame
            method, where (the cell), counted, measured, goal, programmes, chance (whether chance may explain it),
            said_in (the result whose sentence says it; empty where none does, which only chance allows) and rests_on.
        """
        yes, no = pick(lang, sv="ja", en="yes"), pick(lang, sv="nej", en="no")
        rows = [
            {
                "method": label_of(row["estimator"], lang),
                "where": self.cell(row["cell"]).label(lang),
                "counted": kind_word(row["kind"], lang),
                "measured": _measured(row),
                "goal": row["goal"],
                "programmes": row["programmes"],
                "chance": no if row["clear"] else yes,
                "said_in": _said(row["estimator"], lang),
                "rests_on": row["rests_on"],
            }
            for row in self.missed.to_dict("records")
        ]
        columns = ["method", "where", "counted", "measured", "goal", "programmes", "chance", "said_in", "rests_on"]
        return pd.DataFrame(rows, columns=columns)

    def cell(self, cell_id: str) -> Cell | CodingCell:
        """Return the cell of that id."""
        return next(cell for cell in self.cells if cell.id == cell_id)

    def caption(self, lang: Language = "sv") -> str:
        """Return what was simulated."""
        parts = []
        for kind, sv, en in (
            (Cell, "program", "programmes"),
            (CodingCell, "kodade material", "coded corpora"),
        ):
            counts = sorted({self.programmes[cell.id] for cell in self.cells if isinstance(cell, kind)})
            if counts:
                many = " – ".join(number(count, lang=lang) for count in dict.fromkeys((counts[0], counts[-1])))
                kinds = sum(isinstance(cell, kind) for cell in self.cells)
                parts.append(
                    pick(
                        lang,
                        sv=f"{many} {sv} i vart och ett av {kinds} slag",
                        en=f"{many} {en} of each of {kinds} kinds",
                    )
                )
        return pick(
            lang,
            sv=f"n = {join(parts)}, simulerade med känd sanning, frö {self.seed}. Felstaplar: ett Monte Carlo-fel.",
            en=f"n = {join(parts, lang=lang)}, simulated with known truth, seed {self.seed}. Error bars: one Monte "
            "Carlo error.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many goals are met, which are not, and what that cannot say."""
        goals, missed = int(self.table["met"].notna().sum()), self.missed
        clear = missed["clear"].astype(bool)
        parts = [
            pick(
                lang,
                sv=f"{goals - len(missed)} av {goals} mål är nådda.",
                en=f"{goals - len(missed)} of {goals} goals are met.",
            )
        ]
        if clear.any():
            parts.append(f"{pick(lang, sv='Missade', en='Missed')}: {'; '.join(self._named(missed[clear], lang))}.")
        chance = int((~clear).sum())
        if chance:
            parts.append(
                pick(
                    lang,
                    sv=f"{chance} till ligger under målet, men inte mer än slumpen kan göra.",
                    en=f"{chance} more {'falls' if chance == 1 else 'fall'} short of the goal, but within chance.",
                )
            )
        refused = self.table[self.table["refused"] > 0]
        if len(refused):
            names = "; ".join(label_of(name, lang) for name in dict.fromkeys(refused["estimator"]))
            parts.append(
                pick(
                    lang,
                    sv=f"Vägrade någon gång: {names}.",
                    en=f"Refused at times: {names}.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Siffrorna gäller program och material som liknar de simulerade; de säger inte att ett verkligt gör "
                "det.",
                en="The figures hold for programmes and corpora like those simulated; they do not say that a real one "
                "is.",
            )
        )
        return " ".join(parts)

    def _named(self, rows: pd.DataFrame, lang: Language) -> list[str]:
        """Name, per estimator, where it misses most and in how many more cells."""
        out = []
        for name, part in rows.groupby("estimator", sort=False):
            far = max(part.to_dict("records"), key=_shortfall)
            where = self.cell(far["cell"]).label(lang)
            worst = number(_measured(far), 3, lang=lang)
            text = f"{label_of(str(name), lang)}: {kind_word(far['kind'], lang)} {worst} ({where})"
            if len(part) > 1:
                others = number(len(part) - 1, lang=lang)
                text += pick(lang, sv=f", mindre i {others} slag till", en=f", less so in {others} more")
            out.append(text)
        return out


def label_of(estimator: str, lang: Language) -> str:
    """Return the name of an estimator for a reader.

    Parameters
    ----------
    estimator : str
        Its id.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        The id itself where it is not one of evalkit's own.
    """
    return QUANTITIES[estimator].label(lang) if estimator in QUANTITIES else estimator


def kind_word(kind: str, lang: Language) -> str:
    """Name what is counted.

    Parameters
    ----------
    kind : {"approximate", "exact", "error", "power"}
        From the table.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One word or two.
    """
    if kind in ("approximate", "exact"):
        return pick(lang, sv="täckning", en="coverage")
    return pick(lang, sv="felrisk", en="error rate") if kind == "error" else pick(lang, sv="styrka", en="power")


def with_keys(table: pd.DataFrame) -> pd.DataFrame:
    """Add what each row rests on and its id.

    Parameters
    ----------
    table : pandas.DataFrame
        With cell and estimator.

    Returns
    -------
    pandas.DataFrame
        A copy with rests_on and row_id.
    """
    keys = [(str(cell), str(estimator)) for cell, estimator in zip(table["cell"], table["estimator"], strict=True)]
    return table.assign(
        rests_on=pd.Series(keys, dtype="object"), row_id=pd.Series([":".join(key) for key in keys], dtype="str")
    )


def _said(estimator: str, lang: Language) -> str:
    quantity = QUANTITIES.get(estimator)
    return quantity.said(lang) if quantity and quantity.said else ""


def _measured(row: Mapping[Any, Any]) -> float:
    return float(row["coverage"] if row["kind"] in ("approximate", "exact") else row["rate"])


def _shortfall(row: Mapping[Any, Any]) -> float:
    return abs(_measured(row) - float(row["goal"]))
