import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import SourceError
from evalkit.sources.text import decode_bytes, normalise_text, suspect_encoding

SWEDISH = "Det är svårt att få ihop målen, sa hon på Öland – ”jätte­svårt”."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_swedish_text_survives_every_encoding_people_save_in(encoding):
    text, _ = decode_bytes(SWEDISH.encode(encoding))
    assert text == SWEDISH


def test_the_encoding_is_recorded():
    assert decode_bytes("å".encode("cp1252"))[1] == "cp1252"
    assert decode_bytes("å".encode("utf-8-sig"))[1] == "utf-8"
    assert decode_bytes("alla".encode("utf-16-be"))[1] == "utf-16-be"


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850"])
def test_old_encodings_are_read_when_named_and_suspected_when_not(encoding):
    text = "---\nkind: intervju\nencoding: {}\n---\nDet var svårt för både mål och möten på våren."
    named = text.format(encoding).encode(encoding)
    assert "svårt för både mål" in decode_bytes(named)[0]
    unnamed = text.split("---\n")[2].encode(encoding)
    assert decode_bytes(unnamed, encoding=encoding)[0].endswith("på våren.")
    try:
        wrong = decode_bytes(unnamed)[0]
    except SourceError:
        return  # bytes that cp1252 does not define: refused, which is as good
    assert suspect_encoding(wrong)


def test_an_encoding_named_in_the_text_itself_is_not_a_declaration():
    data = "---\nkind: intervju\n---\nHon skrev:\nencoding: cp850\noch då blev det på våren.".encode()
    assert decode_bytes(data)[1] == "utf-8"


def test_what_is_not_text_is_refused():
    with pytest.raises(SourceError, match="NUL"):
        decode_bytes(b"\x00\x01\x02abc\x00\x00\x00")
    with pytest.raises(SourceError, match="byte 3"):
        decode_bytes("abc\x81".encode("latin-1"))
    with pytest.raises(SourceError, match="not known"):
        decode_bytes(b"abc", encoding="klingon")


def test_mixed_encodings_are_refused_with_the_place():
    data = "Först på våren. ".encode() + "Sedan på hösten.".encode("cp1252")
    with pytest.raises(SourceError, match=f"byte {data.index(b'p' + bytes([0xE5])) + 1}"):
        decode_bytes(data)


def test_normalisation_composes_and_drops_what_cannot_be_seen():
    result = normalise_text("pa\u030a\u200b \u202eman\u00adskap\x07\ufeff")
    assert result.text == "på manskap"
    assert result.dropped == 5


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\x0b", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_newline(end):
    assert normalise_text(f"ett{end}två").text == "ett\ntvå"


def test_a_word_broken_by_a_soft_hyphen_is_joined():
    assert normalise_text("före\u00ad\r\nställning").text == "föreställning"


@given(st.text())
def test_normalisation_is_idempotent_and_clean(text):
    once = normalise_text(text).text
    again = normalise_text(once)
    assert again.text == once
    assert again.dropped == 0
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t\f" for c in once)


@given(st.text(alphabet=st.characters(codec="cp1252", exclude_characters="\0Ã")))
def test_cp1252_is_read_exactly_or_as_the_utf8_it_also_is(text):
    data = text.encode("cp1252")
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or b"---" in data:
        return
    try:
        expected = data.decode("utf-8")
    except UnicodeDecodeError:
        expected = text
    assert decode_bytes(data)[0] == expected
