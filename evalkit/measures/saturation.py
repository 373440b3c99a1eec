"""Code saturation: how many of the codes each further document brought, in the order of collection and in any order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.measures.tally import CountKind, count_kind, limits, unchecked
from evalkit.wording import Language, count_noun, number, percent, pick

__all__ = ["Saturation", "code_saturation"]


@dataclass(frozen=True, slots=True, eq=False)
class Saturation:
    """Different codes found in the first k documents.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per document in the order of collection: k (documents so far), document, found (different codes so
        far), new (that this document brought), expected (mean over all orders of the documents), ci_low, ci_high (the
        middle 95 % of random orders), rests_on (the first coding of each new code) and row_id.
    codes : int
        Codes of the codebook (those found, without one).
    run : int
        Documents at the end that are looked at together.
    new_in_run : int
        Codes that came first there.
    undated : int
        Documents without session and date, which are placed last.
    count_kind : {"machine", "people", "mixed"}
        Who coded.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    codes: int
    run: int
    new_in_run: int
    undated: int
    count_kind: CountKind
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        n, codes, who = len(self.table), number(self.codes, lang=lang), unchecked(self.count_kind, lang)
        text = pick(
            lang,
            sv=f"n = {count_noun(n, 'dokument', 'dokument')}, {codes} koder; {who}.",
            en=f"n = {count_noun(n, 'document', 'documents', lang='en')}, {codes} codes; {who}.",
        )
        if not self.undated:
            return text
        return text + pick(
            lang,
            sv=f" {number(self.undated)} utan träff och datum står sist.",
            en=f" {number(self.undated, lang='en')} without session and date come last.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say when no more codes came and what that cannot say."""
        if self.table.empty or not self.table["found"].iloc[-1]:
            return pick(lang, sv="Inga kodningar.", en="No codings.")
        found, codes = number(self.table["found"].iloc[-1], lang=lang), number(self.codes, lang=lang)
        nine_tenths = int(self.table.loc[self.table["found"] >= 0.9 * self.table["found"].iloc[-1], "k"].iloc[0])
        of = percent(nine_tenths / len(self.table), lang=lang)
        run, new = number(self.run, lang=lang), number(self.new_in_run, lang=lang)
        return pick(
            lang,
            sv=f"{found} av {codes} koder förekommer. Nio av tio av dem hade kommit efter {number(nine_tenths)} "
            f"dokument ({of}); de sista {run} dokumenten gav {new} nya. Kodboken är given i förväg: kurvan visar när "
            "dess koder är påträffade, inte att inget annat fanns att höra. "
            f"{limits(self.count_kind, lang)}",
            en=f"{found} of {codes} codes occur. Nine in ten of them had come after {number(nine_tenths, lang=lang)} "
            f"documents ({of}); the last {run} documents brought {new} new ones. The codebook was given beforehand: "
            "the curve shows when its codes have been met, not that nothing else was there to hear. "
            f"{limits(self.count_kind, lang)}",
        )


def code_saturation(
    codings: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    run: int = 10,
    n_orders: int = 2000,
    seed: int = 0,
) -> Saturation:
    """Follow how many different codes the documents bring.

    Parameters
    ----------
    codings, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; a code counts as found when it is coded present (polarity "+").
    codebook : Codebook, optional
        Tells how many codes there are to find.
    run : int, default 10
        Documents at the end that are looked at together, at most all.
    n_orders : int, default 2000
        Random orders of the documents for the band; the mean over all orders is exact.
    seed : int, default 0
        Of the random orders.

    Returns
    -------
    Saturation
        One row per document, also those without a coding.

    Raises
    ------
    TableError
        If a coding's document is missing.

    References
    ----------
    Guest, G., Namey, E. & Chen, M. (2020). A simple method to assess and report thematic saturation in qualitative
    research. PLOS ONE 15(5).

    Colwell, R. K., Mao, C. X. & Chang, J. (2004). Interpolating, extrapolating, and comparing incidence-based species
    accumulation curves. Ecology 85, 2717–2727.
    """
    lost = ~codings["document_id"].isin(documents["document_id"])
    if lost.any():
        raise TableError(
            f"codings: {int(lost.sum())} codings belong to documents that are not in documents. Code the segments "
            "again: evalkit code"
        )
    ordered = documents.sort_values(["session", "date", "document_id"], na_position="last", ignore_index=True)
    present = codings[codings["polarity"] == "+"].merge(
        ordered[["document_id"]].reset_index(names="place"), on="document_id"
    )
    first = present.sort_values(["place", "coding_id"]).drop_duplicates("code")
    news: dict[Any, tuple[str, ...]] = {place: tuple(part) for place, part in first.groupby("place")["coding_id"]}
    seen = pd.crosstab(present["place"], present["code"]).reindex(range(len(ordered)), fill_value=0).to_numpy() > 0
    n = len(ordered)
    low, high = _band(seen, n_orders, seed)
    new = np.array([len(news.get(place, ())) for place in range(n)], dtype=np.int64)
    table = pd.DataFrame(
        {
            "k": np.arange(1, n + 1),
            "document": ordered["document_id"],
            "found": np.cumsum(new),
            "new": new,
            "expected": _expected(seen.sum(axis=0), n),
            "ci_low": low,
            "ci_high": high,
            "rests_on": as_tuples(news.get(place) for place in range(n)),
        }
    )
    table["row_id"] = row_ids(table, ["document"])
    last = min(run, n)
    return Saturation(
        table=table,
        codes=len(codebook.ids) if codebook else int(seen.shape[1]),
        run=last,
        new_in_run=int(new[n - last :].sum()),
        undated=int((ordered["session"].isna() & ordered["date"].isna()).sum()),
        count_kind=count_kind(codings),
        labels=labels_of(None, codebook),
    )


def _expected(documents_per_code: np.ndarray, n: int) -> np.ndarray:
    """Return the mean number of codes in k random documents: Σ 1 − C(n − d, k) / C(n, k)."""
    from scipy.special import gammaln

    k = np.arange(1, n + 1)[:, None]
    others = n - documents_per_code[None, :]
    with np.errstate(invalid="ignore"):
        logs = gammaln(others + 1) - gammaln(others - k + 1) + gammaln(n - k + 1) - gammaln(n + 1)
    missed = np.where(k <= others, np.exp(np.where(k <= others, logs, 0.0)), 0.0)
    return np.asarray((1 - missed).sum(axis=1))


def _band(seen: np.ndarray, n_orders: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle 95 % of the curves of random orders: a code is found where its first document comes."""
    rng, n = np.random.default_rng(seed), len(seen)
    if not n:
        return np.empty(0), np.empty(0)
    curves = np.empty((n_orders, n), dtype=np.int64)
    for draw in range(n_orders):
        place = np.where(seen, rng.permutation(n)[:, None], n).min(axis=0)
        curves[draw] = np.cumsum(np.bincount(place, minlength=n + 1)[:n])
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    return low, high
