"""Every estimator in many programmes of every cell."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, cast
from zlib import crc32

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import evalkit
from evalkit.calibrate.calibration import COLUMNS, Calibration, with_keys
from evalkit.calibrate.cells import Cell
from evalkit.calibrate.coding_cells import CodingCell
from evalkit.calibrate.estimators import ALPHA, ESTIMATORS, REGISTERS, Case, CodingCase, Estimator, Quantity, Row
from evalkit.calibrate.parts import Parts
from evalkit.calibrate.targets import Targets, true_values
from evalkit.errors import EstimationError, UsageError
from evalkit.simulate import simulate_programme

__all__ = ["BEYOND", "calibrate_cells"]

BEYOND = 2.58
"""Monte Carlo errors beyond which a difference is no longer chance."""

SMALL_TABLES = ("mode.string_storage", "python")  # with some hundred rows it takes two thirds of the time
CHUNK = 20  # programmes in one task, whatever the number of jobs: the same work in the same pieces


def calibrate_cells(
    cells: Sequence[Cell | CodingCell],
    *,
    programmes: int | Mapping[str, int],
    seed: int,
    jobs: int = -1,
    estimators: Sequence[Estimator] = ESTIMATORS,
    progress: Callable[[int, int], None] | None = None,
    parts: Path | None = None,
    code: str = "",
) -> Calibration:
    """Run the estimators in simulated programmes and count how often they are right.

    Parameters
    ----------
    cells : sequence of Cell and CodingCell
        Kinds of programme (see `CELLS` and `core_cells`) and of corpus (`CODING_CELLS`).
    programmes : int or mapping of str to int
        Programmes, or corpora, of each kind, or per id of a cell.
    seed : int
        A programme depends on it, on its cell and on its own number, and on nothing else.
    jobs : int, default -1
        Processes; -1 for one per core. The result is the same whatever it is.
    estimators : sequence of Estimator, default `ESTIMATORS`
        What is tried, each in the cells of its kind.
    progress : callable, optional
        Called with the programmes done and the programmes in all.
    parts : pathlib.Path, optional
        Folder where each finished piece is kept, so that an interrupted run goes on where it was and gives the same.
    code : str, default ""
        Names the code; what other code left in `parts` is not used.

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
    asked = {quantity.id for estimator in estimators for quantity in estimator.quantities}
    kept = Parts(parts, {"seed": seed, "code": code, "estimators": sorted(asked)})
    found = Parallel(n_jobs=jobs)(delayed(_targets)(cell, asked, kept) for cell in cells)
    targets = dict(zip(ids, found, strict=True))
    tasks = [
        delayed(_chunk)(
            cell,
            targets[cell.id],
            range(first, min(first + CHUNK, counts[cell.id])),
            seed,
            _of_kind(estimators, cell),
            kept,
        )
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
        for estimator in _of_kind(estimators, cell)
        for quantity in estimator.quantities
    ]
    return Calibration(
        with_keys(pd.DataFrame(summary).astype(COLUMNS)), tuple(cells), counts, seed, evalkit.__version__
    )


def _of_kind(estimators: Sequence[Estimator], cell: Cell | CodingCell) -> list[Estimator]:
    return [estimator for estimator in estimators if isinstance(cell, estimator.cells)]


def _targets(cell: Cell | CodingCell, asked: set[str], kept: Parts) -> Targets | None:
    """Return what is true in a kind of programme, computed once per run; a corpus has its own truth."""
    if isinstance(cell, CodingCell):
        return None
    name = f"{cell.id}-truth"
    known = kept.read(name)
    if known is not None:
        return Targets(**known)
    with pd.option_context(*SMALL_TABLES):
        found = true_values(cell, difficulty="tool_difficulty" in asked, competence="competence" in asked)
    kept.write(name, asdict(found))
    return found


def _chunk(
    cell: Cell | CodingCell,
    targets: Targets | None,
    numbers: range,
    seed: int,
    estimators: Sequence[Estimator],
    kept: Parts,
) -> tuple[str, int, list[Row]]:
    """Run the estimators in some programmes of a cell, unless that has been done."""
    name = f"{cell.id}-{numbers.start:05d}-{numbers.stop:05d}"
    known = kept.read(name)
    if known is not None:
        return cell.id, len(numbers), [Row(*row) for row in known]
    with pd.option_context(*SMALL_TABLES):
        rows = [row for place in numbers for row in _programme(cell, targets, place, seed, estimators)]
    kept.write(name, [list(astuple(row)) for row in rows])
    return cell.id, len(numbers), rows


def _programme(
    cell: Cell | CodingCell, targets: Targets | None, place: int, seed: int, estimators: Sequence[Estimator]
) -> list[Row]:
    own = int(np.random.SeedSequence([seed, crc32(cell.id.encode()), place]).generate_state(1, np.uint64)[0])
    case = _case(cell, targets, own)
    rows: list[Row] = []
    for estimator in estimators:
        try:
            rows += estimator.run(case)
        except EstimationError:
            rows += [Row(quantity.id, refused=True) for quantity in estimator.quantities]
    return rows


def _case(cell: Cell | CodingCell, targets: Targets | None, own: int) -> Case | CodingCase:
    if isinstance(cell, CodingCell) or targets is None:
        return CodingCase(cast("CodingCell", cell), own)
    registers = simulate_programme(cell.truth(), seed=own, registers=REGISTERS).registers
    return Case(cell, cell.study(gain_max=max(targets.gain, 0.0)), registers, targets, own)


def _summary(cell: Cell | CodingCell, quantity: Quantity, rows: list[Row], targets: Targets | None) -> dict[str, Any]:
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
        known = targets.errors.get(quantity.id, 0.0) if targets else 0.0
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
        "truth": float(truth[0]) if np.ptp(truth) == 0 else float(truth.mean()),
        "unbounded": int((~bounded).sum()),
        "bias": float(error.mean()) if n else math.nan,
        "bias_mcse": math.hypot(float(error.std(ddof=1)) / math.sqrt(n), truth_error) if n > 1 else math.nan,
        "coverage": covered,
        "coverage_mcse": _mcse(covered, len(rows)),
        "mean_width": float((high - low)[bounded].mean()) if n else math.nan,
    }


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
