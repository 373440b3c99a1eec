import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.sources.layout import is_laid_out, rebuild_paragraphs
from evalkit.sources.text import normalise_text

FIRST = (
    "Den första träffen ägnades åt att lära känna varandra och åt att förstå vad som egentligen skulle prövas under "
    "året. Många var osäkra på vad som väntades av dem, men samtalen i de mindre grupperna gav efter hand en "
    "gemensam bild av vad arbetet skulle kunna leda till och av vilka hinder som fanns på vägen."
)
SECOND = (
    "Under den andra träffen blev det tydligare vad som skulle hända. Deltagarna visade upp sina egna kartor för "
    "varandra och fick frågor om dem, och efteråt var det flera som sade att de skulle rita om hela sin karta när "
    "de kom hem igen."
)


def typeset(paragraphs, *, width=70, between="\n"):
    """Break paragraphs as a page does; a heading is a paragraph that fits on its line."""
    return between.join(line for paragraph in paragraphs for line in textwrap.wrap(paragraph, width))


@pytest.mark.parametrize("between", ["\n", "\n\n", " \n\n"])
def test_paragraphs_and_headings_come_back(between):
    text = typeset(["Inledning", FIRST, "Vad som hände", SECOND], between=between)
    assert is_laid_out(text)
    assert rebuild_paragraphs(text).split("\n\n") == ["# Inledning", FIRST, "# Vad som hände", SECOND]


@given(st.integers(45, 95), st.sampled_from(["\n", "\n\n"]))
def test_no_word_is_lost_or_made_at_any_width(width, between):
    text = typeset(["Inledning", FIRST, SECOND], width=width, between=between)
    assert rebuild_paragraphs(text).replace("# ", "").split() == f"Inledning {FIRST} {SECOND}".split()


def test_pages_numbers_and_running_headers_go_and_the_paragraph_goes_on():
    lines = textwrap.wrap(f"{FIRST} {SECOND}", 60)
    pages = [f"Utvärdering av provet {n}\n" + "\n".join(lines[n * 3 : n * 3 + 3]) + f"\n{n + 1} (4)" for n in range(4)]
    pages[-1] = "Utvärdering av provet 3\n" + "\n".join(lines[9:]) + "\n4 (4)"
    rebuilt = rebuild_paragraphs("\f".join(pages))
    assert "Utvärdering av" not in rebuilt
    assert "(4)" not in rebuilt
    assert rebuilt.split() == f"{FIRST} {SECOND}".split()
    assert "\n\n" not in rebuilt[: len(lines[0]) * 6]


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("den stora före-\nställningen var slut", "den stora föreställningen var slut"),
        ("både arbets-\noch levnadsvillkor", "både arbets- och levnadsvillkor"),
        ("efter 1990-\ntalets kris", "efter 1990-talets kris"),
        ("i ett EU-\nsammanhang", "i ett EU-sammanhang"),
        ("ett Lean-inspirerat och Lean-\ninspirerat", "ett Lean-inspirerat och Lean-inspirerat"),
        ("in/\nut ur rummet", "in/ut ur rummet"),
    ],
)
def test_hyphens_at_the_end_of_a_line(lines, joined):
    assert rebuild_paragraphs(lines) == joined


def test_lists_contents_and_footnotes():
    text = (
        "INNEHÅLL\nInledning ............ 3\nMetod . . . . . . . . . 12\n\f"
        "Metod\n"
        "Underlaget har samlats in på flera olika sätt1 under hela året och det\n"
        "består av följande delar som beskrivs i tur och ordning här nedanför:\n"
        "• intervjuer med alla som deltog i någon av träffarna under hela det\n"
        "första året\n"
        "• fältanteckningar\n"
        "Allt har lästs flera gånger av två personer som inte visste vad den\n"
        "1 Se bilagan.\n2\f"
        "andra hade kommit fram till och därefter har de jämförts med varandra.\n3"
    )
    assert rebuild_paragraphs(text).split("\n\n") == [
        "# INNEHÅLL",
        "Inledning … 3",
        "Metod … 12",
        "# Metod",
        "Underlaget har samlats in på flera olika sätt1 under hela året och det består av följande delar som "
        "beskrivs i tur och ordning här nedanför:",
        "- intervjuer med alla som deltog i någon av träffarna under hela det första året",
        "- fältanteckningar",
        "Allt har lästs flera gånger av två personer som inte visste vad den andra hade kommit fram till och därefter "
        "har de jämförts med varandra.",
        "1 Se bilagan.",
    ]


