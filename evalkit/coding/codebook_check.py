"""What a codebook does to a corpus, rule by rule, and what an edit of it changes.

`check_codebook` finds rules that never match here, rules that add nothing to another rule of their code, and codes
without rules. `diff_codings` holds two codings of the same segments against each other: gained, lost, other polarity.
Neither says whether a coding is right; that takes people.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from evalkit.coding.apply import apply_codebook, rule_matches
from evalkit.coding.codebook import Codebook
from evalkit.corpus.tokens import Tokens
from evalkit.errors import TableError
from evalkit.wording import Language, count_noun, join, number, pick

__all__ = ["CodebookCheck", "CodingsDiff", "check_codebook", "diff_codings"]

IntArray = npt.NDArray[np.int64]

CHANGES = ("gained", "lost", "polarity")
_COMPARED = ("segment_id", "code", "polarity", "coding_id", "document_id", "quote", "rule")


@dataclass(frozen=True, slots=True, eq=False)
class CodebookCheck:
    """What each rule and each code does in one corpus.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per rule, in the order of the codebook: code, rule, matches, segments (with a match), covered_by (a rule
        of the same code that codes every segment this one codes, with the same polarity; "" if there is none),
        held_back (segments with a match that are not coded, because the learned coder finds the code improbable there;
        see `learned.join`) and rests_on (segment ids).
    codes : pandas.DataFrame
        One row per code: code, rules, never (of its rules, those without a match), covered (those with a `covered_by`),
        matches, segments (of its own rules, not of the codes below it) and rests_on (segment ids).
    segments : int
        Of the corpus, the interviewer's included.
    codebook_version : str
        Of the codebook.
    """

    table: pd.DataFrame
    codes: pd.DataFrame
    segments: int
    codebook_version: str

    @property
    def never(self) -> tuple[str, ...]:
        """Ids of the rules without a match."""
        return tuple(self.table.loc[self.table["matches"] == 0, "rule"])

    @property
    def covered(self) -> tuple[str, ...]:
        """Ids of the rules that add nothing to another: without them every segment keeps its codes."""
        return tuple(self.table.loc[self.table["covered_by"] != "", "rule"])

    @property
    def held_back(self) -> int:
        """Matched segments that are not coded, over all rules."""
        return int(self.table["held_back"].sum())

    @property
    def without_rules(self) -> tuple[str, ...]:
        """Ids of the codes that have no rules."""
        return tuple(self.codes.loc[self.codes["rules"] == 0, "code"])

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the check rests on."""
        rules = count_noun(len(self.table), *_nouns("rule", lang), lang=lang)
        codes = count_noun(len(self.codes), *_nouns("code", lang), lang=lang)
        return pick(
            lang,
            sv=f"n = {number(self.segments)} segment; {rules} för {codes}; kodbok {self.codebook_version}.",
            en=f"n = {number(self.segments, lang=lang)} segments; {rules} for {codes}; "
            f"codebook {self.codebook_version}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the check shows and what it cannot say."""
        rules = count_noun(len(self.table), *_nouns("rule", lang), lang=lang)
        never, covered = number(len(self.never), lang=lang), number(len(self.covered), lang=lang)
        parts = [
            pick(
                lang,
                sv=f"Av {rules} träffar {never} aldrig i de här texterna, och {covered} kodar inget som inte en annan "
                "regel för samma kod också kodar.",
                en=f"Of {rules}, {never} never match in these texts, and {covered} code nothing that another rule of "
                "the same code does not.",
            )
        ]
        if self.held_back:
            held = number(self.held_back, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"I {held} fall hålls en regels träff tillbaka, för att den inlärda kodaren finner koden "
                    "osannolik i segmentet.",
                    en=f"In {held} cases a rule's match is held back, because the learned coder finds the code "
                    "improbable in the segment.",
                )
            )
        if self.without_rules:
            named = join(list(self.without_rules), lang=lang)
            parts.append(pick(lang, sv=f"Utan regler: {named}.", en=f"Without rules: {named}."))
        parts.append(
            pick(
                lang,
                sv="En regel som inte behövs här kan behövas i andra texter, och en som träffar kan träffa fel.",
                en="A rule that is not needed here may be needed in other texts, and one that matches may be wrong.",
            )
        )
        return " ".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class CodingsDiff:
    """What two codings of the same segments differ in.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per code that either has: code, before, after (coded segments), gained, lost, polarity (segments coded
        by both, with another polarity) and rests_on (ids of the codings that differ, of both tables).
    codings : pandas.DataFrame
        One row per difference, by code, change and segment: code, change ("gained", "lost", "polarity"), segment_id,
        document_id, polarity_before, polarity_after, rule_before, rule_after, coding_id_before, coding_id_after and
        quote (of the later coding where there is one). Missing where the coding does not exist.
    """

    table: pd.DataFrame
    codings: pd.DataFrame

    def count(self, change: str) -> int:
        """Return how many differences there are of one kind.

        Parameters
        ----------
        change : {"gained", "lost", "polarity"}
            The kind.

        Returns
        -------
        int
            Pairs of a segment and a code.
        """
        return int((self.codings["change"] == change).sum())

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the comparison rests on."""
        before, after = (number(int(self.table[when].sum()), lang=lang) for when in ("before", "after"))
        return pick(
            lang,
            sv=f"n = {before} kodningar före, {after} efter.",
            en=f"n = {before} codings before, {after} after.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the comparison shows and what it cannot say."""
        if self.codings.empty:
            return pick(lang, sv="Kodningarna är desamma.", en="The codings are the same.")
        gained, lost, turned = (number(self.count(change), lang=lang) for change in CHANGES)
        changed = self.codings["code"].value_counts(sort=False)
        most = str(changed.idxmax())
        return pick(
            lang,
            sv=f"Ändringen ger {gained} nya kodningar, tar bort {lost} och ger {turned} en annan polaritet; mest "
            f"ändras {most} ({number(int(changed.max()))}). Om det blev bättre avgörs av hur människor kodar.",
            en=f"The change adds {gained} codings, removes {lost} and gives {turned} another polarity; {most} changes "
            f"most ({number(int(changed.max()), lang=lang)}). Whether that is better is for human coders to tell.",
        )


