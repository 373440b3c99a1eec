"""The figure of the calibration: the data of its Axes, its words and its picture."""

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evalkit.calibrate import Calibration, Cell, power_of
from evalkit.calibrate.calibration import COLUMNS, with_keys
from evalkit.figures.calibration import alt_calibration, alt_power, plot_calibration, plot_power
from evalkit.figures.style import WIDTH

PICTURE = {
    "baseline_dir": "baseline",
    "tolerance": 10,
    "style": "default",
    "backend": "agg",
    "savefig_kwargs": {"dpi": 60},
}
CELLS = (
    Cell("none", "random", 0.0, 14, core=True),
    Cell("linear", "none", 0.5, 9),
    Cell("late", "level", 0.0, 14),
    Cell("none", "none", 0.0, 9, shock_sd=0.15),
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def made_up() -> Calibration:
    """A calibration of invented numbers: something of everything that can be met or missed."""
    kinds = {
        "slope": ("approximate", 0.93, [0.95, 0.94, 0.915, 0.62]),
        "completion": ("exact", 0.91, [0.97, 0.96, 0.985, np.nan]),
        "sign_flip": ("error", 0.09, [0.05, np.nan, np.nan, 0.17]),
        "non_inferior": ("error", 0.09, [np.nan, 0.06, np.nan, np.nan]),
        "harm_shown": ("power", 0.95, [0.97, np.nan, np.nan, np.nan]),
    }
    rows = []
    for place, cell in enumerate(CELLS):
        for name, (kind, goal, values) in kinds.items():
            value, interval = values[place], kind in ("approximate", "exact")
            asked = not np.isnan(value)
            error = np.sqrt(value * (1 - value) / 200)
            short = (value - goal) if kind == "error" else goal - value
            rows.append(
                dict.fromkeys(COLUMNS, np.nan)
                | {"cell": cell.id, "estimator": name, "kind": kind, "programmes": 200, "refused": 0, "unbounded": 0}
                | {"coverage" if interval else "rate": value, "coverage_mcse" if interval else "rate_mcse": error}
                | {"goal": goal if asked else np.nan, "met": short <= 0 if asked else pd.NA}
                | {"clear": (short > (2.58 * error if kind == "approximate" else 0)) if asked else pd.NA}
            )
    table = with_keys(pd.DataFrame(rows).astype(COLUMNS))
    return Calibration(table, CELLS, {cell.id: 200 for cell in CELLS}, 1, "0")


def marks(ax):
    return {
        artist.get_gid().removeprefix("calibration:"): artist
        for artist in ax.findobj(mpl.lines.Line2D)
        if (artist.get_gid() or "").startswith("calibration:")
    }


@pytest.mark.mpl_image_compare(**PICTURE)
def test_calibration_made_up():
    return plot_calibration(made_up()).figure


def test_marks_are_what_has_a_goal_and_is_not_power():
    result = made_up()
    shown = result.table[result.table["goal"].notna() & (result.table["kind"] != "power")]
    found = marks(plot_calibration(result))
    assert set(found) == set(shown["row_id"])
    for row in shown.to_dict("records"):
        value = row["rate"] if row["kind"] == "error" else row["coverage"]
        assert found[row["row_id"]].get_xdata() == [value]


def test_shape_tells_a_miss_without_colour():
    result = made_up()
    found = marks(plot_calibration(result))
    assert found[f"{CELLS[0].id}:slope"].get_marker() == "o"
    assert found[f"{CELLS[0].id}:slope"].get_markerfacecolor() != "white"
    assert found[f"{CELLS[2].id}:slope"].get_markerfacecolor() == "white"
    assert found[f"{CELLS[3].id}:slope"].get_marker() == "D"


def test_error_bars_and_goals():
    result = made_up()
    coverage, errors = plot_calibration(result).child_axes
    row = result.table.set_index("row_id").loc[f"{CELLS[1].id}:slope"]
    bars = [line.get_xdata() for line in coverage.lines if len(line.get_xdata()) == 2]
    assert any(
        np.allclose(bar, [row["coverage"] - row["coverage_mcse"], row["coverage"] + row["coverage_mcse"]])
        for bar in bars
    )
    assert any(list(line.get_xdata()) == [0.09, 0.09] for line in errors.lines)
    places = [marks(coverage)[f"{cell.id}:slope"].get_ydata()[0] for cell in CELLS]
    assert places == sorted(places, reverse=True)  # their coverage falls from cell to cell: the worst is on top


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_no_text_is_cut_off_or_too_small(lang):
    figure = plot_calibration(made_up(), lang=lang).figure
    figure.canvas.draw()
    assert figure.get_figwidth() == WIDTH
    around = figure.get_tightbbox()
    assert min(around.x0, around.y0) >= -0.02
    assert around.x1 <= WIDTH + 0.02
    assert around.y1 <= figure.get_figheight() + 0.02
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


def test_the_worst_miss_is_named_and_counted():
    coverage, errors = plot_calibration(made_up(), lang="en").child_axes
    named = " ".join(
        text.get_text().replace("\n", " ").replace("\u00a0", " ")
        for panel in (coverage, errors)
        for text in panel.texts
    )
    assert named.count("τ = 0.15") == 2
    label = coverage.get_yticklabels()[0].get_text().replace("\n", " ").replace("\u00a0", " ")
    assert label == "slope, t interval (2 of 4)"


def test_alternative_text():
    sv, en = (alt_calibration(made_up(), lang=lang) for lang in ("sv", "en"))
    assert "lutning, t-intervall: täckning 0,62–0,95, 2 av 4 når målet" in sv
    assert "slope, exact sign flip: error rate 0.05–0.17, 1 of 2 meet the goal" in en


def test_marks_are_pale_where_fewer_were_simulated():
    result = made_up()
    few = result.table["cell"] == CELLS[1].id
    found = marks(plot_calibration(replace(result, table=result.table.assign(programmes=np.where(few, 20, 200)))))
    colours = {cell.id: found[f"{cell.id}:slope"].get_color() for cell in CELLS[:2]}
    assert len(set(colours.values())) == 2


def test_nothing_with_a_goal_still_draws():
    result = made_up()
    empty = replace(result, table=result.table.assign(goal=np.nan))
    assert marks(plot_calibration(empty)) == {}


def test_it_draws_on_the_callers_axes():
    _, ax = plt.subplots()
    assert plot_calibration(made_up(), ax=ax) is ax


@pytest.mark.mpl_image_compare(**PICTURE)
def test_power_made_up():
    return plot_power(power_of(claims())).figure


def claims() -> Calibration:
    """A calibration of invented numbers in which something true is claimed more and less often."""
    rates = {"harm_shown": [np.nan, 0.42, 1.0, 0.0], "log_rank": [0.06, np.nan, np.nan, 0.11]}
    result = made_up()
    rows = [
        dict.fromkeys(COLUMNS, np.nan)
        | {"cell": cell.id, "estimator": name, "kind": "power", "programmes": 200, "refused": 0, "unbounded": 0}
        | {"rate": rate, "rate_mcse": 0.01, "met": pd.NA, "clear": pd.NA}
        for name, values in rates.items()
        for cell, rate in zip(CELLS, values, strict=True)
    ]
    return replace(result, table=with_keys(pd.DataFrame(rows).astype(COLUMNS)))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_grid_of_power_has_a_cell_for_every_rate_and_says_it_in_words(lang):
    power = power_of(claims())
    ax = plot_power(power, lang=lang)
    named = {p.get_gid().removeprefix("power:") for p in ax.patches if p.get_gid()}
    assert named == set(power.table["row_id"])
    assert [text.get_text() for text in ax.texts if text.get_text() in ("42", "100", "0", "6", "11")] == [
        "6",
        "11",
        "42",
        "100",
        "0",
    ]
    assert "6 till 11" in alt_power(power) if lang == "sv" else "6 to 11%" in alt_power(power, lang="en")
    ax.figure.canvas.draw()
    assert ax.figure.get_tightbbox().y1 <= ax.figure.get_figheight() + 0.02
