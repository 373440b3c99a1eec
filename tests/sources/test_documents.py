import datetime as dt
import hashlib
import time
import unicodedata
import zipfile

import docx
import pandas as pd
import pytest
from pypdf import PdfWriter

from evalkit.sources import documents as room
from evalkit.sources import list_documents, read_document, read_document_list
from evalkit.tables import validate_table

HEADER = """---
Typ: telefonintervju
kommun: påhittköping
lärträff: 2
datum: 2017-03-14
samtycke: citat
talare:
  R1 = informant, K01, participant
  Stöd = handledare, , host
---
"""


def put(study, name, content):
    path = study.raw / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def problems(reading):
    return [f for f in reading.findings if f.severity == "problem"]


def refused(study, name, content, match):
    """Check that a file gives no document, one problem, and no exception."""
    reading = read_document(put(study, name, content), study)
    assert reading.document.empty
    assert reading.speakers.empty
    validate_table("documents", reading.document)
    (finding,) = problems(reading)
    assert finding.file == f"data/raw/{name}"
    assert match in finding.what
    return finding


def test_a_document_with_a_header(study):
    data = (HEADER + "\nI: Hur går det?\r\nR1: Svårt men bra.\n").encode()
    reading = read_document(put(study, "transcripts/Intervju Påhitt.txt", data), study)
    document = validate_table("documents", reading.document).iloc[0]
    assert reading.findings == ()
    assert document["document_id"] == "transcripts-intervju-pahitt"
    assert (document["kind"], document["unit"], document["session"]) == ("intervju", "K01", 2)
    assert document["date"] == pd.Timestamp("2017-03-14")
    assert (document["consent"], document["verbatim"], document["encoding"]) == ("quote", "yes", "utf-8")
    assert document["text"] == "I: Hur går det?\nR1: Svårt men bra."
    assert document["source_sha256"] == hashlib.sha256(data).hexdigest()
    assert document["text_sha256"] == hashlib.sha256(document["text"].encode()).hexdigest()
    speakers = validate_table("speakers", reading.speakers).set_index("label")
    assert list(speakers.index) == ["I", "R1", "Stöd"]
    assert tuple(speakers.loc["R1", ["role", "unit", "party"]]) == ("informant", "K01", "participant")
    assert pd.isna(speakers.loc["Stöd", "unit"])


def test_header_wins_over_list_and_list_over_name(study):
    pattern = r"(?P<kind>[a-zåäö]+)_(?P<unit>K\d+)_lt(?P<session>\d)_(?P<date>\d{8})"
    study = room.Study(root=study.root, study=study.study, units=study.units, sessions=study.sessions,
                       files={"pattern": pattern})  # fmt: skip
    path = put(study, "transcripts/intervju_K02_lt1_20170314.txt", "---\nunit: K01\n---\nText.")
    put(study, "transcripts/documents.csv", f"path;session;unit;samtycke\n{path.name};2;K02;intern\n")
    listed, findings = read_document_list(study)
    assert findings == []
    document = read_document(path, study, listed=listed).document.iloc[0]
    assert document["unit"] == "K01"
    assert document["session"] == 2
    assert document["date"].date() == dt.date(2017, 3, 14)
    assert (document["kind"], document["consent"]) == ("intervju", "internal")


def test_a_document_that_nothing_describes_is_unknown_with_a_notice(study):
    reading = read_document(put(study, "notes/a.md", "Bara text."), study)
    assert reading.document.loc[0, "kind"] == "okant"
    assert reading.document.loc[0, "verbatim"] == "notes"
    assert [f.severity for f in reading.findings] == ["notice"]


