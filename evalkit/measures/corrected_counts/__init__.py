"""Counts of rule codings corrected by an audit sample: `estimate` has the arithmetic, `counts` the tables."""

from evalkit.measures.corrected_counts.counts import CorrectedCounts, corrected_counts
from evalkit.measures.corrected_counts.estimate import Audited, Corrected, correct_count

__all__ = ["Audited", "Corrected", "CorrectedCounts", "correct_count", "corrected_counts"]
