"""Documents say what is true, nothing twice, and the files hold them."""

import re
from pathlib import Path

import pytest

from evalkit.errors import UsageError
from evalkit.simulate import EXAMPLE_SEED, default_truth, plain_truth, simulate_programme
from evalkit.simulate.audit import audit_codings
from evalkit.simulate.bank import read_bank
from evalkit.simulate.compose import compose_documents
from evalkit.simulate.documents import numbered_paragraphs, true_codings
from evalkit.study import load_study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def case():
    return simulate_programme(default_truth(load_study(ROOT)), seed=EXAMPLE_SEED)


@pytest.fixture(scope="module")
def documents(case):
    return list(compose_documents(case))


@pytest.fixture(scope="module")
def codings(documents):
    return true_codings(documents)


def test_there_is_material_enough(documents):
    assert len(documents) >= 70
    assert sum(len(p.text.split()) for d in documents for p in d.paragraphs) >= 60_000
    assert {d.format for d in documents} == {"txt", "cp1252", "md", "docx", "odt", "rtf", "vtt"}
    assert sum(d.format == "cp1252" for d in documents) == 1
    assert {d.kind for d in documents} == {"intervju", "gruppsamtal", "motesanteckning", "faltanteckning", "hemuppgift"}
    assert sum(d.kind == "faltanteckning" for d in documents) == 6
    assert len({d.path for d in documents}) == len(documents)


def test_file_names_tell_what_a_document_is(case, documents):
    pattern = re.compile(case.truth.study.files.pattern)
    for document in documents:
        told = pattern.match(document.name).groupdict()
        assert (told["kind"], told["unit"]) == (document.kind, document.unit)
        assert int(told["session"]) == document.session


def test_nothing_is_said_twice_in_a_document(documents):
    for document in documents:
        items = [one.item for p in document.paragraphs for one in p.said if one.item]
        assert len(items) == len(set(items)), document.name


def test_no_slot_is_left_open(documents):
    assert not any(re.search(r"[{}]", p.text) for d in documents for p in d.paragraphs)


def test_quotes_stand_in_their_paragraph_and_name_nobody(case, documents):
    names = {name for person in case.people for name in person.name.split()}
    names |= {unit.name for unit in case.truth.study.units}
    for document in documents:
        for paragraph in document.paragraphs:
            for one in paragraph.said:
                assert one.quote in paragraph.text
                assert not names & set(re.findall(r"\w+", one.quote))


def test_codes_are_those_of_the_bank(codings):
    bank = {row.id: {tuple(pair) for pair in row.codes} for row in read_bank().itertuples()}
    assert all((row.code, row.polarity) in bank[row.item] for row in codings.itertuples())


def test_no_code_stands_twice_in_a_turn(codings):
    assert not codings.duplicated(["document", "turn", "code"]).any()


def test_what_a_unit_says_follows_the_truth(case, codings):
    said = codings.dropna(subset="unit")
    units = case.actual.unit_table(case.truth).set_index("unit")

    def share(code, group):
        rows = said[(said["code"] == code) & said["unit"].map(group)]
        return (rows["polarity"] == "+").mean()

    assert share("stallningstagande", units["stance"]) > share("stallningstagande", ~units["stance"]) + 0.3
    assert share("mandat", units["mandate"]) > share("mandat", ~units["mandate"]) + 0.3
    late = said["session"] > 3
    practical = said[(said["code"] == "praktisk_forstaelse") & (said["polarity"] == "+")]
    surface = said[(said["code"] == "ytforstaelse") & (said["polarity"] == "+")]
    assert (practical["session"] > 3).mean() > (surface["session"] > 3).mean() + 0.3
    assert not (codings["code"].eq("ledarskifte") & codings["session"].between(0, 3)).any()
    assert (said["code"].eq("ledarskifte") & late).any()


def test_repeated_sentences_seldom_come_out_alike(documents):
    turns = [
        p.text for d in documents for p in d.paragraphs if p.role == "informant" and len(p.said) > 0 and p.said[0].item
    ]
    assert len(set(turns)) > 0.95 * len(turns)


def test_bytes_are_the_same_for_the_same_seed(case, documents):
    again = list(compose_documents(simulate_programme(case.truth, seed=EXAMPLE_SEED)))
    assert [d.path for d in again] == [d.path for d in documents]
    for one, other in zip(documents[:30], again[:30], strict=True):
        assert one.to_bytes() == other.to_bytes()


def test_scale_adds_documents_with_names_of_their_own(case):
    scaled = list(compose_documents(case, scale=2))
    assert len({d.path for d in scaled}) == len(scaled)
    assert len(scaled) == 2 * sum(not d.name.endswith("_2") for d in scaled)


def test_coders_err_as_the_truth_says(case, documents, codings):
    audit = audit_codings(documents, case.truth, seed=1, per_session=10_000)
    turns = audit.drop_duplicates(["document", "turn"])
    true = codings.merge(turns[["document", "turn"]], on=["document", "turn"])
    given = audit[(audit["coder"] == "A") & (audit["code"] != "")]
    found = true.merge(given, on=["document", "turn", "code"], suffixes=("", "_given"))
    assert 1 - len(found) / len(true) == pytest.approx(case.truth.coder_miss, abs=0.02)
    assert (found["polarity"] != found["polarity_given"]).mean() == pytest.approx(case.truth.polarity_error, abs=0.02)
    added = len(given) - len(found)
    assert added / len(turns) == pytest.approx(case.truth.coder_add, abs=0.015)
    assert (audit["probability"] == 1).all()


def test_audit_is_a_random_sample_of_each_session(case, documents):
    audit = audit_codings(documents, case.truth, seed=case.seed)
    segments = audit.drop_duplicates(["document", "turn"])
    assert len(segments) >= 400
    assert (segments.groupby("session").size() >= 60).all()
    assert set(audit["session"]) == {0, 1, 2, 3, 4, 5, 6}
    both = audit.groupby(["document", "turn"])["coder"].nunique()
    assert (both == 2).all()
    assert (audit["code"] == "").any()
    by_path = {document.path: dict(numbered_paragraphs(document)) for document in documents}
    for row in audit.itertuples():
        assert row.quote in by_path[row.document][row.turn].text
        assert by_path[row.document][row.turn].role != "intervjuare"


def test_documents_need_a_study():
    with pytest.raises(UsageError, match="need a study"):
        next(compose_documents(simulate_programme(plain_truth(), seed=1)))