def test_the_consent_of_the_unit_holds_where_the_document_says_nothing(study):
    consents = []
    for unit in ("K01", "K02"):
        path = put(study, f"notes/{unit}.txt", f"---\nkind: intervju\nunit: {unit}\n---\nText.")
        consents.append(read_document(path, study).document.loc[0, "consent"])
    assert consents == ["quote", "internal"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("unit: K99", "unit 'K99' is not declared"),
        ("unit: Annas ställe", "unit is not declared"),
        ("session: 9", "session 9 is not declared"),
        ("session: sista", "session cannot be read"),
        ("date: 14/3 2017", "date cannot be read"),
        ("date: 2017-02-30", "date cannot be read"),
        ("consent: ja", "consent is not one of"),
        ("kind: kärleksbrev", "kind is not one of"),
        ("speakers: A = chef", "role is not known"),
        ("speakers: A = informant, K77", "unit 'K77' is not declared"),
        ("speakers: A", "a speaker cannot be read"),
        ("enhett: K01", "did you mean enhet"),
    ],
)
def test_a_header_line_that_cannot_hold_is_a_problem_with_its_line(study, line, what):
    text = f"---\n{line}\nverbatim: ja\nkind: intervju\n---\nText."
    found = problems(read_document(put(study, "notes/a.txt", text), study))
    assert any(what in finding.what and finding.row == 2 for finding in found)
    assert not any(word in str(finding) for finding in found for word in ("Annas", "kärleksbrev"))


def test_a_rule_of_dashes_is_no_header_and_an_open_header_is_a_problem(study):
    ruled = read_document(put(study, "notes/a.md", "---\nDet var en gång.\n---\nSlut."), study)
    assert ruled.document.loc[0, "text"].startswith("---\nDet var")
    opened = read_document(put(study, "notes/b.md", "---\nkind: intervju\nText utan slut"), study)
    assert "not closed" in problems(opened)[0].what


def test_front_matter_of_other_programs_is_a_notice(study):
    reading = read_document(put(study, "notes/a.md", "---\ntitle: Något\nkind: intervju\n---\nText."), study)
    assert [(f.severity, f.row) for f in reading.findings] == [("notice", 2)]
    assert reading.document.loc[0, "text"] == "Text."


@pytest.mark.parametrize("fence", ["—", "–-", None])
def test_a_header_in_word_survives_what_word_makes_of_dashes(study, fence):
    word = docx.Document()
    lines = ["Typ: intervju", "Talare:", "R = informant", "Enhet: K02"]
    for line in [fence, *lines, fence] if fence else lines:
        word.add_paragraph(line)
    word.add_paragraph("R: Datum: i mars.")
    path = study.raw / "transcripts" / "a.docx"
    word.save(path)
    reading = read_document(path, study)
    assert reading.findings == ()
    assert reading.document.loc[0, ["kind", "unit", "text"]].tolist() == ["intervju", "K02", "R: Datum: i mars."]
    assert list(reading.speakers["label"]) == ["I", "R"]


def test_lines_of_a_subtitle_file_are_counted_from_its_top(study):
    text = "---\nkind: intervju\n---\n\nWEBVTT\n\n00:01.000 --> 00:02.000\nHej.\n\nutan tid\n"
    reading = read_document(put(study, "transcripts/a.vtt", text), study)
    assert [finding.row for finding in problems(reading)] == [10]


