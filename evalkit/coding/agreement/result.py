"""The result of comparing coders: tables, and what they say in words."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.coding.agreement.intervals import MIN_CODED, MIN_DOCUMENTS
from evalkit.coding.agreement.judgements import Level
from evalkit.study import Text
from evalkit.wording import Language, count_noun, interval, join, number, percent, pick

__all__ = ["COVERAGE", "Agreement"]

COVERAGE = {"two": (0.90, 1.00), "more": (0.91, 1.00)}
"""How often a 95 % interval held the truth in simulated corpora, from the worst kind to the best: with two coders and
with more. Lowest where a few documents hold most of the disagreement."""

_WHY = {
    "not read": Text(sv="inga gemensamt lästa segment", en="no segments read by both"),
    "never coded": Text(sv="aldrig använd", en="never used"),
    "few segments": Text(sv=f"färre än {MIN_CODED} kodade segment", en=f"fewer than {MIN_CODED} coded segments"),
    "few documents": Text(sv=f"färre än {MIN_DOCUMENTS} dokument", en=f"fewer than {MIN_DOCUMENTS} documents"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How far coders agree.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per code and a last one, with code missing, for all codes together: code, read (segments that at least
        two of the coders read independently), documents (with the code), coded (segments that at least one of them
        coded; in the last row pairs of segment and code), both (that everyone who read them coded), only_a, only_b
        (missing with more than two coders), f1, f1_ci_low, f1_ci_high, alpha, alpha_ci_low, alpha_ci_high, kappa (two
        coders only), deff (design effect of documents), why (there is no interval: "not read", "never coded", "few
        segments", "few documents", else empty), rests_on (coding ids) and row_id. At level "polarity", both, only_a
        and only_b count polarities: + against − is one of each.
    pairs : pandas.DataFrame
        The same per pair of coders, coder_a and coder_b, without rests_on.
    appendix : pandas.DataFrame
        One row per code: code, read, prevalence (share of the judgements that are a yes), agreement (share of pairs
        of judgements that are the same), ac1, ac1_by_chance (what coders who put out the code with that prevalence
        independently of each other would reach), rests_on and row_id.
    coders : tuple of str
        Those compared.
    level : {"code", "polarity"}
        Whether the polarity belongs to the judgement.
    confidence : float
        Of the intervals.
    segments, documents : int
        Read independently by at least two of the coders.
    left_out : int
        Codings by these coders without an independent reading of their segment; they do not count.
    names : dict of str to Text
        Names of the codes.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    appendix: pd.DataFrame
    coders: tuple[str, ...]
    level: Level
    confidence: float
    segments: int
    documents: int
    left_out: int
    names: dict[str, Text]

    def code_name(self, code: Any, lang: Language = "sv") -> str:
        """Return what a code is called; a missing one is all codes together."""
        if pd.isna(code):
            return pick(lang, sv="Alla koder", en="All codes")
        return self.names[code](lang) if code in self.names else str(code)

    def why(self, reason: str, lang: Language = "sv") -> str:
        """Return the reason for a missing interval in words."""
        return _WHY[reason](lang) if reason else ""

    def caption(self, lang: Language = "sv") -> str:
        """Return what the numbers rest on, and how the intervals are made."""
        n, docs = number(self.segments, lang=lang), number(self.documents, lang=lang)
        level = percent(self.confidence, lang=lang)
        polarity = self.level == "polarity"
        several = len(self.coders) > 2
        text = pick(
            lang,
            sv=f"n = {n} segment i {docs} dokument, lästa oberoende av {'minst två av ' if several else ''}"
            f"{join(list(self.coders))}; kod{' med polaritet' if polarity else ''} per segment. {level}-intervall: "
            f"Wilson på Jaccard med designeffekt av dokument{' (jackknife)' if several else ''} och t-kvantil.",
            en=f"n = {n} segments in {docs} documents, read independently by {'at least two of ' if several else ''}"
            f"{join(list(self.coders), lang=lang)}; code{' with polarity' if polarity else ''} per segment. {level} "
            f"intervals: Wilson on Jaccard with the design effect of documents{' (jackknife)' if several else ''} and "
            "a t quantile.",
        )
        if self.left_out:
            text += pick(
                lang,
                sv=f" {count_noun(self.left_out, 'kodning', 'kodningar')} utan oberoende läsning räknas inte.",
                en=f" {count_noun(self.left_out, 'coding', 'codings', lang='en')} without an independent reading not "
                "counted.",
            )
        return text

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the coders agree, on which code least, and what that cannot say."""
        return " ".join(part for part in (self._overall(lang), self._codes(lang), self._limits(lang)) if part)

    def _overall(self, lang: Language) -> str:
        who, row = join(list(self.coders), lang=lang), self.table.iloc[-1]
        if pd.isna(row["f1"]):
            return pick(lang, sv=f"{who} har inte använt någon kod.", en=f"{who} used no code.")
        f1, alpha = (self._value(row, name, lang) for name in ("f1", "alpha"))
        more = ""
        if len(self.coders) > 2:
            pairs = self.pairs[self.pairs["code"].isna() & self.pairs["f1"].notna()]
            lowest = pairs.sort_values("f1", kind="stable").iloc[0]
            low, high = (number(end, 2, lang=lang) for end in (lowest["f1"], pairs["f1"].max()))
            a, b = lowest["coder_a"], lowest["coder_b"]
            more = pick(
                lang,
                sv=f" Parvis från {low} ({a} och {b}) till {high}.",
                en=f" By pair from {low} ({a} and {b}) to {high}.",
            )
        return pick(
            lang,
            sv=f"Alla koder tillsammans, {who}: F1 {f1}, alfa {alpha}.{more}",
            en=f"All codes together, {who}: F1 {f1}, alpha {alpha}.{more}",
        )

    def _value(self, row: "pd.Series[Any]", name: str, lang: Language) -> str:
        value = number(row[name], 2, lang=lang)
        if row["why"] or pd.isna(row[name]):
            return value
        level = percent(self.confidence, lang=lang)
        return f"{value} ({level}: {interval(row[f'{name}_ci_low'], row[f'{name}_ci_high'], lang=lang)})"

    def _codes(self, lang: Language) -> str:
        codes = self.table.iloc[:-1]
        sure, of = codes[codes["why"] == ""], number(len(codes), lang=lang)
        refused, unused = int(codes["why"].isin(["few segments", "few documents"]).sum()), codes["why"] == "never coded"
        text = ""
        if len(sure):
            low = sure.sort_values("f1", kind="stable").iloc[0]
            some = number(len(sure), lang=lang)
            name, f1, n = (
                self.code_name(low["code"], lang),
                self._value(low, "f1", lang),
                number(low["coded"], lang=lang),
            )
            text = pick(
                lang,
                sv=f"{some} av {of} koder har intervall; lägst är {name} med F1 {f1}, {n} kodade segment. ",
                en=f"{some} of {of} codes have an interval; lowest is {name} with F1 {f1}, {n} coded segments. ",
            )
        if refused:
            text += pick(
                lang,
                sv=f"{count_noun(refused, 'kod', 'koder')} har för lite underlag (minst {MIN_CODED} kodade segment i "
                f"{MIN_DOCUMENTS} dokument): för dem visas antal. ",
                en=f"{count_noun(refused, 'code', 'codes', lang='en')} rest on too little (at least {MIN_CODED} coded "
                f"segments in {MIN_DOCUMENTS} documents): for them there are counts. ",
            )
        if unused.any():
            text += pick(
                lang,
                sv=f"{count_noun(int(unused.sum()), 'kod', 'koder')} användes aldrig.",
                en=f"{count_noun(int(unused.sum()), 'code was', 'codes were', lang='en')} never used.",
            )
        return text.strip()

    def _limits(self, lang: Language) -> str:
        low, high = (percent(end, lang=lang) for end in COVERAGE["two" if len(self.coders) == 2 else "more"])
        text = ""
        if self.table["f1_ci_low"].notna().any():
            text = pick(
                lang,
                sv=f"I simulerade material täckte ett 95\u00a0%-intervall sanningen i {low} till {high} av fallen, "
                "sämst när få dokument rymmer det mesta av oenigheten. ",
                en=f"In simulated corpora a 95% interval held the truth in {low} to {high} of cases, least where few "
                "documents hold most of the disagreement. ",
            )
        return text + pick(
            lang,
            sv="Överensstämmelse visar att kodningen går att upprepa, inte att den är riktig.",
            en="Agreement shows that the coding can be repeated, not that it is right.",
        )
