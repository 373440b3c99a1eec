"""One dated predictor of leaving at a time: exact tests, how fragile they are, and no test of hindsight."""

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.models.dropout.exact_tests import (
    ALPHA,
    MOST_FLIPS,
    TESTS,
    Spell,
    flipped,
    flips_needed,
    is_separated,
    log_rank_p,
    run_test,
    sorted_spells,
)
from evalkit.models.dropout.judged import judged_units
from evalkit.models.levels import enrolled_units
from evalkit.models.measured import measured
from evalkit.study import Study, Text
from evalkit.wording import Language, interval, number, p_value, percent, pick

__all__ = ["Predictor", "dropout_predictor", "judgement_name", "not_acquitted"]

SEEN = 5e-4  # differences of p that its three decimals show
MOST_DOUBTED = 6  # units on which raters differ: beyond, the range would need more than 64 readings


_JUDGEMENTS = {
    "stance": Text(sv="ställningstagande", en="a stance"),
    "mandate": Text(sv="mandat", en="a mandate"),
    "politicised": Text(sv="politisering", en="politicisation"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """One judgement of the units, held against who left.

    Attributes
    ----------
    table : pandas.DataFrame
        Per enrolled unit: unit, left, time (first session it was gone, as late as it can have been; else the last
        one), value (missing where nothing was judged), agreed (False where raters differ), in_time (judged before it
        can have left), judged_on, judged_by, p_otherwise (exact log-rank p if this unit had been judged the other way),
        p_without (p without this unit), rests_on and row_id.
    counts : pandas.DataFrame
        The truth table: value, left, stayed.
    tests : pandas.DataFrame
        Per test (log_rank, boschloo, firth): test, estimate (chi-square; missing; odds ratio of leaving for those with
        it), ci_low, ci_high (of the odds ratio), p, p_low and p_high (over every reading of units on which raters
        differ or whose session of leaving is uncertain). Empty where the judgement came too late.
    what : str
        The judgement.
    n, n_left, n_missing, n_late, n_doubted : int
        Judged units, leavers among them, units without the judgement, units judged too late, units on which raters
        differ.
    separated : bool
        Whether one group never left, or always at once, so that no ordinary odds ratio exists.
    flips : int or None
        How many units would have to be judged otherwise for p to come to the other side of .05; None if more than
        `most_flips` or if there is no test.
    significant : bool
        Whether the exact p is at most .05.
    most_flips : int
        Up to how many were tried.
    level : float
        Level of the interval.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    counts: pd.DataFrame
    tests: pd.DataFrame
    what: str
    n: int
    n_left: int
    n_missing: int
    n_late: int
    n_doubted: int
    separated: bool
    flips: int | None
    significant: bool
    most_flips: int
    level: float
    labels: Labels

    @property
    def tested(self) -> bool:
        """Whether a test is defensible."""
        return len(self.tests) > 0

    def test(self, name: str) -> dict[str, Any]:
        """Return the row of one test."""
        rows = self.tests[self.tests["test"] == name].iloc[0].to_dict()
        return {str(key): value for key, value in rows.items()}

    def named(self, lang: Language) -> str:
        """Name what was judged; the judgements that every study has in the reader's language."""
        return judgement_name(self.what, lang)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units = self.labels.count(self.n, "unit", lang)
        text = pick(
            lang,
            sv=f"{self.named('sv').capitalize()} mot avhopp. n = {units}, {self.n_left} lämnade",
            en=f"{self.named('en').capitalize()} against leaving. n = {units}, {self.n_left} left",
        )
        if self.n_missing:
            text += pick(lang, sv=f"; {self.n_missing} obedömda", en=f"; {self.n_missing} not judged")
        if self.n_doubted:
            text += pick(
                lang, sv=f"; bedömarna oense om {self.n_doubted}", en=f"; raters differ about {self.n_doubted}"
            )
        return f"{text}."

    def sentence(self, lang: Language = "sv") -> str:
        """Say what tells leavers from the others, how fragile it is and what it cannot say."""
        parts = [self._truth_table(lang)]
        if not self.tested:
            parts.append(self._too_late(lang))
            return " ".join(parts)
        parts += [self._p_values(lang), self._odds(lang), self._fragility(lang)]
        main = self.test("log_rank")
        if main["p_high"] - main["p_low"] >= SEEN and not self.n_doubted:
            parts.append(
                pick(
                    lang,
                    sv="Att p är ett spann beror på att det för någon är okänt när den lämnade.",
                    en="That p is a range is because for some it is not known when they left.",
                )
            )
        if not self.significant:
            parts.append(not_acquitted(lang))
        if self.n_doubted:
            parts.append(
                pick(
                    lang,
                    sv="Där bedömarna är oense visas p över alla läsningar; inget av dem är det rätta.",
                    en="Where raters differ p is shown over all readings; none of them is the right one.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Det är ett samband mellan en bedömning och att lämna, inte ett bevis för vad som fick någon att "
                "lämna; bland flera prövade bedömningar hittas lätt någon av en slump.",
                en="It is an association between a judgement and leaving, no proof of what made anybody leave; among "
                "several judgements tried one is easily found by chance.",
            )
        )
        return " ".join(parts)

    def _truth_table(self, lang: Language) -> str:
        rows = {bool(row["value"]): row for row in self.counts.to_dict("records")}
        has, lacks = ((rows[value]["left"], rows[value]["left"] + rows[value]["stayed"]) for value in (True, False))
        return pick(
            lang,
            sv=f"Av dem med {self.named('sv')} lämnade {has[0]} av {has[1]}, av dem utan det {lacks[0]} av {lacks[1]}.",
            en=f"Of those with {self.named('en')} {has[0]} of {has[1]} left, without it {lacks[0]} of {lacks[1]}.",
        )

    def _too_late(self, lang: Language) -> str:
        if self.n_late:
            return pick(
                lang,
                sv=f"Inget test: {self.n_late} bedömdes först efteråt (eller vid okänd tid), när utfallet var känt. "
                "Tabellen visar hur efterhandsbilden ser ut, inte vad som kunde ha förutsetts.",
                en=f"No test: {self.n_late} were judged only afterwards (or at an unknown time), when the outcome was "
                "known. The table shows the picture in hindsight, not what could have been foreseen.",
            )
        if self.n_doubted > MOST_DOUBTED:
            return pick(
                lang,
                sv=f"Inget test: bedömarna är oense om {self.n_doubted}, för många för att visa alla läsningar.",
                en=f"No test: raters differ about {self.n_doubted}, too many to show every reading.",
            )
        return pick(
            lang,
            sv="Inget test: alla bedömda har samma värde, så det finns ingen att jämföra med.",
            en="No test: all that were judged have the same value, so there is nobody to compare with.",
        )

    def _p_values(self, lang: Language) -> str:
        row = self.test("log_rank")
        boschloo = self.test("boschloo")
        text = pick(
            lang,
            sv=f"Huvudtestet, exakt log-rank: {_p_range(row, lang)}. Bredvid: Boschloo {_p_range(boschloo, lang)}",
            en=f"The main test, exact log-rank: {_p_range(row, lang)}. Beside it: Boschloo {_p_range(boschloo, lang)}",
        )
        return f"{text}."

    def _odds(self, lang: Language) -> str:
        row = self.test("firth")
        level = percent(self.level, lang=lang)
        limits = interval(row["ci_low"], row["ci_high"], lang=lang)
        odds = number(row["estimate"], 2, lang=lang)
        text = pick(
            lang,
            sv=f"Oddskvot för att lämna, med mot utan: {odds} (Firth, {level} intervall {limits}; "
            f"{_p_range(row, lang)}).",
            en=f"Odds ratio of leaving, with against without: {odds} (Firth, {level} interval {limits}; "
            f"{_p_range(row, lang)}).",
        )
        if self.separated:
            text += pick(
                lang,
                sv=" Separation: i den ena gruppen lämnade ingen, eller alla genast, så en vanlig oddskvot vore noll "
                "eller oändlig; Firths är ändlig för att metoden drar mot ingen skillnad.",
                en=" Separation: in one group nobody left, or all at once, so an ordinary odds ratio would be zero or "
                "infinite; Firth's is finite because the method pulls towards no difference.",
            )
        return text

    def _fragility(self, lang: Language) -> str:
        limit = number(ALPHA, 2, lang=lang)
        if self.flips is None:
            return pick(
                lang,
                sv=f"Att bedöma upp till {self.most_flips} annorlunda flyttar inte exakt p till andra sidan {limit}.",
                en=f"Judging up to {self.most_flips} otherwise does not move the exact p across {limit}.",
            )
        units = self.labels.count(self.flips, "unit", lang)
        worst = self.table["p_without"].max() if self.significant else self.table["p_without"].min()
        one = self.table["p_otherwise"].max() if self.significant else self.table["p_otherwise"].min()
        values = [p_value(value, lang=lang) for value in (one, worst)]
        if self.significant:
            return pick(
                lang,
                sv=f"Skörhet: om {units} hade bedömts annorlunda kunde exakt p ha hamnat över {limit} (en enda bedömd "
                f"annorlunda ger som högst {values[0]}, en enda borttagen {values[1]}).",
                en=f"Fragility: had {units} been judged otherwise the exact p could have come above {limit} (a single "
                f"one judged otherwise gives at most {values[0]}, a single one removed {values[1]}).",
            )
        return pick(
            lang,
            sv=f"Skörhet: om {units} hade bedömts annorlunda kunde exakt p ha hamnat under {limit} (en enda bedömd "
            f"annorlunda ger som lägst {values[0]}, en enda borttagen {values[1]}).",
            en=f"Fragility: had {units} been judged otherwise the exact p could have come below {limit} (a single one "
            f"judged otherwise gives at least {values[0]}, a single one removed {values[1]}).",
        )


def judgement_name(what: str, lang: Language) -> str:
    """Name a judgement; those that every study has in the reader's language.

    Parameters
    ----------
    what : str
        Its id, such as "mandate".
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Within quotation marks where it is only an id.
    """
    known = _JUDGEMENTS.get(what)
    return known(lang) if known else pick(lang, sv=f"”{what}”", en=f"“{what}”")


def not_acquitted(lang: Language) -> str:
    """Say what a large p does not mean.

    Parameters
    ----------
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One sentence.
    """
    found, has, lacks = (measured(what, lang) for what in ("power of predictors", "left with", "left without"))
    return pick(
        lang,
        sv=f"Ett stort p frikänner inte: bland 14 simulerade enheter, där {lacks} av dem utan det bedömda lämnade mot "
        f"{has} av dem med, gav testen utslag i {found} av programmen.",
        en=f"A large p does not acquit: among 14 simulated units, where {lacks} of those without what was judged left "
        f"against {has} of those with it, the tests found it in {found} of the programmes.",
    )


def dropout_predictor(
    enrolment: pd.DataFrame,
    judgements: pd.DataFrame,
    *,
    what: str,
    study: Study,
    having: Collection[str] = ("ja", "yes", "1", "true", "sant"),
    level: float = 0.95,
) -> Predictor:
    """Hold one judgement of the units against who left.

    Tests are made only of judgements dated before the unit can have left; where one came later there is a truth table
    and no test.

    Parameters
    ----------
    enrolment, judgements : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    what : str
        The judgement, such as "mandate".
    study : Study
        Its sessions with their days.
    having : collection of str
        Values that count as having it; all others count as lacking it.
    level : float, default 0.95
        Level of the odds ratio's interval.

    Returns
    -------
    Predictor
        Truth table, tests, fragility and leave-one-out.

    Raises
    ------
    EstimationError
        If fewer than two units are enrolled, nobody or everybody left, or nothing of the kind was judged.

    References
    ----------
    Boschloo, R. D. (1970). Raised conditional level of significance for the 2 × 2-table when testing the equality of
    two probabilities. Statistica Neerlandica 24, 1–35.

    Firth, D. (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27–38.

    Heinze, G. & Schemper, M. (2002). A solution to the problem of separation in logistic regression. Statistics in
    Medicine 21, 2409–2419.

    Singer, J. D. & Willett, J. B. (1993). It's about time: using discrete-time survival analysis to study duration and
    the timing of events. Journal of Educational Statistics 18, 155–195.
    """
    units = _who_left(enrolment, study)
    table = judged_units(judgements, units, what=what, having=having, study=study)
    judged = table[table["value"].notna()].reset_index(drop=True)
    late, doubted = int((~judged["in_time"].astype(bool)).sum()), int((~judged["agreed"]).sum())
    last = max(study.session_ids)
    spells = _spells(judged, judged["value"], "latest", last)
    tested = not late and doubted <= MOST_DOUBTED and _has_both_sides(judged)
    return Predictor(
        table=_by_unit(table, judged, spells if tested else [], last),
        counts=_counts(judged),
        tests=_tests(judged, last, level) if tested else pd.DataFrame({"test": pd.Series(dtype="str")}),
        what=what,
        n=len(judged),
        n_left=int(judged["left"].sum()),
        n_missing=len(table) - len(judged),
        n_late=late,
        n_doubted=doubted,
        separated=tested and is_separated(spells),
        flips=flips_needed(spells) if tested else None,
        significant=tested and log_rank_p(sorted_spells(spells)) <= ALPHA,
        most_flips=MOST_FLIPS,
        level=level,
        labels=labels_of(study),
    )


def _who_left(enrolment: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the enrolled units, or refuse where there are no leavers and stayers to compare."""
    if not len(enrolment):
        raise EstimationError(
            "predictor: the enrolment register has no rows; without it nobody's leaving is known.",
            sv="prediktor: registret enrolment har inga rader; utan det vet man inte vem som lämnat.",
        )
    units = enrolled_units(enrolment, study=study).table
    _check_outcome(units)
    return units


def _has_both_sides(judged: pd.DataFrame) -> bool:
    """Tell whether some were judged to have it and some not, and some left and some stayed."""
    return judged["value"].nunique() == 2 and 0 < int(judged["left"].sum()) < len(judged)


def _by_unit(table: pd.DataFrame, judged: pd.DataFrame, spells: list[Spell], last: int) -> pd.DataFrame:
    """Add to each unit the p if it had been judged the other way, and without it; missing where there is no test."""
    places = list(enumerate(judged["unit"])) if spells else []
    otherwise = {unit: log_rank_p(sorted_spells(flipped(spells, [place]))) for place, unit in places}
    without = {unit: log_rank_p(sorted_spells(spells[:place] + spells[place + 1 :])) for place, unit in places}
    whole = table.assign(
        time=table["latest"].fillna(last),
        p_otherwise=[otherwise.get(unit, np.nan) for unit in table["unit"]],
        p_without=[without.get(unit, np.nan) for unit in table["unit"]],
        row_id=row_ids(table, ["unit"]),
    )
    judgement = ["value", "agreed", "in_time", "judged_on", "judged_by"]
    return whole[["unit", "left", "time", *judgement, "p_otherwise", "p_without", "rests_on", "row_id"]]


def _check_outcome(units: pd.DataFrame) -> None:
    left, n = int(units["left"].sum()), len(units)
    if n < 2:
        raise EstimationError(
            "predictor: one unit only is enrolled; there is nobody to compare it with.",
            sv="prediktor: bara en enhet är anmäld; det finns ingen att jämföra med.",
        )
    if left == 0:
        raise EstimationError(
            f"predictor: none of {n} units left; there is nothing to predict. Show the retention.",
            sv=f"prediktor: ingen av {n} enheter lämnade; det finns inget att förutsäga. Visa andelen kvar.",
        )
    if left == n:
        raise EstimationError(
            f"predictor: all {n} units left; there are no stayers to compare with. Show the retention.",
            sv=f"prediktor: alla {n} enheter lämnade; det finns ingen kvar att jämföra med. Visa andelen kvar.",
        )


def _counts(judged: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "value": value,
            "left": int((judged["left"] & (judged["value"] == value)).sum()),
            "stayed": int((~judged["left"] & (judged["value"] == value)).sum()),
        }
        for value in (True, False)
    ]
    return pd.DataFrame(rows)


def _spells(judged: pd.DataFrame, value: "pd.Series[Any]", bound: str, last: int) -> list[Spell]:
    """Return time, leaving and judgement of each unit."""
    times = judged[bound].fillna(last)
    return [(float(t), bool(e), bool(g)) for t, e, g in zip(times, judged["left"], value, strict=True)]


def _readings(judged: pd.DataFrame) -> list["pd.Series[bool]"]:
    """List every way to settle the units on which raters differ, the main rater's first."""
    value = judged["value"].astype(bool)
    doubted = judged.index[~judged["agreed"]]
    out = []
    for turned in itertools.product((False, True), repeat=len(doubted)):
        reading = value.copy()
        reading.loc[doubted] = value.loc[doubted] ^ np.array(turned, dtype=bool)
        out.append(reading)
    return out


def _tests(judged: pd.DataFrame, last: int, level: float) -> pd.DataFrame:
    """Run the three tests on the main reading, and their p over all readings and both bounds of leaving."""
    readings = [
        _spells(judged, reading, bound, last) for reading in _readings(judged) for bound in ("latest", "earliest")
    ]
    rows = []
    for name in TESTS:
        results = {key: run_test(name, key, level) for key in dict.fromkeys(map(sorted_spells, readings))}
        main = results[sorted_spells(readings[0])]
        p = [result["p"] for result in results.values()]
        rows.append({"test": name, **main, "p_low": min(p), "p_high": max(p)})
    return pd.DataFrame(rows)


def _p_range(row: dict[str, Any], lang: Language) -> str:
    if row["p_high"] - row["p_low"] < SEEN:
        return p_value(row["p"], lang=lang)
    low, high = (p_value(row[end], lang=lang).removeprefix("p = ") for end in ("p_low", "p_high"))
    return pick(lang, sv=f"p mellan {low} och {high}", en=f"p between {low} and {high}")
