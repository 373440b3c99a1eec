"""How long the ordinal mixed model takes: nine judges of wine, and 200 units × 6 sessions × 8 tools.

Prints one JSON line per case: wall seconds (the best of three), how often the likelihood was evaluated, and the ratio
to a plain implementation in the same run: the same model by Gauss–Hermite quadrature at fixed nodes, climbed by scipy's
BFGS with numerical derivatives.
"""

# ruff: noqa: E402 – the number of threads must be set before numpy is imported

import itertools
import json
import os
import time
from collections.abc import Callable
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from evalkit.models import ordinal
from evalkit.models.progression import fit_ordinal_mixed

# Bitterness of wine, nine judges × eight bottles (Randall 1989, Biometrical Journal 31).
WINE = ["23344455", "12132354", "23325544", "32323253", "23433333", "32322454", "11222323", "22233334", "12323244"]


def main() -> None:
    report("wine: 9 judges x 8 bottles", wine(), ["temp", "contact"])
    report("200 units x 6 sessions x 8 tools", programme(), ["tool", "time"])


def wine() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": np.repeat(range(9), 8),
            "temp": [0.0, 0, 0, 0, 1, 1, 1, 1] * 9,
            "contact": [0.0, 0, 1, 1, 0, 0, 1, 1] * 9,
            "level": [int(rating) for judge in WINE for rating in judge],
        }
    )


def programme(units: int = 200, sessions: int = 6, tools: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        itertools.product(range(units), range(sessions), range(tools)), columns=["unit", "time", "tool"]
    )
    eta = 0.5 * rows["time"] - 0.3 * rows["tool"] + rng.normal(size=units)[rows["unit"]]
    level = np.digitize(eta + rng.logistic(size=len(rows)), [-1.0, 0.5, 2.0, 3.5])
    return rows.assign(tool="t" + rows["tool"].astype("str"), time=rows["time"].astype("float64"), level=level)


def report(case: str, table: pd.DataFrame, fixed: list[str]) -> None:
    fit, seconds = best(lambda: fit_ordinal_mixed(table, outcome="level", fixed=fixed, unit="unit"))
    evaluations = counted(lambda: fit_ordinal_mixed(table, outcome="level", fixed=fixed, unit="unit"))
    plain, slow = best(lambda: plain_fit(table, fixed), times=1)
    line = {"case": case, "seconds": round(seconds, 3), "likelihood_evaluations": evaluations}
    line |= {"loglik": round(fit.loglik, 4), "plain_loglik": round(-plain.fun, 4)}
    line |= {
        "plain_seconds": round(slow, 3),
        "plain_evaluations": plain.nfev,
        "ratio_to_plain": round(seconds / slow, 4),
    }
    print(json.dumps(line))


def best(run: Callable[[], Any], *, times: int = 3) -> tuple[Any, float]:
    taken, result = [], None
    for _ in range(times):
        begun = time.perf_counter()
        result = run()
        taken.append(time.perf_counter() - begun)
    return result, min(taken)


def counted(run: Callable[[], Any]) -> int:
    """Count the evaluations of the likelihood with its derivatives."""
    calls, evaluate = 0, ordinal._evaluate

    def watched(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        return evaluate(*args)

    ordinal._evaluate = watched
    try:
        run()
    finally:
        ordinal._evaluate = evaluate
    return calls


def plain_fit(table: pd.DataFrame, fixed: list[str]) -> Any:
    x = pd.get_dummies(table[fixed], drop_first=True).to_numpy(dtype=float)
    codes = pd.factorize(table["level"], sort=True)[0]
    k = codes.max()
    starts = np.flatnonzero(np.diff(table["unit"].to_numpy(), prepend=-1))
    nodes, weights = np.polynomial.hermite.hermgauss(20)

    def minus_loglik(value: np.ndarray) -> float:
        cuts = np.concatenate([[-np.inf], value[0] + np.cumsum([0.0, *np.exp(value[1:k])]), [np.inf]])
        eta = (x @ value[k:-1])[:, None] + np.sqrt(2) * value[-1] * nodes
        likely = expit(cuts[codes + 1][:, None] - eta) - expit(cuts[codes][:, None] - eta)
        units = np.add.reduceat(np.log(np.maximum(likely, 1e-300)), starts, axis=0)
        return -float(logsumexp(units, axis=1, b=weights / np.sqrt(np.pi)).sum())

    start = np.concatenate([[-1.0], np.zeros(k - 1), np.zeros(x.shape[1]), [1.0]])
    return minimize(minus_loglik, start, method="BFGS")


if __name__ == "__main__":
    main()
