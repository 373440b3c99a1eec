"""Each figure on the data of its Axes: what is drawn is what the result holds, and nothing falls outside."""

import io
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, Rectangle

from evalkit import figures
from evalkit.errors import TableError
from evalkit.figures.style import EMPTY, SHADES, WIDTH
from tests.figures.made_up import programme, without_codings
from tests.figures.results import CODED, FIGURES, counts, grouping, overview, pairs, timeline


@pytest.fixture(scope="module")
def made():
    """Fourteen units, six sessions, 37 codes; one unit without material and one with next to none."""
    return programme(14)


@pytest.fixture(scope="module")
def fresh():
    """Documents only: no units, no sessions."""
    return programme(0)


@pytest.fixture(scope="module")
def uncoded():
    return without_codings(programme(3))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def marks(ax, figure):
    """Return the marks that name a row, by that row (and polarity)."""
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith(f"{figure}:")]
    return {artist.get_gid().removeprefix(f"{figure}:"): artist for artist in found}


def texts(ax):
    return [text.get_text() for text in ax.figure.findobj(mpl.text.Text) if text.get_text()]


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_too_small(name, lang, made):
    plot, _, result = FIGURES[name]
    figure = plot(result(made), lang=lang).figure
    figure.canvas.draw()
    assert figure.get_figwidth() == WIDTH
    drawn = figure.get_tightbbox()
    assert min(drawn.x0, drawn.y0) >= -0.01
    assert drawn.x1 <= WIDTH + 0.01
    assert drawn.y1 <= figure.get_figheight() + 0.01
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


def test_overview_bars_are_the_words(made):
    result = overview(made, by="unit")
    ax = figures.plot_corpus_overview(result)
    bars = marks(ax, "corpus_overview")
    for row in result.table.to_dict("records"):
        told, asked = bars[row["row_id"]], bars[f"{row['row_id']}:interviewer"]
        assert told.get_width() == row["informant_words"]
        assert told.get_width() + asked.get_width() == row["words"]
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "utan kommun"


def test_coverage_shows_its_gaps(made):
    result = overview(made, by=("unit", "session"))
    cells = marks(figures.plot_coverage(result), "coverage")
    assert len(cells) == len(result.table)
    for row in result.table.to_dict("records"):
        assert (to_rgb(cells[row["row_id"]].get_facecolor()) == to_rgb(EMPTY)) == (row["words"] == 0)


def test_timeline_places_documents_and_sessions(made):
    result = timeline(made)
    ax = figures.plot_documents_timeline(result)
    dots = marks(ax, "documents_timeline")
    first = result.table.iloc[0]
    assert len(dots) == len(result.table)
    assert dots[first["row_id"]].get_offsets()[0].tolist() == [mpl.dates.date2num(first["date"]), 0]
    assert [t.get_text() for t in ax.texts] == [f"LT{n}" for n in range(1, 7)]
    assert any("saknar datum" in text for text in texts(ax))


def test_frequency_bars_are_the_polarities_most_used_first(made):
    result = counts(made)
    ax = figures.plot_code_frequency(result)
    bars = marks(ax, "code_frequency")
    for row in result.table.to_dict("records"):
        drawn = {name: bars[f"{row['row_id']}:{name}"].get_width() for name in ("plus", "minus", "unclear")}
        assert drawn == {name: row[name] for name in drawn}
    most = result.table.sort_values("codings", ascending=False, kind="stable")["code"].iloc[0]
    assert ax.get_yticklabels()[0].get_text() == result.labels.code(most, "sv")


def test_heatmap_cells_are_the_rates(made):
    result = counts(made, by="unit")
    ax = figures.plot_code_heatmap(result)
    cells = marks(ax, "code_heatmap")
    top = result.table.loc[~result.table["small"], "per_1000"].max()
    assert len(cells) == 37 * 14
    for row in result.table.to_dict("records"):
        expected = EMPTY if row["small"] else SHADES(0.9 * (row["per_1000"] / top) ** 0.7)
        assert cells[row["row_id"]].get_facecolor()[:3] == pytest.approx(to_rgb(expected))
        assert bool(cells[row["row_id"]].get_hatch()) == (row["words"] == 0)
    assert [label.get_text() for label in ax.get_xticklabels()][:4] == ["K01", "K02*", "K03*", "K04"]


def test_heatmap_writes_a_decimal_comma_or_point(made):
    result = counts(made, by="unit")
    assert any(re.fullmatch(r"\d,\d", text) for text in texts(figures.plot_code_heatmap(result)))
    assert any(re.fullmatch(r"\d\.\d", text) for text in texts(figures.plot_code_heatmap(result, lang="en")))


def test_shades_keep_their_order_in_grey():
    greys = [np.dot(to_rgb(SHADES(x)), [0.299, 0.587, 0.114]) for x in np.linspace(0, 1, 50)]
    assert (np.diff(greys) < 0).all()


def test_panels_are_the_rates_over_sessions(made):
    result = counts(made, by="session").most_used(5)
    ax = figures.plot_codes_over_sessions(result)
    assert [panel.get_title(loc="left") for panel in ax.child_axes] == [
        result.labels.code(code, "sv") for code in dict.fromkeys(result.table["code"])
    ]
    bars = marks(ax, "codes_over_sessions")
    for row in result.table.to_dict("records"):
        assert bars[f"{row['row_id']}:plus"].get_height() == row["plus_per_1000"]
        assert bars[f"{row['row_id']}:minus"].get_height() == -row["minus_per_1000"]
        assert bars[f"{row['row_id']}:unclear"].get_y() == row["plus_per_1000"]


