"""Figures of the models: the data of their Axes, their words, their pictures and their way into the report."""

import io
from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from evalkit import figures
from evalkit.figures.style import WIDTH, use_style
from evalkit.report import save_figure
from tests.figures.model_results import FIGURES, large, long

PICTURE = {
    "baseline_dir": "baseline",
    "tolerance": 10,
    "style": "default",
    "backend": "agg",
    "savefig_kwargs": {"dpi": 60},
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(name, made=None, **how):
    """Return the result and the axes of a figure."""
    plot, _, result = FIGURES[name]
    found = result(made or large())
    return found, plot(found, **how)


def marks(ax, figure):
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith(f"{figure}:")]
    return {artist.get_gid().removeprefix(f"{figure}:"): artist for artist in found}


def points(ax, figure):
    return {
        gid: (float(artist.get_xdata()[0]), float(artist.get_ydata()[0]))
        for gid, artist in marks(ax, figure).items()
        if isinstance(artist, mpl.lines.Line2D)
    }


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_model_large(name):
    return drawn(name)[1].figure


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_model_long_in_english(name):
    return drawn(name, long(), lang="en")[1].figure


@pytest.mark.parametrize("made", [large, long])
@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_too_small(name, lang, made):
    figure = drawn(name, made(), lang=lang)[1].figure
    figure.canvas.draw()
    assert figure.get_figwidth() == WIDTH
    around = figure.get_tightbbox()
    assert min(around.x0, around.y0) >= -0.02
    assert around.x1 <= WIDTH + 0.02
    assert around.y1 <= figure.get_figheight() + 0.02
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


@pytest.mark.parametrize("name", FIGURES)
def test_every_mark_names_a_row(name):
    result, ax = drawn(name)
    known = set(result.table["row_id"])
    found = marks(ax, name)
    assert found
    if name != "gain_line":
        assert {gid for gid in found if gid not in known and gid.rpartition(":")[0] not in known} == set()


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("name", FIGURES)
def test_alternative_text_has_the_languages_numbers(name, lang):
    _, alt, result = FIGURES[name]
    text = alt(result(large()), lang=lang)
    assert len(text) > 60
    assert text.endswith(".")
    if name not in ("funnel", "retention", "completion", "competence", "verdicts"):
        assert ("," in text) if lang == "sv" else ("." in text[:-1])


