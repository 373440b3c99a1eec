from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.corpus import segment_documents
from evalkit.corpus.turns import find_labels, read_turns
from evalkit.study import Study
from evalkit.tables import empty_table, schema_columns


def documents(text: str, **cells: object) -> pd.DataFrame:
    row = {
        "document_id": "d1",
        "kind": "intervju",
        "unit": "K01",
        "session": 2,
        "date": None,
        "verbatim": "yes",
        "consent": "internal",
        "path": "data/raw/transcripts/d1.txt",
        "encoding": "utf-8",
        "source_sha256": "0",
        "text": text,
        "text_sha256": "0",
    }
    return pd.DataFrame([row | cells]).astype(schema_columns("documents"))


def speakers(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["label", "role", "unit"]).assign(document_id="d1", party=None)
    return frame[list(schema_columns("speakers"))].astype(schema_columns("speakers"))


def cut(text: str, study: Study, known: pd.DataFrame | None = None, **cells: object) -> pd.DataFrame:
    known = empty_table("speakers") if known is None else known
    return segment_documents(documents(text, **cells), known, study)[0]


INTERVIEW = (
    "I: Hur började det?\nR: Vi fick ett brev.\n\nSen dröjde det.\n\nI: Och sedan?\n\nR (skrattar): Då hände allt."
)


def test_turns_are_segments_and_the_answer_knows_its_question(study: Study) -> None:
    segments = cut(INTERVIEW, study)
    assert segments["role"].tolist() == ["intervjuare", "informant", "informant", "intervjuare", "informant"]
    assert segments["text"].tolist()[1:3] == ["Vi fick ett brev.", "Sen dröjde det."]
    assert segments["question"].tolist()[4] == segments["segment_id"].tolist()[3]
    assert segments["unit"].isna().tolist() == [True, False, False, True, False]
    assert segments["party"].tolist()[:2] == ["evaluator", "participant"]


def test_offsets_point_into_the_document(study: Study) -> None:
    text = INTERVIEW + "\n\n# Rubrik\n\n– Ett — 🙂 två.\n"
    for row in cut(text, study).itertuples():
        assert text[row.start : row.end] == row.text


@given(
    st.lists(
        st.sampled_from(["I: Vad?", "R: Ja.", "  ", "# LT2", "- en punkt", "Obs: viktigt", "åäö 🙂", "\n"]), max_size=25
    )
)
def test_segments_never_overlap_and_lose_no_words(parts: list[str]) -> None:
    from pathlib import Path

    from evalkit.study import About, Text

    bare = Study(root=Path("x"), study=About(title=Text(sv="x", en="x")))
    text = "\n".join(parts)
    segments = cut(text, bare, unit=None)
    for before, after in pairwise(segments.itertuples()):
        assert before.end <= after.start
    left = text
    for row in reversed(list(segments.itertuples())):
        left = left[: row.start] + left[row.end :]
    rest = left.replace("I:", "").replace("R:", "").replace("# LT2", "").replace("-", "")
    assert not any(letter.isalnum() for letter in rest)


def test_notes_keep_their_colons(study: Study) -> None:
    text = "Närvarande: alla.\n\nBeslut: vi kör.\n\nObs: lokalen är bokad.\n\nBeslut: ny tid."
    segments = cut(text, study, kind="motesanteckning")
    assert segments["speaker"].isna().all()
    assert set(segments["role"]) == {"anteckning"}
    assert len(segments) == 4


def test_declared_speakers_bring_role_and_unit(study: Study) -> None:
    known = speakers(("Rektor 2", "informant", "K02"), ("Lisa", "handledare", None))
    text = "[00:12:41] Rektor 2: Vi provade.\n\nLisa: Hur gick det?\n\nObs: bandet bröts."
    segments = cut(text, study, known, kind="gruppsamtal", unit=None)
    assert segments["unit"].tolist() == ["K02", None] or segments["unit"].tolist()[0] == "K02"
    assert segments["role"].tolist()[:2] == ["informant", "handledare"]
    assert segments["t_start"].tolist()[0] == 761.0
    assert "Obs: bandet bröts." in segments["text"].tolist()