def test_labels_start_turns_also_when_they_stand_alone():
    text = (
        "Intervju\nEva:\t\n\tHur gick det då? Ni hade ju\ntänkt annorlunda.\nSvar:\n"
        "\tJo\nEva:\n\tBra.\n\fSvar:\n\tJa. Det\nvar så."
    )
    assert rebuild_paragraphs(text).split("\n\n") == [
        "# Intervju",
        "Eva: Hur gick det då? Ni hade ju tänkt annorlunda.",
        "Svar: Jo",
        "Eva: Bra.",
        "Svar: Ja. Det var så.",
    ]


def test_a_word_before_a_colon_is_no_speaker_unless_it_recurs_or_is_declared():
    text = "Det finns två sätt att se på saken som deltagarna tog upp och talade om.\nSlutsats: vi vet inte.\n"
    assert len(rebuild_paragraphs(text).split("\n\n")) == 1
    assert len(rebuild_paragraphs(text, labels=["Slutsats"]).split("\n\n")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "I: Hur gick det?\nR: Det gick bra, tycker jag.\n" * 8,
        "I: Hur gick det?\n\nR1 (skrattar): det gick bra\n\n" * 8,
        "[00:12:41] Rektor 2: Ja, det var så vi gjorde och det blev bra.\n\n" * 10,
        "# Träff 1\n\n- närvaro: 3\n- grupp: A\n\nMycket prat om mål\nflera var trötta\n" * 3,
        "# Träff 1\n\n" + "det var en lugn stämning i rummet och flera av deltagarna sade att de\n" * 12,
        f"{FIRST}\n\n{SECOND}\n\n" * 4,
        "",
    ],
)
def test_what_was_never_laid_out_is_left_alone(text):
    assert not is_laid_out(text)


def test_the_rows_of_a_plan_stay_apart():
    rows = [
        "09:00-09:30 Incheckning i ring där alla säger hur det är",
        "09:30 Genomgång av målen",
        "10.15 Kaffe",
    ]
    assert rebuild_paragraphs("\n".join(rows)).split("\n\n") == rows
    assert rebuild_paragraphs("och vi började som vanligt klockan\n09.00 med en runda") == (
        "och vi började som vanligt klockan 09.00 med en runda"
    )


def test_the_real_report_becomes_readable(real):
    text = normalise_text((real / "utvarderingsrapport_2018.txt").read_text(encoding="utf-8")).text
    assert is_laid_out(text)
    paragraphs = rebuild_paragraphs(text).split("\n\n")
    headings = [paragraph for paragraph in paragraphs if paragraph.startswith("# ")]
    prose = [paragraph for paragraph in paragraphs if len(paragraph) > 200]
    assert 20 <= len(headings) <= 25
    assert {"# SAMMANFATTNING", "# INLEDNING", "# BAKGRUND", "# ANALYS GENOMFÖRANDE"} <= set(headings)
    assert 70 <= len(prose) <= 100
    assert all(paragraph[0].isupper() and paragraph.endswith((".", ":")) for paragraph in prose if paragraph[0] != "8")
    assert "EU-sammanhang" in " ".join(prose)
    assert "1990-talskrisen" in " ".join(prose)
    # Nothing but headings' signs and joined hyphens differs.
    assert "".join(text.split()).replace("-", "") == "".join(c for c in "".join(paragraphs) if c not in " #\n-")


def test_a_real_interview_becomes_turns(real):
    from evalkit.sources.pdf import read_pdf

    paragraphs = rebuild_paragraphs(normalise_text(read_pdf(real / "interview_gpdp_P1.pdf")).text).split("\n\n")
    assert paragraphs[0] == "# Interview"
    assert all(paragraph.startswith(("Dan: ", "Participant: ")) for paragraph in paragraphs[1:])
    assert len(paragraphs) > 90
    assert paragraphs[-1] == "Participant: Thank you."


def test_a_real_transcript_is_left_alone(real):
    assert not is_laid_out(normalise_text((real / "transcript.txt").read_text(encoding="utf-8")).text)
