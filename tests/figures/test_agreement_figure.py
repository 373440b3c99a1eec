"""The figure of agreement: what is drawn is what the result holds, refusals are shown, and nothing falls outside."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from evalkit import figures
from evalkit.coding.agreement import coder_agreement
from evalkit.coding.codes import Code, Codebook
from evalkit.figures.style import INK, WIDTH
from evalkit.study import Text
from tests.coding.made_up_coders import drawn
from tests.figures.made_up import NAMES

MORE = ["Årsredovisning", "Återkoppling från nämnden", "Önskemål om fler och mycket längre träffar i nämnden"]
CODES = tuple(Code(f"kod{i:02}", Text(sv=name, en=f"{name} (en)")) for i, name in enumerate([*NAMES, *MORE]))
BOOK = Codebook(version="1", language="sv", codes=CODES)


def agreement(coders=2, *, codes=None, seed=3, **how):
    """Forty codes from common to never used, in forty documents of thirty segments."""
    rng = np.random.default_rng(seed)
    common = np.concatenate([np.geomspace(0.12, 0.002, 38), [0, 0]])
    there = rng.random((1200, 40)) < common
    seen = rng.random((coders, 1200, 40)) < rng.uniform(0.6, 0.97, 40)
    slips = (rng.random((coders, 1200, 40)) < 0.002) & (common > 0)
    read = np.ones((coders, 1200), dtype=bool) if coders == 2 else rng.random((coders, 1200)) < 0.6
    return coder_agreement(*drawn(np.where(there, seen, slips), read, [30] * 40), codes=codes, codebook=BOOK, **how)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def marks(ax):
    found = [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith("agreement:")]
    return {artist.get_gid().removeprefix("agreement:"): artist for artist in found}


def texts(ax):
    return [text.get_text() for text in ax.figure.findobj(mpl.text.Text) if text.get_text()]


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("coders", [2, 4])
@pytest.mark.parametrize("codes", [None, ["kod00", "kod39"]], ids=["forty codes", "two codes"])
def test_no_text_is_cut_off_or_too_small(coders, lang, codes):
    figure = figures.plot_agreement(agreement(coders, codes=codes), lang=lang).figure
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert figure.get_figwidth() == WIDTH
    assert figure.get_figheight() < 10
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= WIDTH + 0.01
    assert box.y1 <= figure.get_figheight() + 0.01
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 8


@pytest.mark.parametrize("coders", [2, 4])
def test_the_columns_of_numbers_do_not_touch(coders):
    ax = figures.plot_agreement(agreement(coders, level="polarity"))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() and not text.get_gid()]
    assert len(boxes) > 100
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_dots_lines_and_numbers_are_the_tables():
    shown = agreement()
    ax = figures.plot_agreement(shown)
    drawn_marks, lines = (
        marks(ax),
        [line for line in ax.lines if not line.get_gid() and len(set(line.get_ydata())) == 1],
    )
    ends = {line.get_ydata()[0]: tuple(line.get_xdata()) for line in lines}
    assert set(drawn_marks) == set(shown.table["row_id"])
    for row in shown.table.to_dict("records"):
        mark = drawn_marks[row["row_id"]]
        if row["why"] == "never coded":
            assert mark.get_text() == "aldrig använd"
            continue
        (x,), (y,) = mark.get_xdata(), mark.get_ydata()
        assert x == row["f1"]
        assert (mark.get_markerfacecolor() == "white") == bool(row["why"])
        assert ends.get(y, ()) == (() if row["why"] else (row["f1_ci_low"], row["f1_ci_high"]))
        beside = [text.get_text() for text in ax.texts if text.get_position()[1] == y]
        assert beside[1:] == [str(row[name]) for name in ("both", "only_a", "only_b")]
    assert (shown.table["why"] == "few segments").any()


def test_all_codes_come_first_then_from_high_to_low_then_those_without_an_interval():
    shown = agreement()
    ax = figures.plot_agreement(shown)
    ids = [row for row, _ in sorted(marks(ax).items(), key=lambda pair: _height(pair[1]))]
    ordered = shown.table.set_index("row_id").loc[ids]
    assert ids[0] == ""
    assert marks(ax)[""].get_color() == INK
    codes = ordered.iloc[1:]
    why = codes["why"].tolist()
    assert why == sorted(why, key=["", "few segments", "never coded"].index)
    for reason in ("", "few segments"):
        assert codes.loc[codes["why"] == reason, "f1"].is_monotonic_decreasing


def _height(mark):
    return mark.get_position()[1] if isinstance(mark, mpl.text.Text) else mark.get_ydata()[0]


def test_without_codings_it_says_so():
    nothing = agreement(codes=["kod39"])
    ax = figures.plot_agreement(nothing)
    assert texts(ax) == ["Inga kodningar"]
    assert figures.alt_agreement(nothing, lang="en") == "Empty figure: no codings."
    assert nothing.sentence("en").startswith("k0 and k1 used no code.")


def test_draws_on_the_axes_given_and_says_the_same_in_words():
    shown = agreement(3)
    before, settings = shown.table.copy(), dict(mpl.rcParams)
    figure, axes = plt.subplots(1, 2)
    assert figures.plot_agreement(shown, ax=axes[1], lang="en") is axes[1]
    assert not axes[0].has_data()
    assert figure.get_supxlabel() == ""
    assert shown.table.equals(before)
    assert dict(mpl.rcParams) == settings
    alt = figures.alt_agreement(shown, lang="en")
    assert alt.count("(en)") == (shown.table["why"].iloc[:-1] == "").sum()
    assert f"Codes without an interval: {(shown.table['why'] != '').sum()}." in alt