@pytest.mark.parametrize("piece", ["\n", ".", "<v ", "<v  ", "- ", "a:", "---\n", "\u00ad ", "I: ", "0:01 "])
def test_hostile_repetition_is_read_in_no_time(study, piece):
    begun = time.monotonic()
    for name in ("notes/a.txt", "notes/a.vtt"):
        head = "WEBVTT\n\n00:01.000 --> 00:02.000\n" if name.endswith("vtt") else "a\n"
        read_document(put(study, name, head + piece * (600_000 // len(piece))), study)
    assert time.monotonic() - begun < 20


def test_listing_skips_what_is_no_document(study):
    for name in ("transcripts/b.txt", "transcripts/.b.txt.swp", "transcripts/~$a.docx", "transcripts/documents.csv",
                 "notes/inre/a.md", "notes/.git/x.txt", "homework/Thumbs.db", "other/x.txt"):  # fmt: skip
        put(study, name, "x")
    assert [p.name for p in list_documents(study)] == ["a.md", "b.txt"]


def test_ids_are_readable_and_part_files_of_like_names(study):
    names = (
        "transcripts/Över.txt",
        "transcripts/över 1.txt",
        "transcripts/över-1.md",
        "notes/a b.txt",
        "notes/a-b.txt",
    )
    paths = [put(study, name, "x") for name in names]
    ids = room.document_ids(paths, study)
    assert ids[paths[0]] == "transcripts-over"
    assert ids[paths[1]] == "transcripts-over-1-txt"
    assert ids[paths[2]] == "transcripts-over-1-md"
    assert len(set(ids.values())) == len(paths)
    assert room.document_ids(reversed(paths), study) == ids
    assert read_document(paths[3], study).document.loc[0, "document_id"] == ids[paths[3]]


def test_a_list_finds_decomposed_names_and_tells_of_lost_files(study):
    path = put(study, "transcripts/" + unicodedata.normalize("NFD", "möte på ön.txt"), "Text.")
    rows = "Fil,Typ\ntranscripts\\möte på ön.txt,intervju\nborta.txt,intervju\ntranscripts/möte på ön.txt,gruppsamtal\n"
    put(study, "documents.csv", "\ufeff" + rows)
    listed, findings = read_document_list(study)
    assert [(f.severity, f.row) for f in findings] == [("problem", 3), ("problem", 4)]
    document = read_document(path, study, listed=listed).document.iloc[0]
    assert document["kind"] == "intervju"
    assert unicodedata.is_normalized("NFC", document["path"])


def test_no_list_is_no_finding(study):
    assert read_document_list(study) == (None, [])


def test_an_encoding_in_the_list_is_obeyed(study):
    path = put(study, "notes/gammal.txt", "På våren".encode("mac-roman"))
    put(study, "notes/documents.csv", "path,kind,encoding\ngammal.txt,intervju,mac-roman\n")
    document = read_document(path, study, listed=read_document_list(study)[0]).document.iloc[0]
    assert (document["text"], document["encoding"]) == ("På våren", "mac-roman")


def test_a_word_document_in_order_with_headings_tables_lists_and_changes(study):
    word = docx.Document()
    for line in ("---", "kind: intervju", "unit: K01", "speakers: R = informant", "---"):
        word.add_paragraph(line)
    word.add_heading("Första delen", level=2)
    word.add_paragraph("I: Hej\u00adsan.\tBra?")
    word.add_paragraph("ett", style="List Bullet")
    table = word.add_table(2, 2)
    for row, (left, right) in zip(table.rows, [("R:", "Jodå."), ("a", "b")], strict=True):
        row.cells[0].text, row.cells[1].text = left, right
    changed = word.add_paragraph("kvar ")
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    from lxml import etree

    for tag, inner, text in (("del", "delText", "borta"), ("ins", "t", "tillagt")):
        outer = etree.SubElement(changed._p, f"{{{namespace}}}{tag}")
        run = etree.SubElement(outer, f"{{{namespace}}}r")
        etree.SubElement(run, f"{{{namespace}}}{inner}").text = text
    word.sections[0].header.paragraphs[0].text = "sidhuvud"
    path = study.raw / "transcripts" / "a.docx"
    word.save(path)
    reading = read_document(path, study)
    assert problems(reading) == []
    document = reading.document.iloc[0]
    assert document["text"] == "## Första delen\n\nI: Hejsan.\tBra?\n\n- ett\n\nR: Jodå.\na\tb\n\nkvar tillagt"
    assert (document["kind"], document["unit"], document["encoding"]) == ("intervju", "K01", "docx")
    assert list(reading.speakers["label"]) == ["I", "R"]


def test_a_transcribed_word_document_is_recorded_speech(study):
    word = docx.Document()
    for line in ("Audio file", "mote.wav", "Transcript", "00:00:03 Talare 1", "Hej.", "00:00:09 Talare 2", "Hej hej."):
        word.add_paragraph(line)
    path = study.raw / "transcripts" / "a.docx"
    word.save(path)
    document = read_document(path, study).document.iloc[0]
    assert document["text"] == "[00:00:03] Talare 1: Hej.\n\n[00:00:09] Talare 2: Hej hej."
    assert document["verbatim"] == "asr"


CONTENT = """<?xml version="1.0"?>{doctype}
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">
<office:body><office:text><text:tracked-changes><text:p>borta</text:p></text:tracked-changes>
<text:h text:outline-level="1">Rubrik</text:h><text:p>I:<text:s text:c="2"/>Hur
 <text:span>gick</text:span> det?<text:line-break
/>Va?<office:annotation><text:p>hm</text:p></office:annotation></text:p>
<text:list><text:list-item><text:p>ett</text:p></text:list-item><text:list-item><text:p>två</text:p></text:list-item></text:list>
<table:table><table:table-row><table:table-cell><text:p>R:</text:p></table:table-cell>
<table:table-cell><text:p>Bra.</text:p></table:table-cell></table:table-row></table:table>
{body}</office:text></office:body></office:document-content>"""


def opendocument(path, *, doctype="", body="", compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("content.xml", CONTENT.format(doctype=doctype, body=body))
    return path


def test_an_opendocument_text(study):
    reading = read_document(opendocument(study.raw / "notes" / "a.odt"), study)
    text = "# Rubrik\n\nI:  Hur gick det?\nVa?\n\n- ett\n- två\n\nR: Bra."
    assert reading.document.loc[0, "text"] == text


def test_rich_text_keeps_its_swedish(study):
    path = put(study, "notes/a.rtf", rb"{\rtf1\ansi\ansicpg1252 P\'e5 v\'e5ren, \u246?st\par Sen}")
    assert read_document(path, study).document.loc[0, "text"] == "På våren, öst\nSen"
    refused(study, "notes/b.rtf", b"inget", "not rich text")


def test_subtitles_are_recorded_speech_and_bad_cues_are_problems(study):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Talare Ett>Hej.\n\n00:x --> 00:04.000\nBorta.\n"
    reading = read_document(
        put(study, "transcripts/a.vtt", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()), study
    )
    assert reading.document.loc[0, "text"] == "[00:00:01] Talare Ett: Hej."
    assert reading.document.loc[0, "verbatim"] == "asr"
    assert [finding.row for finding in problems(reading)] == [6]


@pytest.mark.parametrize("name", ["karta.pptx", "karta.PNG", "karta.svg", "karta.tif"])
def test_drawings_are_documents_without_text(study, name):
    put(study, "homework/documents.csv", f"path,kind,unit\n{name},hemuppgift,K02\n")
    reading = read_document(put(study, f"homework/{name}", b"\x89\x00"), study, listed=read_document_list(study)[0])
    document = validate_table("documents", reading.document).iloc[0]
    assert (document["text"], document["encoding"], document["kind"], document["unit"]) == (
        "",
        "binary",
        "hemuppgift",
        "K02",
    )
    assert reading.findings == ()


def test_unknown_extensions_are_left_out_with_a_notice(study):
    reading = read_document(put(study, "notes/a.doc", b"x"), study)
    assert reading.document.empty
    assert [finding.severity for finding in reading.findings] == ["notice"]


def test_a_pdf_without_text_is_a_document_with_a_notice_and_a_locked_one_a_problem(study):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    path = study.raw / "notes" / "a.pdf"
    writer.write(path)
    reading = read_document(path, study)
    assert reading.document.loc[0, "text"] == ""
    assert any("without text" in f.what for f in reading.findings)
    assert problems(reading) == []
    writer.encrypt("hemligt", algorithm="RC4-128")
    writer.write(study.raw / "notes" / "b.pdf")
    (finding,) = problems(read_document(study.raw / "notes" / "b.pdf", study))
    assert "password" in finding.what


def test_what_cannot_be_read_is_a_problem_and_never_an_exception(study):
    refused(study, "notes/a.txt", "  \n\n", "no text")
    refused(study, "notes/b.txt", "---\nkind: intervju\n---\n\n", "no text")
    refused(study, "notes/c.docx", b"PK\x03\x04 nonsense", "damaged")
    refused(study, "notes/d.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 99, "password")
    refused(study, "notes/e.pdf", b"%PDF-1.4 broken", "damaged")
    refused(study, "notes/f.txt", b"\x00\x01\x00\x00ab", "NUL")
    with zipfile.ZipFile(study.raw / "notes" / "g.docx", "w") as archive:
        archive.writestr("word/other.xml", "<a/>")
    (finding,) = problems(read_document(study.raw / "notes" / "g.docx", study))
    assert "not a Word document" in finding.what


def test_zip_bombs_are_refused_from_their_directory(study):
    path = study.raw / "notes" / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 5_000_000)
    (finding,) = problems(read_document(path, study))
    assert "times" in finding.what
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", b"")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = (200 * 1024 * 1024).to_bytes(4, "little")  # the directory owns up to 200 MB
    refused(study, "notes/stated.docx", bytes(data), "200 MB")


def test_a_name_that_stands_twice_is_refused(study):
    path = study.raw / "notes" / "twice.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("content.xml", "<b/>")
    (finding,) = problems(read_document(path, study))
    assert "same name" in finding.what


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY b "hej">]>',
        '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]>',
        '<!DOCTYPE a SYSTEM "a.dtd">',
    ],
)
def test_document_types_are_refused(study, doctype):
    path = opendocument(study.raw / "notes" / "dtd.odt", doctype=doctype)
    (finding,) = problems(read_document(path, study))
    assert "document type" in finding.what


def test_too_large_and_too_long_are_clear_problems(study, monkeypatch):
    monkeypatch.setattr(room, "MAX_TEXT_BYTES", 2_000_000)
    refused(study, "notes/a.txt", b"a" * 2_100_000, "MB allowed")
    refused(study, "notes/b.txt", b"a " * 600_000, "1199999 characters".replace("1199999", "1200000"))


def test_laid_out_text_is_joined_with_a_notice_and_a_page_break_is_a_paragraph_elsewhere(study):
    line = "det var en gång en lång och bred rad som bröts mitt i en mening och\n"
    reading = read_document(put(study, "notes/a.txt", "Början " + line * 12 + "slut."), study)
    assert reading.document.loc[0, "text"].count("\n") == 0
    assert any("page's width" in finding.what for finding in reading.findings)
    path = put(study, "notes/b.txt", "I: Ett.\nR: Två.\n\fI: Tre.")
    assert read_document(path, study).document.loc[0, "text"] == "I: Ett.\nR: Två.\n\nI: Tre."


def test_dropped_characters_are_counted_in_a_notice(study):
    reading = read_document(put(study, "notes/a.txt", "a\u200bb\u00adc"), study)
    assert reading.document.loc[0, "text"] == "abc"
    assert any(finding.what.startswith("2 invisible") for finding in reading.findings)


def test_the_list_is_not_modified(study):
    path = put(study, "notes/a.txt", "Text.")
    put(study, "documents.csv", "path,kind\nnotes/a.txt,intervju\n")
    listed, _ = read_document_list(study)
    before = listed.copy()
    read_document(path, study, listed=listed)
    pd.testing.assert_frame_equal(listed, before)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("ID1.docx", "I really like", "€200."),
        ("ID2.odt", "I have not", "my money."),
        ("transcript.txt", "[id1] hello", "struggling."),
    ],
)
def test_real_documents(study, real, name, start, end):
    reading = read_document(put(study, f"transcripts/{name}", (real / name).read_bytes()), study)
    assert problems(reading) == []
    assert reading.document.loc[0, "text"].startswith(start)
    assert reading.document.loc[0, "text"].rstrip().endswith(end)
