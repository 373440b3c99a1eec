"""Each figure as a picture, against a committed one; letters may differ a little between machines, marks may not."""

import pytest

from tests.figures.made_up import programme
from tests.figures.results import FIGURES

# At 60 dpi letters 2 % larger differ by 1–9, other data by 8–65. A single mark is the business of test_figure_data.
PICTURE = {
    "baseline_dir": "baseline",
    "tolerance": 10,
    "style": "default",
    "backend": "agg",
    "savefig_kwargs": {"dpi": 60},
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.mpl_image_compare(**PICTURE)
def test_fourteen_units(name):
    plot, _, result = FIGURES[name]
    return plot(result(programme(14))).figure


@pytest.mark.parametrize("name", ["coverage", "heatmap_document", "matrix"])
@pytest.mark.mpl_image_compare(**PICTURE)
def test_no_units_in_english(name):
    plot, _, result = FIGURES[name]
    return plot(result(programme(0)), lang="en").figure
