"""How far the units came: their paths, one contrast per unit, how hard each tool was, when competence came."""

from evalkit.models.progression.competence import CompetenceIncidence, competence_incidence
from evalkit.models.progression.contrasts import Contrasts, fit_contrasts
from evalkit.models.progression.difficulty import ToolDifficulty, fit_tool_difficulty
from evalkit.models.progression.ordinal_mixed import OrdinalMixed, fit_ordinal_mixed
from evalkit.models.progression.paths import LearningPaths, learning_paths
from evalkit.models.progression.refused import RefusedMethods, refuse, refused_methods
from evalkit.models.progression.trends import PathTrends, nonoverlap, path_trends

__all__ = [
    "CompetenceIncidence",
    "Contrasts",
    "LearningPaths",
    "OrdinalMixed",
    "PathTrends",
    "RefusedMethods",
    "ToolDifficulty",
    "competence_incidence",
    "fit_contrasts",
    "fit_ordinal_mixed",
    "fit_tool_difficulty",
    "learning_paths",
    "nonoverlap",
    "path_trends",
    "refuse",
    "refused_methods",
]
