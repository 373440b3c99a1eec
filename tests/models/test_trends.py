"""Order of the levels in time: published values, hand counts, properties and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError
from evalkit.models.progression import learning_paths, nonoverlap, path_trends, refuse, refused_methods
from tests.models.plain_registers import assessments, enrolment, study
from tests.models.test_progression import LEFT, LEVELS, paths

NAN = math.nan

# Parker & Vannest (2009), as in the R package scan (exampleAB): NAP .9167.
A, B = [20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]

# scipy.stats.page_trend_test's example: three methods ranked by ten students; L = 133.5.
RANKED = [[3, 4, 3], [2, 2, 4], [3, 3, 5], [1, 3, 2], [2, 3, 2], [2, 4, 5], [1, 2, 4], [3, 4, 4], [2, 4, 5], [1, 3, 4]]


def test_nap_as_published() -> None:
    nap, tau = nonoverlap(A, B)
    assert nap == pytest.approx(0.9167, abs=5e-5)
    assert tau == pytest.approx(2 * nap - 1)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.lists(st.integers(0, 4), min_size=1, max_size=6))
def test_nap_is_a_share_and_turns_with_the_phases(first: list[int], second: list[int]) -> None:
    nap, tau = nonoverlap(first, second)
    assert 0 <= nap <= 1
    assert nap + nonoverlap(second, first)[0] == pytest.approx(1)
    assert nonoverlap(first, first)[0] == pytest.approx(0.5)
    assert nonoverlap(np.exp(first), np.exp(second))[1] == pytest.approx(tau)  # only the order counts


@pytest.mark.parametrize(("first", "second"), [([], [1]), ([1], []), ([1, NAN], [2])])
def test_nap_refuses_empty_phases_and_gaps(first, second) -> None:
    with pytest.raises(EstimationError, match="both phases need values"):
        nonoverlap(first, second)


def test_trends_by_hand() -> None:
    result = path_trends(paths())
    rows = result.table.set_index("unit")
    assert result.split == 3
    assert rows.loc["U01", ["n_first", "n_second", "nap", "tau"]].tolist() == [3, 3, 1, 1]
    assert rows.loc["U04", "n_second"] == 0
    assert rows["nap"].isna().tolist() == [False, False, False, True, True]
    assert rows.loc["U01", "rho"] == pytest.approx(1)
    assert result.n_page == 2  # U01 and U03 have all six sessions
    assert "Hos 3 av 3 enheter är varje senare nivå högre" in result.sentence("sv")
    assert "9–16 %" in result.sentence("sv")
    assert rows.loc["U02", "rests_on"] == paths().units.set_index("unit").loc["U02", "rests_on"]


def test_pages_l_as_published() -> None:
    levels = np.array(RANKED, dtype=float)[:, :, None] - 1
    made = learning_paths(
        assessments(levels), enrolment([None] * 10), study=study(n_units=10, n_sessions=3, introduced={"t1": 1})
    )
    result = path_trends(made)
    assert result.page == 133.5
    assert (result.page_expected, result.page_most) == (120, 140)
    assert (result.n_page, result.n_sessions) == (10, 3)


def test_a_split_of_ones_own_and_its_refusals() -> None:
    assert path_trends(paths(), split=1).table["n_first"].tolist() == [1, 1, 1, 1, 0]
    with pytest.raises(EstimationError, match="no assessed session on one side of session 6; choose one from 1 to 5"):
        path_trends(paths(), split=6)
    with pytest.raises(EstimationError, match="one session only"):
        path_trends(paths(LEVELS[:, :1], LEFT))


def test_without_complete_units_page_is_missing_and_said() -> None:
    holes = LEVELS.copy()
    holes[[0, 2], 2] = NAN
    result = path_trends(paths(holes))
    assert math.isnan(result.page)
    assert "Page's L cannot be computed" in result.sentence("en")


def test_what_is_refused_says_why_from_the_data_and_what_to_use() -> None:
    made = paths()
    result = refused_methods(made)
    why = dict(zip(result.table["method"], (text.sv for text in result.table["why"]), strict=True))
    assert "de 2 av 5 som bedömts vid alla tillfällen och kastar 60\xa0%" in why["completers_anova"]
    assert "här finns 5" in why["irt"]
    assert set(result.words("en").columns) == {"method", "why", "instead", "rests_on", "row_id"}
    assert result.table["rests_on"].str.len().min() > 0
    for method in result.table["method"]:
        with pytest.raises(EstimationError, match="Use instead"):
            refuse(method, made)
    with pytest.raises(EstimationError, match="known refusals are irt, completers_anova"):
        refuse("magic", made)


def test_a_large_programme_is_not_refused_irt_for_its_size() -> None:
    levels = np.tile([[0.0], [1.0]], (150, 1, 1))
    made = learning_paths(
        assessments(levels), enrolment([None] * 150), study=study(n_units=150, n_sessions=2, introduced={"t1": 1})
    )
    why = refused_methods(made).table.set_index("method")["why"]
    assert "oberoende svar" in why["irt"].sv
