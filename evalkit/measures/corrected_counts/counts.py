"""Rule codings, people's codings and an audit sample → corrected counts per code and margin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.errors import EstimationError, TableError
from evalkit.inference.intervals import Interval, mover_difference
from evalkit.measures.corrected_counts.estimate import Audited, Corrected, correct_count
from evalkit.measures.placement import Labels, When, labels_of, place_segments, row_ids
from evalkit.measures.tally import unchecked
from evalkit.study import Study
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["CorrectedCounts", "corrected_counts"]

Margin = Literal["all", "period", "session", "unit"]
_COLUMNS = ["code", "segments", "rule_segments", "audited", "audited_hits", "precision", "recall", "estimate", "ci_low"]
_COLUMNS += ["ci_high", "share", "share_low", "share_high", "checked", "refused", "rests_on", "row_id"]


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedCounts:
    """Segments per code that blinded coders would have coded.

    Attributes
    ----------
    table : pandas.DataFrame
        The margin's column (none for "all"), code, segments (N, the interviewer's not counted), rule_segments (hit by
        the rules), audited, audited_hits, precision and recall of the rules, estimate with ci_low and ci_high
        (segments; missing unless checked), share with share_low and share_high (of the segments), checked, refused
        (why it was not checked), rests_on (ids of the audited segments that were hit or coded) and row_id.
    by : {"all", "period", "session", "unit"}
        The margin.
    coder : str
        Whose judgement the rules are held against.
    sample : str
        Name of the audit sample; empty if it has none.
    level : float
        Confidence level.
    audited : int
        Segments audited in all.
    periods : tuple of str
        The periods whose error rates were kept apart.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    by: Margin
    coder: str
    sample: str
    level: float
    audited: int
    periods: tuple[str, ...]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return what the counts rest on and which kind they are."""
        checked, rows = int(self.table["checked"].sum()), len(self.table)
        level, audited, of = percent(self.level, lang=lang), number(self.audited, lang=lang), self._all(lang)
        name = f" ({self.sample})" if self.sample else ""
        text = pick(
            lang,
            sv=f"n = {audited} kontrollerade segment{name} av {of}, lästa blint av kodare {self.coder}. Rättade tal "
            f"med {level} intervall i {checked} av {rows} rader",
            en=f"n = {audited} audited segments{name} of {of}, read blind by coder {self.coder}. Corrected counts with "
            f"{level} intervals in {checked} of {rows} rows",
        )
        if checked < rows:
            text += pick(lang, sv="; övriga är ", en="; the others are ") + unchecked("machine", lang)
        return text + "."

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the machine can be trusted, and what the corrected counts mean."""
        checked = self.table[self.table["checked"]]
        if checked.empty:
            return pick(
                lang,
                sv=f"Stickprovet räcker inte till rättade tal: {number(self.audited)} segment är kontrollerade. "
                f"Alla tal är {unchecked('machine', lang)}.",
                en=f"The sample is too small for corrected counts: {number(self.audited, lang=lang)} segments are "
                f"audited. All counts are {unchecked('machine', lang)}.",
            )
        precision, recall = checked["precision"].median(), checked["recall"].median()
        most = checked.sort_values("estimate", kind="stable").iloc[-1]
        low, high = most["ci_low"], most["ci_high"]
        return pick(
            lang,
            sv=f"Där kontrollen räcker håller {percent(precision)} av maskinens kodningar (median), och maskinen "
            f"hittar {percent(recall)} av det som en blind kodare ser. Vanligast är {self._row(most, lang)}: maskinen "
            f"kodar {number(most['rule_segments'])} segment, rättat {number(most['estimate'])} "
            f"({interval(low, high, 0)}). Intervallen gäller hur {self.coder} skulle ha kodat hela materialet, inte "
            "hur många som tycker så.",
            en=f"Where the audit suffices, {percent(precision, lang=lang)} of the machine's codings hold (median), and "
            f"the machine finds {percent(recall, lang=lang)} of what a blind coder sees. The most common is "
            f"{self._row(most, lang)}: the machine codes {number(most['rule_segments'], lang=lang)} segments, "
            f"corrected {number(most['estimate'], lang=lang)} ({interval(low, high, 0, lang=lang)}). The "
            f"intervals are for how {self.coder} would have coded all of the material, not for how many think so.",
        )

    def contrasts(self, before: Any, after: Any) -> pd.DataFrame:
        """Compare the share of segments with each code between two groups of the margin.

        Parameters
        ----------
        before, after : object
            Values of the margin; the first is taken from the second.

        Returns
        -------
        pandas.DataFrame
            One row per code that was audited enough in both: code, before, after (shares), difference with ci_low and
            ci_high (joined by MOVER) and rests_on; the largest difference first.

        Raises
        ------
        TableError
            If the margin has no such groups.
        EstimationError
            If no code was audited enough in both.
        """
        missing = [group for group in (before, after) if self.by == "all" or group not in set(self.table[self.by])]
        if missing:
            raise TableError(f"contrasts: there is no {self.by} '{missing[0]}'; choose two groups of the margin")
        sides = [self.table[self.table[self.by] == group].set_index("code") for group in (before, after)]
        both = [code for code in sides[0].index if all(side.loc[code, "checked"] for side in sides)]
        if not both:
            raise EstimationError(
                f"contrasts: no code was audited enough in both '{before}' and '{after}'.",
                sv=f"kontraster: ingen kod är granskad nog i både ”{before}” och ”{after}”.",
            )
        rows = []
        for code in both:
            first, second = (_share(side.loc[code], self.level) for side in sides)
            change = mover_difference(second, first)
            rows.append(
                {
                    "code": code,
                    "before": first.estimate,
                    "after": second.estimate,
                    "difference": change.estimate,
                    "ci_low": change.ci_low,
                    "ci_high": change.ci_high,
                    "rests_on": (*sides[0].loc[code, "rests_on"], *sides[1].loc[code, "rests_on"]),
                }
            )
        table = pd.DataFrame(rows)
        return table.loc[table["difference"].abs().sort_values(ascending=False, kind="stable").index].reset_index(
            drop=True
        )

    def _all(self, lang: Language) -> str:
        groups = self.table.head(1) if self.by == "all" else self.table.drop_duplicates(self.by)
        return number(groups["segments"].sum(), lang=lang)

    def _row(self, row: "pd.Series[Any]", lang: Language) -> str:
        name = self.labels.code(row["code"], lang)
        if self.by == "all":
            return name
        group = row[self.by] if self.by == "period" else self.labels.group(self.by, row[self.by], lang)
        return f"{name} ({group})"


