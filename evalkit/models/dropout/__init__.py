"""Who left, when, and whether what had been judged of them beforehand tells the leavers from the others."""

from evalkit.models.dropout.adjusted import AdjustedPredictors, adjust_predictors
from evalkit.models.dropout.early_warning import EarlyWarning, early_warning
from evalkit.models.dropout.funnel import Completion, ProgrammeFunnel, completion, programme_funnel
from evalkit.models.dropout.predictor import Predictor, dropout_predictor
from evalkit.models.dropout.retention import Retention, retention
from evalkit.models.dropout.scenario import Scenario, WhatIf, requirement, what_if

__all__ = [
    "AdjustedPredictors",
    "Completion",
    "EarlyWarning",
    "Predictor",
    "ProgrammeFunnel",
    "Retention",
    "Scenario",
    "WhatIf",
    "adjust_predictors",
    "completion",
    "dropout_predictor",
    "early_warning",
    "programme_funnel",
    "requirement",
    "retention",
    "what_if",
]