def check_codebook(segments: pd.DataFrame, codebook: Codebook, *, tokens: Tokens | None = None) -> CodebookCheck:
    """Find the rules of a codebook that do nothing in a corpus, and the codes without rules.

    Parameters
    ----------
    segments : pandas.DataFrame
        One row per segment (see `evalkit.tables.SCHEMAS`).
    codebook : Codebook
        From `read_codebook`.
    tokens : Tokens, optional
        Of the segments' texts, when at hand.

    Returns
    -------
    CodebookCheck
        Matches and segments per rule and per code.

    Raises
    ------
    TableError
        If a column is missing, a segment stands twice, or the tokens are not those of the segments.
    """
    found = rule_matches(segments, codebook, tokens=tokens)
    numbered = [(code.id, rule.id) for code in codebook.codes for rule in code.rules]
    table = pd.DataFrame(numbered, columns=["code", "rule"]).astype("str")
    order = found["order"].to_numpy(dtype=np.int64)
    table["matches"] = np.bincount(order, minlength=len(table))
    coded = found.drop_duplicates(["order", "row"])
    table["segments"] = np.bincount(coded["order"].to_numpy(dtype=np.int64), minlength=len(table))
    table["covered_by"] = _covered_by(found, table)
    table["held_back"] = _held_back(segments, codebook, tokens, coded, len(table))
    table["rests_on"] = _segment_ids(coded, "order", list(range(len(table))))
    per_code = found.drop_duplicates(["code", "row"])
    codes = pd.DataFrame({"code": pd.array(codebook.ids, dtype="str")})
    codes["rules"] = [len(code.rules) for code in codebook.codes]
    for column, kept in (("never", table["matches"] == 0), ("covered", table["covered_by"] != "")):
        codes[column] = _count_by(table.loc[kept, "code"], codes["code"])
    codes["matches"] = _count_by(found["code"], codes["code"])
    codes["segments"] = _count_by(per_code["code"], codes["code"])
    codes["rests_on"] = _segment_ids(per_code, "code", list(codebook.ids))
    return CodebookCheck(table, codes, len(segments), codebook.codebook_version)


def diff_codings(before: pd.DataFrame, after: pd.DataFrame) -> CodingsDiff:
    """Compare two codings of the same segments, as by a codebook before and after an edit.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Tables `codings`, each of one coder.

    Returns
    -------
    CodingsDiff
        What was gained and lost and what changed its polarity, per code and one by one.

    Raises
    ------
    TableError
        If a column is missing, or a table has a code twice on a segment, as when several people coded it.
    """
    sides = [_one_per_segment(table, name) for table, name in ((before, "before"), (after, "after"))]
    both = sides[0].merge(sides[1], on=["segment_id", "code"], how="outer", suffixes=("_before", "_after"))
    gone, new = both["coding_id_after"].isna(), both["coding_id_before"].isna()
    turned = ~gone & ~new & (both["polarity_before"] != both["polarity_after"])
    both["change"] = np.select([new, gone, turned], CHANGES, default="")
    for column in ("document_id", "quote"):
        both[column] = both[f"{column}_after"].fillna(both[f"{column}_before"])
    paired = [f"{column}_{when}" for column in ("polarity", "rule", "coding_id") for when in ("before", "after")]
    columns = ["code", "change", "segment_id", "document_id", *paired, "quote"]
    differing = both.loc[both["change"] != "", columns]
    differing = differing.sort_values(["code", "change", "segment_id"], ignore_index=True)
    return CodingsDiff(_per_code(both, differing), differing)


