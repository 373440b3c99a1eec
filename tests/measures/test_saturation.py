"""Code saturation against orders counted out by hand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import code_saturation
from tests.measures.hand_tables import documents, small_corpus, table


def coded(found: list[set[str]]):
    """Write documents in order of session, each with the codes it holds."""
    docs = documents(*({"document_id": f"d{k}", "session": k} for k in range(len(found))))
    rows = [(k, code) for k, codes in enumerate(found) for code in sorted(codes)]
    codings = table(
        "codings",
        ({"coding_id": f"c{k}{code}", "document_id": f"d{k}", "segment_id": f"s{k}", "code": code} for k, code in rows),
    )
    return codings, docs


def test_counted_by_hand():
    codings, docs = coded([{"a"}, {"a", "b"}, set(), {"c"}])
    result = code_saturation(codings, docs, run=2)
    assert result.table["found"].tolist() == [1, 2, 2, 3]
    assert result.table["new"].tolist() == [1, 1, 0, 1]
    assert result.table["rests_on"].tolist() == [("c0a",), ("c1b",), (), ("c3c",)]
    assert (result.run, result.new_in_run, result.codes) == (2, 1, 3)
    assert "Kodboken är given i förväg" in result.sentence("sv")


def test_absent_and_unclear_are_not_found():
    codings, docs = coded([{"a", "b", "c"}])
    turned = codings.assign(polarity=["-", "?", "+"])
    assert code_saturation(turned, docs).table["found"].tolist() == [1]


@settings(max_examples=25)
@given(st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=5))
def test_the_expected_curve_is_the_mean_over_all_orders(found):
    result = code_saturation(*coded(found), n_orders=50)
    curves = [[len(set().union(*order[: k + 1])) for k in range(len(order))] for order in permutations(found)]
    assert result.table["expected"].tolist() == pytest.approx(np.mean(curves, axis=0).tolist())
    assert result.table["found"].is_monotonic_increasing
    assert (result.table["ci_low"] <= result.table["ci_high"]).all()
    assert result.table["found"].iloc[-1] == len(set().union(*found))


def test_a_codebook_tells_how_many_there_are():
    corpus = small_corpus()
    codings = corpus.codings.assign(document_id="d1")
    result = code_saturation(codings, corpus.documents, codebook=corpus.codebook)
    assert result.codes == 5
    assert result.undated == 1
    assert "3 av 5 koder förekommer" in result.sentence("sv")


def test_refuses_lost_documents_and_takes_none_at_all():
    codings, docs = coded([{"a"}])
    with pytest.raises(TableError, match="1 codings belong to documents"):
        code_saturation(codings, docs.iloc[:0])
    empty = code_saturation(codings.iloc[:0], docs.iloc[:0])
    assert empty.table.empty
    assert empty.sentence("sv") == "Inga kodningar."
    before = codings.copy()
    code_saturation(codings, docs)
    pd.testing.assert_frame_equal(codings, before)
