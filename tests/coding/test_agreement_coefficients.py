"""Coefficients of agreement against published values, and alpha-U against Krippendorff's own examples."""

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.coding.agreement import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    scott_pi,
    unitizing_alpha,
)
from evalkit.errors import EstimationError, TableError

_ = np.nan
# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: 4 observers, 12 units, 5 values.
FOUR_BY_TWELVE = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        "C": [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    }
)
# Krippendorff (1995), On the reliability of unitizing continuous data, example A cut into 24 units: a unit or none.
BERTHA = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
BILL = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
# The same, example B (a long unit against many short ones) and C.
JOHN, JILL = [1] * 18 + [0] * 6, [1] * 10 + [0] * 14
GERRET = [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0]
GILL = [1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
# Fleiss (1971) as worked through by many: 10 subjects, 14 raters, 5 categories.
TEN_BY_FIVE = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def counts_of(ratings: pd.DataFrame, values) -> np.ndarray:
    return np.array([[(row == value).sum() for value in values] for row in ratings.to_numpy()])


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_four_observers(level, published):
    assert krippendorff_alpha(FOUR_BY_TWELVE, level=level) == pytest.approx(published, abs=5e-4)


def test_alpha_of_texts_is_that_of_numbers_and_texts_have_no_order_of_their_own():
    names = dict(enumerate(["ingen", "liten", "viss", "stor", "full"], start=1))
    words = FOUR_BY_TWELVE.apply(lambda column: column.map(names))
    ordered = words.astype(pd.CategoricalDtype(list(names.values()), ordered=True))
    assert krippendorff_alpha(words) == pytest.approx(krippendorff_alpha(FOUR_BY_TWELVE), abs=1e-12)
    assert krippendorff_alpha(ordered, level="ordinal") == pytest.approx(0.815, abs=5e-4)
    with pytest.raises(EstimationError, match="ordered categorical"):
        krippendorff_alpha(words, level="ordinal")


def test_two_coders_of_24_units():
    table = pd.crosstab(pd.Series(BERTHA), pd.Series(BILL))
    assert cohen_kappa(table) == pytest.approx(0.385, abs=5e-4)
    assert scott_pi(table) == pytest.approx(0.314, abs=5e-4)
    assert krippendorff_alpha(pd.DataFrame({"a": BERTHA, "b": BILL})) == pytest.approx(0.329, abs=5e-4)
    # Example B has the same numbers with units and gaps exchanged; in C kappa is pi, both coders having 14 of them.
    other = pd.crosstab(pd.Series(JOHN), pd.Series(JILL))
    assert (cohen_kappa(other), scott_pi(other)) == pytest.approx((0.385, 0.314), abs=5e-4)
    third = pd.crosstab(pd.Series(GERRET), pd.Series(GILL))
    assert cohen_kappa(third) == pytest.approx(0.314, abs=5e-4)
    assert scott_pi(third) == pytest.approx(cohen_kappa(third), abs=1e-12)


def test_kappa_of_a_fourfold_table():
    # The worked example of many textbooks: observed agreement .70, by chance .50.
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.40, abs=1e-12)


def test_ac1_of_four_observers():
    # Gwet's R package irrCAC gives .77544 for these data (its cac.raw4raters).
    assert gwet_ac1(counts_of(FOUR_BY_TWELVE, range(1, 6))) == pytest.approx(0.77544, abs=5e-6)


def test_fleiss_of_fourteen_raters():
    assert fleiss_kappa(TEN_BY_FIVE) == pytest.approx(0.210, abs=5e-4)


def test_the_intraclass_correlations_that_reliability_of_levels_stands_on():
    # Shrout & Fleiss (1979), table 2: six targets, four judges; their table 4 gives the six forms. Nothing of evalkit
    # is tried here but the version of pingouin that `rater_reliability` calls.
    scores = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    long = pd.DataFrame(scores).melt(ignore_index=False, var_name="judge").rename_axis("target").reset_index()
    fitted = pingouin.intraclass_corr(long, targets="target", raters="judge", ratings="value").set_index("Type")["ICC"]
    published = {
        "ICC(1,1)": 0.166, "ICC(A,1)": 0.290, "ICC(C,1)": 0.715,
        "ICC(1,k)": 0.443, "ICC(A,k)": 0.620, "ICC(C,k)": 0.909,
    }  # fmt: skip
    assert {form: round(value, 3) for form, value in fitted.items()} == published


