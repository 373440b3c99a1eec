import contextlib
import os
import random
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from evalkit.coding import Code, Codebook, RuleCoder, apply_codebook, read_codebook, rule_matches
from evalkit.coding.rules import ROLES as ALL_ROLES
from evalkit.coding.rules import Phrase, PolarityCues, Rule, WordPattern, Words, WordSequence
from evalkit.corpus.tokens import tokenise
from evalkit.errors import TableError
from evalkit.shipped import codebook_path
from evalkit.study import Text
from evalkit.tables import empty_table, validate_table
from tests.coding.plain_matcher import plain_codings, vocabulary_of

ROOT = Path(__file__).resolve().parents[2]
MANY = int(os.environ.get("EVALKIT_EXAMPLES", "120"))

CODEBOOK = """
version = "1.0"
language = "sv"

[polarity]
negation = ["inte", "ej", "aldrig", "ingen|inget|inga", "utan", "varken ... eller", "sakna"]
negation_ahead = ["=saknas", "uteblev"]
exempt = ["inte bara", "inte längre bara", "inte ... minst"]
hypothetical = ["skulle", "om bara", "önska", "vore", "kanske"]

[[codes]]
id = "mandat"
name = "Mandat"
  [[codes.rules]]
  id = "mandat.ord"
  words = ["mandat", "befogenhet"]
  not = ["mandatperiod*", "mandat i riksdagen"]
  [[codes.rules]]
  id = "mandat.fick"
  sequence = ["få|ha", "uppdrag", "av|från", "nämnd*|*chef"]
  [[codes.rules]]
  id = "mandat.utan"
  sequence = ["inte", "bestämma"]
  gap = 2
  polarity = "-"

[[codes]]
id = "stallning"
name = "Ställning"
  [[codes.rules]]
  sequence = ["ta", "ställning"]
  order = "either"

[[codes]]
id = "beslut"
name = "Beslut"
parent = "stallning"
  [[codes.rules]]
  words = ["beslut*"]
  with = ["nämnd*", "ta ... i"]

[[codes]]
id = "eor"
name = "EOR"
  [[codes.rules]]
  words = ["=eor", "eor-*"]
  negatable = false

[[codes]]
id = "stod"
name = "Stöd"
  [[codes.rules]]
  words = ["*stöd", "*struktur*"]
  roles = ["handledare"]
  [[codes.rules]]
  sequence = ["stå", "bakom", "vi|oss"]
  order = "either"
  across = true
  gap = 4

[[codes]]
id = "tvekan"
name = "Tvekan"
  [[codes.rules]]
  words = ["tveka", "sakna"]
  polarity = "?"
  [[codes.rules]]
  words = ["sakna"]
  polarity = "-"
  [[codes.rules]]
  sequence = ["men", "tveka", "ta"]
  gap = 1

[[codes]]
id = "agera"
name = "Agera"
  [[codes.rules]]
  sequence = ["våga", "inte"]
  polarity = "-"
  gap = 2
  [[codes.rules]]
  words = ["våga"]
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("codebook") / "codebook.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return read_codebook(path, learned=False)


def segments_of(texts, roles=None):
    lengths = [len(text) for text in texts]
    starts = [sum(lengths[:i]) + i for i in range(len(texts))]
    return pd.DataFrame(
        {
            "segment_id": [f"s{i:05d}" for i in range(len(texts))],
            "document_id": "d1",
            "start": pd.array(starts, dtype="Int64"),
            "end": pd.array([a + n for a, n in zip(starts, lengths, strict=True)], dtype="Int64"),
            "speaker": "A",
            "role": roles or ["informant"] * len(texts),
            "unit": "K01",
            "party": "participant",
            "about_session": pd.array([2] * len(texts), dtype="Int64"),
            "t_start": float("nan"),
            "question": pd.Series([None] * len(texts), dtype="str"),
            "text": pd.Series(texts, dtype="str"),
        }
    )


def coded(text, book, role="informant"):
    codings = apply_codebook(segments_of([text], [role]), book)
    return {row.code: (row.start, row.end, row.polarity, row.rule) for row in codings.itertuples()}


def signs(text, book):
    return {code: coding[2] for code, coding in coded(text, book).items()}


# What a Swedish reader expects, one trap per line.
TRAPS = [
    ("Vi har mandat.", {"mandat": "+"}),
    ("Mandatets gränser är klara.", {"mandat": "+"}),
    ("Vi har inte mandat.", {"mandat": "-"}),
    ("Vi har inte bara mandat.", {"mandat": "+"}),
    ("Vi har inte längre bara mandat.", {"mandat": "+"}),
    ("Vi har inte bara inget mandat.", {"mandat": "-"}),
    ("Ingen av oss saknar mandat.", {"mandat": "+", "tvekan": "+"}),
    ("Det är inte så att vi inte har mandat.", {"mandat": "+"}),
    ("Mandat saknas.", {"mandat": "-", "tvekan": "-"}),
    ("Vi har mandat, det saknas tid.", {"mandat": "+", "tvekan": "-"}),
    ("Vi saknar mandat.", {"mandat": "-", "tvekan": "-"}),
    ("Vi hann inte, men vi har mandat.", {"mandat": "+"}),
    ("Vi hann inte men vi har mandat.", {"mandat": "+"}),
    ("Jag tror inte att vi har mandat.", {"mandat": "-"}),
    ("Inte ens den gamla ledningen i den stora kommunen gav oss mandat.", {"mandat": "+"}),
    ("Varken jag eller du har mandat.", {"mandat": "-"}),
    ("Har ni mandat?", {"mandat": "?"}),
    ("Va, inget mandat?! Jo. Beslut finns i nämnden.", {"mandat": "?", "beslut": "+", "stallning": "+"}),
    ("Om vi bara hade tid. Vi har mandat.", {"mandat": "+"}),
    ("Om bara chefen gav mandat.", {"mandat": "?"}),
    ("Det är vi som har mandat.", {"mandat": "+"}),
    ("Det vore bra med mandat.", {"mandat": "?"}),
    ("Vi ska ha mandat.", {"mandat": "+"}),
    ("Under mandatperioden hände mycket.", {}),
    ("Partiet fick mandat i riksdagen.", {}),
    ("Vi tog verkligen ställning.", {"stallning": "+"}),
    ("Då tog vi aldrig riktigt ställning.", {"stallning": "-"}),
    ("Ställning har vi inte tagit.", {"stallning": "-"}),
    ("Ställning har vi tagit.", {"stallning": "+"}),
    ("Vi tog tåget, ställning får vänta.", {}),
    ("Vi tog tåget och ställning kom sen.", {}),
    ("Vi tog en tur. Ställning finns i skåpet.", {}),
    ("Vi tog en lång och mycket bra ställning.", {}),
    ("Vi tog en riktigt lång mycket bra ställning.", {"stallning": "+"}),
    ("Vi tog en alldeles för lång bra mycket fin ställning.", {}),
    ("Vi tog en it-ställning.", {}),
    ("Anställning kräver att vi tar tag.", {}),
    ("Vi fick ett tydligt uppdrag från den nya nämnden.", {"mandat": "+"}),
    ("Vi fick uppdrag av förvaltningschefen.", {"mandat": "+"}),
    ("Vi fick ett uppdrag, från nämnden.", {}),
    ("Vi får inte bestämma.", {"mandat": "-"}),
    ("I teorin är det bra.", {}),
    ("Vi skulle inte ha ett EOR.", {"eor": "+"}),
    ("EOR-mål finns.", {"eor": "+"}),
    ("Inget mandat!? Jo.", {"mandat": "?"}),
    ("Vi vågar inte.", {"agera": "-"}),
    ("Vi vågade.", {"agera": "+"}),
    ("Mandat:et saknas.", {"mandat": "-", "tvekan": "-"}),
    ("Mandat: tid saknas.", {"mandat": "+", "tvekan": "-"}),
    ("Mandat - tid saknas.", {"mandat": "+", "tvekan": "-"}),
    ("Ett mandat och/eller stöd saknas.", {"mandat": "-", "tvekan": "-"}),
    ("De står, som vanligt, bakom oss.", {"stod": "+"}),
    ("De står kvar. Bakom oss finns skog.", {}),
    ("Beslutet kom sent.", {}),
    ("De tog det där i fredags, beslutet alltså.", {"beslut": "+", "stallning": "+"}),
    ("", {}),
    ("... – ?!", {}),
]


@pytest.mark.parametrize(("text", "expected"), TRAPS)
def test_traps(text, expected, book):
    assert signs(text, book) == expected


@pytest.mark.parametrize("text", [text for text, _ in TRAPS])
def test_traps_as_spacy_finds_them(text, book):
    assert coded(text, book) == plain_codings(text, book)


VOCABULARY = """
vi har inte bara längre minst mandat mandatet Mandatperioden befogenheter i riksdagen få fick uppdrag uppdraget av från
nämnden chef förvaltningschefen bestämma tog ta tagit tar ställning ställningen beslut besluten EOR eor-mål teorin
datastöd strukturerna stå står bakom oss tveka tvekar sakna saknar saknas uteblev men fast eftersom och eller så för
att varken ingen inga aldrig utan ej skulle vore om önskar kanske är it-stöd och/eller mandat:et t.ex. 10
. . ! ? ?! , , ; : – - … ... ( ) :) " 😀
"""
# Drawn from few words, parts of sequences and cues meet often; drawn from many, so do all kinds.
FEW = "ta ställning stå bakom oss få uppdrag av nämnd men tveka våga inte bara mandat saknas skulle , och . ? -"
WORDS = st.one_of(st.sampled_from(VOCABULARY.split()), st.sampled_from(FEW.split()))
SENTENCES = st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", " ", "\n", ""])), max_size=22).map(
    lambda pairs: "".join(word + blank for word, blank in pairs)
)
ROLES = st.sampled_from(["informant", "handledare", "anteckning"])


@settings(max_examples=MANY)
@given(SENTENCES, ROLES)
@example("inte bara ta ställning ställning ta ta", "informant")
@example("men men tveka men tveka ta ta", "informant")
def test_any_text_is_coded_as_spacy_finds_it(book, text, role):
    assert coded(text, book, role) == plain_codings(text, book, role)


# Rules of every kind over a dozen words, and texts of the same, so that all that a rule can ask for meets. Drawn with a
# seed of hypothesis's: the draws are many and small.
DOZEN = ["ta", "tog", "ställning", "stå", "bakom", "inte", "vi", "och", "men", ",", ".", "?", "-"]
KINDS = ["lemma", "lemma", "form", "prefix", "suffix", "infix"]


def any_phrase(rng, most=3):
    parts = tuple(any_part(rng) for _ in range(rng.randint(1, most)))
    return Phrase(parts, tuple(rng.choice([0, 0, 5]) for _ in parts[1:]))


def any_part(rng):
    words = rng.sample([*DOZEN, "ställ", "st"], rng.randint(1, 3))
    return tuple(WordPattern(rng.choice(KINDS), word) for word in words)


def any_phrases(rng, most):
    return tuple(any_phrase(rng) for _ in range(rng.choice([0, 0, most])))


def any_rule(rng, id):
    parts = tuple(any_part(rng) for _ in range(rng.randint(1, 4)))
    words = Words(parts[0])
    sequence = WordSequence(parts, rng.choice([0, 1, 2, 5]), rng.random() < 0.3, rng.random() < 0.3)
    return Rule(
        id,
        words if len(parts) == 1 else sequence,
        polarity=rng.choice("++-?"),
        negatable=rng.random() < 0.8,
        requires=any_phrases(rng, 2),
        excludes=any_phrases(rng, 1),
        roles=rng.choice([ALL_ROLES, ("informant",), ("handledare", "anteckning")]),
    )


def any_codebook(rng):
    codes, name = [], Text(sv="Kod", en="Code")
    for number in range(rng.randint(1, 4)):
        rules = tuple(any_rule(rng, f"k{number}.{n}") for n in range(rng.randint(0, 3)))
        above = rng.choice(["", *(code.id for code in codes)])
        codes.append(Code(f"k{number}", name, parent=above, rules=rules))
    cues = PolarityCues(*(any_phrases(rng, 2) for _ in range(4)), rng.random() < 0.5, rng.randint(0, 6))
    return Codebook("1", "sv", tuple(codes), polarity=cues)


def any_segments(rng, most):
    texts = [
        "".join(rng.choice(DOZEN) + rng.choice(["", " ", " ", " "]) for _ in range(rng.randint(0, 20)))
        for _ in range(rng.randint(1, most))
    ]
    return segments_of(texts, [rng.choice(ALL_ROLES) for _ in texts])


def all_coded(codings, segments):
    shift = dict(zip(segments["segment_id"], segments["start"], strict=True))
    coded = {id: {} for id in shift}
    for row in codings.itertuples():
        start = shift[row.segment_id]
        coded[row.segment_id][row.code] = (row.start - start, row.end - start, row.polarity, row.rule)
    return coded


def all_coded_plainly(segments, book):
    vocabulary = vocabulary_of(segments["text"])
    rows = zip(segments["segment_id"], segments["text"], segments["role"], strict=True)
    return {id: plain_codings(text, book, role, vocabulary) for id, text, role in rows}


@settings(max_examples=2 * MANY)
@given(st.integers(0, 2**63).map(random.Random))
def test_any_codebook_codes_as_spacy_finds_it(rng):
    book, segments = any_codebook(rng), any_segments(rng, 4)
    assert all_coded(apply_codebook(segments, book), segments) == all_coded_plainly(segments, book)


@settings(max_examples=30)
@given(st.integers(0, 2**63).map(random.Random))
def test_a_coder_codes_each_codebook_as_if_it_were_the_first(rng):
    segments, books = any_segments(rng, 6), [any_codebook(rng) for _ in range(3)]
    coder = RuleCoder(segments)
    other_cues = replace(books[0], polarity=books[1].polarity)
    for book in (*books, other_cues, *books):
        assert_frame_equal(coder.apply(book), apply_codebook(segments, book))


def shipped():
    return read_codebook(codebook_path(), learned=False)


def test_an_example_document_with_the_shipped_codebook_is_coded_as_spacy_finds_it():
    segments = segments_of(example_texts()[:40])
    expected = all_coded_plainly(segments, shipped())
    assert sum(map(len, expected.values())) > 5
    assert all_coded(apply_codebook(segments, shipped()), segments) == expected


@pytest.mark.slow
def test_all_example_documents_with_the_shipped_codebook_are_coded_as_spacy_finds_them():
    segments = segments_of(example_texts())
    expected = all_coded_plainly(segments, shipped())
    assert sum(map(len, expected.values())) > 300
    assert all_coded(apply_codebook(segments, shipped()), segments) == expected


@pytest.mark.slow
def test_real_prose_with_the_shipped_codebook_is_coded_as_spacy_finds_it(shared):
    treebank = shared / "treebank" / "sv_talbanken-ud-test.conllu"
    documents = list((shared / "real").glob("*.txt"))
    if not treebank.is_file() or not documents:
        pytest.skip("the treebank or the real documents are not in the shared folder")
    lines = treebank.read_text(encoding="utf-8").splitlines()
    texts = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    for path in documents:  # in short parts, since the plain matcher's time grows with the square of a text's length
        lines = path.read_text(encoding="utf-8").split("\n")
        texts += ["\n".join(lines[at : at + 40]) for at in range(0, len(lines), 40)]
    segments = segments_of(texts)
    expected = all_coded_plainly(segments, shipped())
    assert sum(map(len, expected.values())) > 50
    assert all_coded(apply_codebook(segments, shipped()), segments) == expected


def example_texts():
    """Paragraphs of the repository's own documents, those that are plain text in UTF-8."""
    texts = []
    for path in sorted((ROOT / "data" / "raw").rglob("*.txt")):
        with contextlib.suppress(UnicodeDecodeError):
            texts += path.read_bytes().decode("utf-8").split("\n\n")
    return texts


