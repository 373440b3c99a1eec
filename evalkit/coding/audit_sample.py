"""The audit sample: segments drawn with known probabilities, for people to code blind.

The strata are the period (before or after the study's event) and the rarest code that the rules gave the segment, or
none. Within a stratum the draw is simple random sampling without replacement, so every segment's probability is n / N
of its stratum and never zero. The sample is divided like this:

1. one segment from every stratum;
2. up to five from every stratum with a code (fewer, alike for all, where that would take more than half of the
   sample), so that a code's hits can be checked;
3. what a period lacks of fifty;
4. the rest in proportion to what is left, most of it where the rules found nothing: what they missed lies there.

A stratum smaller than its share is taken whole. The strata know nothing of sessions and units, which therefore get
their share by chance; `AuditSample.margins` says which margins the sample is enough for.
"""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evalkit.coding.apply import RULES
from evalkit.coding.codebook import Codebook
from evalkit.coding.rules import ROLES
from evalkit.errors import StudyError, TableError
from evalkit.study import Study, Text
from evalkit.wording import Language, count_noun, join, number, pick

__all__ = ["NO_CODE", "NO_SESSION", "AuditSample", "draw_audit_sample", "study_periods"]

NO_CODE = "none"
"""Stratum of the segments that the rules gave no code."""
NO_SESSION = "no_session"
"""Period of the segments that belong to no session."""

MARGIN = 50
HITS = 5
_PERIODS = {
    "before": Text(sv="före händelsen", en="before the event"),
    "after": Text(sv="efter händelsen", en="after the event"),
    "first": Text(sv="första hälften", en="the first half"),
    "second": Text(sv="andra hälften", en="the second half"),
    NO_SESSION: Text(sv="utan träff", en="without a session"),
}
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AuditSample:
    """Segments drawn for people to code, with what is needed to weigh what they find.

    Attributes
    ----------
    table : pandas.DataFrame
        In the order in which coders meet them: segment_id, document_id, start, end, text (as it was when drawn),
        period, stratum, probability, position (from 1) and rests_on.
    strata : pandas.DataFrame
        stratum, period, code (`NO_CODE` where the rules gave none), N (segments), n (drawn), probability.
    margins : pandas.DataFrame
        margin ("period", "session", "unit"), value, segments, audited, codes (that the rules gave there) and
        codes_enough (those with at least five audited hits, or all of them audited).
    n, population : int
        Segments drawn, and drawn from.
    asked : int
        How many were asked for.
    seed : int
        Of the draw and the order.
    codebook_version : str
        Of the rules.
    codings_sha256 : str
        Hash of the rules' codings that the strata were made of.
    name : str
        Under which it is stored; empty until it is.
    secret : str
        With which the rows of its sheets are named; only the store knows it. Empty until the sample is stored.
    """

    table: pd.DataFrame
    strata: pd.DataFrame
    margins: pd.DataFrame
    n: int
    population: int
    asked: int
    seed: int
    codebook_version: str
    codings_sha256: str
    name: str = ""
    secret: str = field(default="", repr=False)

    @property
    def digest(self) -> str:
        """Hash of what was drawn: the segments with their texts, places and probabilities."""
        columns = ["segment_id", "document_id", "start", "end", "text", "stratum", "probability", "position"]
        rows = ["\x1f".join(map(str, row)) for row in self.table[columns].itertuples(index=False, name=None)]
        return hashlib.sha256("\x1e".join([str(self.seed), *rows]).encode("utf-8", "surrogatepass")).hexdigest()

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts and the design of the sample."""
        n, of = number(self.n, lang=lang), number(self.population, lang=lang)
        strata = number(len(self.strata), lang=lang)
        return pick(
            lang,
            sv=f"n = {n} av {of} segment, draget ur {strata} strata (period × ovanligaste regelkod), frö {self.seed}, "
            f"kodbok {self.codebook_version}.",
            en=f"n = {n} of {of} segments, drawn from {strata} strata (period × rarest rule code), seed {self.seed}, "
            f"codebook {self.codebook_version}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the sample was drawn, what it is enough for and what it is not."""
        parts = [self._drawn(lang), *self._short_of(lang), self._limits(lang)]
        return " ".join(parts)

    def _drawn(self, lang: Language) -> str:
        of = number(self.population, lang=lang)
        if self.n == self.population:
            more = self.asked > self.population
            asked = number(self.asked, lang=lang)
            return pick(
                lang,
                sv=f"Alla {of} segment som kodas är med" + (f" (begärda var {asked})." if more else "."),
                en=f"All {of} segments that are coded are in it" + (f" (asked for: {asked})." if more else "."),
            )
        low, high = (
            number(p, 2, lang=lang) for p in (self.table["probability"].min(), self.strata["probability"].max())
        )
        strata = count_noun(len(self.strata), "stratum", "strata", lang=lang)
        n = number(self.n, lang=lang)
        return pick(
            lang,
            sv=f"{n} av {of} segment drogs slumpmässigt ur {strata} med kända sannolikheter, mellan {low} och {high}.",
            en=f"{n} of {of} segments were drawn at random from {strata} with known probabilities, between {low} and "
            f"{high}.",
        )

    def _short_of(self, lang: Language) -> list[str]:
        """Say for which margins the sample is not enough."""
        parts = []
        periods = self.margins[self.margins["margin"] == "period"]
        short = periods[periods["audited"] < MARGIN]
        if len(short):
            named = [
                f"{_PERIODS[value](lang) if value in _PERIODS else value} ({number(audited, lang=lang)})"
                for value, audited in short[["value", "audited"]].itertuples(index=False)
            ]
            parts.append(
                pick(
                    lang,
                    sv=f"För få segment för intervall (färre än {MARGIN}): {join(named, lang=lang)}.",
                    en=f"Too few segments for intervals (fewer than {MARGIN}): {join(named, lang=lang)}.",
                )
            )
        thin = int((periods["codes"] - periods["codes_enough"]).sum())
        if thin:
            pairs, of = number(thin, lang=lang), number(periods["codes"].sum(), lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"I {pairs} av {of} par av kod och period är färre än {HITS} maskinkodade segment med; där kan "
                    "maskinens fel inte anges.",
                    en=f"In {pairs} of {of} pairs of code and period fewer than {HITS} machine-coded segments are in "
                    "it; there the machine's error cannot be given.",
                )
            )
        return parts

    def _limits(self, lang: Language) -> str:
        return pick(
            lang,
            sv="Stickprovet mäter maskinkodningens fel i just detta material, och först när det har lästs av någon som "
            "inte sett maskinens kodningar.",
            en="The sample measures the error of the machine codings in this very material, and only when it has been "
            "read by somebody who has not seen them.",
        )


