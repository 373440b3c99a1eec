"""How far the units came: their paths, one contrast per unit, how hard each tool was, when competence came."""

from evalkit.models.progression.competence import CompetenceIncidence, competence_incidence
from evalkit.models.progression.difficulty import OrdinalMixed, ToolDifficulty, fit_ordinal_mixed, fit_tool_difficulty
from evalkit.models.progression.paths import Contrasts, LearningPaths, fit_contrasts, learning_paths

__all__ = [
    "CompetenceIncidence",
    "Contrasts",
    "LearningPaths",
    "OrdinalMixed",
    "ToolDifficulty",
    "competence_incidence",
    "fit_contrasts",
    "fit_ordinal_mixed",
    "fit_tool_difficulty",
    "learning_paths",
]
