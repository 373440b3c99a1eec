"""Cumulative-logit models of ordered levels, with or without a random intercept per unit.

P(level ≤ j) = logistic(threshold_j − xβ − σb) with b standard normal per unit. An answer in level j says "not above
j" and "above j − 1", so its log likelihood is that of two Bernoulli answers plus a term that only knows the gap
between the two thresholds:

    log P(j) = log F(θ_j − η) + log F(η − θ_{j−1}) + log(1 − exp(θ_{j−1} − θ_j)).

Everything below works on those *pieces*: rows of a logistic regression with a sign.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError

__all__ = ["OrdinalFit", "fit_cumulative_logit"]

Floats = NDArray[np.float64]

DECREMENT = 1e-11  # squared Newton step in the metric of the information: far below any reported digit
FAR = 40.0  # a profile that has not fallen this far out on the logit scale has no limit on that side
SUSPECT = 9.0  # fitted logits beyond this are looked at for separation
ZERO_SD = 1e-3


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """A fitted cumulative-logit model.

    Parameters
    ----------
    coefficients : pandas.DataFrame
        Per term: term, estimate, se, ci_low, ci_high, interval ("Wald" or "profile"), separated. A positive estimate
        means higher levels. A separated term has an infinite estimate, or a missing one where not even its sign is
        known, no standard error, and a profile interval with at most one finite end.
    thresholds : pandas.DataFrame
        Per pair of neighbouring levels in use: threshold ("2|3"), estimate, se, ci_low, ci_high, separated.
    sd : float
        Standard deviation of the units' intercepts; missing without units.
    sd_se, sd_low, sd_high : float
        Its standard error, missing at 0, and its profile interval where asked for.
    effects : pandas.DataFrame
        Per unit: unit, effect (conditional mode), se (conditional).
    loglik : float
        Maximised log likelihood.
    n, n_units : int
        Answers and units (0 without units).
    nodes : int
        Quadrature points (0 without units).
    level : float
        Confidence level of the intervals.
    separated : tuple of str
        Terms and thresholds without a finite estimate.
    unused : tuple of str
        Declared levels that nobody has; the thresholds around them are merged.
    sd_at_zero : bool
        Whether the units differ no more than chance: the fit is then that of the model without units.
    method : str
        Name of the method.
    """

    coefficients: pd.DataFrame
    thresholds: pd.DataFrame
    sd: float
    sd_se: float
    sd_low: float
    sd_high: float
    effects: pd.DataFrame
    loglik: float
    n: int
    n_units: int
    nodes: int
    level: float
    separated: tuple[str, ...]
    unused: tuple[str, ...]
    sd_at_zero: bool
    method: str


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The data as signed logistic rows, sorted by unit."""

    design: Floats  # thresholds' indicators, then −x
    sign: Floats
    unit: NDArray[np.intp]
    starts: NDArray[np.intp]
    gaps: Floats  # answers in each inner level
    x: Floats  # quadrature nodes
    log_w: Floats  # their log weights, with the x² that adaptive quadrature adds

    @property
    def n_thresholds(self) -> int:
        return self.gaps.size + 1


@dataclass(frozen=True, slots=True)
class _Point:
    """Log likelihood and derivatives at a parameter vector (thresholds, coefficients, sd)."""

    value: Floats
    loglik: float
    gradient: Floats
    hessian: Floats
    modes: Floats
    scale: Floats


