"""Suggestions from people's own codings: what they learn, what their precision means, and when they refuse."""

import json

import numpy as np
import pandas as pd
import pytest

from evalkit.coding import learn_codebook, read_codebook
from evalkit.coding.suggest import fit_suggester, learning_curve
from evalkit.coding.suggest.material import LEAST_DOCUMENTS, LEAST_OF_CODE, LEAST_SEGMENTS
from evalkit.coding.suggest.precision import threshold
from evalkit.coding.vectors import read_vectors
from evalkit.corpus.tokens import tokenise
from evalkit.errors import EstimationError, SourceError, TableError, UsageError
from evalkit.figures.suggestions import alt_learning_curve, plot_learning_curve
from tests.coding.made_up_readings import CODEBOOK, WAYS, made_up
from tests.coding.texts import as_table


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "codebook.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return read_codebook(path)


@pytest.fixture(scope="module")
def tables():
    return made_up()


def test_it_suggests_what_is_said_and_not_what_is_chance(book, tables):
    segments, codings, readings = tables
    before = segments.copy(), codings.copy(), readings.copy()
    suggester = fit_suggester(segments, codings, readings, book)
    for now, then in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(now, then)
    table = suggester.table.set_index("code")
    assert suggester.left_out == ("sallan",)
    assert np.isnan(table.loc["slump", "threshold"])
    own = table.loc[["tid", "chef"]]
    assert (own["precision_low"] < own["precision"]).all()
    assert own["precision"].min() > 0.6
    suggested = suggester.suggest(segments)
    truth = {
        id: code
        for id, text in segments[["segment_id", "text"]].itertuples(index=False)
        for code, ways in WAYS.items()
        if any(text.startswith(way) for way in ways)
    }
    shown = suggested.dropna(subset="code")
    assert set(shown["document_id"]) == {"d7"}
    assert np.mean([truth[id] == code for id, code in shown[["segment_id", "code"]].itertuples(index=False)]) > 0.7
    assert len(shown) >= 4
    assert shown["probability"].between(0, 1).all()
    assert shown["precision"].tolist() == table.loc[shown["code"], "precision"].tolist()


def test_every_unread_segment_is_ranked_once_and_the_unsure_come_first(book, tables):
    segments, codings, readings = tables
    suggested = fit_suggester(segments, codings, readings, book).suggest(segments)
    ranked = suggested.drop_duplicates("segment_id")
    assert ranked["rank"].tolist() == list(range(1, 13))
    assert ranked["informative"].is_monotonic_decreasing
    assert ranked["informative"].nunique() > 6
    assert len(suggested.drop_duplicates(["segment_id", "rank"])) == len(ranked)


def test_measured_precision_is_that_of_documents_not_seen(book):
    """A code by chance has no precision on unseen documents, however well the seen ones are remembered."""
    segments, codings, readings = made_up(n_documents=6, each=20, seed=11)
    suggester = fit_suggester(segments, codings, readings, book, precision=0.5)
    slump = suggester.table.set_index("code").loc["slump"]
    assert np.isnan(slump["threshold"]) or slump["recall"] < 0.3


def test_the_interviewer_and_rule_codings_teach_nothing(book, tables):
    segments, codings, readings = tables
    rules = codings.assign(rule="tid.ord", coder="rules")
    with pytest.raises(EstimationError, match="no code stands in"):
        fit_suggester(segments, rules, readings, book)
    with pytest.raises(EstimationError, match="0 segments in 0 documents"):
        fit_suggester(segments.assign(role="intervjuare"), codings, readings, book)


def test_measured_precision_is_what_new_documents_give(book):
    """Thresholds are chosen to look good; what is shown must not be flattered by that. It may be a little modest: it is
    measured with a fifth of the documents left out."""
    claimed, true = [], []
    for seed in range(12):
        segments, codings, readings = made_up(n_documents=25, each=10, seed=seed)
        late = segments["document_id"].isin([f"d{number}" for number in range(12, 24)])
        early = readings[~readings["segment_id"].isin(segments.loc[late, "segment_id"])]
        suggester = fit_suggester(segments, codings, early, book, precision=0.6)
        shown = suggester.table.dropna(subset="precision").set_index("code")["precision"]
        suggested = suggester.suggest(segments[late]).dropna(subset="code")
        having = set(zip(codings["segment_id"], codings["code"], strict=True))
        for code, own in suggested[suggested["code"].isin(shown.index)].groupby("code"):
            true.append(np.mean([(id, code) in having for id in own["segment_id"]]))
            claimed.append(shown[code])
    assert len(true) >= 12
    assert -0.15 < np.mean(claimed) - np.mean(true) < 0.03


