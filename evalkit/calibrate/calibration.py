"""Every estimator in many programmes of every cell: how often it is right, and by how much it is wrong."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import evalkit
from evalkit.calibrate.cells import Cell
from evalkit.calibrate.estimators import ALPHA, ESTIMATORS, QUANTITIES, Case, Estimator, Quantity, Row
from evalkit.calibrate.targets import true_values
from evalkit.errors import EstimationError, UsageError
from evalkit.simulate import simulate_programme
from evalkit.wording import Language, join, number, pick

__all__ = ["BEYOND", "COLUMNS", "Calibration", "calibrate_cells"]

BEYOND = 2.58
"""Monte Carlo errors beyond which a difference is no longer chance."""

REGISTERS = ("enrolment", "judgements", "assessments")
CHUNK = 20  # programmes in one task, whatever the number of jobs: the same work in the same pieces

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
    cells : tuple of Cell
        The cells.
    programmes : dict of str to int
        Programmes simulated per cell.
    seed : int
        Of the whole.
    version : str
        Version of evalkit that computed it.
    """

    table: pd.DataFrame
    cells: tuple[Cell, ...]
    programmes: dict[str, int]
    seed: int
    version: str

    @property
    def missed(self) -> pd.DataFrame:
        """The rows that miss their goal."""
        return self.table[~self.table["met"].fillna(value=True).astype(bool)]

    def cell(self, cell_id: str) -> Cell:
        """Return the cell of that id."""
        return next(cell for cell in self.cells if cell.id == cell_id)

    def caption(self, lang: Language = "sv") -> str:
        """Return what was simulated."""
        counts = sorted(set(self.programmes.values()))
        many = " – ".join(number(count, lang=lang) for count in {counts[0]: 0, counts[-1]: 0})
        cells = len(self.cells)
        return pick(
            lang,
            sv=f"n = {many} simulerade program med känd sanning i vart och ett av {cells} slag, frö {self.seed}. "
            "Felstaplar: ett Monte Carlo-fel.",
            en=f"n = {many} simulated programmes with known truth of each of {cells} kinds, seed {self.seed}. Error "
            "bars: one Monte Carlo error.",
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
        for rows, sv, en in (
            (missed[clear], "Missade", "Missed"),
            (missed[~clear], "Under målet, men inte mer än slumpen kan göra", "Short of the goal, but within chance"),
        ):
            if len(rows):
                parts.append(f"{pick(lang, sv=sv, en=en)}: {'; '.join(self._named(rows, lang))}.")
        refused = self.table[self.table["refused"] > 0]
        if len(refused):
            names = [label_of(name, lang) for name in dict.fromkeys(refused["estimator"])]
            parts.append(
                pick(
                    lang,
                    sv=f"Vägrade i någon del av programmen: {join(names, lang=lang)}.",
                    en=f"Refused in some of the programmes: {join(names, lang=lang)}.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Siffrorna gäller program som liknar de simulerade; de säger inte att ett verkligt program gör det.",
                en="The figures hold for programmes like those simulated; they do not say that a real one is.",
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


def calibrate_cells(
    cells: Sequence[Cell],
    *,
    programmes: int | Mapping[str, int],
    seed: int,
    jobs: int = -1,
    estimators: Sequence[Estimator] = ESTIMATORS,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Run the estimators in simulated programmes and count how often they are right.

    Parameters
    ----------
    cells : sequence of Cell
        Kinds of programme (see `CELLS` and `core_cells`).
    programmes : int or mapping of str to int
        Programmes of each kind, or per id of a cell.
    seed : int
        A programme depends on it, on its cell and on its own number, and on nothing else.
    jobs : int, default -1
        Processes; -1 for one per core. The result is the same whatever it is.
    estimators : sequence of Estimator, default `ESTIMATORS`
        What is tried.
    progress : callable, optional
        Called with the programmes done and the programmes in all.

    Returns
    -------
    Calibration
        One row per cell and estimator.

    Raises
    ------
    UsageError
        If there are no cells, a cell stands twice, the seed is negative or a cell has no programmes.

    References
    ----------
    Morris, T. P., White, I. R. & Crowther, M. J. (2019). Using simulation studies to evaluate statistical methods.
    Statistics in Medicine 38, 2074–2102.
    """
    ids = [cell.id for cell in cells]
    counts = {cell: programmes if isinstance(programmes, int) else programmes.get(cell, 0) for cell in ids}
    if not ids or len(counts) < len(ids) or min(counts.values()) < 1 or seed < 0:
        raise UsageError(
            "calibrate: needs at least one cell, each once and with at least one programme, and a seed from 0; "
            f"got {len(ids)} cells, {min(counts.values(), default=0)} programmes in the smallest and seed {seed}"
        )
    difficulty = any(quantity.id == "tool_difficulty" for estimator in estimators for quantity in estimator.quantities)
    found = Parallel(n_jobs=jobs)(delayed(true_values)(cell, difficulty=difficulty) for cell in cells)
    targets = dict(zip(ids, found, strict=True))
    tasks = [
        delayed(_run_chunk)(cell, targets[cell.id], range(first, min(first + CHUNK, counts[cell.id])), seed, estimators)
        for cell in cells
        for first in range(0, counts[cell.id], CHUNK)
    ]
    rows: dict[str, list[Row]] = {cell: [] for cell in ids}
    done, total = 0, sum(counts.values())
    for cell_id, count, part in Parallel(n_jobs=jobs, return_as="generator")(tasks):
        rows[cell_id] += part
        done += count
        if progress is not None:
            progress(done, total)
    summary = [
        _summary(cell, quantity, [row for row in rows[cell.id] if row.quantity == quantity.id], targets[cell.id])
        for cell in cells
        for estimator in estimators
        for quantity in estimator.quantities
    ]
    return Calibration(
        with_keys(pd.DataFrame(summary).astype(COLUMNS)), tuple(cells), counts, seed, evalkit.__version__
    )


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


def _run_chunk(
    cell: Cell, targets: Any, numbers: range, seed: int, estimators: Sequence[Estimator]
) -> tuple[str, int, list[Row]]:
    truth, study = cell.truth(), cell.study(gain_max=max(targets.gain, 0.0))
    rows: list[Row] = []
    for place in numbers:
        own = int(np.random.SeedSequence([seed, crc32(cell.id.encode()), place]).generate_state(1, np.uint64)[0])
        registers = simulate_programme(truth, seed=own, registers=REGISTERS).registers
        case = Case(cell, study, registers, targets)
        for estimator in estimators:
            try:
                rows += estimator.run(case)
            except EstimationError:
                rows += [Row(quantity.id, refused=True) for quantity in estimator.quantities]
    return cell.id, len(numbers), rows


def _summary(cell: Cell, quantity: Quantity, rows: list[Row], targets: Any) -> dict[str, Any]:
    promise = quantity.promise(cell)
    kept = [row for row in rows if not row.refused]
    summary: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan) | {
        "cell": cell.id,
        "estimator": quantity.id,
        "kind": promise.kind,
        "programmes": len(rows),
        "refused": len(rows) - len(kept),
        "unbounded": 0,
        "met": pd.NA,
        "clear": pd.NA,
    }
    if not kept:
        return summary
    if promise.kind in ("approximate", "exact"):
        known = targets.difficulty_se if quantity.id == "tool_difficulty" else 0.0
        summary |= _interval_counts(kept, known)
        value, error = summary["coverage"], summary["coverage_mcse"]
    else:
        value = float(np.mean([row.claimed for row in kept]))
        error = _mcse(value, len(kept))
        summary |= {"rate": value, "rate_mcse": error}
    goal, chance = _goal(promise.kind, promise.least, len(kept))
    if goal is None or not promise.asked:
        return summary
    short = value - goal if promise.kind == "error" else goal - value
    # Where the goal itself leaves room for Monte Carlo error, every miss is more than that.
    return summary | {"goal": goal, "met": short <= 1e-12, "clear": short > max(chance * error, 1e-12)}


def _interval_counts(rows: list[Row], truth_error: float) -> dict[str, Any]:
    truth, estimate, low, high = (
        np.array([getattr(row, name) for row in rows], dtype=float)
        for name in ("truth", "estimate", "ci_low", "ci_high")
    )
    # A rounding error must not decide whether an end that equals the truth covers it.
    covered = float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12)))
    bounded = np.isfinite(estimate) & np.isfinite(low) & np.isfinite(high)
    error = (estimate - truth)[bounded]
    n = error.size
    return {
        "truth": float(truth[0]),
        "unbounded": int((~bounded).sum()),
        "bias": float(error.mean()) if n else math.nan,
        "bias_mcse": math.hypot(float(error.std(ddof=1)) / math.sqrt(n), truth_error) if n > 1 else math.nan,
        "coverage": covered,
        "coverage_mcse": _mcse(covered, len(rows)),
        "mean_width": float((high - low)[bounded].mean()) if n else math.nan,
    }


def _measured(row: Mapping[Any, Any]) -> float:
    return float(row["coverage"] if row["kind"] in ("approximate", "exact") else row["rate"])


def _shortfall(row: Mapping[Any, Any]) -> float:
    return abs(_measured(row) - float(row["goal"]))


def _mcse(share: float, n: int) -> float:
    return math.sqrt(share * (1 - share) / n)


def _goal(kind: str, least: float | None, n: int) -> tuple[float | None, float]:
    """Return the goal, and how many Monte Carlo errors short of it may still be chance."""
    room = BEYOND * _mcse(ALPHA, n)
    if kind == "approximate":
        return 0.93, BEYOND
    if kind == "exact":
        return 1 - ALPHA - room, 0.0
    return (ALPHA + room, 0.0) if kind == "error" else (least, BEYOND)