def fit_cumulative_logit(
    y: ArrayLike | pd.Series,
    x: pd.DataFrame,
    groups: ArrayLike | pd.Series | None = None,
    *,
    categories: Sequence[Any] | None = None,
    nodes: int = 10,
    level: float = 0.95,
    profile: Sequence[str] = (),
    max_iterations: int = 100,
) -> OrdinalFit:
    """Fit a cumulative-logit model by maximum likelihood.

    The units' intercepts are integrated out by adaptive Gauss–Hermite quadrature, the maximum is found by Newton's
    method on analytic derivatives, and standard errors come from the observed information.

    Parameters
    ----------
    y : array_like
        Level of each answer.
    x : pandas.DataFrame
        One numeric column per term, without a constant: the thresholds hold it. May have no columns.
    groups : array_like, optional
        Unit of each answer; without it there is no random intercept.
    categories : sequence, optional
        All levels in order, also those nobody has. When left out: those of an ordered categorical, else the sorted
        levels of `y`.
    nodes : int, default 10
        Quadrature points, at least 5.
    level : float, default 0.95
        Confidence level.
    profile : sequence of str, default ()
        Terms whose interval is found by profiling the likelihood, slower and better than ± standard errors; "sd" asks
        for that of the standard deviation.
    max_iterations : int, default 100
        Newton steps before the fit is given up.

    Returns
    -------
    OrdinalFit
        Coefficients, thresholds, units' effects and what to know about them.

    Raises
    ------
    EstimationError
        If fewer than two levels are used or fewer than two units are given, a value is missing, terms are collinear,
        or the fit does not converge.

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. JRSS B 42, 109–142.

    Hedeker, D. & Gibbons, R. D. (2006). Longitudinal Data Analysis, chapter 10. Wiley.

    Pinheiro, J. C. & Bates, D. M. (1995). Approximations to the log-likelihood function in the nonlinear mixed-effects
    model. Journal of Computational and Graphical Statistics 4, 12–35.

    Louis, T. A. (1982). Finding the observed information matrix when using the EM algorithm. JRSS B 44, 226–233.
    """
    _check_settings(x, groups, nodes=nodes, level=level, profile=profile)
    codes, used, unused = _levels(y, categories)
    terms = [str(name) for name in x.columns]
    matrix = _terms_matrix(x, codes.size)
    units, names = _units(groups, codes.size)
    best = _highest_point(
        codes, matrix, units, len(used), nodes=nodes if names.size else 0, max_iterations=max_iterations
    )
    infinite = _separated(best.pieces, best.point)
    at_zero = bool(names.size) and abs(best.point.value[-1]) < ZERO_SD
    se = _standard_errors(best.point, best.held | np.append(np.zeros(best.held.size - 1, dtype=bool), at_zero))
    labels = [f"{low}|{high}" for low, high in itertools.pairwise(used)]
    fit = OrdinalFit(
        coefficients=_estimates("term", terms, best.point, se, infinite, best.pieces.n_thresholds, level),
        thresholds=_estimates("threshold", labels, best.point, se, infinite, 0, level).drop(columns="interval"),
        sd=abs(float(best.point.value[-1])) if names.size else math.nan,
        sd_se=float(se[-1]),
        sd_low=math.nan,
        sd_high=math.nan,
        effects=_unit_effects(best.point, names),
        loglik=best.point.loglik,
        n=codes.size,
        n_units=names.size,
        nodes=nodes if names.size else 0,
        level=level,
        separated=tuple(np.array(labels + terms, dtype=object)[infinite]),
        unused=unused,
        sd_at_zero=at_zero,
        method=f"cumulative logit, random intercept, {nodes} adaptive nodes" if names.size else "cumulative logit",
    )
    wanted = [*profile, *(term for term in terms if term in fit.separated and term not in profile)]
    return _with_profiles(fit, wanted, best.pieces, best.point, best.held, max_iterations)


def _check_settings(
    x: pd.DataFrame, groups: ArrayLike | pd.Series | None, *, nodes: int, level: float, profile: Sequence[str]
) -> None:
    if nodes < 5:
        raise ValueError("nodes must be at least 5: fewer do not support the standard errors")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    unknown = [name for name in profile if name not in x.columns and not (name == "sd" and groups is not None)]
    if unknown:
        raise ValueError(f"profile asks for {unknown}, which the model does not have")


@dataclass(frozen=True, slots=True)
class _Best:
    """Where the likelihood is highest, the data it was found on, and which parameters were not free."""

    point: _Point
    pieces: _Pieces
    held: NDArray[np.bool_]


def _highest_point(
    codes: NDArray[np.intp],
    matrix: Floats,
    units: NDArray[np.intp],
    n_levels: int,
    *,
    nodes: int,
    max_iterations: int,
) -> _Best:
    """Maximise without units, and from there with them where there are nodes to integrate over."""
    plain = _pieces(codes, matrix, np.zeros(codes.size, dtype=np.intp), n_levels, nodes=1)
    held = np.zeros(plain.design.shape[1] + 1, dtype=bool)
    held[-1] = True
    start = np.concatenate([_start_thresholds(codes, n_levels), np.zeros(matrix.shape[1] + 1)])
    point = _maximise(plain, start, held, max_iterations)
    if not nodes:
        return _Best(point, plain, held)
    pieces = _pieces(codes, matrix, units, n_levels, nodes=nodes)
    free = np.zeros_like(held)
    return _Best(_maximise(pieces, np.append(point.value[:-1], 1.0), free, max_iterations), pieces, free)


