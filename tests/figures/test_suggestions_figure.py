"""The figures of suggestions: what is drawn is what was measured, and nothing falls outside."""

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evalkit import figures
from evalkit.coding import read_codebook
from evalkit.coding.suggest import Suggester, fit_suggester, learning_curve
from evalkit.figures.pages import TALLEST
from evalkit.figures.style import WIDTH
from tests.coding.made_up_readings import CODEBOOK, made_up


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "codebook.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return read_codebook(path)


@pytest.fixture(scope="module")
def suggester(book) -> Suggester:
    return fit_suggester(*made_up(n_documents=14), book)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def marks(ax):
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith("suggestions:")]
    return {artist.get_gid().removeprefix("suggestions:"): artist for artist in found}


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("what", ["codes", "curve"])
def test_no_text_is_cut_off_or_too_small(book, suggester, what, lang):
    if what == "codes":
        ax = figures.plot_suggestions(suggester, lang=lang)
    else:
        ax = figures.plot_learning_curve(learning_curve(*made_up(n_documents=13), book, repeats=2), lang=lang)
    figure = ax.figure
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= WIDTH + 0.01
    assert box.y1 <= figure.get_figheight() + 0.01
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


def test_dots_lines_and_numbers_are_the_tables(suggester):
    ax = figures.plot_suggestions(suggester, lang="en")
    drawn, texts = marks(ax), [text.get_text() for text in ax.texts]
    ends = {tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2}
    assert set(drawn) == set(suggester.table["code"])
    told = figures.alt_suggestions(suggester, lang="en")
    for row in suggester.table.to_dict("records"):
        if not row["suggested"]:
            assert drawn[row["code"]].get_text().startswith("not suggested")
            assert suggester.code_name(row["code"]) in told.split("Not suggested:")[1]
            continue
        assert drawn[row["code"]].get_xdata()[0] == row["precision"]
        assert (row["precision_low"], row["precision_high"]) in ends
        assert f"{row['right']} of {row['suggested']}" in texts
        assert f"{suggester.code_name(row['code'])} {row['precision']:.2f}" in told


def test_the_best_comes_first_and_codes_without_suggestions_last(suggester):
    assert suggester.table["precision"].isna().any()
    ax = figures.plot_suggestions(suggester)
    names = [label.get_text() for label in ax.get_yticklabels()]
    precision = suggester.table.set_index(suggester.table["code"].map(suggester.code_name))["precision"]
    assert np.all(np.diff(precision[names].fillna(-1)) <= 0)


def test_many_codes_stay_on_the_page(suggester):
    rows = [suggester.table.assign(code="tid", row_id=f"tid{number}") for number in range(40)]
    many = replace(suggester, table=pd.concat(rows, ignore_index=True))
    ax = figures.plot_suggestions(many)
    assert ax.figure.get_figheight() <= TALLEST
    assert "av 120 koder" in ax.figure.get_supxlabel()


def test_draws_on_the_axes_given(suggester):
    _, ax = plt.subplots()
    assert figures.plot_suggestions(suggester, ax=ax) is ax