@settings(max_examples=40)
@given(st.lists(st.tuples(SENTENCES, ROLES), max_size=8))
def test_segments_do_not_see_each_other(book, pairs):
    texts, roles = [text for text, _ in pairs], [role for _, role in pairs]
    segments = segments_of(texts, roles)
    together = apply_codebook(segments, book)
    apart = [apply_codebook(segments.iloc[[i]], book) for i in range(len(segments))]
    expected = pd.concat([empty_table("codings"), *apart]).sort_values(["start", "code"], ignore_index=True)
    # An empty segment starts where its neighbour does not; two codings never share a document, place and code.
    assert_frame_equal(together, expected.astype(together.dtypes))


def test_offsets_are_the_documents_and_the_quote_is_the_text(book):
    texts = ["😀 Vi har mandat.", "Vi tog aldrig ställning."]
    document = "\n".join(texts)
    codings = apply_codebook(segments_of(texts), book)
    assert [document[a:b] for a, b in zip(codings["start"], codings["end"], strict=True)] == list(codings["quote"])
    assert list(codings["quote"]) == ["mandat", "tog aldrig ställning"]


def test_the_table_follows_the_schema_and_the_input_is_unchanged(book):
    segments = segments_of(["Vi har mandat.", "Nej.", "Vi tog ställning."])
    before = segments.copy(deep=True)
    codings = apply_codebook(segments, book)
    validate_table("codings", codings)
    assert_frame_equal(segments, before)
    assert (codings["coder"] == "rules").all()
    assert (codings["codebook_version"] == book.codebook_version).all()
    assert codings["created_at"].isna().all()
    assert list(codings["unit"]) == ["K01", "K01"]
    assert list(codings["about_session"]) == [2, 2]


