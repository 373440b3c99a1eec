"""The corpora that corrected counts and agreement are tried on: how common a code is × who sees it × where.

They have nothing to do with growth, leaving or harm, so they are cells of their own and not the same number in every
kind of programme.
"""

from dataclasses import dataclass

from evalkit.simulate.codings import RuleCoded, TwiceCoded
from evalkit.wording import Language, number, percent, pick

__all__ = ["CODING_CELLS", "CodingCell"]


@dataclass(frozen=True, slots=True)
class CodingCell:
    """A kind of corpus in which one code is followed, over two periods of the same length.

    Parameters
    ----------
    documents, size : int
        How many documents, and segments of each on average.
    common : float
        Share of segments with the code.
    rho : float
        How much documents differ in that and in how well coders see it (intraclass correlation).
    seen : float
        How often each of the coders sees the code where it stands.
    recall, precision : tuple of float
        Of the rules, in the first and in the second period.
    """

    documents: int
    size: int
    common: float
    rho: float
    seen: float
    recall: tuple[float, float]
    precision: tuple[float, float]

    @property
    def core(self) -> bool:
        """Whether it is one of those simulated most: a corpus costs next to nothing."""
        return True

    @property
    def id(self) -> str:
        """Name of the cell."""
        recall, precision = ("to".join(f"{part:g}" for part in pair) for pair in (self.recall, self.precision))
        return (
            f"codings-{self.documents}x{self.size}-common{self.common:g}-rho{self.rho:g}-seen{self.seen:g}"
            f"-recall{recall}-precision{precision}"
        )

    def label(self, lang: Language) -> str:
        """Describe the cell to a reader."""
        common, seen = (percent(share, lang=lang) for share in (self.common, self.seen))
        recall, precision = (_change(pair, lang) for pair in (self.recall, self.precision))
        rho = number(self.rho, 2, lang=lang)
        return pick(
            lang,
            sv=f"kod i {common} av segmenten, {self.documents} dokument à {self.size} som skiljer sig ρ = {rho}, "
            f"kodare ser {seen}, regler hittar {recall} med precision {precision}",
            en=f"code in {common} of the segments, {self.documents} documents of {self.size} that differ ρ = {rho}, "
            f"coders see {seen}, rules find {recall} with precision {precision}",
        )

    def short_label(self, lang: Language) -> str:
        """Describe the cell in a figure."""
        common, rho = percent(self.common, lang=lang), number(self.rho, 2, lang=lang)
        return pick(
            lang,
            sv=f"kod i {common}, {self.documents} dokument, ρ = {rho}",
            en=f"code in {common}, {self.documents} documents, ρ = {rho}",
        )

    def coders(self, count: int) -> TwiceCoded:
        """Return what independent readings are drawn from."""
        return TwiceCoded(
            documents=self.documents,
            size=self.size,
            common=self.common,
            common_rho=self.rho,
            seen=self.seen,
            seen_rho=self.rho,
            coders=count,
        )

    def rules(self) -> RuleCoded:
        """Return what rule codings and their audit are drawn from; how they cluster does not matter to a sample."""
        half = self.documents * self.size // 2
        return RuleCoded(sizes=(half, half), common=self.common, recall=self.recall, precision=self.precision)


def _change(pair: tuple[float, float], lang: Language) -> str:
    """Write a share in both periods, once where it is the same."""
    first, last = (percent(share, lang=lang) for share in pair)
    return last if pair[0] == pair[1] else pick(lang, sv=f"{first} och sedan {last}", en=f"{first} and then {last}")


CODING_CELLS: tuple[CodingCell, ...] = (
    CodingCell(40, 25, 0.07, 0.1, 0.8, (0.35, 0.7), (0.9, 0.75)),
    CodingCell(40, 25, 0.03, 0.1, 0.8, (0.35, 0.7), (0.9, 0.75)),
    CodingCell(40, 25, 0.25, 0.3, 0.7, (0.6, 0.6), (0.8, 0.8)),
    CodingCell(15, 40, 0.1, 0.0, 0.95, (0.9, 0.9), (0.95, 0.95)),
    CodingCell(15, 40, 0.1, 0.1, 0.95, (0.2, 0.2), (0.5, 0.5)),
    CodingCell(8, 50, 0.1, 0.2, 0.97, (0.7, 0.35), (0.75, 0.9)),
)
"""From rules that find more and more of a code, over a rare code and one that gathers in some documents, to careful
coders and good rules, poor rules, and few documents with rules that find less and less."""
