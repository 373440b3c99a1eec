"""Two hundred units: no figure runs off an A4 page, its rows stay apart, and it says which units it draws."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import figures, measures
from evalkit.calibrate import Cell
from evalkit.figures.pages import LEAST_ROW, TALLEST, left_out, page_height, that_fit
from evalkit.measures.placement import labels_of
from evalkit.models import progression
from evalkit.models.dropout import early_warning
from evalkit.models.experiment import before_after, carried_by_leavers, differential_harm, sensitivity
from evalkit.simulate import simulate_programme
from tests.figures import carried_results, learning_results
from tests.measures.programmes import Made, made


def paths(many: Made) -> progression.LearningPaths:
    return progression.learning_paths(
        many["assessments"], many["enrolment"], study=many.study, attendance=many["attendance"]
    )


FIGURES = {
    **learning_results.FIGURES,
    **carried_results.FIGURES,
    "paths": (figures.plot_learning_paths, figures.alt_learning_paths, paths),
    "contrasts": (figures.plot_contrasts, figures.alt_contrasts, lambda m: progression.fit_contrasts(paths(m))),
    "trends": (figures.plot_path_trends, figures.alt_path_trends, lambda m: progression.path_trends(paths(m))),
}
BY_UNIT = {"latest_levels", "implementation", "coded_depth", "attendance", "contacts", "session_groups"} | {
    "homework",
    "indicators",
    "triangulation",
    "paths",
    "contrasts",
    "trends",
}


@pytest.fixture(scope="module")
def many() -> Made:
    return made(200, 4)


@pytest.fixture(scope="module")
def programme() -> dict:
    """Results of dropout and the experiment in a programme of two hundred units."""
    cell = Cell("linear", "random", 0.0, 200)
    where, truth = cell.study(gain_max=1.0), cell.truth()
    names = ("enrolment", "judgements", "assessments", "activities", "attendance")
    made_up = simulate_programme(truth, seed=3, registers=names).registers
    before = before_after(made_up["assessments"], made_up["enrolment"], study=where)
    carried = carried_by_leavers(
        made_up["activities"], made_up["enrolment"], before, leavers=where.experiment.leavers, study=where
    )
    return {
        "sensitivity": (
            figures.plot_sensitivity,
            sensitivity(before, made_up["assessments"], made_up["enrolment"], study=where),
        ),
        "differential": (figures.plot_differential_harm, differential_harm(before, carried, margin=0.5)),
        "early_warning": (
            figures.plot_early_warning,
            early_warning(made_up["attendance"], made_up["enrolment"], study=where),
        ),
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sensitivity", "som ändrar mest om de tas bort"),
        ("differential", "tagna med jämna steg i ordningen"),
        ("early_warning", "tagna med jämna steg i ordningen"),
    ],
)
def test_the_experiment_and_dropout_of_many_units_stay_on_a_page(name, said, programme) -> None:
    plot, result = programme[name]
    figure = plot(result).get_figure(root=True)
    assert figure.get_figheight() <= TALLEST
    assert said in figure.get_supxlabel().replace("\n", " ")
    figure.canvas.draw()
    axes = [ax for ax in figure.axes[0].child_axes or figure.axes if len(ax.get_yticklabels()) > 20]
    assert axes
    for ax in axes:
        places = [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()]
        ordered = sorted(places, key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 + 0.5 for low, high in itertools.pairwise(ordered))


def test_ways_that_change_the_result_most_are_drawn(programme) -> None:
    plot, result = programme["sensitivity"]
    labels = [label.get_text() for label in plot(result).get_yticklabels()]
    table = result.table.set_index("kind")
    change = (table.loc["without", "mean_difference"] - table.loc["main", "mean_difference"]).abs()
    most = table.loc["without", "what"].to_numpy()[change.to_numpy().argmax()]
    assert any(label.startswith(f"utan {most}") for label in labels)
    assert any(label.startswith("grupper som enheter") for label in labels)


def test_a_long_list_of_codes_keeps_those_used_most() -> None:
    n = 150
    segments = pd.DataFrame(
        {
            "segment_id": [f"s{k}" for k in range(n)],
            "document_id": "d",
            "unit": "K01",
            "about_session": pd.Series([pd.NA] * n, dtype="Int64"),
            "role": "informant",
            "text": "ett två tre",
        }
    )
    documents = pd.DataFrame({"document_id": ["d"], "kind": ["intervju"], "unit": ["K01"], "session": [1]})
    rows = [(f"code{k}", f"s{j}") for k in range(n) for j in range(k // 3 + 1)]
    codings = pd.DataFrame(
        {
            "coding_id": [f"c{k}" for k in range(len(rows))],
            "segment_id": [segment for _, segment in rows],
            "code": [code for code, _ in rows],
            "polarity": "+",
            "rule": "r",
            "document_id": "d",
            "start": 0,
            "end": 3,
            "coder": "rules",
        }
    )
    counts = measures.code_counts(codings, segments, documents=documents)
    figure = figures.plot_code_frequency(counts, lang="en").get_figure(root=True)
    assert figure.get_figheight() <= TALLEST
    assert "of 150 codes, those with most records behind them" in figure.get_supxlabel().replace("\n", " ")
    assert figure.axes[0].get_yticklabels()[0].get_text() == "code147"  # as often as 148 and 149


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_taller_than_a_page(name, many) -> None:
    plot, alt, result = FIGURES[name]
    drawn = result(many)
    ax = plot(drawn)
    figure = ax.get_figure(root=True)
    assert figure.get_figheight() <= TALLEST
    noted = figure.get_supxlabel().replace("\n", " ")
    assert (" kommuner, tagna med jämna steg i ordningen" in noted) == (name in BY_UNIT)
    assert (" municipalities, taken at even steps" in plotted_in_english(plot, drawn)) == (name in BY_UNIT)
    assert len(alt(drawn)) < 2500


def plotted_in_english(plot, drawn) -> str:
    return plot(drawn, lang="en").get_figure(root=True).get_supxlabel().replace("\n", " ")


@pytest.mark.parametrize("name", sorted(BY_UNIT - {"paths", "contacts"}))
def test_rows_stay_apart(name, many) -> None:
    plot, _, result = FIGURES[name]
    ax = plot(result(many))
    figure = ax.get_figure(root=True)
    figure.canvas.draw()
    places = [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()]
    assert len(places) > 20
    ordered = sorted(places, key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 0.5 for low, high in itertools.pairwise(ordered))


def test_those_who_left_are_drawn_in_their_share(many) -> None:
    drawn = paths(many)
    panels = figures.plot_learning_paths(drawn).child_axes
    shown = {panel.get_title(loc="left").split()[0] for panel in panels}
    assert 20 < len(shown) < 200
    completed = drawn.units.set_index("unit")["completed"]
    assert completed[sorted(shown)].mean() == pytest.approx(completed.mean(), abs=0.15)


def test_a_callers_axes_get_every_unit(many) -> None:
    _, ax = plt.subplots()
    result = measures.participation(many["attendance"], enrolment=many["enrolment"], study=many.study)
    figures.plot_attendance(result, ax=ax)
    assert len(ax.get_yticklabels()) == 200


def test_a_small_programme_is_drawn_whole(many) -> None:
    few = made()
    for name in BY_UNIT:
        plot, _, result = FIGURES[name]
        assert "Ritade är" not in plot(result(few)).figure.get_supxlabel()


@given(st.integers(1, 400), st.floats(0.5, 4), st.sampled_from(["even", "most"]), st.integers(1, 3))
def test_what_fits_is_a_part_in_order_with_both_ends(n, around, choice, each) -> None:
    table = pd.DataFrame(
        {
            "unit": [f"K{k}" for k in range(n) for _ in range(2)],
            "rests_on": [tuple(f"r{k}.{i}" for i in range(k % 5)) for k in range(n) for _ in range(2)],
        }
    )
    shown = that_fit(table, None, around=around, choice=choice, each=each)
    units = shown["unit"].drop_duplicates()
    assert page_height(len(units) * each, row=0.3, around=around) <= TALLEST
    assert len(units) * each * LEAST_ROW <= max(TALLEST - around, LEAST_ROW * each) + 1e-9
    assert list(units) == [unit for unit in table["unit"].drop_duplicates() if unit in set(units)]
    assert (shown.groupby("unit").size() == 2).all()
    if choice == "even" and len(units) > 1:
        assert (units.iloc[0], units.iloc[-1]) == ("K0", f"K{n - 1}")
    elif len(units) < n:
        sizes = table.set_index("unit")["rests_on"].map(len)
        assert sizes[units].min() >= sizes[~sizes.index.isin(units)].max()
    assert bool(left_out(table, shown, labels_of(None), "en", choice=choice)) == (len(units) < n)