def test_nothing_to_compare_and_nothing_that_varies_have_no_coefficient():
    same = pd.DataFrame({"a": [1, 1], "b": [1, 1]})
    alone = pd.DataFrame({"a": [1, _], "b": [_, 2]})
    for ratings in (same, alone):
        assert np.isnan(krippendorff_alpha(ratings))
    assert np.isnan(cohen_kappa([[7, 0], [0, 0]]))
    assert np.isnan(scott_pi([[7, 0], [0, 0]]))
    assert np.isnan(fleiss_kappa([[3, 0], [3, 0]]))
    assert np.isnan(gwet_ac1([[1, 0], [0, 1]]))


@pytest.mark.parametrize(
    ("measure", "table", "words"),
    [
        (cohen_kappa, [[1, 2, 3]], "square table"),
        (scott_pi, [[0, 0], [0, 0]], "at least one unit"),
        (fleiss_kappa, [[2, 1], [1, 1]], "from 2 to 3 coders"),
        (fleiss_kappa, [[1, 0], [0, 1]], "two or more"),
        (gwet_ac1, [[2], [2]], "one category"),
        (gwet_ac1, [[0, 0]], "at least one unit"),
    ],
)
def test_tables_that_mean_nothing_are_refused(measure, table, words):
    with pytest.raises(EstimationError, match=words):
        measure(table)


def test_ac1_of_rare_codes_is_high_without_any_agreement():
    rng = np.random.default_rng(5)
    yes = (rng.random((20_000, 2)) < 0.02).sum(axis=1)
    assert gwet_ac1(np.column_stack([yes, 2 - yes])) == pytest.approx(0.96, abs=0.005)


def units_of(*rows):
    table = pd.DataFrame(rows, columns=["start", "length", "coder", "code"])
    return table.assign(end=table["start"] + table["length"])


# Krippendorff (2004), Content Analysis, 2nd edition, p. 254.
OF_2004 = units_of(
    (225, 70, "i", "c"), (370, 30, "i", "c"), (220, 80, "j", "c"), (355, 20, "j", "c"), (400, 20, "j", "c"),
    (180, 60, "i", "k"), (300, 50, "i", "k"), (180, 60, "j", "k"), (300, 50, "j", "k"),
)  # fmt: skip
# Krippendorff (1995), p. 57: a continuum of 24, four pairs of observers.
OF_1995 = units_of(
    (2, 8, "i", "A"), (14, 6, "i", "A"), (4, 4, "j", "A"), (15, 2, "j", "A"),
    (0, 18, "i", "B"), (0, 2, "j", "B"), (2, 1, "j", "B"), (3, 1, "j", "B"), (4, 1, "j", "B"), (5, 1, "j", "B"),
    (6, 3, "j", "B"), (9, 1, "j", "B"),
    (2, 6, "i", "C"), (10, 2, "i", "C"), (14, 4, "i", "C"), (20, 2, "i", "C"),
    (0, 2, "j", "C"), (4, 4, "j", "C"), (10, 4, "j", "C"), (16, 2, "j", "C"), (20, 2, "j", "C"),
    (0, 2, "i", "D"), (2, 8, "i", "D"), (10, 4, "i", "D"), (14, 6, "i", "D"), (20, 4, "i", "D"),
    (0, 4, "j", "D"), (4, 4, "j", "D"), (8, 7, "j", "D"), (15, 2, "j", "D"), (17, 7, "j", "D"),
)  # fmt: skip


def test_alpha_u_of_the_book():
    found = unitizing_alpha(OF_2004, begin=150, length=300)
    c, k, overall = found.to_dict("records")
    assert c["observed"] == pytest.approx(0.0144, abs=1e-4)
    assert c["expected"] == pytest.approx(0.0532, abs=1e-4)
    assert c["alpha_u"] == pytest.approx(0.7286, abs=1e-4)
    assert (k["observed"], k["alpha_u"]) == (0, 1)
    assert k["expected"] == pytest.approx(0.0490, abs=1e-4)
    assert overall["alpha_u"] == pytest.approx(0.8591, abs=5e-4)
    assert overall["units"] == len(OF_2004)