def _unit_effects(point: _Point, names: NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": names,
            "effect": (point.value[-1] * point.modes)[: names.size],
            "se": (abs(point.value[-1]) * point.scale)[: names.size],
        }
    )


def _levels(
    y: ArrayLike | pd.Series, categories: Sequence[Any] | None
) -> tuple[NDArray[np.intp], list[Any], tuple[str, ...]]:
    """Return each answer's place among the levels in use, those levels, and the declared ones nobody has."""
    answers = pd.Series(np.asarray(y, dtype=object))
    if answers.empty:
        raise EstimationError("ordinal model: no answers.", sv="ordinalmodellen: inga svar.")
    if answers.isna().any():
        raise EstimationError(
            f"ordinal model: {int(answers.isna().sum())} of {len(answers)} levels are missing; drop them.",
            sv=f"ordinalmodellen: {int(answers.isna().sum())} av {len(answers)} nivåer saknas; ta bort dem.",
        )
    if categories is None and isinstance(y, pd.Series) and isinstance(y.dtype, pd.CategoricalDtype) and y.cat.ordered:
        categories = list(y.cat.categories)
    declared = sorted(answers.unique()) if categories is None else list(categories)
    strangers = ~answers.isin(declared)
    if strangers.any():
        raise EstimationError(
            f"ordinal model: {int(strangers.sum())} answers have a level that is not declared; correct it.",
            sv=f"ordinalmodellen: {int(strangers.sum())} svar har en nivå som inte är angiven; rätta den.",
        )
    used = [name for name in declared if (answers == name).any()]
    if len(used) < 2:
        raise EstimationError(
            "ordinal model: all answers have the same level; there is nothing to model.",
            sv="ordinalmodellen: alla svar har samma nivå; det finns inget att skatta.",
        )
    place = {name: k for k, name in enumerate(used)}
    unused = tuple(str(name) for name in declared if name not in place)
    return answers.map(place).to_numpy(dtype=np.intp), used, unused


def _terms_matrix(x: pd.DataFrame, n: int) -> Floats:
    """Return the terms as numbers, or refuse with the name of the first one that cannot be estimated."""
    if len(x) != n:
        raise EstimationError(
            f"ordinal model: {n} levels but {len(x)} rows of terms.",
            sv=f"ordinalmodellen: {n} nivåer men {len(x)} rader termer.",
        )
    matrix = x.to_numpy(dtype=float, na_value=np.nan) if x.shape[1] else np.empty((n, 0))
    for k, name in enumerate(x.columns):
        if not np.isfinite(matrix[:, k]).all():
            raise EstimationError(
                f"ordinal model: term {name!r} has missing or infinite values; drop those rows.",
                sv=f"ordinalmodellen: termen {name!r} saknar värden eller har oändliga; ta bort de raderna.",
            )
    full = np.column_stack([np.ones(n), matrix])
    scaled = full / np.maximum(np.abs(full).max(axis=0), 1e-300)
    for k in range(1, full.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : k + 1]) <= k:
            raise EstimationError(
                f"ordinal model: term {x.columns[k - 1]!r} is constant or follows from the terms before it; drop it.",
                sv=f"ordinalmodellen: termen {x.columns[k - 1]!r} är konstant eller följer av termerna före den; ta "
                "bort den.",
            )
    return matrix


def _units(groups: ArrayLike | pd.Series | None, n: int) -> tuple[NDArray[np.intp], NDArray[Any]]:
    if groups is None:
        return np.zeros(n, dtype=np.intp), np.array([])
    codes, names = pd.factorize(np.asarray(groups), sort=True)
    if len(codes) != n or (codes < 0).any():
        raise EstimationError(
            "ordinal model: every answer needs a unit.", sv="ordinalmodellen: varje svar behöver en enhet."
        )
    if len(names) < 2:
        raise EstimationError(
            "ordinal model: one unit only; a random intercept needs at least two, so leave it out.",
            sv="ordinalmodellen: bara en enhet; en slumpmässig nivå per enhet kräver minst två, så lämna den utanför.",
        )
    return codes.astype(np.intp), np.asarray(names)


def _start_thresholds(codes: NDArray[np.intp], n_levels: int) -> Floats:
    below = np.cumsum(np.bincount(codes, minlength=n_levels))[:-1] / codes.size
    return np.asarray(np.log(below / (1 - below)))


