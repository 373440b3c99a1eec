"""Simulated codings: what is drawn is what was asked for."""

import numpy as np
import pandas as pd
import pytest

from evalkit.coding.agreement import krippendorff_alpha
from evalkit.simulate.codings import RuleCoded, TwiceCoded, UnitsCoded


def test_agreement_is_what_very_many_documents_show() -> None:
    kind = TwiceCoded(documents=4_000, size=30, common=0.1, common_rho=0.1, seen=0.8, seen_rho=0.1)
    f1, alpha, share = kind.agreement()
    ratings, yes, met, coded = (part.sum() for part in kind.draw(np.random.default_rng(1), 1))
    assert met / yes == pytest.approx(f1, abs=0.01)
    assert yes / ratings == pytest.approx(share, abs=0.004)
    assert 1 - (1 - met / yes) / (1 - yes / ratings) == pytest.approx(alpha, abs=0.01)
    assert coded == yes - met / 2  # with two coders a segment that both coded has two yeses


def test_alpha_is_krippendorffs() -> None:
    kind = TwiceCoded(documents=1, size=60, common=0.3, seen=0.9, coders=3)
    ratings, yes, met, _ = (part.sum() for part in kind.draw(np.random.default_rng(2), 400))
    _, alpha, _ = kind.agreement()
    assert 1 - (1 - met / yes) / (1 - yes / ratings) == pytest.approx(alpha, abs=0.01)
    # The same kind drawn rating by rating, and the coefficient as published.
    rng = np.random.default_rng(3)
    true = rng.random(40_000) < 0.3
    said = [np.where(true, rng.random(40_000) < 0.9, rng.random(40_000) < 0.002).astype(int) for _ in range(3)]
    assert krippendorff_alpha(pd.DataFrame(said).T, level="nominal") == pytest.approx(alpha, abs=0.01)


def test_documents_differ_as_much_as_asked() -> None:
    alike, unlike = (TwiceCoded(documents=2_000, size=200, common=0.2, common_rho=rho, seen=0.99) for rho in (0.0, 0.3))
    spread = []
    for kind in (alike, unlike):
        ratings, yes, _, _ = (part[0] for part in kind.draw(np.random.default_rng(4), 1))
        spread.append(np.std((yes / ratings)[ratings > 200]))
    assert spread[0] < 0.05
    assert spread[1] == pytest.approx(np.sqrt(0.3 * 0.2 * 0.8), rel=0.1)


def test_rules_err_as_asked_and_the_audit_weighs_back_to_the_corpus() -> None:
    kind = RuleCoded(sizes=(200_000, 200_000), common=0.1, recall=(0.35, 0.7), precision=(0.9, 0.5))
    for period, recall, precision in zip(kind.draw(np.random.default_rng(5)), kind.recall, kind.precision, strict=True):
        assert period.true.mean() == pytest.approx(0.1, abs=0.01)
        assert period.hit[period.true].mean() == pytest.approx(recall, abs=0.02)
        assert period.true[period.hit].mean() == pytest.approx(precision, abs=0.03)
        assert period.drawn.sum() == 20 + 60 + 60
        assert period.weight.sum() == pytest.approx(200_000)
        assert (period.weight[~period.drawn] == 0).all()
        assert period.drawn[period.hit].sum() == 20


def test_a_stratum_smaller_than_its_sample_is_read_whole() -> None:
    kind = RuleCoded(sizes=(100,), common=0.1, recall=(0.9,), precision=(0.9,), other=0.0)
    (period,) = kind.draw(np.random.default_rng(6))
    assert period.drawn[period.hit].all()
    assert (period.weight[period.hit] == 1).all()


def test_conversations_have_the_share_of_their_session_and_differ_as_told() -> None:
    kind = UnitsCoded(size=30, common=[0.2, 0.2, 0.1], rho=0.1)
    sizes, hits = kind.draw(np.random.default_rng(4), 20_000)
    assert sizes.shape == hits.shape == (20_000, 3)
    assert (hits <= sizes).all()
    assert sizes.min() == 3
    assert (hits / sizes).mean(axis=0) == pytest.approx([0.2, 0.2, 0.1], abs=0.003)
    # The variance of a share: p(1 − p)(ρ + (1 − ρ)/n).
    long = sizes[:, 0] >= 60
    expected = 0.16 * (0.1 + 0.9 * np.mean(1 / sizes[long, 0]))
    assert (hits / sizes)[long, 0].var() == pytest.approx(expected, rel=0.1)
