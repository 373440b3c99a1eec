"""Figures of how the learning was carried, and of its triangulation: the data of their Axes, and as pictures."""

import io
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from evalkit import figures
from evalkit.figures.style import WIDTH
from tests.figures.carried_results import FIGURES, WITH_ROWS
from tests.figures.test_figure_pictures import PICTURE
from tests.measures.programmes import declared_only, made, nothing

PREFIX = {"convergence_presenters": "convergence"}
PARTS = {"adherence": ("as_planned", "changed", "without_reason"), "spent_hours": ("preparation", "session", "between")}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(name, programme, **how):
    plot, _, result = WITH_ROWS[name]
    shown = result(programme)
    return shown, plot(shown, **how)


def marks(ax, name):
    figure = PREFIX.get(name, name)
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith(f"{figure}:")]
    return {artist.get_gid().removeprefix(f"{figure}:"): artist for artist in found}


def texts(ax):
    return [text.get_text() for text in ax.figure.findobj(mpl.text.Text) if text.get_text()]


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("shape", [(14, 6), (3, 12)], ids=str)
@pytest.mark.parametrize("name", WITH_ROWS)
def test_no_text_is_cut_off_or_too_small(name, shape, lang):
    _, ax = drawn(name, made(*shape), lang=lang)
    figure = ax.figure
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert figure.get_figwidth() == WIDTH
    assert figure.get_figheight() < 10
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= WIDTH + 0.01
    assert box.y1 <= figure.get_figheight() + 0.01
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in PARTS])
def test_every_row_that_can_be_drawn_has_a_mark(name):
    result, ax = drawn(name, made())
    table = result.table
    for column, missing in (("why", table.get("why") == "too few"), ("change", table.get("change", 0))):
        if column in table:
            table = table[table["change"].notna()] if column == "change" else table[~missing]
    assert set(marks(ax, name)) == set(table["row_id"])


@pytest.mark.parametrize("name", PARTS)
def test_bars_are_the_counts_of_their_parts(name):
    result, ax = drawn(name, made())
    bars = marks(ax, name)
    for row in result.table.to_dict("records"):
        for part in PARTS[name]:
            assert bars[f"{row['row_id']}:{part}"].get_width() == row[part]


@pytest.mark.parametrize("programme", [declared_only, nothing])
@pytest.mark.parametrize("name", FIGURES)
def test_without_rows_it_says_so(name, programme):
    plot, alt, result = FIGURES[name]
    ax = plot(result(programme()))
    assert not ax.axison
    assert len(texts(ax)) == 1
    assert alt(result(programme()), lang="sv").startswith("Tom figur")
    assert alt(result(programme()), lang="en").startswith("Empty figure")


@pytest.mark.parametrize("name", WITH_ROWS)
def test_draws_on_the_axes_given_and_leaves_settings_and_result_alone(name):
    plot, alt, result = WITH_ROWS[name]
    shown = result(made())
    before, settings = shown.table.copy(), dict(mpl.rcParams)
    figure, axes = plt.subplots(1, 2)
    assert plot(shown, ax=axes[1]) is axes[1]
    assert not axes[0].has_data()
    assert figure.get_supxlabel() == ""
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(shown.table, before)
    assert alt(shown, lang="sv") != alt(shown, lang="en")


def test_minutes_and_new_presenters_stand_in_the_cells():
    result, ax = drawn("presenters", made())
    shown = texts(ax)
    for row in result.table.to_dict("records"):
        assert f"{row['minutes']:.0f}{'*' if row['new'] else ''}" in shown
    assert {f"{value:.1f}".replace(".", ",") for value in result.sessions["effective"]} <= set(shown)


def test_a_changed_group_has_a_frame():
    result, ax = drawn("session_groups", made())
    framed = {row for row, mark in marks(ax, "session_groups").items() if mark.get_linewidth() > 1}
    assert framed == set(result.table.loc[result.table["moved"], "row_id"])