def _pieces(codes: NDArray[np.intp], matrix: Floats, units: NDArray[np.intp], n_levels: int, *, nodes: int) -> _Pieces:
    """Split each answer into "not above its level" and "above the one below", where there are such levels."""
    k = n_levels - 1
    upper, lower = np.flatnonzero(codes < k), np.flatnonzero(codes > 0)
    rows = np.concatenate([upper, lower])
    threshold = np.concatenate([codes[upper], codes[lower] - 1])
    sign = np.concatenate([np.ones(upper.size), -np.ones(lower.size)])
    order = np.argsort(units[rows], kind="stable")
    rows, threshold, sign = rows[order], threshold[order], sign[order]
    unit = units[rows]
    x, w = np.polynomial.hermite.hermgauss(nodes)
    return _Pieces(
        design=np.column_stack([np.eye(k)[threshold], -matrix[rows]]),
        sign=sign,
        unit=unit,
        starts=np.flatnonzero(np.diff(unit, prepend=-1)),
        gaps=np.bincount(codes, minlength=n_levels)[1:-1].astype(float),
        x=x,
        log_w=np.log(w) + x**2,
    )


def _evaluate(pieces: _Pieces, value: Floats, modes: Floats) -> _Point | None:
    """Return the log likelihood with derivatives, or nothing where the thresholds are out of order."""
    from scipy.special import expit, log_expit, logsumexp

    theta, sd = value[: pieces.n_thresholds], value[-1]
    if (np.diff(theta) <= 0).any():
        return None
    fixed = pieces.design @ value[:-1]
    modes, scale = _conditional_modes(pieces, fixed, sd, modes)
    b = modes[:, None] + math.sqrt(2) * scale[:, None] * pieces.x
    b_piece, sign = b[pieces.unit], pieces.sign[:, None]
    margin = sign * (fixed[:, None] - sd * b_piece)
    joint = np.add.reduceat(log_expit(margin), pieces.starts, axis=0) - b**2 / 2 + pieces.log_w
    units = logsumexp(joint, axis=1)
    weight = np.exp(joint - units[:, None])
    miss = expit(-margin)
    score = _unit_scores(pieces, sign * miss, b_piece)
    gap, gap_gradient, gap_hessian = _gap_term(pieces, theta, value.size)
    mean = np.einsum("gk,gkp->gp", weight, score)
    flat = score.reshape(-1, value.size)
    # Louis: the information is what complete data would hold minus what not knowing b costs.
    spread = (flat * weight.reshape(-1, 1)).T @ flat - mean.T @ mean
    return _Point(
        value=value,
        loglik=float(units.sum() + np.log(scale).sum() - scale.size * math.log(math.pi) / 2 + gap),
        gradient=mean.sum(axis=0) + gap_gradient,
        hessian=_complete_hessian(pieces, weight[pieces.unit] * miss * (1 - miss), b_piece) + spread + gap_hessian,
        modes=modes,
        scale=scale,
    )


def _conditional_modes(pieces: _Pieces, fixed: Floats, sd: float, start: Floats) -> tuple[Floats, Floats]:
    """Return each unit's most likely b and the scale of its peak; the function is concave in b."""
    from scipy.special import expit

    b = start
    for _ in range(100):
        miss = expit(-pieces.sign * (fixed - sd * b[pieces.unit]))
        slope = -sd * np.add.reduceat(pieces.sign * miss, pieces.starts) - b
        curvature = 1 + sd**2 * np.add.reduceat(miss * (1 - miss), pieces.starts)
        step = np.clip(slope / curvature, -2, 2)
        b = b + step
        if np.abs(step).max() < 1e-10:
            break
    return b, 1 / np.sqrt(curvature)


def _unit_scores(pieces: _Pieces, push: Floats, b_piece: Floats) -> Floats:
    """Return the score of each unit at each of its nodes, shape (units, nodes, parameters)."""
    by_node = [
        np.add.reduceat(np.column_stack([pieces.design * push[:, [k]], -b_piece[:, k] * push[:, k]]), pieces.starts)
        for k in range(push.shape[1])
    ]
    return np.stack(by_node, axis=1)


def _complete_hessian(pieces: _Pieces, bend: Floats, b_piece: Floats) -> Floats:
    """Return the expected Hessian of the pieces, given b."""
    p = pieces.design.shape[1] + 1
    out = np.empty((p, p))
    out[:-1, :-1] = -(pieces.design * bend.sum(axis=1)[:, None]).T @ pieces.design
    out[:-1, -1] = out[-1, :-1] = pieces.design.T @ (bend * b_piece).sum(axis=1)
    out[-1, -1] = -(bend * b_piece**2).sum()
    return out