def test_a_registered_person_brings_unit_and_role(study: Study) -> None:
    rows = [("P08", "K02", "deltagare"), ("P23", None, "handledare")]
    people = pd.DataFrame(rows, columns=["person_id", "unit", "role_project"]).reindex(
        columns=list(schema_columns("people"))
    )
    people = people.assign(consent="quote", source_file="people.csv", source_row=2).astype(schema_columns("people"))
    text = "[00:00:04] Intervjuaren: Hör du?\n\n[00:00:10] [P08]: Ja.\n\n[00:00:19] [P23]: Jag med."
    known = empty_table("speakers")
    segments, findings = segment_documents(documents(text, unit=None), known, study, people=people)
    assert segments["role"].tolist() == ["intervjuare", "informant", "handledare"]
    assert segments["unit"].tolist()[1] == "K02"
    assert findings == []


def test_undeclared_speakers_are_inferred_with_a_notice(study: Study) -> None:
    text = "\n\n".join(f"Dan: Fråga {n}?\n\nParticipant 7: Svar {n}." for n in range(6))
    segments, findings = segment_documents(documents(text, kind="okant", unit=None), empty_table("speakers"), study)
    assert (segments.loc[segments["speaker"] == "Dan", "role"] == "intervjuare").all()
    assert (segments.loc[segments["speaker"] == "Participant 7", "role"] == "informant").all()
    assert len(findings) == 1
    assert findings[0].severity == "notice"
    assert "Dan" not in str(findings[0])


def test_bracketed_speakers_are_found() -> None:
    text = "[id1] hello there\n\n[id2] no\n\n[id1] yes\n\n[id2] well"
    roles, inferred = find_labels(text, {})
    assert set(roles) == {"id1", "id2"}
    assert inferred
    assert [turn.label for turn in read_turns(text, roles)] == ["id1", "id2", "id1", "id2"]


def test_a_pseudonym_that_opens_a_paragraph_is_no_speaker() -> None:
    roles, _ = find_labels("[K03] var med från början.\n\nDet gick bra för [K03] sedan.\n\nSlutligen kom alla.", {})
    assert roles == {}


def test_headings_say_unit_and_session(study: Study) -> None:
    text = "# Lärträff 1\n\nStökigt.\n\n## [K02]\n\nSatt tyst.\n\n# Lärträff 2\n\nLugnt. #LT3\n\nKlart."
    segments = cut(text, study, kind="faltanteckning", unit=None)
    assert segments["about_session"].tolist() == [1, 1, 3, 2]
    assert segments["unit"].isna().tolist() == [True, False, True, True]
    assert segments["party"].tolist()[0] == "evaluator"


def test_a_session_the_study_has_not_is_not_believed(study: Study) -> None:
    assert cut("# Lärträff 9\n\nText.", study, kind="faltanteckning")["about_session"].isna().all()


@pytest.mark.parametrize("text", ["", "   \n\n ", "# Bara en rubrik"])
def test_nothing_said_gives_no_segments(study: Study, text: str) -> None:
    segments = cut(text, study)
    assert segments.empty
    assert dict(segments.dtypes.astype(str)) == schema_columns("segments")


def test_lines_of_a_note_are_segments_but_wrapped_lines_are_not(study: Study) -> None:
    note = "Deltagare kom sent.\nKaffe slut.\nRitning på tavlan."
    assert len(cut(note, study, kind="faltanteckning")) == 3
    wrapped = (
        "I have not studied much before, but my father really\nencouraged me to study again and I know that I have\n"
        "struggled understanding the slides so far and searching."
    )
    assert len(cut(wrapped, study, kind="skriftligt")) == 1
