"""How many units were still in after each session."""

from dataclasses import dataclass

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of
from evalkit.measures.register_rows import as_tuples
from evalkit.models.levels import enrolled_units, merge_rows
from evalkit.models.survival import retention_bounds
from evalkit.study import Study
from evalkit.wording import Language, interval, percent, pick

__all__ = ["Retention", "retention"]


@dataclass(frozen=True, slots=True, eq=False)
class Retention:
    """Share of the enrolled units still in the programme, by session.

    Attributes
    ----------
    table : pandas.DataFrame
        Per session from 0: session, retained_low and retained_high (every leaving as early, as late as it can have
        been), n_low and n_high (units), ci_low of the former and ci_high of the latter, rests_on (register rows of
        the units that can have left by then) and row_id.
    n, n_left, n_uncertain : int
        Enrolled units, leavers, and leavers whose session is not known exactly.
    level : float
        Level of each pointwise interval.
    method : str
        Name of the interval.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    n: int
    n_left: int
    n_uncertain: int
    level: float
    method: str
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        text = pick(
            lang,
            sv=f"Andel kvar efter hand, med punktvisa exakta {share} intervall (betaprodukt). n = {units} anmälda, "
            f"{self.n_left} lämnade",
            en=f"Share still in, with pointwise exact {share} intervals (beta product). n = {units} enrolled, "
            f"{self.n_left} left",
        )
        if self.n_uncertain:
            text += pick(
                lang,
                sv=f", varav {self.n_uncertain} vid en okänd {self.labels.noun('session', lang)}: båda gränserna visas",
                en=f", {self.n_uncertain} of them at an unknown {self.labels.noun('session', lang)}: both bounds shown",
            )
        return f"{text}."

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many stayed, when the others left and what that cannot say."""
        units = self.labels.count(self.n, "unit", lang)
        last = self.table.iloc[-1]
        limits = interval(100 * last["ci_low"], 100 * last["ci_high"], 0, lang=lang)
        level = percent(self.level, lang=lang)
        if not self.n_left:
            parts = [
                pick(
                    lang,
                    sv=f"Ingen av {units} har lämnat; med så få utesluter det inte ett högre bortfall i liknande "
                    f"program ({level} intervall för andelen kvar {limits} %).",
                    en=f"None of {units} has left; with so few this does not rule out more leaving in similar "
                    f"programmes ({level} interval of the share still in {limits}%).",
                )
            ]
        else:
            parts = [self._stayed(units, limits, level, lang)]
        if self.n == 1:
            parts.append(pick(lang, sv="En enda enhet säger inget om andra.", en="One unit says nothing of others."))
        parts.append(
            pick(
                lang,
                sv="Antalet är känt; intervallet gäller sannolikheten i ett program som detta. Kurvan säger när de "
                "lämnade, "
                "inte varför.",
                en="The number is known; the interval is that of the probability in a programme like this. The curve "
                "says "
                "when they left, not why.",
            )
        )
        return " ".join(parts)

    def _stayed(self, units: str, limits: str, level: str, lang: Language) -> str:
        last = self.table.iloc[-1]
        drops = -self.table["n_high"].diff().fillna(0)
        most = self.table["session"].iloc[int(drops.to_numpy().argmax())]
        when = self.labels.group("session", most, lang)
        n = last["n_high"]
        if n == 0:
            return pick(
                lang,
                sv=f"Alla {units} lämnade före slutet, flest fram till {when} ({level} intervall {limits} %).",
                en=f"All {units} left before the end, most by {when} ({level} interval {limits}%).",
            )
        share = percent(last["retained_high"], lang=lang)
        return pick(
            lang,
            sv=f"{n} av {units} ({share}; {level} intervall {limits} %) var kvar vid slutet; {self.n_left} lämnade, "
            f"flest fram till {when}.",
            en=f"{n} of {units} ({share}; {level} interval {limits}%) were still in at the end; {self.n_left} left, "
            f"most by {when}.",
        )


def retention(enrolment: pd.DataFrame, *, study: Study, level: float = 0.95) -> Retention:
    """Compute the share of enrolled units still in at each session.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its sessions.
    level : float, default 0.95
        Level of each pointwise interval.

    Returns
    -------
    Retention
        Two curves that agree where every leaving is known exactly.

    Raises
    ------
    EstimationError
        If nobody is enrolled, or an interval of leaving is impossible.

    References
    ----------
    Fay, M. P., Brittain, E. H. & Proschan, M. A. (2013). Pointwise confidence intervals for a survival distribution
    with small samples or heavy censoring. Biostatistics 14, 723–736.
    """
    if not len(enrolment):
        raise EstimationError(
            "retention: the enrolment register has no rows; without it nobody's leaving is known.",
            sv="andel kvar: registret enrolment har inga rader; utan det vet man inte vem som lämnat.",
        )
    units = enrolled_units(enrolment, study=study).table
    last = max(study.session_ids)
    bounds = retention_bounds(units["left_after"], units["left_by"], n_sessions=last, level=level)
    held = bounds.table[bounds.table["session"].isin([0, *study.session_ids])].reset_index(drop=True)
    sessions = held["session"].tolist()
    table = held.assign(
        n_low=[int((~(units["earliest"] <= session)).sum()) for session in sessions],
        n_high=[int((~(units["latest"] <= session)).sum()) for session in sessions],
        rests_on=as_tuples(merge_rows(units.loc[units["earliest"] <= session, "rests_on"]) for session in sessions),
        row_id=[str(session) for session in sessions],
    )
    return Retention(
        table=table,
        n=bounds.n,
        n_left=bounds.n_left,
        n_uncertain=bounds.n_uncertain,
        level=level,
        method=bounds.method,
        labels=labels_of(study),
    )