def test_cooccurrence_is_a_lower_triangle_of_all_pairs(made):
    result = pairs(made)
    ax = figures.plot_cooccurrence(result)
    cells = marks(ax, "cooccurrence")
    assert len(cells) == 15 * 14 / 2
    assert all(cell.get_x() < cell.get_y() for cell in cells.values())
    written = [text.get_text() for text in ax.texts]
    assert sum(text.isdigit() for text in written) == (result.table["both"] > 0).sum()


def test_matrix_fields_and_strips(made):
    result = grouping(made, "falten")
    drawn = marks(figures.plot_matrix_grouping(result), "matrix_grouping")
    for row in result.table.to_dict("records"):
        field, strip = drawn[row["row_id"]], drawn[f"{row['row_id']}:plus"]
        assert field.get_bbox().contains(row["column"], row["row"])
        assert strip.get_width() == pytest.approx(0.8 * row["plus"] / row["codings"])


def test_cycle_has_a_circle_per_step_the_hub_in_the_middle_and_a_box_per_gap(made):
    result = grouping(made, "ringen")
    ax = figures.plot_cycle_grouping(result)
    drawn = marks(ax, "cycle_grouping")
    circles = [mark.center for mark in drawn.values() if isinstance(mark, Circle)]
    assert len(circles) == 5
    assert circles[-1] == (0, 0)
    assert circles[0] == pytest.approx((0, 1))
    assert circles[1] == pytest.approx((1, 0))
    assert sum(isinstance(mark, Rectangle) for mark in drawn.values()) == 4
    gaps = result.table.loc[result.table["part"] == "gap", "segments"].astype(str).tolist()
    assert set(gaps) <= {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("name", CODED)
def test_rule_codings_are_said_to_be_unchecked(name, made):
    plot, alt, result = FIGURES[name]
    drawn = " ".join(texts(plot(result(made)))).replace("\n", " ").lower()
    assert "maskinkodningar, ej kontrollerade" in drawn
    assert "machine codings, not checked" in alt(result(made), lang="en").lower()


@pytest.mark.parametrize("name", CODED)
def test_without_codings_it_says_so(name, uncoded):
    plot, alt, result = FIGURES[name]
    ax = plot(result(uncoded))
    assert not ax.axison
    assert any(text in ("Inga kodningar", "No codings") for text in texts(ax))
    assert alt(result(uncoded), lang="sv").startswith("Tom figur")


@pytest.mark.parametrize("name", FIGURES)
def test_a_fresh_study_without_units_draws_or_says_why_not(name, fresh):
    plot, alt, result = FIGURES[name]
    ax = plot(result(fresh))
    assert texts(ax)
    assert alt(result(fresh), lang="sv")


def test_codings_that_belong_to_no_unit_are_not_called_none(fresh):
    result = counts(fresh, by="unit")
    assert texts(figures.plot_code_heatmap(result)) == ["Inga kodningar kan läggas på kommun"]
    assert figures.alt_code_heatmap(result).startswith("Tom figur: inga kodningar kan läggas på kommun")


@pytest.mark.parametrize("name", FIGURES)
def test_draws_on_the_axes_given_and_leaves_settings_and_result_alone(name, made):
    plot, _, result = FIGURES[name]
    drawn = result(made)
    before, settings = drawn.table.copy(), dict(mpl.rcParams)
    figure, axes = plt.subplots(1, 2)
    assert plot(drawn, ax=axes[1]) is axes[1]
    assert not axes[0].has_data()
    assert figure.get_supxlabel() == ""
    assert dict(mpl.rcParams) == settings
    assert drawn.table.equals(before)


@pytest.mark.parametrize("name", ["heatmap_unit", "cycle"])
def test_svg_is_the_same_every_time_and_names_its_rows(name, made):
    plot, _, result = FIGURES[name]

    def drawn():
        file = io.StringIO()
        with figures.use_style():
            plot(result(made)).figure.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()

    svg = drawn()
    assert svg == drawn()
    assert svg.count('<g id="code_heatmap:' if name == "heatmap_unit" else '<g id="cycle_grouping:') >= 5
    assert "<text" not in svg  # letters are outlines: the same without the font
    ids = re.findall(r'<g id="((?:code_heatmap|cycle_grouping):[^"]+)"', svg)
    assert len(ids) == len(set(ids))


def test_refuses_results_it_cannot_draw(made):
    with pytest.raises(TableError, match="one grouping"):
        figures.plot_code_heatmap(counts(made))
    with pytest.raises(TableError, match="one grouping"):
        figures.plot_codes_over_sessions(counts(made))
    with pytest.raises(TableError, match=r"by=\(\)"):
        figures.plot_code_frequency(counts(made, by="unit"))
    with pytest.raises(TableError, match="two groupings"):
        figures.plot_coverage(overview(made))
    with pytest.raises(TableError, match="one grouping"):
        figures.plot_corpus_overview(overview(made, by=()))
    with pytest.raises(TableError, match="not a cycle"):
        figures.plot_cycle_grouping(grouping(made, "falten"))
    with pytest.raises(TableError, match="not a matrix"):
        figures.plot_matrix_grouping(grouping(made, "ringen"))
