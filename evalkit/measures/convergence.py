"""Do two groups come to use the model's words alike? A distance that does not fall just because more was said.

The Jensen–Shannon divergence of two speakers' words falls with the amount of speech even if they draw from one and
the same vocabulary. So every comparison is *rarefied*: whole turns are drawn until the same number of words is
reached everywhere, and from it is taken what turns dealt out at random between the two, so speakers that are alike,
would give at that number. What is left, the *excess*, is zero for identical speakers however much they say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, place_segments, row_ids
from evalkit.measures.register_rows import gather
from evalkit.measures.vocabulary import Terms, term_counts
from evalkit.study import Study
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["Compare", "VocabularyConvergence", "jensen_shannon", "vocabulary_convergence"]

Compare = Literal["parties", "presenters"]
Floats = NDArray[np.float64]

_SPARE = 0.8
"""Share of the thinnest comparison's words that is drawn, so that draws differ and a tenth can be left out."""


@dataclass(frozen=True, slots=True, eq=False)
class VocabularyConvergence:
    """How far apart two groups' use of the model's words is, session by session.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per pair and session: pair ("team" against the participants, or a presenter against the others at the
        first session), session, terms_first, terms_second (words of the model that each used), jsd (rarefied, mean of
        the draws, bits), null (the same for turns dealt out at random), excess (jsd − null), ci_low, ci_high, naive
        (divergence of all their words, for comparison), why ("" or "too few": then only the counts and the naive
        number stand), rests_on (segments with any of the words) and row_id.
    changes : pandas.DataFrame
        One row per pair with two sessions or more: pair, first, last (sessions), change (of the excess), ci_low,
        ci_high, naive_change, rests_on and row_id.
    n : int
        Words that every comparison is rarefied to; 0 where nothing can be compared.
    min_terms : int
        Words under which a group is not compared.
    compare : {"parties", "presenters"}
        What is compared.
    level : float
        Of the intervals.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    n: int
    min_terms: int
    compare: Compare
    level: float
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        used, total = int((self.table["why"] == "").sum()), len(self.table)
        words = number(self.table["terms_first"].sum() + self._second_terms(), lang=lang)
        level, n = percent(self.level, lang=lang), number(self.n, lang=lang)
        least = number(self.min_terms, lang=lang)
        return pick(
            lang,
            sv=f"n = {words} av modellens ord; {number(used)} av {number(total)} jämförelser har minst {least} ord på "
            f"båda sidor och är gallrade till {n}. Överskott med {level} intervall (jackkniv över repliker).",
            en=f"n = {words} of the model's words; {number(used, lang='en')} of {number(total, lang='en')} comparisons "
            f"have at least {least} words on both sides and are rarefied to {n}. Excess with {level} intervals "
            "(jackknife over turns).",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say whether they came closer and what the number cannot say."""
        short = int((self.table["why"] == "too few").sum())
        parts = [self._change(row, lang) for row in self.changes.to_dict("records")]
        if not parts:
            least, many = number(self.min_terms, lang=lang), self.labels.noun("session", lang, many=True)
            parts.append(
                pick(
                    lang,
                    sv=f"Om orden närmade sig varandra kan inte sägas: färre än två {many} har minst {least} av "
                    "modellens ord på båda sidor.",
                    en=f"Whether the words came closer cannot be said: fewer than two {many} have at least {least} of "
                    "the model's words on both sides.",
                )
            )
        if short:
            parts.append(
                pick(
                    lang,
                    sv=f"{number(short)} jämförelser har för få ord.",
                    en=f"{number(short, lang='en')} comparisons have too few words.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Samma ord är inte samma förståelse, och längre utskrifter räknas inte som närmande: allt är "
                "jämfört vid lika många ord.",
                en="The same words are not the same understanding, and longer transcripts do not count as coming "
                "closer: all is compared at equally many words.",
            )
        )
        return " ".join(parts)

    def pair(self, pair: str, lang: Language) -> str:
        """Return the name of a pair."""
        if self.compare == "presenters":
            return pair
        return pick(lang, sv="teamet och deltagarna", en="the team and the participants")

    def _second_terms(self) -> int:
        """Count the other side's words; a fixed reference only once per pair."""
        second = self.table if self.compare == "parties" else self.table.drop_duplicates("pair")
        return int(second["terms_second"].sum())

    def _change(self, row: dict[Any, Any], lang: Language) -> str:
        first, last = (self.labels.group("session", row[end], lang) for end in ("first", "last"))
        limits = f"{number(row['change'], 2, lang=lang)} ({interval(row['ci_low'], row['ci_high'], lang=lang)})"
        who = self.pair(row["pair"], lang)
        if row["ci_high"] < 0:
            verdict = pick(lang, sv="orden närmade sig varandra", en="the words came closer")
        elif row["ci_low"] > 0:
            verdict = pick(lang, sv="orden gled isär", en="the words drifted apart")
        else:
            verdict = pick(lang, sv="det kan inte sägas att orden närmade sig", en="no coming closer can be said")
        naive = number(row["naive_change"], 2, lang=lang)
        return pick(
            lang,
            sv=f"{who[0].upper()}{who[1:]}, {first} till {last}: {verdict}; överskottet ändrades {limits}. (Utan "
            f"gallring: {naive}.)",
            en=f"{who[0].upper()}{who[1:]}, {first} to {last}: {verdict}; the excess changed by {limits}. (Without "
            f"rarefaction: {naive}.)",
        )


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: its turns that have any of the words."""

    counts: Floats  # turns × terms
    ids: tuple[str, ...]

    @property
    def terms(self) -> int:
        return int(self.counts.sum())


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Compute the Jensen–Shannon divergence of rows of counts, in bits.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (..., terms)
        Counts, not negative; each row is divided by its sum.

    Returns
    -------
    numpy.ndarray
        Between 0 and 1; missing where a row is empty.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37.

    Examples
    --------
    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 2.0])).item()
    1.0
    """
    from scipy.special import xlogy

    with np.errstate(invalid="ignore"):
        p, q = (side / side.sum(axis=-1, keepdims=True) for side in (first, second))
    entropies = [-xlogy(each, each).sum(axis=-1) / np.log(2) for each in ((p + q) / 2, p, q)]
    return np.asarray(entropies[0] - (entropies[1] + entropies[2]) / 2)