def test_homework_leaving_and_nothing_look_different():
    result, ax = drawn("homework", made())
    cells, states = marks(ax, "homework"), result.table.set_index("row_id")["state"]
    looks = [
        {(cells[r].get_facecolor(), cells[r].get_hatch(), cells[r].get_edgecolor()) for r in rows}
        for state, rows in states.groupby(states).groups.items()
        if state in ("nothing", "left")
    ]
    assert all(len(look) == 1 for look in looks)
    assert len(set.union(*looks)) == 2


def test_indicators_lie_at_their_share_and_fill_when_reached():
    result, ax = drawn("indicators", made())
    dots = marks(ax, "indicators")
    for row in result.table.dropna(subset="share").to_dict("records"):
        assert dots[row["row_id"]].get_xdata()[0] == row["share"]
        assert (dots[row["row_id"]].get_markerfacecolor() != "white") == bool(row["reached"])


@pytest.mark.parametrize("name", ["convergence", "convergence_presenters"])
def test_convergence_shows_excess_with_intervals_and_the_naive_number(name):
    result, ax = drawn(name, made())
    known = result.table[result.table["why"] == ""]
    found = {gid: mark.get_ydata()[0] for gid, mark in marks(ax, name).items()}
    assert found == dict(zip(known["row_id"], known["excess"], strict=True))
    bars = sorted(tuple(line.get_ydata()) for line in ax.lines if line.get_linewidth() == 1.4)
    assert bars == sorted(known[["ci_low", "ci_high"]].itertuples(index=False, name=None))
    dotted = [value for line in ax.lines if line.get_linestyle() == ":" for value in line.get_ydata()]
    assert sorted(dotted) == sorted(known["naive"])


def test_saturation_has_its_curve_and_its_band():
    result, ax = drawn("saturation", made())
    found = {gid: mark.get_ydata()[0] for gid, mark in marks(ax, "saturation").items()}
    assert found == dict(zip(result.table["row_id"], result.table["found"], strict=True))
    dashed = next(line for line in ax.lines if line.get_linestyle() == "--")
    assert dashed.get_ydata().tolist() == result.table["expected"].tolist()


def test_contradictions_are_said_and_red():
    result, ax = drawn("triangulation", made())
    turned = set(result.contradictions.loc[result.contradictions["kind"] == "direction", "unit"])
    red = [line for line in ax.lines if line.get_color() == "#D55E00" and line.get_linewidth() == 2]
    assert len(red) == len(turned) > 0
    assert sum("≠" in text for text in texts(ax) if len(text) < 6) == len(turned)
    for row in result.table.dropna(subset="change").to_dict("records"):
        filled = marks(ax, "triangulation")[row["row_id"]].get_markerfacecolor() != "white"
        assert filled == (row["change"] > 0)


def test_a_units_page_has_what_each_source_says():
    result, ax = drawn("unit_learning", made())
    found = marks(ax, "unit_learning")
    for row in result.table.to_dict("records"):
        for part, there, value in (
            ("level", not pd.isna(row["level"]), row["level"]),
            ("depth", row["deep"] + row["surface"] > 0, row["share"]),
            ("positions", row["pairs"] > 0, row["after"]),
        ):
            mark = found.get(f"{row['row_id']}:{part}")
            assert (mark is not None) == there
            assert mark is None or mark.get_ydata()[0] == value
    assert len(ax.child_axes) == 3


def test_rater_pairs_frame_the_diagonal():
    result, ax = drawn("rater_pairs", made())
    for row in result.table.to_dict("records"):
        framed = marks(ax, "rater_pairs")[row["row_id"]].get_linewidth() > 1
        assert framed == (row["first"] == row["second"])


@pytest.mark.parametrize("name", WITH_ROWS)
def test_svg_is_the_same_every_time(name):
    def written():
        file = io.StringIO()
        with figures.use_style():
            drawn(name, made())[1].figure.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()

    svg = written()
    assert svg == written()
    ids = re.findall(rf'<g id="({PREFIX.get(name, name)}:[^"]+)"', svg)
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("name", WITH_ROWS)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_carried_fourteen_units(name):
    return drawn(name, made())[1].figure


@pytest.mark.parametrize(
    "name", ["presenters", "session_groups", "homework", "convergence_presenters", "triangulation", "unit_learning"]
)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_carried_three_units_in_english(name):
    return drawn(name, made(3, 12), lang="en")[1].figure