@pytest.mark.parametrize("name", FIGURES)
def test_it_goes_into_the_report_by_its_door(name, tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.report.save.table_hash", lambda study, table: "0" * 64)
    plot, alt, result = FIGURES[name]
    made = large()
    found = result(made)
    path = save_figure(
        plot(found),
        f"03_{name}",
        study=replace(made.study, root=tmp_path),
        result=found,
        title="x",
        alt=alt(found),
        section="x",
        reads=["assessments", "enrolment"],
    )
    rows = path.with_suffix(".csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == len(found.table) + 1
    assert any(".csv:" in row for row in rows)


def test_paths_are_the_levels_of_each_unit():
    result, ax = drawn("learning_paths")
    seen = result.table.dropna(subset="level")
    assert points(ax, "learning_paths") == {
        row["row_id"]: (row["session"], row["level"]) for row in seen.to_dict("records")
    }
    assert [panel.get_title(loc="left").split()[0] for panel in ax.child_axes] == result.units["unit"].tolist()


def test_contrasts_are_the_units_and_both_groups_with_their_intervals():
    result, ax = drawn("contrasts")
    rows = result.table[result.table["contrast"] == "slope"]
    at = points(ax, "contrasts")
    assert {gid: x for gid, (x, _) in at.items()} == dict(zip(rows["row_id"], rows["estimate"], strict=True))
    bars = [line.get_xdata().tolist() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
    groups = rows[rows["who"] != "unit"]
    assert bars == groups[["ci_low", "ci_high"]].to_numpy().tolist()


def test_tool_difficulty_is_drawn_hardest_first_with_intervals():
    result, ax = drawn("tool_difficulty")
    found = marks(ax, "tool_difficulty")
    for y, row in enumerate(result.table.to_dict("records")):
        assert found[row["row_id"]].get_data() == ([row["difficulty"]], [y])
        assert found[f"{row['row_id']}:ci"].get_xdata().tolist() == [row["ci_low"], row["ci_high"]]


def test_a_tool_without_a_finite_estimate_is_an_arrow():
    result, _ = drawn("tool_difficulty")
    table = result.table.copy()
    table.loc[0, ["difficulty", "ci_high"]] = np.inf
    changed = replace(result, table=table)
    ax = figures.plot_tool_difficulty(changed)
    assert any(line.get_marker() == ">" for line in ax.lines)
    assert "minst" in figures.alt_tool_difficulty(changed)


@pytest.mark.parametrize(("name", "column"), [("competence", "incidence"), ("retention", "retained_high")])
def test_step_curves_are_the_shares(name, column):
    result, ax = drawn(name)
    expected = {str(row["session"]): (row["session"], row[column]) for row in result.table.to_dict("records")}
    assert points(ax, name) == expected


def test_both_bounds_of_retention_are_drawn_where_they_differ():
    result, ax = drawn("retention")
    assert result.n_uncertain == 2
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed[0].get_ydata()[:-1].tolist() == result.table["retained_low"].tolist()


def test_funnel_and_completion_are_their_counts():
    result, ax = drawn("funnel")
    assert {gid: bar.get_width() for gid, bar in marks(ax, "funnel").items()} == dict(
        zip(result.table["row_id"], result.table["count"], strict=True)
    )
    result, ax = drawn("completion")
    assert {gid: x for gid, (x, _) in points(ax, "completion").items()} == dict(
        zip(result.table["row_id"], result.table["share"], strict=True)
    )


def test_predictor_places_every_unit_in_its_field_and_frames_the_pivotal():
    result, ax = drawn("predictor")
    found = marks(ax, "predictor")
    for row in result.table.to_dict("records"):
        name = found[row["row_id"]]
        x, y = name.get_position()
        assert (x < 5) == row["value"]
        stayed = [found[r["row_id"]].get_position()[1] for r in result.table.to_dict("records") if not r["left"]]
        assert (y < min(stayed)) == row["left"]
        box = name.get_bbox_patch()
        pivotal = (row["p_otherwise"] <= 0.05) != result.significant
        assert (to_rgb(box.get_edgecolor()) != to_rgb(box.get_facecolor())) == pivotal
    assert found["U02"].get_text() == "U02?"


def test_before_and_after_names_the_event_and_all_others():
    result, ax = drawn("before_after")
    said = " ".join(text.get_text() for text in ax.figure.findobj(mpl.text.Text)).replace("\n", " ")
    assert "Projektledaren byts ut" in said
    assert "Ny form för träffarna" in said
    assert "Debatt i lokalpressen, okänd tid" in said
    seen = result.table.dropna(subset="level")
    assert set(points(ax, "before_after")) == set(seen["row_id"])


def test_gain_line_draws_limits_per_tau_and_its_benchmarks():
    result, ax = drawn("gain_line")
    grid = result.table[result.table["kind"] == "grid"]
    found = marks(ax, "gain_line")
    for tau, rows in grid.groupby("tau"):
        for end in ("harm_low", "harm_high"):
            assert found[f"{tau:g}:{end}"].get_ydata().tolist() == rows[end].tolist()
    words = {text.get_text().strip() for text in ax.texts}
    assert words == {"stannar av", "fortsätter rakt", "skalans topp", "största väntade"}


def test_verdict_cells_have_their_colour_and_words():
    result, ax = drawn("verdicts")
    found = marks(ax, "verdicts")
    assert len(found) == len(result.table) == 3 * 4
    by_verdict = result.table.groupby("verdict")["row_id"]
    colours = {v: {to_rgb(found[row].get_facecolor()) for row in rows} for v, rows in by_verdict}
    assert all(len(found_) == 1 for found_ in colours.values())
    assert len(set.union(*colours.values())) == len(colours)


def test_what_colour_tells_grey_tells_too():
    result, ax = drawn("learning_paths")
    completed = dict(zip(result.table["row_id"], result.table["completed"], strict=True))
    for gid, dot in marks(ax, "learning_paths").items():
        assert (dot.get_markerfacecolor() == "white") != completed[gid]
    for pair in (("#9CCBE8", "#D55E00"), ("#E8E8E8", "#9CCBE8"), ("#BBBBBB", "#0072B2")):
        dark, light = sorted(np.dot(to_rgb(colour), [0.299, 0.587, 0.114]) for colour in pair)
        assert light - dark > 0.1


@pytest.mark.parametrize("name", FIGURES)
def test_an_axes_of_the_callers_is_drawn_on(name):
    figure, ax = plt.subplots()
    assert drawn(name, ax=ax)[1] is ax
    assert figure.get_supxlabel() == ""


@pytest.mark.parametrize("name", ["predictor", "gain_line"])
def test_the_same_result_gives_the_same_bytes(name):
    def svg():
        buffer = io.BytesIO()
        with use_style():
            drawn(name)[1].figure.savefig(buffer, format="svg", metadata={"Date": None})
        return buffer.getvalue()

    assert svg() == svg()


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_with_controls_their_path_is_drawn_and_the_benchmarks_are_others(lang):
    from evalkit.models import experiment

    made = large()
    names = ("U12", "U13", "U14")
    assumed = made.study.experiment.model_copy(update={"control": names})
    where = replace(made.study, experiment=assumed)
    people = made.enrolment[~made.enrolment["unit"].isin(names)]
    before = experiment.before_after(made.assessments, people, study=where)
    ax = figures.plot_before_after(before, lang=lang)
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    assert squares[0].get_ydata().tolist() == before.control_means["level"].tolist()
    line = figures.plot_gain_line(experiment.gain_line(before, study=where), lang=lang)
    words = {text.get_text().strip() for text in line.texts}
    assert words == ({"följs åt", "fortsätter rakt"} if lang == "sv" else {"parallel", "straight on"})
    verdicts = experiment.harm_verdicts(before, study=where)
    note = figures.alt_verdicts(verdicts, lang=lang)
    assert ("jämförelseenheterna" if lang == "sv" else "control units") in note