def vocabulary_convergence(
    segments: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    terms: Terms,
    compare: Compare = "parties",
    study: Study | None = None,
    min_terms: int = 30,
    n_draws: int = 400,
    n_parts: int = 10,
    level: float = 0.95,
    seed: int = 0,
) -> VocabularyConvergence:
    """Compare who uses which of the model's words, at equally many words everywhere.

    Parameters
    ----------
    segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; a segment is a turn, and the interviewer's do not count.
    terms : mapping of str to collection of str
        The model's words (see `model_terms`).
    compare : {"parties", "presenters"}, default "parties"
        The team (party "host") against the participants within each session, or each of the team's speakers against
        what the others of the team said at its first session, a reference that stays the same.
    study : Study, optional
        For names.
    min_terms : int, default 30
        Words under which a side is not compared.
    n_draws : int, default 400
        Draws of turns, and random deals, per comparison.
    n_parts : int, default 10
        Parts of the turns that the jackknife leaves out in turn.
    level : float, default 0.95
        Of the intervals: t on `n_parts` − 1 degrees of freedom.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    VocabularyConvergence
        One row per pair and session in which both sides used any of the words.

    Raises
    ------
    TableError
        If there are no terms, or what to compare is unknown.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37.

    Gotelli, N. J. & Colwell, R. K. (2001). Quantifying biodiversity: procedures and pitfalls in the measurement and
    comparison of species richness. Ecology Letters 4, 379–391.
    """
    if compare not in ("parties", "presenters"):
        raise TableError(f"vocabulary: compare='{compare}' is not known; choose parties or presenters.")
    turns = _turns(segments, documents, terms)
    found = list(_parties(turns, list(terms)) if compare == "parties" else _presenters(turns, list(terms)))
    enough = [min(first.terms, second.terms) for *_, first, second in found]
    n = int(_SPARE * min((least for least in enough if least >= min_terms), default=0))
    rows, errors = [], {}
    for place, (pair, session, first, second) in enumerate(found):
        row: dict[str, Any] = {"pair": pair, "session": session}
        row |= {"terms_first": first.terms, "terms_second": second.terms, "naive": _naive(first, second)}
        row |= dict.fromkeys(("jsd", "null", "excess", "ci_low", "ci_high"), nan) | {"why": "too few"}
        if enough[place] >= min_terms:
            rng = np.random.default_rng([seed, place])
            jsd, null, error = _excess(first, second, n, n_draws, n_parts, rng)
            arm = _t(level, n_parts) * error
            row |= {"jsd": jsd, "null": null, "excess": jsd - null, "why": ""}
            row |= {"ci_low": jsd - null - arm, "ci_high": jsd - null + arm}
            errors[pair, session] = error
        rows.append(row | {"rests_on": gather((first.ids, second.ids))})
    columns = ["pair", "session", "terms_first", "terms_second", "jsd", "null", "excess", "ci_low", "ci_high"]
    table = pd.DataFrame(rows, columns=[*columns, "naive", "why", "rests_on"])
    table = table.astype({"pair": "str", "session": "Int64", "why": "str"} | dict.fromkeys(columns[4:], "float64"))
    table["row_id"] = row_ids(table, ["pair", "session"])
    changes = _changes(table, errors, _t(level, n_parts))
    return VocabularyConvergence(table, changes, n, min_terms, compare, level, labels_of(study))


