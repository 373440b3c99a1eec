"""Codings and registers → tidy measures, each with the rows it rests on and a plain sentence."""

from evalkit.measures.code_counts import CodeCounts, code_counts
from evalkit.measures.coded_depth import CodedDepth, coded_depth
from evalkit.measures.cooccurrence import Cooccurrence, cooccurrence
from evalkit.measures.corpus_overview import CorpusOverview, DocumentsTimeline, corpus_overview, documents_timeline
from evalkit.measures.corrected_counts import CorrectedCounts, corrected_counts
from evalkit.measures.costs import SpentHours, UnitCosts, spent_hours, unit_costs
from evalkit.measures.groupings import GroupingCounts, grouping_counts
from evalkit.measures.implementation import Implementation, implementation_status
from evalkit.measures.joint_display import JointDisplay, joint_display
from evalkit.measures.learning_levels import LatestLevels, LearningLevels, learning_levels
from evalkit.measures.participation import Participation, completing_units, participation
from evalkit.measures.positions import PositionPairs, PositionZones, position_pairs, position_zones
from evalkit.measures.programme_time import (
    EXPLAINS,
    Adherence,
    ExplanatoryShare,
    SessionTimeline,
    adherence,
    explanatory_share,
    session_timeline,
)
from evalkit.measures.rater_reliability import RaterReliability, rater_reliability
from evalkit.measures.supervision import SupervisionContacts, supervision_contacts

__all__ = [
    "EXPLAINS",
    "Adherence",
    "CodeCounts",
    "CodedDepth",
    "Cooccurrence",
    "CorpusOverview",
    "CorrectedCounts",
    "DocumentsTimeline",
    "ExplanatoryShare",
    "GroupingCounts",
    "Implementation",
    "JointDisplay",
    "LatestLevels",
    "LearningLevels",
    "Participation",
    "PositionPairs",
    "PositionZones",
    "RaterReliability",
    "SessionTimeline",
    "SpentHours",
    "SupervisionContacts",
    "UnitCosts",
    "adherence",
    "code_counts",
    "coded_depth",
    "completing_units",
    "cooccurrence",
    "corpus_overview",
    "corrected_counts",
    "documents_timeline",
    "explanatory_share",
    "grouping_counts",
    "implementation_status",
    "joint_display",
    "learning_levels",
    "participation",
    "position_pairs",
    "position_zones",
    "rater_reliability",
    "session_timeline",
    "spent_hours",
    "supervision_contacts",
    "unit_costs",
]
