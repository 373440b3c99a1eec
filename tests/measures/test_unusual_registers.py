"""Registers that are thin, one-sided or lack something: a sentence that is true of them, and no traceback."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from evalkit import figures, measures
from evalkit.models import progression
from evalkit.tables import empty_table
from tests.measures.programmes import Made, made
from tests.measures.test_triangulation import sources


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def changed(**registers: pd.DataFrame) -> Made:
    base = made()
    return Made(base.study, base.registers | {k: v.reset_index(drop=True) for k, v in registers.items()})


def test_one_session_is_no_course() -> None:
    base = made()
    one = changed(
        activities=base["activities"].query("session == 1"),
        attendance=base["attendance"].query("session == 1"),
        assessments=base["assessments"].query("session == 2"),
    )
    assert "först och" not in measures.explanatory_share(one["activities"], study=one.study).sentence("sv")
    assert "Antal som höll i något: 7 (LT1" in measures.presenters(one["activities"], study=one.study).sentence("sv")
    came = measures.participation(one["attendance"], enrolment=one["enrolment"], study=one.study).sentence("sv")
    assert came.startswith("Närvarande: 14 kommuner (LT1). Närvaro")
    paths = progression.learning_paths(one["assessments"], one["enrolment"], study=one.study)
    assert paths.sentence("sv").startswith("Medelnivån var för alla anmälda ")
    assert paths.sentence("en").startswith("The mean level was, for all enrolled, ")
    assert "went" not in paths.sentence("en").split(";")[0]
    several = progression.learning_paths(base["assessments"], base["enrolment"], study=base.study)
    assert several.sentence("en").startswith("The mean level went, for all enrolled, from ")
    assert "; för dem som fullföljde från " in several.sentence("sv")


def test_presenters_without_minutes_are_not_said_to_be_missing() -> None:
    acts = made()["activities"]
    timeless = changed(activities=acts.assign(end=pd.Series([None] * len(acts), dtype=acts["end"].dtype)))
    result = measures.presenters(timeless["activities"], study=timeless.study)
    assert "7 presentatörer höll i något, men tiden är inte antecknad" in result.sentence("sv")
    assert "time is not noted" in result.sentence("en")
    ax = figures.plot_presenters(result)
    assert "Tiden" in ax.texts[0].get_text()
    assert "tiden" in figures.alt_presenters(result)


def test_a_session_without_minutes_has_no_share() -> None:
    acts = made()["activities"]
    still = changed(activities=acts.assign(end=acts["end"].where(acts["session"] != 2, acts["start"])))
    table = measures.explanatory_share(still["activities"], study=still.study).table.set_index("session")
    assert table.loc[2, ["minutes", "explaining"]].tolist() == [0, 0]
    assert table.loc[2, ["share", "form_share", "presenter_share"]].isna().all()
    assert table.drop(index=2)["share"].notna().all()


def test_one_unit_has_no_pairs() -> None:
    here = made()["attendance"]
    result = measures.session_groups(here[here["unit"] == "K01"].reset_index(drop=True), study=made().study)
    assert result.sentence("sv").startswith("Grupper åt gången: 1, med 1 kommun i varje; ")
    assert "av alla par" not in result.sentence("sv")
    assert "of all pairs" not in result.sentence("en")


def test_nobody_completed() -> None:
    enrolment = made()["enrolment"]
    gone = enrolment.assign(left_after_session=pd.array([1] * len(enrolment), dtype="Int64"))
    result = measures.unit_costs(gone, made().study)
    assert "per anmäld; ingen fullföljde." in result.sentence("sv")
    assert "per enrolled; nobody completed." in result.sentence("en")
    assert "–" not in result.sentence("sv")


def test_zero_hours_can_be_drawn() -> None:
    hours = made()["hours"].assign(hours=0.0)
    assert figures.plot_spent_hours(measures.spent_hours(hours)).get_xlim() == (0, 1.15)


def test_one_source_contradicts_nothing_and_confirms_nothing() -> None:
    levels = {f"K0{k}": (1.0, 2.0) for k in range(1, 6)}
    result = measures.triangulate_learning(*sources(levels, {}, {}, sessions=2))
    assert "Ingen har mer än en källa att jämföra." in result.sentence("sv")
    assert "Nobody has more than one source to compare." in result.sentence("en")
    assert "motsatt håll" not in result.sentence("sv")


def separated(assessments: pd.DataFrame) -> pd.DataFrame:
    known = assessments["level"].notna()
    top = assessments["tool"].eq("falten").map({True: 4, False: 0})
    return assessments.assign(level=top.where(known).astype(assessments["level"].dtype))


def test_a_tool_that_is_told_apart_completely_is_not_called_the_hardest() -> None:
    base = made()
    result = progression.fit_tool_difficulty(separated(base["assessments"]), base["enrolment"], study=base.study)
    text = result.sentence("sv")
    assert "Lättare: Fyra fält (högst " in text
    assert "Vilket verktyg som var svårast går inte att säga" in text
    assert "Svårast är" not in text
    assert "inf" not in text
    assert "∞" not in text


@pytest.mark.parametrize("lacking", sorted(made().registers))
def test_any_register_may_be_missing(lacking) -> None:
    some = changed(**{lacking: empty_table(lacking)})
    said = [
        measures.learning_levels(some["assessments"], some.study, enrolment=some["enrolment"]),
        measures.position_pairs(some["positions"], some.study),
        measures.position_zones(some["positions"], some.study),
        measures.explanatory_share(some["activities"], study=some.study),
        measures.presenters(some["activities"], study=some.study),
        measures.adherence(some["activities"], study=some.study),
        measures.participation(some["attendance"], enrolment=some["enrolment"], study=some.study),
        measures.session_groups(some["attendance"], study=some.study),
        measures.supervision_contacts(some["contacts"], study=some.study),
        measures.implementation_status(some["implementation"], some.study),
        measures.indicators(some["indicators"], study=some.study),
        measures.interventions(some["interventions"], study=some.study),
        measures.spent_hours(some["hours"], study=some.study),
        measures.unit_costs(some["enrolment"], some.study, attendance=some["attendance"]),
    ]
    for result in said:
        for lang in ("sv", "en"):
            text = f"{result.caption(lang)} {result.sentence(lang)}"
            assert "nan" not in text.split()
            assert "<NA>" not in text