def corrected_counts(
    codings: pd.DataFrame,
    people_codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    documents: pd.DataFrame,
    by: Margin = "all",
    periods: "pd.Series[Any]",
    coder: str | None = None,
    sample: str | None = None,
    when: When = "said",
    codebook: Codebook | None = None,
    study: Study | None = None,
    level: float = 0.95,
) -> CorrectedCounts:
    """Correct counts of rule codings by an audited random sample.

    Only margins are corrected (all, period, session, unit), never unit × session: a sample that would carry such cells
    is a census. A segment counts once per code. Only independent readings of segments that were drawn with a known
    probability are used.

    Parameters
    ----------
    codings : pandas.DataFrame
        Rule codings (table `codings`).
    people_codings, readings : pandas.DataFrame
        What people coded, and which segments they read (tables `people_codings` and `readings`).
    segments, documents : pandas.DataFrame
        The texts; the interviewer's segments are in neither counts nor sample.
    by : {"all", "period", "session", "unit"}, default "all"
        The margin.
    periods : pandas.Series
        Period of each segment, by segment_id (see `evalkit.coding.audit_sample.study_periods`); error rates are
        estimated per period and never pooled.
    coder : str, optional
        Whose judgement counts; default the one with the most such readings.
    sample : str, optional
        Which audit sample; default the one that this coder has read most of. Two samples are never thrown together: a
        segment of a small group would count once, one of a large group once per sample.
    when : {"said", "about"}, default "said"
        Which session a segment counts in.
    codebook : Codebook, optional
        Which codes there are and which lie under which: what is given a child code counts for its parents.
    study : Study, optional
        For names.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    CorrectedCounts
        One row per group and code; rows that were not audited enough say so and have no interval.

    Raises
    ------
    EstimationError
        If there are no independent readings with known probabilities.
    TableError
        If the margin is unknown, or a probability is not between 0 and 1.
    """
    if by not in ("all", "period", "session", "unit"):
        raise TableError(f"by is '{by}'; corrected counts are by all, period, session or unit")
    placed = place_segments(segments, documents, when=when)
    placed = placed[placed["informant"]].reset_index(drop=True)
    placed["period"] = _periods(placed, periods)
    drawn = _sample(readings, placed, coder, sample)
    frame = placed.merge(drawn[["segment_id", "weight"]], on="segment_id", how="left")
    codes = list(codebook.ids) if codebook else sorted({*codings["code"], *people_codings["code"]})
    given = people_codings[people_codings["coder"] == drawn.attrs["coder"]]
    hits = _coded(frame, codings, codes, None)
    true = _coded(frame, given, codes, codebook)
    rows = list(_rows(frame, hits, true, codes, by, level))
    table = pd.DataFrame(rows)
    keys = [] if by == "all" else [by]
    table["row_id"] = row_ids(table, ["code", *keys])
    return CorrectedCounts(
        table=table[[*keys, *_COLUMNS]],
        by=by,
        coder=drawn.attrs["coder"],
        sample=drawn.attrs["sample"],
        level=level,
        audited=len(drawn),
        periods=tuple(sorted(frame["period"].unique())),
        labels=labels_of(study, codebook),
    )