def weak(seed, n_codes=30, n_documents=12, each=12):
    """Many codes that one word tells a little, in documents that are all read; and as many again to try them on."""
    random = np.random.default_rng(seed)
    names = [f"kod{number}" for number in range(n_codes)]
    segments, codings = [], []
    for document in range(2 * n_documents):
        for place in range(each):
            id = f"d{document:02d}#{place:02d}"
            has = random.random(n_codes) < 0.25
            told = random.random(n_codes) < np.where(has, 0.6, 0.25)
            words = [f"{w}ord" for w, said in zip(names, told, strict=True) if said]
            segments.append(
                {
                    "segment_id": id,
                    "document_id": f"d{document:02d}",
                    "start": place,
                    "end": place + 1,
                    "role": "informant",
                    "text": " ".join([*words, f"och {random.integers(99)}"]),
                }
            )
            codings += [
                {
                    "coding_id": f"{id}{code}",
                    "segment_id": id,
                    "document_id": f"d{document:02d}",
                    "start": 0,
                    "end": 1,
                    "code": code,
                    "polarity": "+",
                    "coder": "anna",
                }
                for code, there in zip(names, has, strict=True)
                if there
            ]
    table = as_table("segments", segments)
    early = table[table["document_id"] < f"d{n_documents:02d}"]
    readings = [
        {"segment_id": id, "document_id": document, "coder": "anna", "independent": True}
        for id, document in early[["segment_id", "document_id"]].itertuples(index=False)
    ]
    return names, table, as_table("codings", codings), as_table("readings", readings)


def test_the_precision_of_all_codes_is_not_flattered_by_leaving_codes_out(tmp_path):
    """Codes are kept because they looked good, so that those kept look too good; the sentence counts all."""
    claimed, kept, true = [], [], []
    for seed in range(3):
        names, segments, codings, readings = weak(seed)
        path = tmp_path / f"weak{seed}.toml"
        path.write_text("version = '1'\n" + "".join(f'[[codes]]\nid = "{n}"\nname = "{n}"\n' for n in names))
        suggester = fit_suggester(segments, codings, readings, read_codebook(path))
        suggested = suggester.suggest(segments).dropna(subset="code")
        having = set(zip(codings["segment_id"], codings["code"], strict=True))
        true += [pair in having for pair in zip(suggested["segment_id"], suggested["code"], strict=True)]
        claimed.append(suggester.right / suggester.tried)
        kept.append(suggester.table["right"].sum() / max(suggester.table["suggested"].sum(), 1))
    assert np.mean(claimed) <= np.mean(true) + 0.05
    assert np.mean(claimed) < np.mean(kept)


def test_what_the_learned_coder_has_learned_by_heart_measures_nothing(book, tables, tmp_path):
    """A code by chance is found without fail in the very segments that were learned from, and nowhere else."""
    segments, codings, readings = tables
    path = tmp_path / "codebook.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    read = segments[segments["segment_id"].isin(readings["segment_id"])]
    rows = [
        {
            "id": id,
            "speaker": "informant",
            "text": text,
            "codes": [{"code": code, "polarity": "+"} for code in codings.loc[codings["segment_id"] == id, "code"]],
        }
        for id, text in read[["segment_id", "text"]].itertuples(index=False)
    ]
    examples = path.with_name("codebook.examples.jsonl")
    examples.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in 3 * rows), encoding="utf-8")
    learn_codebook(path)
    suggester = fit_suggester(segments, codings, readings, read_codebook(path))
    assert suggester.n_fresh < suggester.n_segments / 4
    assert f"{suggester.n_segments - suggester.n_fresh} segment delar en mening" in suggester.caption()
    assert suggester.table.set_index("code").loc["slump", "suggested"] == 0
    assert "share a sentence" not in fit_suggester(segments, codings, readings, book).caption("en")


def test_a_threshold_needs_right_suggestions_and_lies_between_probabilities():
    probability = np.array([0.9, 0.8, 0.8, 0.4, 0.3])
    assert threshold(probability, np.array([1, 1, 0, 1, 0], dtype=bool), 0.7) == 0.4
    assert threshold(probability, np.array([1, 1, 0, 0, 0], dtype=bool), 0.65) == 0.8
    assert np.isnan(threshold(probability, np.array([1, 0, 0, 0, 0], dtype=bool), 0.5))
    assert np.isnan(threshold(probability, np.array([1, 1, 0, 0, 0], dtype=bool), 0.9))


