"""Figures of learning, fidelity, positions and taking part: on the data of their Axes, and as pictures."""

import io
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from evalkit import figures
from evalkit.figures.style import EMPTY, SHADES, WIDTH
from tests.figures.learning_results import FIGURES
from tests.figures.test_figure_pictures import PICTURE
from tests.measures.programmes import declared_only, made, nothing


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def marks(ax, figure):
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith(f"{figure}:")]
    return {artist.get_gid().removeprefix(f"{figure}:"): artist for artist in found}


def texts(ax):
    return [text.get_text() for text in ax.figure.findobj(mpl.text.Text) if text.get_text()]


def drawn(name, programme, **how):
    plot, _, result = FIGURES[name]
    shown = result(programme)
    return shown, plot(shown, **how)


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("shape", [(14, 6), (3, 12)], ids=str)
@pytest.mark.parametrize("name", FIGURES)
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


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "explanatory_share"])
def test_every_row_has_a_mark(name):
    result, ax = drawn(name, made())
    assert set(marks(ax, name)) == set(result.table["row_id"])


@pytest.mark.parametrize("programme", [declared_only, nothing])
@pytest.mark.parametrize("name", FIGURES)
def test_without_rows_it_says_so(name, programme):
    plot, alt, result = FIGURES[name]
    ax = plot(result(programme()))
    assert not ax.axison
    assert len(texts(ax)) == 1
    assert alt(result(programme()), lang="sv").startswith("Tom figur")
    assert alt(result(programme()), lang="en").startswith("Empty figure")


@pytest.mark.parametrize("name", FIGURES)
def test_draws_on_the_axes_given_and_leaves_settings_and_result_alone(name):
    plot, _, result = FIGURES[name]
    shown = result(made())
    before, settings = shown.table.copy(), dict(mpl.rcParams)
    figure, axes = plt.subplots(1, 2)
    assert plot(shown, ax=axes[1]) is axes[1]
    assert not axes[0].has_data()
    assert figure.get_supxlabel() == ""
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(shown.table, before)


def test_level_cells_are_the_levels():
    result, ax = drawn("latest_levels", made())
    cells = marks(ax, "latest_levels")
    for row in result.table.to_dict("records"):
        judged = row["state"] == "judged"
        expected = SHADES(0.06 + 0.84 * row["level"] / 4) if judged else to_rgb(EMPTY)
        assert cells[row["row_id"]].get_facecolor()[:3] == pytest.approx(expected[:3])
    left = set(result.table.loc[result.table["left"], "unit"])
    assert {label.get_text() for label in ax.get_yticklabels() if label.get_text().endswith("*")} == {
        f"{unit}*" for unit in left
    }


def test_unknown_reliability_stands_under_the_levels():
    programme = made()
    alone = programme["assessments"][programme["assessments"]["rater"] == "A"]
    _, ax = drawn("latest_levels", type(programme)(programme.study, programme.registers | {"assessments": alone}))
    assert "Reliabiliteten är okänd" in " ".join(texts(ax)).replace("\n", " ")


def test_leaving_absence_and_gaps_look_different():
    result, ax = drawn("attendance", made())
    cells, states = marks(ax, "attendance"), result.table.set_index("row_id")["state"]
    looks = {
        state: {(cells[r].get_facecolor(), cells[r].get_hatch(), cells[r].get_edgecolor()) for r in rows}
        for state, rows in states.groupby(states).groups.items()
        if state != "present"
    }
    assert len(looks) >= 3
    assert all(len(look) == 1 for look in looks.values())
    assert len(set.union(*looks.values())) == len(looks)


def test_share_bars_are_the_minutes():
    result, ax = drawn("explanatory_share", made())
    bars = marks(ax, "explanatory_share")
    for row in result.table.to_dict("records"):
        widths = [bars[f"{row['row_id']}:{part}"].get_width() for part in ("explaining", "in_form", "rest")]
        assert widths[0] == row["explaining"]
        assert sum(widths) == row["minutes"]
    assert any(re.search(r"\d+\s% \(\d+ av \d+ min\), \d+ höll i", text) for text in texts(ax))


def test_strips_lie_at_their_hours():
    result, ax = drawn("session_timeline", made())
    boxes = marks(ax, "session_timeline")
    for row in result.table.to_dict("records"):
        assert boxes[row["row_id"]].get_x() == row["begin"]
        assert (boxes[row["row_id"]].get_linestyle() == "--") == (row["status"] == "dropped")
    assert [label.get_text() for label in ax.get_yticklabels()][:3] == ["LT1 dag 1", "LT1 dag 2", "LT2"]


def test_zone_bars_are_shares_from_least_to_most_agreement():
    result, ax = drawn("position_zones", made())
    bars = marks(ax, "position_zones")
    for _, rows in result.table.groupby(["session", "statement", "phase"]):
        edges = [bars[row].get_x() for row in rows.sort_values("agreement")["row_id"]]
        assert edges == sorted(edges)
        last = bars[rows["row_id"].iloc[-1]]
        assert last.get_x() + last.get_width() == pytest.approx(1)


def test_pair_lines_run_from_before_to_after():
    result, ax = drawn("position_pairs", made())
    lines = marks(ax, "position_pairs")
    for row in result.table.to_dict("records"):
        assert list(lines[row["row_id"]].get_xdata()) == [row["before"], row["after"]]


def test_a_thicker_line_is_more_contacts():
    result, ax = drawn("contacts", made())
    lines = marks(ax, "contacts")
    ordered = result.table.sort_values("contacts")
    widths = [lines[row].get_linewidth() for row in ordered["row_id"]]
    assert widths == sorted(widths)
    assert {f"K03 ({result.units.set_index('unit')['contacts']['K03']})"} <= set(texts(ax))


def test_depth_says_that_rule_codings_are_unchecked():
    result, ax = drawn("coded_depth", made())
    assert "Maskinkodningar, ej kontrollerade" in " ".join(texts(ax)).replace("\n", " ")
    assert "machine codings, not checked" in figures.alt_coded_depth(result, lang="en")
    crossed = {row for row, cell in marks(ax, "coded_depth").items() if cell.get_hatch()}
    assert crossed == set(result.table.loc[result.table["words"] == 0, "row_id"])


def test_evidence_has_a_sign_that_needs_no_colour():
    result, ax = drawn("implementation", made())
    signs = [text.get_text()[0] for text in ax.texts]
    counts = result.table["evidence"].value_counts()
    assert [signs.count(sign) for sign in "○◐●"] == [counts.get(kind, 0) for kind in ("said", "shown", "observed")]


@pytest.mark.parametrize("name", FIGURES)
def test_svg_is_the_same_every_time(name):
    def written():
        file = io.StringIO()
        with figures.use_style():
            drawn(name, made())[1].figure.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()

    svg = written()
    assert svg == written()
    ids = re.findall(rf'<g id="({name}:[^"]+)"', svg)
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_learning_fourteen_units(name):
    return drawn(name, made())[1].figure


@pytest.mark.parametrize("name", ["latest_levels", "attendance", "session_timeline", "position_zones"])
@pytest.mark.mpl_image_compare(**PICTURE)
def test_learning_three_units_in_english(name):
    return drawn(name, made(3, 12), lang="en")[1].figure
