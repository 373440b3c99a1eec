"""The estimators of the experiment's other outcomes: attendance, contacts and a code, each over the event."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from evalkit.calibrate.cells import EVENT_AFTER
from evalkit.calibrate.estimators.case import Case, Estimator, Quantity, Row, approximate
from evalkit.calibrate.estimators.experiment import TWO_SIDED, before_of
from evalkit.errors import EstimationError
from evalkit.models.experiment import Outcome, attendance_outcome, code_outcome, contact_outcome
from evalkit.models.experiment.outcomes import outcome_limits
from evalkit.simulate.chance import stream
from evalkit.simulate.codings import UnitsCoded
from evalkit.study import Text

__all__ = ["OUTCOMES", "outcomes"]

SHARES = (0.2, 0.15)
"""Of segments with the code that is followed, before the event and after it."""

CODE = "followed"


def outcomes(case: Case) -> list[Row]:
    """Estimate how attendance, contacts and the share of segments with a code change over the event.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        attendance (share of sessions), contacts (per month), code_share; one-sided t limits of 97.5 %.
    """
    before, targets = before_of(case), case.targets
    enrolment, study = case.registers["enrolment"], case.study
    return [
        _change(
            "attendance",
            targets.attendance,
            lambda: attendance_outcome(case.registers["attendance"], enrolment, before, study=study),
        ),
        _change("contacts", targets.contacts, lambda: contact_outcome(case.registers["contacts"], before, study=study)),
        _change(
            "code_share",
            SHARES[1] - SHARES[0],
            lambda: code_outcome(*_coded(case), before, code=CODE, study=study),
        ),
    ]


def _change(quantity: str, truth: float, outcome: Callable[[], Outcome]) -> Row:
    try:
        low, high = outcome_limits(outcome(), level=TWO_SIDED)
    except EstimationError:
        return Row(quantity, refused=True)
    return Row(quantity, truth, low.estimate, low.ci_low, high.ci_high)


def _coded(case: Case) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make the codings, segments and documents of a conversation with every unit that came to a session."""
    came = case.registers["attendance"]
    came = came[came["n_present"] > 0]
    units, sessions = list(case.study.unit_ids), len(case.study.session_ids)
    kind = UnitsCoded(size=15, common=[SHARES[session >= EVENT_AFTER] for session in range(sessions)], rho=0.05)
    sizes, hits = kind.draw(stream(case.seed, "conversations"), len(units))
    place = came["unit"].map({unit: number for number, unit in enumerate(units)}).to_numpy(dtype=int)
    size, hit = (counts[place, came["session"].to_numpy(dtype=int) - 1] for counts in (sizes, hits))
    documents = pd.DataFrame(
        {
            "document_id": came["unit"].to_numpy() + ":" + came["session"].astype("str").to_numpy(),
            "kind": "intervju",
            "unit": came["unit"].to_numpy(),
            "session": came["session"].to_numpy(),
        }
    )
    number = np.concatenate([np.arange(n) for n in size])
    home = np.repeat(documents["document_id"].to_numpy(), size)
    segments = pd.DataFrame({"document_id": home, "unit": None, "about_session": None, "text": "", "role": "informant"})
    segments["segment_id"] = [f"{document}:{n}" for document, n in zip(home, number, strict=True)]
    with_code = segments.loc[number < np.repeat(hit, size), "segment_id"]
    codings = pd.DataFrame({"segment_id": with_code, "coding_id": with_code, "code": CODE, "polarity": "+"})
    return codings.assign(rule=None), segments, documents


OUTCOMES: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity(
                "attendance",
                Text(sv="närvarons ändring, t-gränser", en="change of attendance, t limits"),
                approximate,
            ),
            Quantity(
                "contacts", Text(sv="kontakternas ändring, t-gränser", en="change of contacts, t limits"), approximate
            ),
            Quantity(
                "code_share",
                Text(sv="en kods ändring, t-gränser", en="change of a code's share, t limits"),
                approximate,
            ),
        ),
        outcomes,
    ),
)
