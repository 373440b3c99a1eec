"""How long a cell of the calibration takes, estimator by estimator, and the exact log-rank over all 3 432 labellings.

Prints JSON lines, in seconds of one core's time, so that others at work on the machine do not count. The goals: 2 000
programmes × all estimators of one cell in 600 s on two cores, the log-rank in 10 ms.
"""

import contextlib
import itertools
import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas as pd

from evalkit.calibrate import CELLS, CODING_CELLS, ESTIMATORS, Case, Cell, CodingCase, CodingCell
from evalkit.calibrate.estimators import REGISTERS
from evalkit.calibrate.runs import SMALL_TABLES
from evalkit.calibrate.targets import true_values
from evalkit.errors import EstimationError
from evalkit.inference import all_labellings
from evalkit.models.survival import log_rank_permutation
from evalkit.simulate import simulate_programme

PROGRAMMES = 20
CORES = 2


def main() -> None:
    times, left, group = [3, 3, 3, 4, 4] + [6] * 9, [True] * 5 + [False] * 9, [False] * 7 + [True] * 7
    log_rank_permutation(times, left, group)

    def cold() -> None:
        all_labellings.cache_clear()
        log_rank_permutation(times, left, group)

    say("log-rank, 3432 labellings", best(cold, 20), goal=0.010)
    cell = next(cell for cell in CELLS if cell.core and cell.growth == "plateau")
    begun = time.process_time()
    targets = true_values(cell)
    say("truth of a cell", time.process_time() - begun)
    begun = time.process_time()
    cases = [make(cell, targets, seed) for seed in range(PROGRAMMES)]
    total = (time.process_time() - begun) / PROGRAMMES
    say("simulate a programme", total)
    total += all_estimators(Cell, cases)
    say("2000 programmes × all estimators, two cores", 2000 * total / CORES, goal=600.0)
    corpus = all_estimators(CodingCell, [CodingCase(CODING_CELLS[0], seed) for seed in range(PROGRAMMES)])
    core = sum(cell.core for cell in CELLS)
    programmes = 2000 * core + 200 * (len(CELLS) - core)
    say("make calibration, two cores", (programmes * total + 2000 * len(CODING_CELLS) * corpus) / CORES)


def all_estimators(kind: type, cases: list) -> float:
    """Time the estimators of a kind of cell as `calibrate` runs them, programme by programme, and return their sum."""
    tried = [estimator for estimator in ESTIMATORS if estimator.cells is kind]
    for estimator in tried:
        run(estimator.run, cases[0])  # imports
    seconds = dict.fromkeys((estimator.run.__name__ for estimator in tried), 0.0)
    with pd.option_context(*SMALL_TABLES):
        for case, estimator in itertools.product(cases[1:], tried):
            begun = time.process_time()
            run(estimator.run, case)
            seconds[estimator.run.__name__] += (time.process_time() - begun) / (len(cases) - 1)
    for name, each in seconds.items():
        say(name, each)
    return sum(seconds.values())


def make(cell: object, targets: object, seed: int) -> Case:
    registers = simulate_programme(cell.truth(), seed=seed, registers=REGISTERS).registers
    return Case(cell, cell.study(gain_max=max(targets.gain, 0.0)), registers, targets, seed)


def run(estimator: Callable[[Case], object], case: Case) -> None:
    with contextlib.suppress(EstimationError):
        estimator(case)


def best(function: Callable[[], None], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        begun = time.process_time()
        function()
        seconds.append(time.process_time() - begun)
    return min(seconds)


def say(case: str, seconds: float, *, goal: float | None = None) -> None:
    line = {"case": case, "seconds": round(seconds, 5)}
    if goal is not None:
        line |= {"goal": goal, "met": seconds <= goal}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
