"""One event that struck all units at once, without a control group: what can and cannot be said about harm."""

from evalkit.models.experiment.before_after import BeforeAfter, before_after
from evalkit.models.experiment.gain_line import GainLine, gain_line
from evalkit.models.experiment.verdicts import Verdicts, harm_verdicts

__all__ = ["BeforeAfter", "GainLine", "Verdicts", "before_after", "gain_line", "harm_verdicts"]
