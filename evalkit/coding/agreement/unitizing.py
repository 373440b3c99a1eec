"""Alpha-U: whether coders mark the same stretches of text, not only the same segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from evalkit.coding.agreement.judgements import BoolArray, FloatArray, judge
from evalkit.coding.codes import Codebook
from evalkit.errors import EstimationError, TableError
from evalkit.study import Text
from evalkit.wording import Language, count_noun, join, number, pick

__all__ = ["UnitizingAgreement", "coder_unitizing", "unitizing_alpha"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class UnitizingAgreement:
    """How far coders mark the same stretches.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per code and a last one, with code missing, for all: code, units (stretches marked), observed,
        expected (disagreement), alpha_u (missing where nobody marked anything), rests_on (coding ids).
    coders : tuple of str
        Those compared.
    segments, length : int
        Segments that all of them read, and their characters: the continuum.
    names : dict of str to Text
        Names of the codes.
    """

    table: pd.DataFrame
    coders: tuple[str, ...]
    segments: int
    length: int
    names: dict[str, Text]

    def caption(self, lang: Language = "sv") -> str:
        """Return what the numbers rest on."""
        size, n = number(self.length, lang=lang), number(self.segments, lang=lang)
        units, who = int(self.table["units"].iloc[-1]), join(list(self.coders), lang=lang)
        return pick(
            lang,
            sv=f"n = {count_noun(units, 'markering', 'markeringar')} i {n} segment ({size} tecken), lästa oberoende av "
            f"{who}.",
            en=f"n = {count_noun(units, 'marked stretch', 'marked stretches', lang='en')} in {n} segments ({size} "
            f"characters), read independently by {who}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the stretches agree and what that cannot say."""
        overall = self.table["alpha_u"].iloc[-1]
        if pd.isna(overall):
            return pick(lang, sv="Ingen av kodarna har markerat något.", en="None of the coders marked anything.")
        value = number(overall, 2, lang=lang)
        return pick(
            lang,
            sv=f"Alfa-U över alla koder är {value} (1: samma markeringar från första till sista tecknet; 0: vad "
            "slumpen ger). Måttet straffar att den ena markerar en hel mening och den andra tre ord, och är därför "
            "lägre än alfa på segment; det har inget intervall.",
            en=f"Alpha-U over all codes is {value} (1: the same stretches from first to last character; 0: what "
            "chance gives). It penalises that one coder marks a whole sentence and another three words, and is "
            "therefore lower than alpha on segments; it has no interval.",
        )


