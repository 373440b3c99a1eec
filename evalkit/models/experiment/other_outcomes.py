"""Other outcomes of the event on the same footing: the change with its limits, and what it takes to call it harm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.limits import difference_limits, smallest_detectable_harm
from evalkit.models.experiment.outcomes import Outcome, outcome_differences, outcome_limits
from evalkit.models.levels import merge_rows
from evalkit.wording import Language, number, percent, pick

__all__ = ["OtherOutcomes", "other_outcomes"]


@dataclass(frozen=True, slots=True, eq=False)
class OtherOutcomes:
    """Change over the event in several outcomes.

    Attributes
    ----------
    table : pandas.DataFrame
        Per outcome: outcome, name_sv, name_en, measure_sv, measure_en, n (units, or sessions of a single series),
        before, after (means over the units known on both sides), change, ci_low and ci_high (one-sided limits of the
        change; missing for a single series or where refused), smallest_change (detectable with the given power),
        said ("fell", "rose", "unclear", or "described" without limits), refused_sv and refused_en, note_sv and note_en,
        rests_on and row_id.
    sides : pandas.DataFrame
        Per outcome and unit (or session): outcome, unit, before, after.
    level, power : float
        Level of each one-sided limit; power of smallest_change.
    before : BeforeAfter
        Tells the event.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    sides: pd.DataFrame
    level: float
    power: float
    before: BeforeAfter
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        share, event = percent(self.level, lang=lang), self.before.event(lang)
        most = self.table["n"].max()
        return pick(
            lang,
            sv=f"Andra utfall före och efter ”{event}”, medel per enhet, med ensidiga {share}-gränser för ändringen. "
            f"n = högst {most}.",
            en=f"Other outcomes before and after “{event}”, means per unit, with one-sided {share} limits of the "
            f"change. n = at most {most}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how each outcome changed and what that cannot say."""
        parts = [self._said(row, lang) for row in self.table.to_dict("records")]
        parts += list(dict.fromkeys(note for note in self.table[f"note_{lang}"] if note))
        tried = int(self.table["ci_low"].notna().sum())
        if tried > 1:
            parts.append(
                pick(
                    lang,
                    sv=f"{tried} utfall är prövade vart för sig: bland flera ändras lätt något av en slump.",
                    en=f"{tried} outcomes are tried one by one: among several one easily changes by chance.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Hur de annars hade ändrats är lika okänt som för nivån: gränserna gäller ändringen, inte "
                "händelsens del i den.",
                en="How they would otherwise have changed is as unknown as for the level: the limits are those of the "
                "change, not of the event's part in it.",
            )
        )
        return " ".join(parts)

    def _said(self, row: dict[Any, Any], lang: Language) -> str:
        digits = 2 if max(abs(row["before"]), abs(row["after"])) >= 0.1 else 3
        start, end = (number(row[side], digits, lang=lang) for side in ("before", "after"))
        name, measure = row[f"name_{lang}"], row[f"measure_{lang}"]
        text = pick(lang, sv=f"{name}, {measure}: {start} till {end}", en=f"{name}, {measure}: {start} to {end}")
        if row["refused_en"]:
            return f"{text}; {row[f'refused_{lang}'].rstrip('.')}."
        if row["said"] == "described":
            sessions = self.labels.count(row["n"], "session", lang)
            return text + pick(
                lang,
                sv=f" ({sessions}, en serie: inget intervall).",
                en=f" ({sessions}, one series: no interval).",
            )
        low, high = (number(row[side], digits, lang=lang) for side in ("ci_low", "ci_high"))
        word = {
            "fell": pick(lang, sv="minskade", en="fell"),
            "rose": pick(lang, sv="ökade", en="rose"),
            "unclear": pick(lang, sv="åt vilket håll går inte att avgöra", en="which way is inconclusive"),
        }[row["said"]]
        return text + pick(
            lang,
            sv=f" (n = {row['n']}; ändringens gränser {low} till {high}: {word}).",
            en=f" (n = {row['n']}; limits of the change {low} to {high}: {word}).",
        )


def other_outcomes(
    outcomes: Sequence[Outcome], before: BeforeAfter, *, level: float = 0.95, power: float = 0.8
) -> OtherOutcomes:
    """Compute the change of each outcome with one-sided limits over units.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Such as from `attendance_outcome`.
    before : BeforeAfter
        Tells the event.
    level : float, default 0.95
        Level of each one-sided limit.
    power : float, default 0.8
        Power of the smallest detectable change.

    Returns
    -------
    OtherOutcomes
        One row per outcome; where limits are refused the row says why.

    Raises
    ------
    EstimationError
        If there are no outcomes.
    """
    if not outcomes:
        raise EstimationError(
            "other outcomes: no register has anything on both sides of the event.",
            sv="andra utfall: inget register har något på båda sidor om händelsen.",
        )
    table = pd.DataFrame([_row(outcome, level, power) for outcome in outcomes])
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, ["outcome"])
    values = pd.concat(
        [
            outcome.sides.rename(columns={"session": "unit"})[["unit", "before", "after"]]
            .astype({"unit": "str"})
            .assign(outcome=outcome.id)
            for outcome in outcomes
        ],
        ignore_index=True,
    )
    return OtherOutcomes(table, values, level, power, before, before.labels)


def _row(outcome: Outcome, level: float, power: float) -> dict[str, Any]:
    values = outcome.sides
    known = values[values[["before", "after"]].notna().all(axis=1)] if outcome.replicated else values
    start, end = float(known["before"].mean()), float(known["after"].mean())
    row: dict[str, Any] = {
        "outcome": outcome.id,
        "name_sv": outcome.name.sv,
        "name_en": outcome.name.en,
        "measure_sv": outcome.measure.sv,
        "measure_en": outcome.measure.en,
        "n": len(known),
        "before": start,
        "after": end,
        "change": end - start,
        "ci_low": math.nan,
        "ci_high": math.nan,
        "smallest_change": math.nan,
        "said": "described",
        "refused_sv": "",
        "refused_en": "",
        "note_sv": outcome.note.sv,
        "note_en": outcome.note.en,
        "rests_on": merge_rows(known["rests_on"]),
    }
    if not outcome.replicated:
        return row
    d = outcome_differences(outcome)
    try:
        low, high = outcome_limits(outcome, level=level)
    except EstimationError as error:
        return row | {"refused_sv": error.text("sv"), "refused_en": error.text("en")}
    said = "fell" if high.ci_high < 0 else "rose" if low.ci_low > 0 else "unclear"
    # Where the limits reach further than t, so must a change that is to be detected.
    _, plain = difference_limits(d, tau=0.0, k_post=1, level=level)
    further = (high.ci_high - high.estimate) / (plain.ci_high - plain.estimate)
    smallest = further * smallest_detectable_harm(np.asarray(d), level=level, power=power)
    return row | {"ci_low": low.ci_low, "ci_high": high.ci_high, "smallest_change": smallest, "said": said}
