"""Suggestions that learn from the evaluator's own codings.

`material` turns what was read into numbers, `precision` says from which probability a code is suggested and how often
that is right, `suggester` learns and suggests, `learning_curve` shows what more reading would give.
"""

from evalkit.coding.suggest.learning_curve import LearningCurve, learning_curve
from evalkit.coding.suggest.suggester import Suggester, fit_suggester

__all__ = ["LearningCurve", "Suggester", "fit_suggester", "learning_curve"]