def _gap_term(pieces: _Pieces, theta: Floats, size: int) -> tuple[float, Floats, Floats]:
    """Return Σ n log(1 − exp(−gap)) over the inner levels, with derivatives."""
    gap = np.diff(theta)
    slope = pieces.gaps / np.expm1(gap)
    bend = slope * np.exp(gap) / np.expm1(gap) if gap.size else slope
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for j in range(gap.size):
        gradient[j] -= slope[j]
        gradient[j + 1] += slope[j]
        hessian[j : j + 2, j : j + 2] += bend[j] * np.array([[-1.0, 1.0], [1.0, -1.0]])
    return float((pieces.gaps * np.log(-np.expm1(-gap))).sum()), gradient, hessian


def _maximise(pieces: _Pieces, start: Floats, held: NDArray[np.bool_], max_iterations: int) -> _Point:
    """Climb by Newton steps, halved until they do not lose, with the parameters in `held` kept."""
    free = ~held
    point = _evaluate(pieces, start, np.zeros(pieces.starts.size))
    for _ in range(max_iterations):
        if point is None or not math.isfinite(point.loglik):
            break
        step = np.zeros(start.size)
        step[free] = _uphill(-point.hessian[np.ix_(free, free)], point.gradient[free])
        if float(point.gradient @ step) < DECREMENT:
            return point
        point = _halved(pieces, point, step)
    raise EstimationError(
        f"ordinal model: no maximum found in {max_iterations} steps: a term or the units may tell the "
        "levels apart completely; use fewer terms or none per unit, or join levels.",
        sv=f"ordinalmodellen: inget maximum funnet på {max_iterations} steg: en term eller enheterna kan skilja "
        "nivåerna helt åt; använd färre termer eller ingen per enhet, eller slå ihop nivåer.",
    )


def _uphill(information: Floats, gradient: Floats) -> Floats:
    """Return the Newton step, with directions of wrong or no curvature turned uphill and kept short."""
    values, vectors = np.linalg.eigh(information)
    safe = np.maximum(np.abs(values), 1e-12 * max(float(np.abs(values).max()), 1e-12))
    step = vectors @ ((vectors.T @ gradient) / safe)
    return np.asarray(step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300)))


def _halved(pieces: _Pieces, point: _Point, step: Floats) -> _Point | None:
    # Near the maximum the quadrature's own error (about 1e-8) may outweigh the gain of a step.
    for halving in range(40):
        there = _evaluate(pieces, point.value + step / 2**halving, point.modes)
        if there is not None and there.loglik >= point.loglik - 1e-7:
            return there
    return None


def _standard_errors(point: _Point, without: NDArray[np.bool_]) -> Floats:
    free = ~without
    se = np.full(point.value.size, np.nan)
    # A separated direction has next to no information; the pseudo-inverse leaves the other terms theirs.
    variance = np.diag(np.linalg.pinv(-point.hessian[np.ix_(free, free)], rcond=1e-14, hermitian=True))
    se[free] = np.sqrt(np.where(variance > 0, variance, np.nan))
    return se


def _separated(pieces: _Pieces, point: _Point) -> NDArray[np.bool_]:
    """Return which thresholds and coefficients have no finite maximum-likelihood estimate.

    They have none if some direction never makes a piece or a gap less likely and makes at least one more likely: a
    linear programme (Albert & Anderson 1984), solved only if the fit went far out.
    """
    from scipy.optimize import linprog

    p, k = pieces.design.shape[1], pieces.n_thresholds
    signed = pieces.design * pieces.sign[:, None]
    if not signed.size or (np.abs(signed @ point.value[:-1]) < SUSPECT).all():
        return np.zeros(p, dtype=bool)
    gaps = np.diff(np.eye(k, p), axis=0)
    rows = np.unique(np.vstack([signed, gaps]), axis=0)
    gain = np.eye(len(rows))
    solution = linprog(
        np.concatenate([np.zeros(p), -np.ones(len(rows))]),
        A_ub=np.hstack([-rows, gain]),
        b_ub=np.zeros(len(rows)),
        bounds=[(None, None)] * p + [(0, 1)] * len(rows),
        method="highs",
    )
    if solution.x is None:
        raise EstimationError(
            "ordinal model: could not tell whether the terms separate the levels; use fewer terms.",
            sv="ordinalmodellen: det gick inte att avgöra om termerna skiljer nivåerna helt åt; använd färre termer.",
        )
    return np.asarray(np.abs(solution.x[:p]) > 1e-7)


