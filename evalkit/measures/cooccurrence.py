"""Which codes stand in the same segments."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.tally import CountKind, all_codes, count_kind, place_codings, unchecked
from evalkit.study import Study
from evalkit.wording import Language, number, pick

__all__ = ["Cooccurrence", "cooccurrence"]


@dataclass(frozen=True, slots=True, eq=False)
class Cooccurrence:
    """Pairs of codes and the segments that have both.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unordered pair: code_a, code_b, both, only_a, only_b (segments), jaccard (both / either; missing
        where neither stands), rests_on (segment ids) and row_id.
    codes : pandas.DataFrame
        One row per code, in order: code, segments.
    count_kind : {"machine", "people", "mixed"}
        Who coded.
    coded_segments, segments : int
        Segments with at least one code, and all, the interviewer's not counted.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    codes: pd.DataFrame
    count_kind: CountKind
    coded_segments: int
    segments: int
    labels: Labels

    def matrix(self) -> pd.DataFrame:
        """Return the segments with both codes as a symmetric matrix, each code's own segments on its diagonal."""
        names = self.codes["code"].tolist()
        square = pd.DataFrame(0, index=names, columns=names, dtype="int64")
        for a, b, both in self.table[["code_a", "code_b", "both"]].itertuples(index=False):
            square.loc[a, b] = square.loc[b, a] = both
        for code, segments in self.codes[["code", "segments"]].itertuples(index=False):
            square.loc[code, code] = segments
        return square

    def most_used(self, n: int) -> "Cooccurrence":
        """Keep the codes with the most segments, most used first.

        Parameters
        ----------
        n : int
            How many; codes that never stand are left out in any case.

        Returns
        -------
        Cooccurrence
            With the pairs among those codes.
        """
        used = self.codes[self.codes["segments"] > 0].sort_values("segments", ascending=False, kind="stable").head(n)
        kept = self.table["code_a"].isin(used["code"]) & self.table["code_b"].isin(used["code"])
        return replace(self, codes=used.reset_index(drop=True), table=self.table[kept].reset_index(drop=True))

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        coded, of = number(self.coded_segments, lang=lang), number(self.segments, lang=lang)
        codes = number(len(self.codes), lang=lang)
        who = unchecked(self.count_kind, lang)
        return pick(
            lang,
            sv=f"n = {coded} kodade av {of} segment, {codes} koder; {who}.",
            en=f"n = {coded} coded of {of} segments, {codes} codes; {who}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say which codes stand together most and what that cannot say."""
        together = self.table[self.table["both"] > 0].sort_values("both", ascending=False, kind="stable")
        who = unchecked(self.count_kind, lang)
        if together.empty:
            return pick(
                lang, sv=f"Inga koder står i samma segment ({who}).", en=f"No codes stand in the same segment ({who})."
            )
        top = together.iloc[0]
        a, b = self.labels.code(top["code_a"], lang), self.labels.code(top["code_b"], lang)
        overlap = number(top["jaccard"], 2, lang=lang)
        pairs = number(len(together), lang=lang)
        all_pairs = number(len(self.table), lang=lang)
        count = number(top["both"], lang=lang)
        return pick(
            lang,
            sv=f"Av {all_pairs} par av koder står {pairs} någon gång i samma segment, oftast {a} och {b} "
            f"({count} segment, Jaccard {overlap}). Talen är {who}. Att koder står tillsammans säger inte att det ena "
            "leder till det andra; långa segment och ord som delas av två regler ger också par.",
            en=f"Of {all_pairs} pairs of codes, {pairs} stand in the same segment at least once, most often {a} and "
            f"{b} "
            f"(segments: {count}, Jaccard {overlap}). The counts are {who}. That codes stand together does not say "
            f"that "
            "one leads to the other; long segments and words shared by two rules make pairs too.",
        )


def cooccurrence(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    study: Study | None = None,
) -> Cooccurrence:
    """Count the segments in which two codes stand together.

    Parameters
    ----------
    codings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    codebook : Codebook, optional
        All its codes are paired, in its order; a code outside it comes last.
    study : Study, optional
        For the words of the study.

    Returns
    -------
    Cooccurrence
        One row per unordered pair, zeros present; the interviewer's own segments are not counted.

    Raises
    ------
    TableError
        If a coding's segment is missing.
    """
    spoken = segments.loc[segments["role"] != "intervjuare", ["segment_id"]]
    coded = place_codings(codings, spoken, segments)
    codes = all_codes(codings, codebook)
    having = {code: frozenset(ids) for code, ids in coded.groupby("code")["segment_id"]}
    nothing: frozenset[str] = frozenset()
    rows = [_pair(a, b, having.get(a, nothing), having.get(b, nothing)) for a, b in combinations(codes, 2)]
    table = pd.DataFrame(rows, columns=["code_a", "code_b", "both", "only_a", "only_b", "jaccard", "rests_on"])
    table["row_id"] = row_ids(table, ["code_a", "code_b"])
    own = [(code, len(having.get(code, nothing))) for code in codes]
    return Cooccurrence(
        table=table,
        codes=pd.DataFrame(own, columns=["code", "segments"]).astype({"code": "str", "segments": "int64"}),
        count_kind=count_kind(codings),
        coded_segments=coded["segment_id"].nunique(),
        segments=len(spoken),
        labels=labels_of(study, codebook),
    )


def _pair(a: str, b: str, in_a: frozenset[str], in_b: frozenset[str]) -> tuple[object, ...]:
    both, either = in_a & in_b, in_a | in_b
    jaccard = len(both) / len(either) if either else np.nan
    return a, b, len(both), len(in_a - in_b), len(in_b - in_a), jaccard, tuple(sorted(both))