def test_what_the_codebook_finds_is_evidence(tables, tmp_path):
    """With a rule that is always right a code is suggested where its words were never seen."""
    segments = tables[0]
    path = tmp_path / "codebook.toml"
    rule = 'rules = [{ words = ["chef*", "direktör*", "ledning*"] }]\n'
    path.write_text(CODEBOOK.replace('name = "Chef"\n', f'name = "Chef"\n{rule}'), encoding="utf-8")
    asked = segments.head(1).assign(text="Fru direktör Ek.", segment_id="new#1")
    with_rule, without = (fit_suggester(*tables, read_codebook(book)) for book in (path, _without_rules(tmp_path)))
    of = with_rule.table["code"].tolist().index("chef")
    assert with_rule.probabilities(asked)[0, of] > without.probabilities(asked)[0, of] + 0.1


def _without_rules(folder):
    path = folder / "plain.toml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


def test_too_little_is_refused_with_what_is_missing(book, tables):
    segments, codings, readings = tables
    with pytest.raises(EstimationError, match=f"at least {LEAST_SEGMENTS} in {LEAST_DOCUMENTS} are needed"):
        fit_suggester(segments, codings, readings.head(LEAST_SEGMENTS - 1), book)
    with pytest.raises(EstimationError, match=f"no code stands in {LEAST_OF_CODE}"):
        fit_suggester(segments, codings.head(2), readings, book)
    with pytest.raises(TableError, match="column 'text' is missing"):
        fit_suggester(segments.drop(columns="text"), codings, readings, book)


def test_a_learning_curve_rises_and_says_so(book):
    segments, codings, readings = made_up(n_documents=13, each=10)
    curve = learning_curve(segments, codings, readings, book, repeats=3, steps=(0.25, 1.0))
    first, last = curve.means["f1"].iloc[[0, -1]]
    assert last > first
    assert last > 0.5
    assert curve.table["rests_on"].map(len).tolist() == curve.table["documents"].tolist()
    assert (curve.table["right"] <= curve.table[["suggested", "coded"]].min(axis=1)).all()
    for lang in ("sv", "en"):
        assert "F1" in curve.sentence(lang)
        assert "3" in curve.caption(lang)
        assert "F1" in alt_learning_curve(curve, lang=lang)
    ax = plot_learning_curve(curve)
    assert len(ax.lines) == 3
    assert ax.get_xlabel() == "Lästa segment"


def test_a_curve_of_one_point_says_that_it_is_none(book):
    curve = learning_curve(*made_up(n_documents=13, each=10), book, repeats=2, steps=(0.95, 1.0))
    assert curve.table["documents"].tolist() == [8, 8]
    assert "för få dokument" in curve.sentence()
    with pytest.raises(UsageError, match="steps are parts"):
        learning_curve(*made_up(), book, steps=(0, 1))


def test_its_sentence_follows_from_its_numbers(book, tables):
    suggester = fit_suggester(*tables, book)
    shown = suggester.table.dropna(subset="threshold")
    assert f"{len(shown)} av {len(suggester.table)}" in suggester.sentence()
    assert f"of {suggester.tried} suggestions" in suggester.sentence("en")
    assert "84" in suggester.caption()


@pytest.fixture
def vector_file(tmp_path):
    path = tmp_path / "ord.vec"
    words = {
        "chefen": (1, 0.1),
        "chef": (0.9, 0),
        "direktören": (1, 0),
        "tid": (0, 1),
        "timmarna": (0, 0.9),
        "Kalendern": (0.1, 1),
    }
    lines = [f"{len(words)} 2", *(f"{word} {a} {b}" for word, (a, b) in words.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_word_vectors_of_the_user_may_help(book, tables, vector_file):
    vectors = read_vectors(vector_file)
    means = vectors.of_texts(tokenise(["Chefen och direktören", "kalendern", "okänt", ""]))
    assert means[0] == pytest.approx([0.9975, 0.0498], abs=1e-3)
    assert means[2:].tolist() == [[0, 0], [0, 0]]
    plain, helped = (fit_suggester(*tables, book, vectors=v) for v in (None, vectors))
    assert plain.suggest(tables[0]).shape[1] == helped.suggest(tables[0]).shape[1]
    asked = tables[0].head(1).assign(text="Direktören")
    assert not np.allclose(plain.probabilities(asked), helped.probabilities(asked))


@pytest.mark.parametrize(
    ("content", "said"),
    [("a 1 2\nb 1\n", "line 2: 1 numbers, 2 before"), ("", "has no word vectors"), ("a x y\n", "is not a text file")],
)
def test_broken_vectors_are_one_clear_line(tmp_path, content, said):
    path = tmp_path / "ord.vec"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        read_vectors(path)


def test_a_package_that_is_not_installed_is_one_clear_line():
    with pytest.raises(SourceError, match="neither a file nor an installed spaCy package"):
        read_vectors("sv_no_such_vectors")