def test_observed_disagreement_of_the_article():
    found = unitizing_alpha(OF_1995, begin=0, length=24).set_index("code")["observed"]
    published = {"A": 0.03125, "B": 2.26736, "C": 0.02777, "D": 0.38715}
    assert {code: found[code] for code in published} == pytest.approx(published, abs=1e-5)


def test_expected_disagreement_of_the_article():
    half = OF_1995[OF_1995["code"] == "C"].assign(start=OF_1995["start"] // 2, end=OF_1995["end"] // 2)
    coarse = unitizing_alpha(half, begin=0, length=12).set_index("code").loc["C"]
    assert (coarse["observed"], coarse["expected"]) == pytest.approx((0.02777, 0.05494), abs=1e-5)
    fine = OF_1995.assign(start=OF_1995["start"] * 50_000, end=OF_1995["end"] * 50_000)
    found = unitizing_alpha(fine, begin=0, length=24 * 50_000).set_index("code")
    assert found["expected"][["A", "D"]].tolist() == pytest.approx([0.06990, 0.41445], abs=1e-5)
    assert found["alpha_u"][["A", "D"]].tolist() == pytest.approx([0.553, 0.066], abs=5e-4)
    # The article's 1.17731 and .08642 come from a formula that the book of 2004 corrects.
    assert found["expected"][["B", "C"]].tolist() == pytest.approx([1.17731, 0.08642], abs=0.005)


def test_a_third_coder_who_marked_nothing_lowers_alpha_u_and_wrong_units_are_refused():
    two = unitizing_alpha(OF_2004, begin=150, length=300)
    three = unitizing_alpha(OF_2004, begin=150, length=300, coders=["i", "j", "l"])
    assert (three["alpha_u"] < two["alpha_u"]).all()
    with pytest.raises(TableError, match="outside the continuum 150–400"):
        unitizing_alpha(OF_2004, begin=150, length=250)
    with pytest.raises(TableError, match="1 units overlap"):
        unitizing_alpha(units_of((0, 5, "i", "c"), (4, 3, "i", "c"), (0, 1, "j", "c")), begin=0, length=10)
    with pytest.raises(EstimationError, match="1 coders"):
        unitizing_alpha(OF_2004[OF_2004["coder"] == "i"], begin=150, length=300)


@given(data=st.data(), length=st.integers(10, 60))
def test_alpha_u_is_one_for_the_same_units_and_does_not_know_who_is_who(data, length):
    cuts = st.lists(st.integers(0, length), min_size=2, max_size=8, unique=True).map(sorted)
    marked = {
        coder: [(a, b - a, coder, "x") for a, b in zip(edges[::2], edges[1::2], strict=False)]
        for coder in ("i", "j")
        for edges in [data.draw(cuts)]
    }
    both = unitizing_alpha(units_of(*marked["i"], *marked["j"]), begin=0, length=length)["alpha_u"]
    swapped = [(*unit[:2], "j" if unit[2] == "i" else "i", "x") for unit in (*marked["j"], *marked["i"])]
    assert unitizing_alpha(units_of(*swapped), begin=0, length=length)["alpha_u"].equals(both)
    same = units_of(*marked["i"], *[(*unit[:2], "j", "x") for unit in marked["i"]])
    assert unitizing_alpha(same, begin=0, length=length)["alpha_u"].tolist() == pytest.approx([1, 1])


def test_the_package_agrees_with_the_paper_on_missing_values():
    # The last unit has one rating and pairs with nothing; leaving it out changes nothing.
    values = FOUR_BY_TWELVE.to_numpy().T
    whole = krippendorff.alpha(values, level_of_measurement="nominal")
    assert krippendorff_alpha(FOUR_BY_TWELVE.iloc[:-1]) == pytest.approx(whole, abs=1e-12)
