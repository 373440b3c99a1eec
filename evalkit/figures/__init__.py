"""Results → figures. A figure draws one result on one Axes; it computes, shows and saves nothing.

Each ``plot_x`` has an ``alt_x`` beside it that writes the alternative text from the same result; the caption with its
counts comes from the result. Every mark carries a gid, "figure:row_id", that names the row it shows.
"""

from evalkit.figures.agreement import alt_agreement, plot_agreement
from evalkit.figures.calibration import alt_calibration, plot_calibration
from evalkit.figures.carried import (
    alt_adherence,
    alt_presenters,
    alt_session_groups,
    alt_unit_mentions,
    plot_adherence,
    plot_presenters,
    plot_session_groups,
    plot_unit_mentions,
)
from evalkit.figures.codes import (
    alt_code_frequency,
    alt_code_heatmap,
    alt_codes_over_sessions,
    plot_code_frequency,
    plot_code_heatmap,
    plot_codes_over_sessions,
)
from evalkit.figures.cooccurrence import alt_cooccurrence, plot_cooccurrence
from evalkit.figures.corrected import alt_corrected_counts, plot_corrected_counts
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
from evalkit.figures.raters import alt_path_trends, alt_rater_pairs, plot_path_trends, plot_rater_pairs
from evalkit.figures.records import (
    alt_homework,
    alt_indicators,
    alt_interventions,
    alt_spent_hours,
    alt_unit_costs,
    plot_homework,
    plot_indicators,
    plot_interventions,
    plot_spent_hours,
    plot_unit_costs,
)
from evalkit.figures.style import use_style
from evalkit.figures.taking_part import alt_attendance, alt_contacts, plot_attendance, plot_contacts
from evalkit.figures.triangulation import alt_triangulation, alt_unit_learning, plot_triangulation, plot_unit_learning
from evalkit.figures.vocabulary import alt_convergence, alt_saturation, plot_convergence, plot_saturation

__all__ = [
    "alt_adherence",
    "alt_agreement",
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
    "alt_convergence",
    "alt_cooccurrence",
    "alt_corpus_overview",
    "alt_corrected_counts",
    "alt_coverage",
    "alt_documents_timeline",
    "alt_explanatory_share",
    "alt_funnel",
    "alt_gain_line",
    "alt_grouping",
    "alt_homework",
    "alt_implementation",
    "alt_indicators",
    "alt_interventions",
    "alt_latest_levels",
    "alt_learning_paths",
    "alt_path_trends",
    "alt_position_pairs",
    "alt_position_zones",
    "alt_predictor",
    "alt_presenters",
    "alt_rater_pairs",
    "alt_retention",
    "alt_saturation",
    "alt_session_groups",
    "alt_session_timeline",
    "alt_spent_hours",
    "alt_tool_difficulty",
    "alt_triangulation",
    "alt_unit_costs",
    "alt_unit_learning",
    "alt_unit_mentions",
    "alt_verdicts",
    "plot_adherence",
    "plot_agreement",
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
    "plot_convergence",
    "plot_cooccurrence",
    "plot_corpus_overview",
    "plot_corrected_counts",
    "plot_coverage",
    "plot_cycle_grouping",
    "plot_documents_timeline",
    "plot_explanatory_share",
    "plot_funnel",
    "plot_gain_line",
    "plot_homework",
    "plot_implementation",
    "plot_indicators",
    "plot_interventions",
    "plot_latest_levels",
    "plot_learning_paths",
    "plot_matrix_grouping",
    "plot_path_trends",
    "plot_position_pairs",
    "plot_position_zones",
    "plot_predictor",
    "plot_presenters",
    "plot_rater_pairs",
    "plot_retention",
    "plot_saturation",
    "plot_session_groups",
    "plot_session_timeline",
    "plot_spent_hours",
    "plot_tool_difficulty",
    "plot_triangulation",
    "plot_unit_costs",
    "plot_unit_learning",
    "plot_unit_mentions",
    "plot_verdicts",
    "use_style",
]