def test_missing_units_and_sessions_stay_missing(book):
    segments = segments_of(["Vi har mandat."]).assign(unit=pd.Series([None], dtype="str"))
    segments["about_session"] = pd.array([pd.NA], dtype="Int64")
    codings = validate_table("codings", apply_codebook(segments, book))
    assert codings[["unit", "about_session"]].isna().all(axis=None)


def test_the_interviewer_is_never_coded(book):
    assert coded("Har ni mandat och ställning? Ta ställning!", book, "intervjuare") == {}


def test_a_rule_may_be_for_some_roles(book):
    assert coded("Datastöd och strukturen.", book, "informant") == {}
    assert coded("Datastöd och strukturen.", book, "handledare")["stod"] == (0, 8, "+", "stod.1")


def test_a_childs_rule_codes_its_parent_with_the_childs_rule(book):
    codings = coded("Nämndens beslut kom.", book)
    assert codings["beslut"] == codings["stallning"] == (9, 15, "+", "beslut.1")


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Mandat! Mandat. Inget mandat.", "+"),
        ("Mandat. Inget mandat.", "-"),
        ("Inget mandat. Mandat.", "+"),
        ("Mandat? Mandat. Inget mandat. Mandat?", "?"),
        ("Mandat? Inget mandat. Mandat.", "+"),
    ],
)
def test_the_majority_of_the_matches_decides_and_then_the_later(text, sign, book):
    start, _, polarity, _ = coded(text, book)["mandat"]
    assert polarity == sign
    assert text[start : start + 6].lower() == "mandat"
    assert start <= 6