def unitizing_alpha(
    units: pd.DataFrame, *, begin: int, length: int, coders: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compute Krippendorff's alpha-U: agreement on where the units of each code begin and end.

    Parameters
    ----------
    units : pandas.DataFrame
        One row per unit: coder, code, start, end (end exclusive, whole numbers). A coder's units of one code must not
        overlap.
    begin, length : int
        Where the continuum begins, and how long it is.
    coders : sequence of str, optional
        All who coded; default those who have units. A coder who marked nothing counts.

    Returns
    -------
    pandas.DataFrame
        One row per code, sorted, and a last one with code missing for all codes together: code, units, observed,
        expected, alpha_u.

    Raises
    ------
    EstimationError
        If there are fewer than two coders.
    TableError
        If a unit lies outside the continuum, or overlaps another of the same coder and code.

    References
    ----------
    Krippendorff, K. (1995). On the reliability of unitizing continuous data. Sociological Methodology 25, 47–76.

    Krippendorff, K. (2004). Content Analysis, 2nd edition, pp. 251–256 (which corrects the expected disagreement).
    """
    names = sorted(set(units["coder"])) if coders is None else list(coders)
    if len(names) < 2:
        raise EstimationError(
            f"unitizing_alpha: {len(names)} coders; at least two are needed.",
            sv=f"unitizing_alpha: {len(names)} kodare; minst två behövs.",
        )
    _check_units(units, begin, length)
    rows = [
        (code, len(part), *_disagreements([_sorted(part[part["coder"] == name], begin) for name in names], length))
        for code, part in units.groupby("code", sort=True)
    ]
    table = pd.DataFrame(rows, columns=["code", "units", "observed", "expected"])
    whole = pd.DataFrame([{"code": None, **{name: table[name].sum() for name in ("units", "observed", "expected")}}])
    # Means over the codes have the same ratio as sums, but are what the book prints.
    whole[["observed", "expected"]] /= max(len(table), 1)
    table = pd.concat([table.astype(whole.dtypes), whole], ignore_index=True) if len(table) else whole
    table = table.astype({"code": "str", "units": "int64", "observed": "float64", "expected": "float64"})
    expected = table["expected"].where(table["expected"] > 0)
    return table.assign(alpha_u=1 - table["observed"] / expected)


def coder_unitizing(
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    coders: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    codebook: Codebook | None = None,
) -> UnitizingAgreement:
    """Compute alpha-U between people, code by code.

    The continuum is the text of the segments that all the coders read independently, laid end to end; what lies
    between segments is left out. Stretches of one coder and code that overlap are one.

    Parameters
    ----------
    codings, readings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    coders : sequence of str, optional
        Whom to compare; default everyone who shares a segment with another.
    codes : sequence of str, optional
        Codes to keep; default all that were used.
    codebook : Codebook, optional
        For the names of the codes.

    Returns
    -------
    UnitizingAgreement
        A secondary measure, beside `coder_agreement`.

    Raises
    ------
    TableError
        If a column, a segment or a coder asked for is missing.
    EstimationError
        If no segment was read by all the coders.
    """
    judged = judge(codings, readings, segments, coders=coders, codes=codes, codebook=codebook)
    by_all: BoolArray = np.logical_and.reduce(judged.read)
    common = judged.segments[by_all]
    if common.empty:
        raise EstimationError(
            f"coder_unitizing: no segment was read independently by all of {', '.join(judged.coders)}; "
            "name two of them.",
            sv=f"coder_unitizing: inget segment har lästs oberoende av alla ({', '.join(judged.coders)}); "
            "ange två av dem.",
        )
    pieces = segments.set_index("segment_id").loc[common["segment_id"], ["document_id", "start", "end"]]
    line = _Line(pieces.sort_values(["document_id", "start"]))
    ids_by_all = judged.codings["coding_id"][by_all[judged.codings["segment"].to_numpy()]]
    counted = codings[codings["coding_id"].isin(ids_by_all)]
    units = line.place(counted[["coding_id", "document_id", "coder", "code", "start", "end"]])
    merged = _merged(units)
    table = unitizing_alpha(merged, begin=0, length=line.length, coders=judged.coders)
    ids = {code: tuple(sorted(part["coding_id"])) for code, part in units.groupby("code")}
    everything = tuple(sorted(units["coding_id"]))
    table["rests_on"] = [everything if pd.isna(code) else ids[code] for code in table["code"]]
    return UnitizingAgreement(
        table=table,
        coders=judged.coders,
        segments=len(common),
        length=line.length,
        names={code.id: code.name for code in codebook.codes} if codebook else {},
    )


class _Line:
    """Pieces of documents laid end to end."""

    def __init__(self, pieces: pd.DataFrame) -> None:
        sizes = (pieces["end"] - pieces["start"]).to_numpy(dtype=np.int64)
        self.length = int(sizes.sum())
        offsets = np.cumsum(sizes) - sizes
        where = pieces.groupby("document_id").indices
        self.parts = {
            document: (pieces["start"].to_numpy(np.int64)[at], pieces["end"].to_numpy(np.int64)[at], offsets[at])
            for document, at in where.items()
        }

    def place(self, spans: pd.DataFrame) -> pd.DataFrame:
        """Move spans onto the line; those that touch no piece fall away."""
        placed = [
            part.assign(start=self._at(document, part["start"]), end=self._at(document, part["end"]))
            for document, part in spans.groupby("document_id")
            if document in self.parts
        ]
        together = pd.concat(placed) if placed else spans.iloc[:0]
        return together[together["end"] > together["start"]].reset_index(drop=True)

    def _at(self, document: object, positions: "pd.Series[int]") -> IntArray:
        starts, ends, offsets = self.parts[document]
        place = positions.to_numpy(dtype=np.int64)
        piece = np.maximum(np.searchsorted(starts, place, side="right") - 1, 0)
        # Before a piece is its beginning; in the gap after it, its end, which is where the next one begins.
        line: IntArray = offsets[piece] + np.clip(place - starts[piece], 0, ends[piece] - starts[piece])
        return line


def _merged(units: pd.DataFrame) -> pd.DataFrame:
    """Join what one coder marked with one code where it overlaps; stretches that only touch stay apart."""
    ordered = units.sort_values(["coder", "code", "start", "end"])
    furthest = ordered.groupby(["coder", "code"])["end"].cummax()
    before = furthest.groupby([ordered["coder"], ordered["code"]]).shift()
    group = (before.isna() | (ordered["start"] >= before)).cumsum()
    joined = ordered.groupby(group).agg({"coder": "first", "code": "first", "start": "min", "end": "max"})
    return joined.reset_index(drop=True)


def _check_units(units: pd.DataFrame, begin: int, length: int) -> None:
    outside = (units["start"] < begin) | (units["end"] > begin + length) | (units["end"] <= units["start"])
    if outside.any():
        raise TableError(
            f"units: {int(outside.sum())} units are empty or lie outside the continuum {begin}–{begin + length}."
        )
    ordered = units.sort_values(["coder", "code", "start"])
    before = ordered.groupby(["coder", "code"])["end"].shift()
    overlapping = int((ordered["start"] < before).sum())
    if overlapping:
        raise TableError(f"units: {overlapping} units overlap another of the same coder and code; join them.")


def _sorted(units: pd.DataFrame, begin: int) -> IntArray:
    return np.sort(units[["start", "end"]].to_numpy(dtype=np.int64), axis=0) - begin


def _disagreements(units: list[IntArray], length: int) -> tuple[float, float]:
    """Return the observed and the expected disagreement of one code; `units` holds starts and ends by coder."""
    n = len(units)
    observed = sum(_between(a, b) for a, b in combinations(units, 2))
    return 2 * observed / (n * (n - 1) * float(length) ** 2), _expected(units, length)


def _between(first: IntArray, second: IntArray) -> float:
    """Sum the squared differences of units that meet, and the squared lengths of units that meet none."""
    from_ = np.searchsorted(second[:, 1], first[:, 0], side="right")
    to = np.searchsorted(second[:, 0], first[:, 1], side="left")
    met = np.maximum(to - from_, 0)
    a = np.repeat(np.arange(len(first)), met)
    b = np.repeat(from_, met) + np.arange(met.sum()) - np.repeat(np.cumsum(met) - met, met)
    unmet = np.ones(len(second), dtype=bool)
    unmet[b] = False
    lonely = np.concatenate([np.diff(first[met == 0], axis=1), np.diff(second[unmet], axis=1)])
    return float(((first[a] - second[b]).astype(np.float64) ** 2).sum() + (lonely.astype(np.float64) ** 2).sum())


def _expected(units: list[IntArray], length: int) -> float:
    lengths = np.concatenate([np.diff(part, axis=1)[:, 0] for part in units]).astype(np.float64)
    gaps = np.sort(np.concatenate([_gaps(part, length) for part in units]))
    # Over the gaps that a unit fits into: gap − length + 1 places each.
    fits = len(gaps) - np.searchsorted(gaps, lengths, side="left")
    tails = np.append(np.cumsum(gaps[::-1])[::-1], 0)
    places = tails[len(gaps) - fits] - fits * (lengths - 1)
    with_units = (len(lengths) - 1) / 3 * (2 * lengths**3 - 3 * lengths**2 + lengths)
    total = len(units) * float(length)
    pairs = total * (total - 1) - (lengths * (lengths - 1)).sum()
    return float(2 / length * (with_units + lengths**2 * places).sum() / pairs) if pairs else nan


def _gaps(units: IntArray, length: int) -> FloatArray:
    edges = np.concatenate([[0], units.ravel(), [length]]).astype(np.float64)
    gaps: FloatArray = edges[1::2] - edges[::2]
    return gaps[gaps > 0]
