"""Every figure with the result it draws, made from a programme."""

from collections.abc import Callable
from typing import Any

from evalkit import figures, measures
from tests.figures.made_up import Programme


def counts(made: Programme, **how: Any) -> measures.CodeCounts:
    return measures.code_counts(
        made.codings, made.segments, documents=made.documents, codebook=made.codebook, study=made.study, **how
    )


def overview(made: Programme, **how: Any) -> measures.CorpusOverview:
    return measures.corpus_overview(made.documents, made.segments, study=made.study, **how)


def grouping(made: Programme, name: str) -> measures.GroupingCounts:
    return measures.grouping_counts(made.codings, made.segments, made.codebook, name)


def pairs(made: Programme) -> measures.Cooccurrence:
    return measures.cooccurrence(made.codings, made.segments, codebook=made.codebook).most_used(15)


def timeline(made: Programme) -> measures.DocumentsTimeline:
    return measures.documents_timeline(made.documents, made.segments, study=made.study)


Figure = tuple[Callable[..., Any], Callable[..., str], Callable[[Programme], Any]]

FIGURES: dict[str, Figure] = {
    "overview_kind": (figures.plot_corpus_overview, figures.alt_corpus_overview, overview),
    "overview_unit": (figures.plot_corpus_overview, figures.alt_corpus_overview, lambda m: overview(m, by="unit")),
    "coverage": (figures.plot_coverage, figures.alt_coverage, lambda m: overview(m, by=("unit", "session"))),
    "timeline": (figures.plot_documents_timeline, figures.alt_documents_timeline, timeline),
    "frequency": (figures.plot_code_frequency, figures.alt_code_frequency, counts),
    "heatmap_unit": (figures.plot_code_heatmap, figures.alt_code_heatmap, lambda m: counts(m, by="unit")),
    "heatmap_session": (
        figures.plot_code_heatmap,
        figures.alt_code_heatmap,
        lambda m: counts(m, by="session", when="about"),
    ),
    "heatmap_document": (
        figures.plot_code_heatmap,
        figures.alt_code_heatmap,
        lambda m: counts(m, by="document").most_used(12),
    ),
    "over_sessions": (
        figures.plot_codes_over_sessions,
        figures.alt_codes_over_sessions,
        lambda m: counts(m, by="session").most_used(12),
    ),
    "cooccurrence": (figures.plot_cooccurrence, figures.alt_cooccurrence, pairs),
    "matrix": (figures.plot_matrix_grouping, figures.alt_grouping, lambda m: grouping(m, "falten")),
    "cycle": (figures.plot_cycle_grouping, figures.alt_grouping, lambda m: grouping(m, "ringen")),
}
CODED = [name for name in FIGURES if name not in ("overview_kind", "overview_unit", "coverage", "timeline")]