def test_of_two_matches_that_begin_together_the_shorter_is_first_and_the_longer_is_later(book):
    assert coded("Vi vågar inte.", book)["agera"] == (3, 8, "-", "agera.2")


def test_empty_input_gives_an_empty_table_of_the_right_kind(book):
    for segments in (segments_of([]), segments_of(["Hej."])):
        codings = apply_codebook(segments, book)
        assert len(codings) == 0
        assert_frame_equal(codings, empty_table("codings"))
    assert list(rule_matches(segments_of([]), book).columns) == list(
        rule_matches(segments_of(["mandat"]), book).columns
    )


def test_every_match_is_told_before_they_become_one_coding(book):
    matches = rule_matches(segments_of(["Nej.", "Mandat? Inget mandat."]), book)
    assert matches[["segment_id", "start", "end", "rule", "polarity"]].to_numpy().tolist() == [
        ["s00001", 0, 6, "mandat.ord", "?"],
        ["s00001", 14, 20, "mandat.ord", "-"],
    ]


def test_ids_and_order_do_not_depend_on_the_order_of_the_segments(book):
    segments = segments_of([text for text, _ in TRAPS])
    codings = apply_codebook(segments, book)
    assert codings["coding_id"].is_unique
    assert_frame_equal(apply_codebook(segments.iloc[::-1], book), codings)
    assert codings["start"].is_monotonic_increasing


