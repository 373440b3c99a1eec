"""Codings and registers → tidy measures, each with the rows it rests on and a plain sentence."""

from evalkit.measures.code_counts import CodeCounts, code_counts
from evalkit.measures.coded_depth import CodedDepth, coded_depth
from evalkit.measures.convergence import Compare, VocabularyConvergence, jensen_shannon, vocabulary_convergence
from evalkit.measures.cooccurrence import Cooccurrence, cooccurrence
from evalkit.measures.corpus_overview import CorpusOverview, DocumentsTimeline, corpus_overview, documents_timeline
from evalkit.measures.corrected_counts import CorrectedCounts, corrected_counts
from evalkit.measures.corrected_depth import corrected_depth
from evalkit.measures.costs import SpentHours, UnitCosts, spent_hours, unit_costs
from evalkit.measures.groupings import GroupingCounts, grouping_counts
from evalkit.measures.homework import Homework, homework
from evalkit.measures.implementation import Implementation, implementation_status
from evalkit.measures.indicators import Indicators, indicators
from evalkit.measures.interventions import Interventions, interventions
from evalkit.measures.joint_display import JointDisplay, joint_display
from evalkit.measures.learning_levels import LatestLevels, LearningLevels, learning_levels
from evalkit.measures.participation import Participation, completing_units, participation
from evalkit.measures.positions import PositionPairs, PositionZones, position_pairs, position_zones
from evalkit.measures.presenters import Presenters, presenters
from evalkit.measures.programme_time import (
    EXPLAINS,
    Adherence,
    ExplanatoryShare,
    SessionTimeline,
    adherence,
    explanatory_share,
    session_timeline,
)
from evalkit.measures.rated_cells import rated_cells
from evalkit.measures.rater_reliability import RaterPairs, RaterReliability, rater_reliability
from evalkit.measures.rerating import Rerating, plan_rerating
from evalkit.measures.saturation import Saturation, code_saturation
from evalkit.measures.session_groups import SessionGroups, session_groups
from evalkit.measures.supervision import SupervisionContacts, supervision_contacts
from evalkit.measures.triangulation import SOURCES, LearningTriangulation, UnitLearning, triangulate_learning
from evalkit.measures.unit_mentions import UnitMentions, unit_mentions
from evalkit.measures.vocabulary import Terms, model_terms, term_counts

__all__ = [
    "EXPLAINS",
    "SOURCES",
    "Adherence",
    "CodeCounts",
    "CodedDepth",
    "Compare",
    "Cooccurrence",
    "CorpusOverview",
    "CorrectedCounts",
    "DocumentsTimeline",
    "ExplanatoryShare",
    "GroupingCounts",
    "Homework",
    "Implementation",
    "Indicators",
    "Interventions",
    "JointDisplay",
    "LatestLevels",
    "LearningLevels",
    "LearningTriangulation",
    "Participation",
    "PositionPairs",
    "PositionZones",
    "Presenters",
    "RaterPairs",
    "RaterReliability",
    "Rerating",
    "Saturation",
    "SessionGroups",
    "SessionTimeline",
    "SpentHours",
    "SupervisionContacts",
    "Terms",
    "UnitCosts",
    "UnitLearning",
    "UnitMentions",
    "VocabularyConvergence",
    "adherence",
    "code_counts",
    "code_saturation",
    "coded_depth",
    "completing_units",
    "cooccurrence",
    "corpus_overview",
    "corrected_counts",
    "corrected_depth",
    "documents_timeline",
    "explanatory_share",
    "grouping_counts",
    "homework",
    "implementation_status",
    "indicators",
    "interventions",
    "jensen_shannon",
    "joint_display",
    "learning_levels",
    "model_terms",
    "participation",
    "plan_rerating",
    "position_pairs",
    "position_zones",
    "presenters",
    "rated_cells",
    "rater_reliability",
    "session_groups",
    "session_timeline",
    "spent_hours",
    "supervision_contacts",
    "term_counts",
    "triangulate_learning",
    "unit_costs",
    "unit_mentions",
    "vocabulary_convergence",
]
