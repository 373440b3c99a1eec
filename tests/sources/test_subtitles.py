import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.sources.subtitles import cue_turns, read_cues
from evalkit.sources.turns import read_export, transcript_text

TEAMS = """WEBVTT

1f2e/12-0
00:00:03.480 --> 00:00:05.200
<v Talare Ett>Då börjar vi &amp; ser.</v>

1f2e/13-0
00:00:05.200 --> 00:00:07.000
<v Talare Ett>Vad hände?</v>

NOTE en kommentar
över två rader

STYLE
::cue { color: red }

00:07.000 --> 00:09.000 align:start position:10%
<v.loud Talare Två>Inget.</v><v Talare Ett>Nähä.</v>
"""


def test_teams_voices_are_merged_by_speaker_and_two_in_a_cue_are_parted():
    cues, errors = read_cues(TEAMS)
    assert errors == []
    assert [cue.line for cue in cues] == [4, 8, 17]
    assert transcript_text(cue_turns(cues)) == (
        "[00:00:03] Talare Ett: Då börjar vi & ser. Vad hände?\n\n"
        "[00:00:07] Talare Två: Inget.\n\n"
        "[00:00:07] Talare Ett: Nähä."
    )


def test_zoom_labels_become_speakers():
    text = (
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nTalare Ett: Hej.\n\n2\n00:00:02.000 --> 00:00:03.000\n"
        "Talare Två: Ja.\nTalare Ett: Obs: så.\n"
    )
    cues, errors = read_cues(text)
    assert errors == []
    assert [(turn.speaker, turn.text) for turn in cue_turns(cues)] == [
        ("Talare Ett", "Hej."),
        ("Talare Två", "Ja."),
        ("Talare Ett", "Obs: så."),
    ]


def test_speech_without_speakers_keeps_its_words_and_its_colons():
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nDet var\n\n2\n00:00:02,000 --> 00:00:03,000\n<i>så här:</i> bra.\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nSedan kom nästa.\n"
    )
    cues, errors = read_cues(text)
    assert errors == []
    assert transcript_text(cue_turns(cues)) == "[00:00:01] Det var så här: bra.\n\n[00:00:03] Sedan kom nästa."


@pytest.mark.parametrize(
    ("broken", "line", "what"),
    [
        ("WEBVTT\n\n00:00:03 --> 00:00:05.000\nOrd", 3, "cannot be read"),
        ("WEBVTT\n\n00:00:05.000 --> 00:00:03.000\nOrd", 3, "ends before"),
        ("WEBVTT\n\n00:99:05.000 --> 00:99:07.000\nOrd", 3, "cannot be read"),
        ("WEBVTT\n\nNOTE a --> b\n\n00:01.000 --> 00:02.000\nOrd", 3, "comment"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nOrd\n\nutan tid", 6, "outside any cue"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nOrd\nord --> ord", 5, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line_and_none_of_its_words(broken, line, what):
    _, errors = read_cues(broken)
    assert [error.line for error in errors] == [line]
    assert what in errors[0].what
    assert "ord" not in errors[0].what.casefold().replace("words", "")


def test_a_number_between_cues_without_blank_lines_is_not_said():
    cues, errors = read_cues("1\n00:00:01,000 --> 00:00:02,000\nEtt\n2\n00:00:02,000 --> 00:00:03,000\nTvå")
    assert errors == []
    assert [cue.payload for cue in cues] == [("Ett",), ("Två",)]


PIECES = st.sampled_from(
    [
        "WEBVTT", "", "", "NOTE", "STYLE", "7", "Hej på dig", "a --> b", "-->", "00:00:01.000 --> 00:00:02.000",
        "00:01,000 --> 00:02,000", "00:00:05.000 --> 00:00:01.000", "00:00:01.000 --> 00:00:02.000 --> 3", "--> <v A>",
    ]
)  # fmt: skip


@given(st.lists(PIECES))
def test_every_arrow_becomes_a_cue_or_an_error(lines):
    cues, errors = read_cues("\n".join(lines))
    arrows = [number for number, line in enumerate(lines, start=1) if "-->" in line]
    told = sorted([cue.line for cue in cues] + [e.line for e in errors if "outside" not in e.what])
    assert told == arrows


@given(st.lists(PIECES))
def test_every_spoken_line_is_in_a_cue_or_accounted_for(lines):
    cues, errors = read_cues("\n".join(lines))
    said = sum(cue.payload.count("Hej på dig") for cue in cues)
    if not errors and not {"NOTE", "STYLE"} & set(lines):
        before_arrow = sum(1 for line, after in itertools.pairwise(lines) if line == "Hej på dig" and "-->" in after)
        assert lines.count("Hej på dig") <= said + before_arrow + (lines[:1] == ["WEBVTT"]) * len(lines)


def test_word_transcribe_is_read_as_turns():
    text = (
        "Audio file\n\nmote.wav\n\nTranscript\n\n00:00:03 Talare 1\n\nHej och välkomna.\n\n"
        "00:00:06 Talare 1\n\nVi börjar.\n\n"
        "00:01:10 Talare 2\n\nBra."
    )
    assert read_export(text) == "[00:00:03] Talare 1: Hej och välkomna. Vi börjar.\n\n[00:01:10] Talare 2: Bra."


def test_teams_documents_are_read_as_turns():
    text = (
        "Lägesmöte\n\n14 mars 2017, 08:01\n\n1h 2m 3s\n\nTalare Ett started transcription\n\n"
        "Talare Ett   0:03\nHej.\n\nTalare Två   0:05\nHej hej.\n\n"
        "Talare Två   0:09\nJa.\n\nTalare Ett stopped transcription"
    )
    assert read_export(text) == (
        "Lägesmöte\n\n14 mars 2017, 08:01\n\n1h 2m 3s\n\n[00:00:03] Talare Ett: Hej.\n\n"
        "[00:00:05] Talare Två: Hej hej. Ja."
    )
    older = "0:0:0.0 --> 0:0:3.480\nTalare Ett\nHej.\n\n0:0:4.0 --> 0:0:5.0\nTalare Ett\nJa.\n\n"
    assert read_export(older) == "[00:00:00] Talare Ett: Hej. Ja."


@pytest.mark.parametrize(
    "text",
    [
        "Incheckning 09:00\nAlla kom.\n\nGruppvis 10:15\nVi delade upp oss.\n\nLunch 12:00\nSoppa.",
        "[00:00:03] I: Hej.\n\n[00:00:05] R: Hej.",
        "I: Hej.\n\nR: Hej.",
        "",
    ],
)
def test_day_plans_and_ordinary_transcripts_are_no_exports(text):
    assert read_export(text) is None