def _estimates(
    kind: str, names: list[str], point: _Point, se: Floats, infinite: NDArray[np.bool_], first: int, level: float
) -> pd.DataFrame:
    from scipy.special import ndtri

    here = slice(first, first + len(names))
    estimate, error, lost = point.value[here], se[here], infinite[here]
    # A separated estimate that has not gone far out is held back by others that have: its sign says nothing.
    gone = np.where(np.abs(estimate) > SUSPECT, np.sign(estimate) * np.inf, np.nan)
    estimate, error = np.where(lost, gone, estimate), np.where(lost, np.nan, error)
    arm = float(ndtri((1 + level) / 2)) * error
    return pd.DataFrame(
        {
            kind: pd.Series(names, dtype="str"),
            "estimate": estimate,
            "se": error,
            "ci_low": np.where(lost, np.nan, estimate - arm),
            "ci_high": np.where(lost, np.nan, estimate + arm),
            "interval": "Wald",
            "separated": lost,
        }
    )


def _with_profiles(
    fit: OrdinalFit, wanted: list[str], pieces: _Pieces, point: _Point, held: NDArray[np.bool_], max_iterations: int
) -> OrdinalFit:
    """Put profile intervals in the place of the Wald ones for the terms wanted."""
    if not wanted:
        return fit
    table = fit.coefficients.set_index("term")
    limits = {}
    for name in wanted:
        place = held.size - 1 if name == "sd" else pieces.n_thresholds + list(table.index).index(name)
        limits[name] = _profile(pieces, point, held, place, fit.level, max_iterations)
    terms = [name for name in wanted if name != "sd"]
    table.loc[terms, "ci_low"] = [limits[name][0] for name in terms]
    table.loc[terms, "ci_high"] = [limits[name][1] for name in terms]
    table.loc[terms, "interval"] = "profile"
    fit = replace(fit, coefficients=table.reset_index())
    return replace(fit, sd_low=limits["sd"][0], sd_high=limits["sd"][1]) if "sd" in limits else fit


def _profile(
    pieces: _Pieces, point: _Point, held: NDArray[np.bool_], place: int, level: float, max_iterations: int
) -> tuple[float, float]:
    """Return where the deviance, maximised over everything else, reaches the chi-square quantile."""
    from scipy.special import ndtri

    kept = held.copy()
    kept[place] = True
    floor = 0.0 if place == held.size - 1 else -math.inf
    centre = abs(point.value[place]) if floor == 0.0 else point.value[place]
    root = float(ndtri((1 + level) / 2))
    step, slope = _profile_direction(point, held, place)
    warm = point.value.copy()

    def excess(at: float) -> float:
        nonlocal warm
        # The others move along with the held one; thresholds must stay in order on the way.
        start = warm + slope * (at - warm[place])
        if (np.diff(start[: pieces.n_thresholds]) <= 0).any():
            start = warm.copy()
        start[place] = at
        there = _maximise(pieces, start, kept, max_iterations)
        warm = there.value
        # The signed root of the deviance is close to a straight line, so few steps find where it crosses.
        return math.sqrt(max(2 * (point.loglik - there.loglik), 0.0)) - root

    low = _crossing(excess, centre, -root * step, floor=floor)
    warm = point.value.copy()
    return low, _crossing(excess, centre, root * step, floor=-math.inf)


def _profile_direction(point: _Point, held: NDArray[np.bool_], place: int) -> tuple[float, Floats]:
    """Return a first step a little past one standard error, and how the others move per unit of this one."""
    slope = np.zeros(point.value.size)
    free = np.flatnonzero(~held)
    variance = np.linalg.pinv(-point.hessian[np.ix_(free, free)], rcond=1e-14, hermitian=True)
    column = variance[:, np.flatnonzero(free == place)[0]]
    spread = float(column[free == place][0])
    if not 0 < spread < FAR:
        return 1.0, slope
    slope[free] = column / spread
    return 1.1 * math.sqrt(spread), slope


def _crossing(excess: Callable[[float], float], centre: float, step: float, *, floor: float) -> float:
    """Walk away from the centre until the deviance is passed, then find where; infinite if it never is."""
    from scipy.optimize import brentq

    inside, outside = centre, max(centre + step, floor)
    while excess(outside) < 0:
        if outside == floor:
            return floor
        if abs(outside - centre) > FAR:
            return math.copysign(math.inf, step)
        inside, outside = outside, max(centre + 2 * (outside - centre), floor)
    if excess(inside) >= 0:
        return inside
    return float(brentq(excess, inside, outside, xtol=1e-7, rtol=1e-10))