def study_periods(study: Study, segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Place segments in the periods of the study, for `draw_audit_sample`.

    A segment belongs to the session of its document: what is to be measured is how well the rules read what was said
    then.

    Parameters
    ----------
    study : Study
        The event of [experiment] parts before from after; without one, the sessions are halved (session 0 and, of an
        odd number, the one in the middle go to the first half).
    segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.

    Returns
    -------
    pandas.DataFrame
        segment_id, period ("before" and "after", or "first" and "second"; "no_session" for a document without one),
        session and unit (the segment's own, else its document's).

    Raises
    ------
    StudyError
        If the event's place among the sessions is not declared.
    TableError
        If a segment's document is missing.
    """
    homeless = int((~segments["document_id"].isin(documents["document_id"])).sum())
    if homeless:
        raise TableError(f"segments: {homeless} rows belong to documents that are not in the table. Run: evalkit run")
    last, (early, late) = _parting(study)
    home = documents.set_index("document_id")[["session", "unit"]].reindex(segments["document_id"])
    session = pd.Series(home["session"].to_numpy(), index=segments.index, dtype="Int64")
    unit = pd.Series(home["unit"].to_numpy(), index=segments.index, dtype="str")
    period = (session <= last).map({True: early, False: late})
    return pd.DataFrame(
        {
            "segment_id": segments["segment_id"],
            "period": period.where(session.notna(), NO_SESSION).astype("str"),
            "session": session,
            "unit": segments["unit"].where(segments["unit"].notna(), unit),
        }
    )


def _parting(study: Study) -> tuple[int, tuple[str, str]]:
    """Return the last session of the early period, and what the two are called."""
    event = next((event for event in study.events if event.id == study.experiment.event), None)
    if event is None:
        sessions = study.session_ids
        return (sessions[math.ceil(len(sessions) / 2) - 1] if sessions else 0), ("first", "second")
    if event.after_session is None:
        raise StudyError(
            f"study.toml: event '{event.id}' does not say between which sessions it came; give its after_session"
        )
    return event.after_session, ("before", "after")


def draw_audit_sample(
    segments: pd.DataFrame,
    codings: pd.DataFrame,
    *,
    codebook: Codebook,
    periods: pd.DataFrame,
    n: int,
    seed: int,
) -> AuditSample:
    """Draw segments for people to code blind, so that the rules' error can be measured.

    Parameters
    ----------
    segments : pandas.DataFrame
        All segments; those whose role the rules do not code (the interviewer's) are never drawn.
    codings : pandas.DataFrame
        Table `codings`; only the rules' are used.
    codebook : Codebook
        The one that they were made with.
    periods : pandas.DataFrame
        segment_id and period, as from `study_periods`; every further column is a margin that is accounted for. A
        segment without a period is its own.
    n : int
        How many to draw; all are taken if there are no more.
    seed : int
        The same seed on the same tables gives the same sample.

    Returns
    -------
    AuditSample
        With probabilities, strata and order.

    Raises
    ------
    TableError
        If there is nothing to draw from, n is too small for the strata, a segment has no row in `periods`, or the
        codings are not this codebook's.

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques (3rd ed.), chapter 5.
    """
    fired = _fired(codings, codebook)
    frame = _frame(segments, fired, codebook, periods)
    if n < 1:
        raise TableError(f"audit sample: n is {n}; draw at least one segment")
    strata = frame.groupby(["period", "code"]).size().rename("N").reset_index()
    if n < min(len(strata), len(frame)):
        raise TableError(
            f"audit sample: n = {n} is fewer than the {len(strata)} strata, and every segment needs a chance to be "
            f"drawn. Draw at least {len(strata)}"
        )
    strata["n"] = _allocate(strata, min(n, len(frame)))
    strata["probability"] = strata["n"] / strata["N"]
    strata.insert(0, "stratum", strata["period"] + ":" + strata["code"])
    table = _draw(frame, strata, seed)
    return AuditSample(
        table=table,
        strata=strata,
        margins=_margins(frame, fired, table["segment_id"], [c for c in periods.columns if c != "segment_id"]),
        n=len(table),
        population=len(frame),
        asked=n,
        seed=seed,
        codebook_version=codebook.codebook_version,
        codings_sha256=_hash(codings[codings["coder"] == RULES]),
    )


def _fired(codings: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return the pairs of segment and code that the rules gave."""
    rules = codings[codings["coder"] == RULES]
    unknown = sorted(set(rules["code"]) - set(codebook.ids))
    if unknown:
        raise TableError(f"codings: code '{unknown[0]}' is not in the codebook. Code anew: evalkit run")
    other = rules["codebook_version"] != codebook.codebook_version
    if other.any():
        raise TableError(
            f"codings: {int(other.sum())} of the rules' codings were made with another version of the codebook. Code "
            "anew: evalkit run"
        )
    if NO_CODE in codebook.ids:
        raise TableError(f"codebook: a code cannot be called '{NO_CODE}' in an audit; rename it")
    return rules[["segment_id", "code"]].drop_duplicates(ignore_index=True)


def _frame(segments: pd.DataFrame, fired: pd.DataFrame, codebook: Codebook, periods: pd.DataFrame) -> pd.DataFrame:
    """Return the segments that can be drawn, each with its stratum, whatever the order of the tables."""
    frame = segments.loc[segments["role"].isin(ROLES), ["segment_id", "document_id", "start", "end", "text"]]
    if frame.empty:
        raise TableError("audit sample: there are no segments that the rules code; nothing can be drawn")
    lost = int((~frame["segment_id"].isin(periods["segment_id"])).sum())
    if lost:
        raise TableError(f"audit sample: {lost} segments have no row in the table of periods; make it of all segments")
    frame = frame.merge(periods, on="segment_id", how="left", validate="one_to_one")
    frame["period"] = frame["period"].fillna(NO_SESSION).astype("str")
    ours = fired[fired["segment_id"].isin(frame["segment_id"])]
    counts = ours.groupby("code").size()
    rank = sorted(counts.index, key=lambda code: (counts[code], codebook.ids.index(code)))
    rarest = ours.assign(rank=ours["code"].map(rank.index)).sort_values("rank").drop_duplicates("segment_id")
    frame["code"] = frame["segment_id"].map(rarest.set_index("segment_id")["code"]).fillna(NO_CODE).astype("str")
    return frame.sort_values("segment_id", ignore_index=True)


def _allocate(strata: pd.DataFrame, n: int) -> IntArray:
    """Divide the sample over the strata (see the head of this module)."""
    size: IntArray = strata["N"].to_numpy(dtype=np.int64)
    coded = (strata["code"] != NO_CODE).to_numpy()
    taken = np.ones_like(size)
    for hits in range(HITS, 1, -1):
        wished = np.where(coded, np.minimum(size, hits), 1)
        if wished.sum() <= n // 2 or n == size.sum():
            taken = wished
            break
    period = strata["period"].to_numpy()
    names = list(dict.fromkeys(period))
    lacks = np.array(
        [max(0, min(MARGIN, size[period == name].sum()) - taken[period == name].sum()) for name in names],
        dtype=np.int64,
    )
    given = _spread(min(int(lacks.sum()), n - int(taken.sum())), lacks)
    for name, more in zip(names, given, strict=True):
        taken = taken + _spread(int(more), np.where(period == name, size - taken, 0))
    return taken + _spread(n - int(taken.sum()), size - taken)


def _spread(k: int, room: IntArray) -> IntArray:
    """Divide k in proportion to the room there is, by largest remainders; nobody gets more than its room."""
    total = int(room.sum())
    if k == 0 or total == 0:
        return np.zeros_like(room)
    share, rest = k * room // total, k * room % total
    first = np.argsort(-rest, kind="stable")[: k - int(share.sum())]
    share[first] += 1
    return share


def _draw(frame: pd.DataFrame, strata: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    members = frame.groupby(["period", "code"]).indices
    rows = [
        np.sort(rng.choice(members[period, code], size=take, replace=False))
        for period, code, take in strata[["period", "code", "n"]].itertuples(index=False)
    ]
    drawn = frame.iloc[rng.permutation(np.concatenate(rows))].reset_index(drop=True)
    about = strata[["period", "code", "stratum", "probability"]]
    drawn = drawn.merge(about, on=["period", "code"], how="left", validate="many_to_one")
    drawn["position"] = np.arange(1, len(drawn) + 1)
    drawn["rests_on"] = [(segment_id,) for segment_id in drawn["segment_id"]]
    columns = ["segment_id", "document_id", "start", "end", "text", "period", "stratum", "probability", "position"]
    return drawn[[*columns, "rests_on"]].astype({"position": "Int64"})


def _margins(frame: pd.DataFrame, fired: pd.DataFrame, drawn: "pd.Series[str]", margins: list[str]) -> pd.DataFrame:
    """Count per margin what there is and what was drawn."""
    rows: list[dict[str, Any]] = []
    known = frame.assign(audited=frame["segment_id"].isin(drawn))
    hits = fired.merge(known.drop(columns="code"), on="segment_id")
    for margin in margins:
        for value, group in known.groupby(margin):
            per_code = hits[hits[margin] == value].groupby("code")["audited"].agg(["size", "sum"])
            rows.append(
                {
                    "margin": margin,
                    "value": str(value),
                    "segments": len(group),
                    "audited": int(group["audited"].sum()),
                    "codes": len(per_code),
                    "codes_enough": int((per_code["sum"] >= per_code["size"].clip(upper=HITS)).sum()),
                }
            )
    columns = ["margin", "value", "segments", "audited", "codes", "codes_enough"]
    types = dict.fromkeys(columns[:2], "str") | dict.fromkeys(columns[2:], "int64")
    return pd.DataFrame(rows, columns=columns).astype(types)


def _hash(codings: pd.DataFrame) -> str:
    columns = ["segment_id", "code", "polarity", "start", "end"]
    rows = sorted("\x1f".join(map(str, row)) for row in codings[columns].itertuples(index=False, name=None))
    return hashlib.sha256("\x1e".join(rows).encode()).hexdigest()
