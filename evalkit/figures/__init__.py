"""Results → figures. A figure draws one result on one Axes; it computes, shows and saves nothing.

Each ``plot_x`` has an ``alt_x`` beside it that writes the alternative text from the same result; the caption with its
counts comes from the result. Every mark carries a gid, "figure:row_id", that names the row it shows.
"""

from evalkit.figures.calibration import alt_calibration, plot_calibration
from evalkit.figures.codes import (
    alt_code_frequency,
    alt_code_heatmap,
    alt_codes_over_sessions,
    plot_code_frequency,
    plot_code_heatmap,
    plot_codes_over_sessions,
)
from evalkit.figures.cooccurrence import alt_cooccurrence, plot_cooccurrence
from evalkit.figures.differential import (
    alt_differential_harm,
    alt_other_outcomes,
    plot_differential_harm,
    plot_other_outcomes,
)
from evalkit.figures.dropout import (
    alt_completion,
    alt_funnel,
    alt_predictor,
    alt_retention,
    plot_completion,
    plot_funnel,
    plot_predictor,
    plot_retention,
)
from evalkit.figures.experiment import (
    alt_before_after,
    alt_gain_line,
    alt_verdicts,
    plot_before_after,
    plot_gain_line,
    plot_verdicts,
)
from evalkit.figures.experiment_checks import (
    alt_placebo_breaks,
    alt_sensitivity,
    alt_tipping_point,
    plot_placebo_breaks,
    plot_sensitivity,
    plot_tipping_point,
)
from evalkit.figures.fidelity import (
    alt_explanatory_share,
    alt_session_timeline,
    plot_explanatory_share,
    plot_session_timeline,
)
from evalkit.figures.groupings import alt_grouping, plot_cycle_grouping, plot_matrix_grouping
from evalkit.figures.learning import (
    alt_coded_depth,
    alt_implementation,
    alt_latest_levels,
    plot_coded_depth,
    plot_implementation,
    plot_latest_levels,
)
from evalkit.figures.overview import (
    alt_corpus_overview,
    alt_coverage,
    alt_documents_timeline,
    plot_corpus_overview,
    plot_coverage,
    plot_documents_timeline,
)
from evalkit.figures.positions import alt_position_pairs, alt_position_zones, plot_position_pairs, plot_position_zones
from evalkit.figures.progression import (
    alt_competence,
    alt_contrasts,
    alt_learning_paths,
    alt_tool_difficulty,
    plot_competence,
    plot_contrasts,
    plot_learning_paths,
    plot_tool_difficulty,
)
from evalkit.figures.style import use_style
from evalkit.figures.taking_part import alt_attendance, alt_contacts, plot_attendance, plot_contacts
from evalkit.figures.what_if import alt_early_warning, alt_what_if, plot_early_warning, plot_what_if

__all__ = [
    "alt_attendance",
    "alt_before_after",
    "alt_calibration",
    "alt_code_frequency",
    "alt_code_heatmap",
    "alt_coded_depth",
    "alt_codes_over_sessions",
    "alt_competence",
    "alt_completion",
    "alt_contacts",
    "alt_contrasts",
    "alt_cooccurrence",
    "alt_corpus_overview",
    "alt_coverage",
    "alt_differential_harm",
    "alt_documents_timeline",
    "alt_early_warning",
    "alt_explanatory_share",
    "alt_funnel",
    "alt_gain_line",
    "alt_grouping",
    "alt_implementation",
    "alt_latest_levels",
    "alt_learning_paths",
    "alt_other_outcomes",
    "alt_placebo_breaks",
    "alt_position_pairs",
    "alt_position_zones",
    "alt_predictor",
    "alt_retention",
    "alt_sensitivity",
    "alt_session_timeline",
    "alt_tipping_point",
    "alt_tool_difficulty",
    "alt_verdicts",
    "alt_what_if",
    "plot_attendance",
    "plot_before_after",
    "plot_calibration",
    "plot_code_frequency",
    "plot_code_heatmap",
    "plot_coded_depth",
    "plot_codes_over_sessions",
    "plot_competence",
    "plot_completion",
    "plot_contacts",
    "plot_contrasts",
    "plot_cooccurrence",
    "plot_corpus_overview",
    "plot_coverage",
    "plot_cycle_grouping",
    "plot_differential_harm",
    "plot_documents_timeline",
    "plot_early_warning",
    "plot_explanatory_share",
    "plot_funnel",
    "plot_gain_line",
    "plot_implementation",
    "plot_latest_levels",
    "plot_learning_paths",
    "plot_matrix_grouping",
    "plot_other_outcomes",
    "plot_placebo_breaks",
    "plot_position_pairs",
    "plot_position_zones",
    "plot_predictor",
    "plot_retention",
    "plot_sensitivity",
    "plot_session_timeline",
    "plot_tipping_point",
    "plot_tool_difficulty",
    "plot_verdicts",
    "plot_what_if",
    "use_style",
]
