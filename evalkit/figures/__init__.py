"""Results → figures. A figure draws one result on one Axes; it computes, shows and saves nothing.

Each ``plot_x`` has an ``alt_x`` beside it that writes the alternative text from the same result; the caption with its
counts comes from the result. Every mark carries a gid, "figure:row_id", that names the row it shows.
"""

from evalkit.figures.codes import (
    alt_code_frequency,
    alt_code_heatmap,
    alt_codes_over_sessions,
    plot_code_frequency,
    plot_code_heatmap,
    plot_codes_over_sessions,
)
from evalkit.figures.cooccurrence import alt_cooccurrence, plot_cooccurrence
from evalkit.figures.groupings import alt_grouping, plot_cycle_grouping, plot_matrix_grouping
from evalkit.figures.overview import (
    alt_corpus_overview,
    alt_coverage,
    alt_documents_timeline,
    plot_corpus_overview,
    plot_coverage,
    plot_documents_timeline,
)
from evalkit.figures.style import use_style

__all__ = [
    "alt_code_frequency",
    "alt_code_heatmap",
    "alt_codes_over_sessions",
    "alt_cooccurrence",
    "alt_corpus_overview",
    "alt_coverage",
    "alt_documents_timeline",
    "alt_grouping",
    "plot_code_frequency",
    "plot_code_heatmap",
    "plot_codes_over_sessions",
    "plot_cooccurrence",
    "plot_corpus_overview",
    "plot_coverage",
    "plot_cycle_grouping",
    "plot_documents_timeline",
    "plot_matrix_grouping",
    "use_style",
]
