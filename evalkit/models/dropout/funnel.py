"""From hearing of the programme to completing it, and what completing can be said to mean."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.inference import clopper_pearson
from evalkit.measures.participation import completing_units
from evalkit.measures.placement import Labels, labels_of
from evalkit.models.levels import enrolled_units, merge_rows
from evalkit.study import Completion as Rule
from evalkit.study import Study, Text
from evalkit.wording import Language, interval, join, number, percent, pick

__all__ = ["Completion", "ProgrammeFunnel", "completion", "programme_funnel"]


_WHATEVER = Text(sv="har inte lämnat, oavsett närvaro", en="has not left, whatever the attendance")


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeFunnel:
    """The steps from hearing of the programme to completing it.

    Attributes
    ----------
    table : pandas.DataFrame
        Per step: step_sv, step_en, count, approximate, origin ("declared" in study.toml or "register"), source,
        rests_on and row_id.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return where the counts come from."""
        declared, counted = (int((self.table["origin"] == origin).sum()) for origin in ("declared", "register"))
        return pick(
            lang,
            sv=f"n = {declared + counted} steg från information till fullföljande: {declared} ur study.toml, {counted} "
            "räknade ur registren.",
            en=f"n = {declared + counted} steps from information to completion: {declared} from study.toml, {counted} "
            "counted from registers.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say the steps and what they cannot say."""
        rising = (self.table.loc[self.table["origin"] == "declared", "count"].diff() > 0).any()
        parts = [
            f"{name}: {steps}."
            for name, steps in (
                (pick(lang, sv="Enligt study.toml", en="By study.toml"), self._steps("declared", lang)),
                (pick(lang, sv="Räknat i registren", en="Counted in the registers"), self._steps("register", lang)),
            )
            if steps
        ]
        if rising:
            parts.append(
                pick(
                    lang,
                    sv="Ett senare steg är större än ett tidigare: antingen är antalet ungefärligt, eller så kom "
                    "några in på "
                    "annat sätt.",
                    en="A later step is larger than an earlier one: either the number is rough, or some came in "
                    "another way.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Varför någon inte gick vidare framgår inte, och de som aldrig nåddes syns inte alls.",
                en="Why somebody did not go on is not in it, and those never reached are not seen at all.",
            )
        )
        return " ".join(parts)

    def _steps(self, origin: str, lang: Language) -> str:
        """List the steps of one origin with their counts."""
        about = pick(lang, sv="cirka ", en="about ")
        return join(
            [
                f"{row[f'step_{lang}']} {about if row['approximate'] else ''}{number(row['count'], lang=lang)}"
                for row in self.table[self.table["origin"] == origin].to_dict("records")
            ],
            lang=lang,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """Share of the enrolled that completed, by several rules.

    Attributes
    ----------
    table : pandas.DataFrame
        Per rule: rule, rule_sv, rule_en, declared (whether it is the study's own), completed, n, share, ci_low,
        ci_high, rests_on and row_id.
    n : int
        Enrolled units.
    attendance_known : bool
        Whether rules about attendance could be applied.
    level : float
        Level of each interval.
    method : str
        Name of the interval.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    n: int
    attendance_known: bool
    level: float
    method: str
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        return pick(
            lang,
            sv=f"Andel som fullföljde enligt olika regler, med {share} Clopper–Pearson-intervall. n = {units} anmälda.",
            en=f"Share that completed by several rules, with {share} Clopper–Pearson intervals. n = {units} enrolled.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many completed, how much hangs on the rule, and what that cannot say."""
        own = self.table[self.table["declared"]].iloc[0]
        units, level = self.labels.count(self.n, "unit", lang), percent(self.level, lang=lang)
        limits = interval(100 * own["ci_low"], 100 * own["ci_high"], 0, lang=lang)
        share, rule = percent(own["share"], lang=lang), own[f"rule_{lang}"]
        parts = [
            pick(
                lang,
                sv=f"{own['completed']} av {units} ({share}; {level} intervall {limits} %) kan sägas ha fullföljt "
                f"({rule}).",
                en=f"{own['completed']} of {units} ({share}; {level} interval {limits}%) can be said to have completed "
                f"({rule}).",
            )
        ]
        low, high = self.table["completed"].min(), self.table["completed"].max()
        if low < high:
            parts.append(
                pick(
                    lang,
                    sv=f"Med andra regler blir det mellan {low} och {high}.",
                    en=f"By other rules it is between {low} and {high}.",
                )
            )
        if not self.attendance_known:
            parts.append(
                pick(
                    lang,
                    sv="Närvaro saknas, så bara avhopp räknas.",
                    en="There is no attendance, so only leaving counts.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Antalet är känt; intervallet gäller sannolikheten i ett program som detta. Att fullfölja är att "
                "vara kvar; det säger inget om vad som lärts eller införts.",
                en="The number is known; the interval is that of the probability in a programme like this. To "
                "complete is to be there; it says nothing of what was learned or introduced.",
            )
        )
        return " ".join(parts)


def programme_funnel(
    enrolment: pd.DataFrame, *, study: Study, attendance: pd.DataFrame | None = None
) -> ProgrammeFunnel:
    """Put the declared steps beside what the registers count.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; may have no rows.
    study : Study
        Its funnel and completion rule.
    attendance : pandas.DataFrame, optional
        For who came at least once, and for the completion rule.

    Returns
    -------
    ProgrammeFunnel
        Declared steps first, then those counted.

    Raises
    ------
    EstimationError
        If study.toml declares no funnel and the enrolment register has no rows.
    """
    rows: list[dict[str, Any]] = [
        {
            "step_sv": step.step.sv,
            "step_en": step.step.en,
            "count": step.count,
            "approximate": step.approximate,
            "origin": "declared",
            "source": step.source,
            "rests_on": (f"study:funnel:{place + 1}",),
        }
        for place, step in enumerate(study.funnel)
    ]
    if len(enrolment):
        rows += _counted(enrolment, study, attendance)
    if not rows:
        raise EstimationError(
            "funnel: study.toml declares none and the enrolment register has no rows; add either.",
            sv="tratten: study.toml anger ingen och registret enrolment har inga rader; lägg till endera.",
        )
    table = pd.DataFrame(rows)
    table["row_id"] = [str(place + 1) for place in range(len(table))]
    return ProgrammeFunnel(table, labels_of(study))


def completion(
    enrolment: pd.DataFrame, *, study: Study, attendance: pd.DataFrame | None = None, level: float = 0.95
) -> Completion:
    """Compute the share that completed by the declared rule, and by others beside it.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its completion rule.
    attendance : pandas.DataFrame, optional
        Without rows only leaving counts.
    level : float, default 0.95
        Level of each interval.

    Returns
    -------
    Completion
        The declared rule first.

    Raises
    ------
    EstimationError
        If nobody is enrolled, or an interval of leaving is impossible.

    References
    ----------
    Clopper, C. J. & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. Biometrika 26, 404–413.
    """
    if not len(enrolment):
        raise EstimationError(
            "completion: the enrolment register has no rows; without it nobody's leaving is known.",
            sv="fullföljande: registret enrolment har inga rader; utan det vet man inte vem som lämnat.",
        )
    units = enrolled_units(enrolment, study=study, attendance=attendance).table
    present = attendance is not None and len(attendance) > 0
    rows = [_rule("declared", study.completion.rule, units["completed"], units, level)]
    rows.append(_rule("not_left", _WHATEVER, ~units["left"], units, level))
    if present:
        at_last = _completing(enrolment, study, attendance, Rule(last_session=True))
        rows.append(_rule("last_session", _at_last(study), at_last, units, level))
        for least in sorted({len(study.session_ids) // 2, len(study.session_ids) - 1, len(study.session_ids)} - {0}):
            enough = _completing(enrolment, study, attendance, Rule(minimum_sessions=least))
            rows.append(_rule(f"minimum_{least}", _at_least(study, least), enough, units, level))
    table = pd.DataFrame(rows)
    table["row_id"] = table["rule"]
    return Completion(table, len(units), present, level, "Clopper–Pearson", labels_of(study))


def _counted(enrolment: pd.DataFrame, study: Study, attendance: pd.DataFrame | None) -> list[dict[str, Any]]:
    units = enrolled_units(enrolment, study=study, attendance=attendance).table
    steps = [(Text(sv="anmälda enligt registret", en="enrolled by the register"), units["left"] | True)]
    if attendance is not None and len(attendance):
        came = units["unit"].isin(attendance.loc[attendance["n_present"] > 0, "unit"])
        word = study.study.session.one
        steps.append((Text(sv=f"kom till minst en {word.sv}", en=f"came to at least one {word.en}"), came))
    rule = study.completion.rule
    steps.append((Text(sv=f"fullföljde ({rule.sv})", en=f"completed ({rule.en})"), units["completed"]))
    return [
        {
            "step_sv": name.sv,
            "step_en": name.en,
            "count": int(who.sum()),
            "approximate": False,
            "origin": "register",
            "source": "",
            "rests_on": merge_rows(units.loc[who, "rests_on"]),
        }
        for name, who in steps
    ]


def _completing(
    enrolment: pd.DataFrame, study: Study, attendance: pd.DataFrame | None, rule: Rule
) -> "pd.Series[bool]":
    return completing_units(enrolment, replace(study, completion=rule), attendance=attendance)


def _rule(rule: str, name: Text, done: "pd.Series[bool]", units: pd.DataFrame, level: float) -> dict[str, Any]:
    limits = clopper_pearson(int(done.sum()), len(done), level=level)
    return {
        "rule": rule,
        "rule_sv": name.sv,
        "rule_en": name.en,
        "declared": rule == "declared",
        "completed": int(done.sum()),
        "n": len(done),
        "share": limits.estimate,
        "ci_low": limits.ci_low,
        "ci_high": limits.ci_high,
        "rests_on": merge_rows(units["rests_on"]),
    }


def _at_last(study: Study) -> Text:
    last = max(study.session_ids)
    sv, en = (f"{study.study.session.short(lang)}{last}" for lang in ("sv", "en"))
    return Text(sv=f"har inte lämnat och var med vid {sv}", en=f"not left and there at {en}")


def _at_least(study: Study, least: int) -> Text:
    one, many = study.study.session.one, study.study.session.many
    sv, en = (one.sv, one.en) if least == 1 else (many.sv, many.en)
    return Text(sv=f"har inte lämnat och var på minst {least} {sv}", en=f"not left and at {least} or more {en}")