def _nouns(noun: str, lang: Language) -> tuple[str, str]:
    nouns = {"rule": (("regel", "regler"), ("rule", "rules")), "code": (("kod", "koder"), ("code", "codes"))}
    return nouns[noun][lang == "en"]


def _covered_by(found: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Return, per rule, the rule of the same code with the most segments among those that code all it codes."""
    sign = found["polarity"].map({"+": 0, "-": 1, "?": 2}).to_numpy(dtype=np.int64)
    order = found["order"].to_numpy(dtype=np.int64)
    place = found["row"].to_numpy(dtype=np.int64) * 3 + sign
    covered_by = [""] * len(table)
    for _, rules in table.groupby("code", sort=False):
        first, n = int(rules.index[0]), len(rules)
        mine = (order >= first) & (order < first + n)
        if not mine.any():
            continue
        _, column = np.unique(place[mine], return_inverse=True)
        codes = sparse.csr_array((np.ones(len(column)), (order[mine] - first, column)), shape=(n, column.max() + 1))
        codes.data[:] = 1  # several matches in one place count once
        for covered, by in _largest_cover((codes @ codes.T).toarray()):
            covered_by[first + covered] = str(rules["rule"].iloc[by])
    return covered_by


def _held_back(
    segments: pd.DataFrame, codebook: Codebook, tokens: Tokens | None, coded: pd.DataFrame, n_rules: int
) -> IntArray:
    """Return, per rule, how many of the segments that it matches do not get its code."""
    if codebook.learned is None or not codebook.learned.weighs_rules:
        return np.zeros(n_rules, dtype=np.int64)
    codings = apply_codebook(segments, codebook, tokens=tokens)
    is_coded = pd.MultiIndex.from_frame(coded[["segment_id", "code"]]).isin(
        pd.MultiIndex.from_frame(codings[["segment_id", "code"]])
    )
    order = coded["order"].to_numpy(dtype=np.int64)
    return np.bincount(order[~is_coded], minlength=n_rules).astype(np.int64)


def _largest_cover(shared: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the rules that are covered, each with the largest that covers it; of equals the first covers the rest."""
    sizes, numbers = shared.diagonal(), np.arange(len(shared))
    covers = (shared == sizes[:, None]) & (sizes[:, None] > 0)
    covers &= (sizes > sizes[:, None]) | ((sizes == sizes[:, None]) & (numbers < numbers[:, None]))
    covered = np.flatnonzero(covers.any(axis=1)).tolist()
    return [(rule, int(np.argmax(np.where(covers[rule], sizes, 0)))) for rule in covered]


def _segment_ids(found: pd.DataFrame, by: str, keys: list[Any]) -> list[tuple[str, ...]]:
    ids = {key: tuple(group) for key, group in found.groupby(by)["segment_id"]}
    return [ids.get(key, ()) for key in keys]


def _count_by(values: pd.Series, keys: pd.Series) -> IntArray:
    return values.value_counts().reindex(keys, fill_value=0).to_numpy().astype(np.int64)


def _one_per_segment(codings: pd.DataFrame, name: str) -> pd.DataFrame:
    missing = [column for column in _COMPARED if column not in codings]
    if missing:
        raise TableError(f"{name}: column '{missing[0]}' is missing; the columns needed are {', '.join(_COMPARED)}")
    twice = int(codings.duplicated(["segment_id", "code"]).sum())
    if twice:
        raise TableError(
            f"{name}: {twice} rows have a segment and a code that stand in an earlier row too; compare the codings of "
            "one coder, with one row per segment and code"
        )
    return codings[list(_COMPARED)]


def _per_code(both: pd.DataFrame, differing: pd.DataFrame) -> pd.DataFrame:
    codes = pd.Series(sorted(both["code"].unique()), dtype="str")
    table = pd.DataFrame({"code": codes})
    for when in ("before", "after"):
        table[when] = _count_by(both.loc[both[f"coding_id_{when}"].notna(), "code"], codes)
    for change in CHANGES:
        table[change] = _count_by(both.loc[both["change"] == change, "code"], codes)
    ids: dict[str, set[str]] = {}
    for when in ("before", "after"):
        there = differing[differing[f"coding_id_{when}"].notna()]
        for code, id in zip(there["code"], there[f"coding_id_{when}"], strict=True):
            ids.setdefault(code, set()).add(id)
    table["rests_on"] = [tuple(sorted(ids.get(code, ()))) for code in codes]
    return table
