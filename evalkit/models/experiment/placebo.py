"""The same before and after around every other session: a picture of how much such a difference moves by itself."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels
from evalkit.measures.register_rows import as_tuples
from evalkit.models.experiment.before_after import BeforeAfter, before_after
from evalkit.study import Event, Study
from evalkit.wording import Language, join, number, pick

__all__ = ["PlaceboBreaks", "placebo_breaks"]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboBreaks:
    """Mean difference around every session, on one side of the event at a time.

    Attributes
    ----------
    table : pandas.DataFrame
        Per session after which a break is put: after_session, event (whether it is the real one), mean_difference
        (missing where it cannot be computed), lowest and highest (of the units), n, k_post (sessions after, never
        across the event), rests_on and row_id.
    before : BeforeAfter
        The real event.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    before: BeforeAfter
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        seen = self.table[self.table["mean_difference"].notna()]
        return pick(
            lang,
            sv=f"Medelskillnad efter minus före kring {len(seen)} brott, varav ett är händelsen; inget brott räknar "
            f"över händelsen. n = {int(seen['n'].min())}–{int(seen['n'].max())} enheter.",
            en=f"Mean difference after minus before around {len(seen)} breaks, one of them the event; no break counts "
            f"across the event. n = {int(seen['n'].min())}–{int(seen['n'].max())} units.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the event compares with the placebo breaks and why that is no test."""
        real = float(self.table.loc[self.table["event"], "mean_difference"].iloc[0])
        others = self.table[~self.table["event"] & self.table["mean_difference"].notna()]
        said = join(
            [
                f"{number(row['mean_difference'], 2, lang=lang)} "
                f"({self.labels.group('session', row['after_session'], lang)})"
                for row in others.to_dict("records")
            ],
            lang=lang,
        )
        event, sessions = number(real, 2, lang=lang), self.labels.noun("session", lang, many=True)
        return pick(
            lang,
            sv=f"Kring händelsen är medelskillnaden {event}; kring andra {sessions} {said or 'ingen'}. Bilden visar "
            "hur mycket en sådan skillnad rör sig ändå. Den är inget test: nivån stiger olika fort i början och "
            "slutet, och brotten är få och delar data.",
            en=f"Around the event the mean difference is {event}; around other {sessions} {said or 'none'}. The "
            "picture shows how much such a difference moves anyway. It is no test: levels rise at different speeds "
            "early and late, and the breaks are few and share data.",
        )


def placebo_breaks(
    before: BeforeAfter, assessments: pd.DataFrame, enrolment: pd.DataFrame, *, study: Study
) -> PlaceboBreaks:
    """Compute the mean difference as if the event had come after every other session.

    Parameters
    ----------
    before : BeforeAfter
        The real event.
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its sessions.

    Returns
    -------
    PlaceboBreaks
        Breaks before the event use sessions up to it, breaks after it sessions from then on.

    Raises
    ------
    EstimationError
        If the event comes before the first session.
    """
    if before.after_session not in study.session_ids[:-1]:
        raise EstimationError(
            "placebo breaks: the event comes before the first session.",
            sv="placebobrott: händelsen kommer före den första träffen.",
        )
    rows = []
    for session in study.session_ids[:-1]:
        real = session == before.after_session
        found = before if real else _around(session, before, assessments, enrolment, study)
        d = found.differences["difference"] if found else pd.Series([np.nan])
        rows.append(
            {
                "after_session": session,
                "event": real,
                "mean_difference": float(d.mean()),
                "lowest": float(d.min()),
                "highest": float(d.max()),
                "n": found.n if found else 0,
                "k_post": len(found.post_sessions) if found else 0,
                "rests_on": found.rests_on if found else (),
                "row_id": str(session),
            }
        )
    table = pd.DataFrame(rows)
    table["rests_on"] = as_tuples(table["rests_on"])
    return PlaceboBreaks(table, before, before.labels)


def _around(
    session: int, before: BeforeAfter, assessments: pd.DataFrame, enrolment: pd.DataFrame, study: Study
) -> BeforeAfter | None:
    """Put the break after a session, on one side of the event; None where too few were assessed on both sides."""
    later = session > before.after_session
    rows = assessments[assessments["session"] > before.after_session] if later else assessments
    until = max(before.post_sessions) if later else before.after_session
    if session >= until:
        return None
    experiment = study.experiment.model_copy(update={"event": "placebo", "control": ()})
    moved = replace(study, events=(Event(id="placebo", after_session=session),), experiment=experiment)
    kept = enrolment[~enrolment["unit"].isin(study.experiment.control)]
    try:
        return before_after(rows, kept, study=moved, until=until)
    except EstimationError:
        return None