def test_tokens_at_hand_give_the_same_codings(book):
    segments = segments_of([text for text, _ in TRAPS])
    tokens = tokenise(segments["text"].tolist())
    steps = []
    codings = apply_codebook(segments, book, tokens=tokens, progress=lambda done, of: steps.append((done, of)))
    assert_frame_equal(codings, apply_codebook(segments, book))
    assert steps == [(i, 13) for i in range(1, 14)]
    with pytest.raises(TableError, match=f"1 rows, but tokens of {len(TRAPS)} texts"):
        apply_codebook(segments.iloc[:1], book, tokens=tokens)


def test_tables_that_cannot_be_coded_are_refused(book):
    segments = segments_of(["Mandat.", "Mandat."])
    with pytest.raises(TableError, match="column 'role' is missing"):
        apply_codebook(segments.drop(columns="role"), book)
    with pytest.raises(TableError, match="1 segment ids stand more than once"):
        apply_codebook(segments.assign(segment_id="s1"), book)


def test_a_codebook_without_rules_codes_nothing(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_text('version = "1"\n[[codes]]\nid = "a"\nname = "A"\n')
    assert apply_codebook(segments_of(["Mandat."]), read_codebook(path)).empty


@pytest.mark.parametrize("blank", [" ", ""])
def test_one_segment_of_a_million_characters(book, blank):
    sentence = "Vi fick inte något mandat av den nya nämnden, sa hon."
    text = (sentence + blank) * (1_000_000 // len(sentence) + 1)
    begin = time.process_time()
    assert coded(text, book)["mandat"] == (19, 25, "-", "mandat.ord")
    assert coded("x" * 1_000_000 + " mandat", book)["mandat"][0] == 1_000_001
    assert coded("mandat" + "." * 1_000_000, book)["mandat"] == (0, 6, "+", "mandat.ord")
    assert time.process_time() - begin < 10  # about 1 s where it was written


def test_ten_thousand_segments_take_seconds(book):
    texts = [
        f"{text} Och i kommun{i} sa de så här i tal{i % 700}: {TRAPS[i % 50][0]}"
        for i, (text, _) in enumerate(TRAPS * 200)
    ]
    segments = segments_of(texts[:10_000])
    begin = time.process_time()
    codings = apply_codebook(segments, book)
    assert time.process_time() - begin < 15  # about 1 s where it was written
    assert codings["segment_id"].nunique() > 5_000
