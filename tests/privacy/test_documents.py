"""Documents with their speakers, ids and paths."""

import hashlib

import pandas as pd
import pytest

from evalkit.errors import PrivacyError
from evalkit.privacy import pseudonymise_documents
from evalkit.tables import empty_table, schema_columns, validate_table
from tests.privacy.test_names import NAMES


def documents(*rows):
    base = {
        "kind": "intervju",
        "verbatim": "yes",
        "consent": "quote",
        "encoding": "utf-8",
        "source_sha256": "0",
        "text_sha256": "0",
    }
    filled = [
        base
        | {
            "document_id": key,
            "unit": unit,
            "path": f"data/raw/transcripts/{key}.txt",
            "text": text,
            "session": None,
            "date": None,
        }
        for key, unit, text in rows
    ]
    types = schema_columns("documents")
    return pd.DataFrame(filled, columns=list(types)).astype(types)


def speakers(*rows):
    types = schema_columns("speakers")
    return pd.DataFrame(rows, columns=list(types)).astype(types)


DOCUMENTS = documents(
    ("intervju_Anna_Fiktesson", None, "Anna: Fiktesson sa hej till Vendla.\n\nI: Jaha."),
    ("moteexempelby-01", "K01", "Anna och Lars var i Påhittstad. Vendlas idé, sa Vendla."),
)
SPEAKERS = speakers(
    ("intervju_Anna_Fiktesson", "Anna", "informant", "K01", None),
    ("intervju_Anna_Fiktesson", "I", "intervjuare", None, "evaluator"),
)


def test_text_labels_ids_and_paths_agree():
    new, who, queue = pseudonymise_documents(DOCUMENTS, SPEAKERS, NAMES)
    assert new["text"].tolist() == [
        "[P01]: [P01] sa hej till Vendla.\n\nI: Jaha.",
        "[P01] och [P03] var i [K02]. Vendlas idé, sa Vendla.",
    ]
    assert new["document_id"].tolist() == ["intervju_P01", "moteexempelby-01"]
    assert new["path"].iloc[0] == "data/raw/transcripts/intervju_P01.txt"
    assert who["label"].tolist() == ["[P01]", "I"]
    assert set(who["document_id"]) == {"intervju_P01"}
    assert new["text_sha256"].tolist() == [hashlib.sha256(text.encode()).hexdigest() for text in new["text"]]
    assert queue.set_index("word").loc["Vendla", ["count", "documents"]].tolist() == [
        3,
        "intervju_P01;moteexempelby-01",
    ]
    validate_table("documents", new)
    validate_table("speakers", who)


def test_input_is_unchanged_and_a_second_run_changes_nothing():
    before = DOCUMENTS.copy(), SPEAKERS.copy()
    once = pseudonymise_documents(DOCUMENTS, SPEAKERS, NAMES)
    pd.testing.assert_frame_equal(DOCUMENTS, before[0])
    pd.testing.assert_frame_equal(SPEAKERS, before[1])
    twice = pseudonymise_documents(once[0], once[1], NAMES)
    for first, second in zip(once, twice, strict=True):
        pd.testing.assert_frame_equal(first, second)


def test_documents_one_by_one_or_in_another_order_become_the_same():
    together = pseudonymise_documents(DOCUMENTS, SPEAKERS, NAMES)[0]
    backwards = pseudonymise_documents(DOCUMENTS.iloc[::-1], SPEAKERS, NAMES)[0]
    alone = [pseudonymise_documents(DOCUMENTS.iloc[[i]], SPEAKERS, NAMES)[0] for i in (0, 1)]
    pd.testing.assert_frame_equal(pd.concat(alone), together)
    pd.testing.assert_frame_equal(backwards.sort_index(), together)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intervju_anna-fiktesson", "intervju_P01"),
        ("IntervjuFiktesson2", "IntervjuP012"),
        ("annafiktesson", "P01"),
        ("asa_dubbel_sagstrom", "P07"),
        ("LT1_Exempelby_kommun", "LT1_K01"),
        ("per_hans_anteckning", "per_hans_anteckning"),
        ("anna", "namn"),
        ("annandag_stenhus", "annandag_stenhus"),
    ],
)
def test_file_names(name, expected):
    new, _, _ = pseudonymise_documents(documents((name, None, "x")), empty_table("speakers"), NAMES)
    assert new["document_id"].tolist() == [expected]


def test_shared_ids_are_refused_without_the_name():
    with pytest.raises(PrivacyError, match="first 'P01'") as caught:
        pseudonymise_documents(
            documents(("Fiktesson", None, ""), ("fiktesson", None, "")), empty_table("speakers"), NAMES
        )
    assert "iktesson" not in str(caught.value)


def test_two_labels_of_one_person_become_one_speaker():
    rows = [("d", "Fiktesson", "informant", "K01", None), ("d", "Annie", "informant", "K01", None)]
    _, who, _ = pseudonymise_documents(documents(("d", None, "")), speakers(*rows), NAMES)
    assert who["label"].tolist() == ["[P01]"]
    rows[1] = ("d", "Annie", "handledare", "K01", None)
    with pytest.raises(PrivacyError, match="differ in role"):
        pseudonymise_documents(documents(("d", None, "")), speakers(*rows), NAMES)


def test_no_documents():
    new, who, queue = pseudonymise_documents(empty_table("documents"), empty_table("speakers"), NAMES)
    assert new.empty
    assert who.empty
    assert queue.empty
