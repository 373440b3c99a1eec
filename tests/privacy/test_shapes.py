"""Personal numbers, phone numbers and addresses by their shape; all invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.privacy.test_names import made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nr 19811333-0000.", "nr [personnummer]."),
        ("811333-0000, 811333+0000", "[personnummer], [personnummer]"),
        ("198113330000 8113330000", "[personnummer] [personnummer]"),
        ("samordning 811273-0000", "samordning [personnummer]"),
        ("1981-12-33-0000", "[personnummer]"),
        ("811214 – 0000", "[personnummer]"),
        ("811214-XXXX", "[personnummer]"),
        ("19811214 0000", "[personnummer]"),
        ("ring 070-123 45 67!", "ring [telefon]!"),
        ("0701234567", "[telefon]"),
        ("+46 (0)8 123 45", "[telefon]"),
        ("+46701234567", "[telefon]"),
        ("08-123 45 67, 0410-73 30 00", "[telefon], [telefon]"),
        ("+44 20 7946 0958", "[telefon]"),
        ("tel: 12 34 56", "tel: [telefon]"),
        ("till fiktiv.person@exempel.se.", "till [e-post]."),
        ("fiktiv (at) exempel.se", "[e-post]"),
        ("se https://www.exempelby.se/kontakt.", "se [webbadress]."),
        ("se exempelby.se/x", "se [webbadress]"),
        ("se https://blogg.exempel.org/anna-fiktesson", "se [webbadress]"),
        ("se https://sv.wikipedia.org/wiki/Kunskap", "se https://sv.wikipedia.org/wiki/Kunskap"),
        ("bor på Storgatan 12 B, sa", "bor på [adress], sa"),
        ("bor på Stora Sagovägen 3, 123 45 Fjärranby idag", "bor på [adress] idag"),
        ("bor på Kungs väg 7a", "bor på [adress]"),
    ],
)
def test_shapes_are_replaced(text, expected):
    assert made(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "2017-2018",
        "1 245 000 kr",
        "2017-03-14",
        "kl. 08.30-09.15",
        "kl 08:30–16:00",
        "öppet 08-17 och 08-12 13-17",
        "2017-03-14 13:30",
        "20170314 1300",
        "150 000 kr 2017",
        "kostade 150000 2017",
        "[00:12:41] och 00:12:41.500 --> 00:12:43.000",
        "0,123456789 och 0.123456789",
        "17 % av 1 234 567",
        "den 14 mars 2017 12 personer",
        "arbetsmarknadsgatan är en handlingsväg 3",
        "sidorna 120-1234",
    ],
)
def test_years_sums_dates_and_times_stay(text):
    assert made(text).text == text


@settings(max_examples=300)
@given(st.text(alphabet="0123456789 -+()/.:\n", max_size=40))
def test_what_is_left_of_digits_is_left_the_second_time(text):
    once = made(text)
    assert made(once.text).text == once.text
    assert all(once.text[row.start : row.end] == f"[{row.pseudonym}]" for row in once.replacements.itertuples())


@given(st.from_regex(r"(19|20)?[0-9]{6}[-+]?[0-9]{4}", fullmatch=True), st.sampled_from(["", "nr ", "(", "\n"]))
def test_no_personal_number_survives(number, before):
    assert number[-4:] not in made(f"{before}{number}, sa hon").text
