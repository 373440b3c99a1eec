"""Codings and registers → tidy measures, each with the rows it rests on and a plain sentence."""

from evalkit.measures.code_counts import CodeCounts, code_counts
from evalkit.measures.cooccurrence import Cooccurrence, cooccurrence
from evalkit.measures.corpus_overview import CorpusOverview, DocumentsTimeline, corpus_overview, documents_timeline
from evalkit.measures.groupings import GroupingCounts, grouping_counts

__all__ = [
    "CodeCounts",
    "Cooccurrence",
    "CorpusOverview",
    "DocumentsTimeline",
    "GroupingCounts",
    "code_counts",
    "cooccurrence",
    "corpus_overview",
    "documents_timeline",
    "grouping_counts",
]