def _turns(segments: pd.DataFrame, documents: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Return the turns that have any of the words, with who said them and when."""
    placed = place_segments(segments, documents)
    counts = term_counts(segments, terms)
    who = pd.DataFrame({"segment": segments["segment_id"], "session": placed["session"]})
    who = who.assign(party=segments["party"], speaker=segments["speaker"])
    used = placed["informant"] & (counts.sum(axis=1) > 0) & placed["session"].notna()
    return pd.concat([who, counts], axis=1)[used]


def _side(turns: pd.DataFrame, terms: list[str]) -> _Side:
    return _Side(turns[terms].to_numpy(dtype=float), tuple(turns["segment"]))


def _parties(turns: pd.DataFrame, terms: list[str]) -> Iterator[tuple[str, Any, _Side, _Side]]:
    for session, part in turns.groupby("session"):
        sides = [part[part["party"] == party] for party in ("host", "participant")]
        if all(len(side) for side in sides):
            yield "team", session, _side(sides[0], terms), _side(sides[1], terms)


def _presenters(turns: pd.DataFrame, terms: list[str]) -> Iterator[tuple[str, Any, _Side, _Side]]:
    """Pair each of the team with what the others said at its first session; that session's own words too."""
    team = turns[(turns["party"] == "host") & turns["speaker"].notna() & (turns["session"] > 0)]
    start = team[team["session"] == team["session"].min()]
    for speaker, own in team.groupby("speaker"):
        others = start[start["speaker"] != speaker]
        for session, part in own.groupby("session"):
            if len(others):
                yield str(speaker), session, _side(part, terms), _side(others, terms)


def _naive(first: _Side, second: _Side) -> float:
    return float(jensen_shannon(first.counts.sum(axis=0), second.counts.sum(axis=0)))


def _excess(
    first: _Side, second: _Side, n: int, n_draws: int, n_parts: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return the rarefied divergence, its null, and the jackknife's standard error of their difference."""
    counts = np.vstack([first.counts, second.counts])
    own = np.arange(len(counts)) < len(first.counts)
    # The same random order serves all parts, so that leaving one out is the only difference between them.
    keys = [rng.random((n_draws, len(counts))) for _ in range(2)]
    part = np.concatenate([rng.permutation(size) % n_parts for size in (own.sum(), (~own).sum())])
    whole = _means(counts, own, keys, n)
    without = [_means(np.where((part == k)[:, None], 0.0, counts), own, keys, n) for k in range(n_parts)]
    excesses = np.array([jsd - null for jsd, null in without])
    error = sqrt((n_parts - 1) / n_parts * float(((excesses - excesses.mean()) ** 2).sum()))
    return whole[0], whole[1], error


def _means(counts: Floats, own: NDArray[np.bool_], keys: list[Floats], n: int) -> tuple[float, float]:
    """Return the mean divergence over draws of turns, and over draws that deal the turns out at random."""
    sizes = counts.sum(axis=1)
    drawn = [_drawn(np.where(mine, sizes, 0.0), keys[0], 0, n) @ counts for mine in (own, ~own)]
    dealt = [_drawn(sizes, keys[1], begin, n) @ counts for begin in (0, n)]
    return float(jensen_shannon(*drawn).mean()), float(jensen_shannon(*dealt).mean())


def _drawn(sizes: Floats, keys: Floats, begin: int, n: int) -> Floats:
    """Return the share of each turn that is drawn: turns in random order, of their words n from `begin` on."""
    order = np.argsort(keys, axis=1)
    ordered = sizes[order]
    ends = np.cumsum(ordered, axis=1)
    inside = np.minimum(ends, begin + n) - np.maximum(ends - ordered, begin)
    share = np.clip(inside, 0, None) / np.maximum(ordered, 1.0)
    weights = np.empty_like(share)
    np.put_along_axis(weights, order, share, axis=1)
    return np.asarray(weights)


def _t(level: float, n_parts: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(n_parts - 1, (1 + level) / 2))


def _changes(table: pd.DataFrame, errors: dict[tuple[str, int], float], quantile: float) -> pd.DataFrame:
    rows = []
    for pair, part in table[table["why"] == ""].groupby("pair", sort=False):
        if len(part) < 2:
            continue
        first, last = part.iloc[0], part.iloc[-1]
        change = last["excess"] - first["excess"]
        arm = quantile * sqrt(sum(errors[str(pair), end["session"]] ** 2 for end in (first, last)))
        row = {"pair": pair, "first": first["session"], "last": last["session"], "change": change}
        row |= {"ci_low": change - arm, "ci_high": change + arm, "naive_change": last["naive"] - first["naive"]}
        rows.append(row | {"rests_on": gather((first["rests_on"], last["rests_on"]))})
    columns = ["pair", "first", "last", "change", "ci_low", "ci_high", "naive_change", "rests_on"]
    changes = pd.DataFrame(rows, columns=columns).astype({"pair": "str"})
    changes["row_id"] = row_ids(changes, ["pair"])
    return changes