def _share(row: "pd.Series[Any]", level: float) -> Interval:
    return Interval(row["share"], row["share_low"], row["share_high"], level, row["audited"], "corrected")


def _periods(placed: pd.DataFrame, periods: "pd.Series[Any]") -> "pd.Series[str]":
    return placed["segment_id"].map(periods).astype("str").fillna("–")


def _sample(readings: pd.DataFrame, placed: pd.DataFrame, coder: str | None, sample: str | None) -> pd.DataFrame:
    """Return one coder's readings of one sample that may measure the rules' error, with their weights."""
    drawn = readings[readings["independent"].fillna(False).astype(bool) & readings["probability"].notna()]
    drawn = drawn[drawn["segment_id"].isin(placed["segment_id"])].assign(sample=drawn["sample"].fillna(""))
    if sample is not None:
        drawn = drawn[drawn["sample"] == sample]
    if coder is not None:
        drawn = drawn[drawn["coder"] == coder]
    if drawn.empty:
        raise EstimationError(
            "corrected_counts: nobody has read a segment of an audit sample on their own; draw one: evalkit sample.",
            sv="ingen har på egen hand läst ett segment ur ett stickprov; dra ett med evalkit sample",
        )
    if not drawn["probability"].between(0, 1, inclusive="right").all():
        raise TableError("readings: a probability of being drawn must be above 0 and at most 1. Correct the sample")
    most = drawn.groupby(["coder", "sample"]).size().sort_values(ascending=False, kind="stable").index[0]
    drawn = drawn[(drawn["coder"] == most[0]) & (drawn["sample"] == most[1])]
    drawn = cast("pd.DataFrame", drawn.assign(weight=1 / drawn["probability"]).reset_index(drop=True))
    drawn.attrs["coder"], drawn.attrs["sample"] = str(most[0]), str(most[1])
    return drawn


def _coded(frame: pd.DataFrame, codings: pd.DataFrame, codes: list[str], codebook: Codebook | None) -> pd.DataFrame:
    """Return segment × code, whether the segment has it."""
    pairs = codings[["segment_id", "code"]]
    if codebook is not None:
        above = {code: codebook.ancestors(code) for code in codebook.ids}
        lifted = [(segment, parent) for segment, code in pairs.to_numpy() for parent in above.get(code, ())]
        pairs = pd.concat([pairs, pd.DataFrame(lifted, columns=["segment_id", "code"], dtype="str")])
    matrix = pd.crosstab(pairs["segment_id"], pairs["code"]).astype(bool)
    return matrix.reindex(index=frame["segment_id"], columns=codes, fill_value=False).reset_index(drop=True)


def _rows(
    frame: pd.DataFrame, hits: pd.DataFrame, true: pd.DataFrame, codes: list[str], by: Margin, level: float
) -> Iterator[dict[str, Any]]:
    groups: Mapping[Any, Any] = {None: frame.index} if by == "all" else frame.groupby(by, sort=True).groups
    for group, index in groups.items():
        part = frame.loc[index]
        read, weight = part["weight"].notna().to_numpy(), part["weight"].to_numpy()
        inside = [(part["period"] == period).to_numpy() for period in sorted(part["period"].unique())]
        ids = part["segment_id"].to_numpy()
        for code in codes:
            hit, coded = hits[code].to_numpy()[index], true[code].to_numpy()[index]
            corrected = correct_count(
                [
                    Audited(
                        hits=int(hit[own].sum()),
                        misses=int((~hit[own]).sum()),
                        hit=hit[own & read],
                        true=coded[own & read],
                        weight=weight[own & read],
                    )
                    for own in inside
                ],
                level=level,
            )
            row = _row(code, corrected, hit, read)
            row["rests_on"] = tuple(ids[read & (hit | coded)])
            yield row if by == "all" else {by: group} | row


def _row(code: str, corrected: Corrected, hit: Any, read: Any) -> dict[str, Any]:
    n, total = len(hit), corrected.total
    estimate, low, high = (np.nan,) * 3 if total is None else (total.estimate, total.ci_low, total.ci_high)
    return {
        "code": code,
        "segments": n,
        "rule_segments": int(hit.sum()),
        "audited": int(read.sum()),
        "audited_hits": int((hit & read).sum()),
        "precision": corrected.precision,
        "recall": corrected.recall,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "share": estimate / n,
        "share_low": low / n,
        "share_high": high / n,
        "checked": total is not None,
        "refused": corrected.refused,
    }
