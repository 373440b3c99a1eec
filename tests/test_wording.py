import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.wording import count_noun, interval, join, number, p_value, percent


@given(st.floats(-1e9, 1e9, allow_nan=False), st.integers(0, 4))
def test_number_can_be_read_back(value: float, digits: int) -> None:
    text = number(value, digits).replace("\u00a0", "").replace("−", "-").replace(",", ".")
    assert float(text) == pytest.approx(round(value, digits), abs=10.0**-digits)


def test_zero_has_no_minus() -> None:
    assert number(-0.001, 2) == "0,00"


def test_missing_is_a_dash() -> None:
    assert number(float("nan"), 1) == "–"


def test_swedish_and_english() -> None:
    assert percent(0.1234, 1) == "12,3\u00a0%"
    assert percent(0.1234, 1, lang="en") == "12.3%"
    assert interval(-0.5, 1, 1, lang="en") == "−0.5 to 1.0"
    assert p_value(0.0213) == "p = 0,021"
    assert count_noun(9, "kommun", "kommuner") == "9 kommuner"
    assert join(["a"]) == "a"
    assert join(["a", "b"], lang="en") == "a and b"


def test_an_infinite_number_is_written_as_such() -> None:
    assert [number(value, 1) for value in (float("inf"), float("-inf"))] == ["∞", "−∞"]
    assert interval(float("-inf"), 2.5, 1, lang="en") == "−∞ to 2.5"
