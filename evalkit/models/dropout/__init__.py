"""Who left, when, and whether what had been judged of them beforehand tells the leavers from the others."""

from evalkit.models.dropout.adjusted import AdjustedPredictors, adjust_predictors
from evalkit.models.dropout.funnel import Completion, ProgrammeFunnel, completion, programme_funnel
from evalkit.models.dropout.predictor import Predictor, dropout_predictor
from evalkit.models.dropout.retention import Retention, retention

__all__ = [
    "AdjustedPredictors",
    "Completion",
    "Predictor",
    "ProgrammeFunnel",
    "Retention",
    "adjust_predictors",
    "completion",
    "dropout_predictor",
    "programme_funnel",
    "retention",
]
