"""One event that struck all units at once, without a control group: what can and cannot be said about harm.

`before_after` gives one difference per unit. `gain_line` and `harm_verdicts` say what it means under every growth that
could have been expected, `differential_harm` whether what the leavers carried fared worse, `sensitivity` and
`tipping_point` how much hangs on single units, raters and leavers, `other_outcomes` how other things changed.
"""

from evalkit.models.experiment.before_after import BeforeAfter, before_after
from evalkit.models.experiment.carriers import Carried, carried_by_leavers, event_leavers
from evalkit.models.experiment.differential import DifferentialHarm, differential_harm
from evalkit.models.experiment.gain_line import GainLine, gain_line
from evalkit.models.experiment.other_outcomes import OtherOutcomes, other_outcomes
from evalkit.models.experiment.outcomes import (
    Outcome,
    attendance_outcome,
    code_outcome,
    contact_outcome,
    presenter_outcomes,
)
from evalkit.models.experiment.placebo import PlaceboBreaks, placebo_breaks
from evalkit.models.experiment.sensitivity import Sensitivity, sensitivity
from evalkit.models.experiment.tipping_point import TippingPoint, tipping_point
from evalkit.models.experiment.verdicts import Verdicts, harm_verdicts, headline_margin_of

__all__ = [
    "BeforeAfter",
    "Carried",
    "DifferentialHarm",
    "GainLine",
    "OtherOutcomes",
    "Outcome",
    "PlaceboBreaks",
    "Sensitivity",
    "TippingPoint",
    "Verdicts",
    "attendance_outcome",
    "before_after",
    "carried_by_leavers",
    "code_outcome",
    "contact_outcome",
    "differential_harm",
    "event_leavers",
    "gain_line",
    "harm_verdicts",
    "headline_margin_of",
    "other_outcomes",
    "placebo_breaks",
    "presenter_outcomes",
    "sensitivity",
    "tipping_point",
]
