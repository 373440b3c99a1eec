"""How often each code stands, per group and per 1 000 words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.measures.placement import (
    Key,
    Labels,
    When,
    group_values,
    grouping_keys,
    labels_of,
    place_segments,
    row_ids,
)
from evalkit.measures.tally import (
    COUNTS,
    RATES,
    CountKind,
    all_codes,
    count_kind,
    extent,
    limits,
    place_codings,
    unchecked,
    with_counts,
    with_rates,
)
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["CodeCounts", "code_counts"]


@dataclass(frozen=True, slots=True, eq=False)
class CodeCounts:
    """Coded segments and codings per code and group.

    Attributes
    ----------
    table : pandas.DataFrame
        The keys of `by`, code, segments (coded), codings, plus, minus, unclear (codings per polarity), words (of the
        group, the interviewer's not counted), per_1000, plus_per_1000, minus_per_1000, unclear_per_1000 (missing
        where the group has no words), small (under `small_below` words), rests_on (coding ids) and row_id.
    by : tuple of str
        What the rows are grouped by besides the code; empty for the whole corpus.
    when : {"said", "about"}
        Which session a segment was counted in.
    count_kind : {"machine", "people", "mixed"}
        Who coded. Machine codings have not been checked against people here.
    codings, coded_segments, segments, words : int
        Of the whole corpus but for the interviewer's own segments.
    left_out : int
        Codings that belong to none of the groups (no unit, or no session).
    interviewer : int
        Codings on the interviewer's own words, which are not counted.
    small_below : int
        Number of words under which a group is flagged.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    by: tuple[Key, ...]
    when: When
    count_kind: CountKind
    codings: int
    coded_segments: int
    segments: int
    words: int
    left_out: int
    interviewer: int
    small_below: int
    labels: Labels

    def most_used(self, n: int) -> "CodeCounts":
        """Keep the codes with the most coded segments.

        Parameters
        ----------
        n : int
            How many; ties go to the code that stands first.

        Returns
        -------
        CodeCounts
            The same counts with fewer rows, in the same order.
        """
        return replace(self, table=_keep_most_used(self.table, n))

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        text = f"n = {self._extent(lang)}; {unchecked(self.count_kind, lang)}."
        if self.left_out:
            text = f"{text[:-1]}; {self._left_out(lang)}."
        if self.table["small"].any():
            limit = number(self.small_below, lang=lang)
            text += pick(lang, sv=f" * färre än {limit} ord.", en=f" * fewer than {limit} words.")
        return text

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the counts show and what they cannot say."""
        if not self.codings:
            return pick(lang, sv="Det finns inga kodningar.", en="There are no codings.")
        totals = self.table.groupby("code", sort=False)["segments"].sum()
        whole = pick(lang, sv=f"Kodningen är {self._extent(lang)}.", en=f"The coding is {self._extent(lang)}.")
        parts = [] if self.by else [whole]
        if len(totals) and totals.max() > 0:
            top = self.labels.code(str(totals.idxmax()), lang)
            count = number(totals.max(), lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Vanligast är {top} ({count} segment).",
                    en=f"The most common is {top} ({count} segments).",
                )
            )
        parts += [*self._what_is_missing(lang), limits(self.count_kind, lang)]
        return " ".join(parts)

    def _extent(self, lang: Language) -> str:
        return extent(
            codings=self.codings, coded=self.coded_segments, segments=self.segments, words=self.words, lang=lang
        )

    def _what_is_missing(self, lang: Language) -> list[str]:
        """Say which groups are thin and which codings stand outside them."""
        parts = []
        groups = self.table.drop_duplicates(list(self.by)) if self.by else self.table.head(0)
        small = int(groups["small"].sum())
        if small:
            few, of, limit = (number(n, lang=lang) for n in (small, len(groups), self.small_below))
            parts.append(
                pick(
                    lang,
                    sv=f"{few} av {of} grupper har färre än {limit} ord; där är talen per 1 000 ord för osäkra att "
                    f"jämföra.",
                    en=f"{few} of {of} groups have fewer than {limit} words; there the numbers per 1,000 words are too "
                    "uncertain to compare.",
                )
            )
        if self.left_out:
            parts.append(f"{self._left_out(lang)[0].upper()}{self._left_out(lang)[1:]}.")
        return parts

    def _left_out(self, lang: Language) -> str:
        what = pick(lang, sv=" eller ", en=" or ").join(self.labels.noun(key, lang) for key in self.by)
        return pick(
            lang,
            sv=f"{count_noun(self.left_out, 'kodning', 'kodningar')} utan {what} är inte med",
            en=f"{count_noun(self.left_out, 'coding', 'codings', lang='en')} without {what} left out",
        )


def code_counts(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    documents: pd.DataFrame,
    by: Key | Sequence[Key] = (),
    when: When = "said",
    codebook: Codebook | None = None,
    study: Study | None = None,
    small_below: int = 200,
) -> CodeCounts:
    """Count coded segments and codings per code and group, and per 1 000 words.

    The interviewer's own segments are in neither the counts nor the words.

    Parameters
    ----------
    codings, segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    by : str or sequence of str, default ()
        Any of "kind", "unit", "session" and "document"; empty for the whole corpus.
    when : {"said", "about"}, default "said"
        Whether a segment counts in the session of its document or in the session it speaks about.
    codebook : Codebook, optional
        All its codes are counted, in its order, also those that never stand; a code outside it comes last.
    study : Study, optional
        Its units and sessions are there even without material, in its order.
    small_below : int, default 200
        Groups with fewer words are flagged.

    Returns
    -------
    CodeCounts
        One row per group and code, zeros present.

    Raises
    ------
    TableError
        If `by` is unknown, or a coding's segment or a segment's document is missing.
    """
    keys = grouping_keys(by)
    placed = place_segments(segments, documents, when=when)
    spoken = placed[placed["informant"]]
    coded = place_codings(codings, spoken, placed)
    values = [group_values(key, placed, study) for key in keys]
    codes = all_codes(codings, codebook)
    table = pd.DataFrame(list(product(*values, codes)), columns=[*keys, "code"])
    table = table.astype({key: placed[key].dtype for key in keys} | {"code": "str"})
    table = with_counts(table, coded, [*keys, "code"])
    if keys:
        words = spoken.groupby(list(keys))["words"].sum().rename("words").reset_index()
        table = table.drop(columns="words", errors="ignore").merge(words, on=list(keys), how="left")
        table["words"] = table["words"].fillna(0).astype("int64")
    else:
        table["words"] = int(spoken["words"].sum())
    table = with_rates(table)
    table["small"] = table["words"] < small_below
    table["row_id"] = row_ids(table, ["code", *keys])
    return CodeCounts(
        table=table[[*keys, "code", *COUNTS, "words", *RATES.values(), "small", "rests_on", "row_id"]],
        by=keys,
        when=when,
        count_kind=count_kind(codings),
        codings=len(coded),
        coded_segments=coded["segment_id"].nunique(),
        segments=len(spoken),
        words=int(spoken["words"].sum()),
        left_out=int(coded[list(keys)].isna().any(axis=1).sum()) if keys else 0,
        interviewer=len(codings) - len(coded),
        small_below=small_below,
        labels=labels_of(study, codebook),
    )


def _keep_most_used(table: pd.DataFrame, n: int) -> pd.DataFrame:
    totals = table.groupby("code", sort=False)["segments"].sum().sort_values(ascending=False, kind="stable")
    return table[table["code"].isin(totals.index[:n])].reset_index(drop=True)
