"""The printed codebook: everything a coder needs, in the order of the tree, and the same bytes every time."""

import io
import zipfile

import docx
import pytest
from docx.shared import Mm
from hypothesis import given, settings

from evalkit.coding.codebook import parse_codebook, read_codebook
from evalkit.coding.codebook_changes import codebook_to_docx
from evalkit.shipped import codebook_path
from tests.coding.codebook_changes.books import BOOK, codebooks
from tests.coding.codebook_changes.test_edit import few

TREE = BOOK + '[[codes]]\nid = "narmast"\nname = "Närmast"\nparent = "nara"\n'


def opened(content):
    return docx.Document(io.BytesIO(content))


def headings(document, level):
    return [p.text for p in document.paragraphs if p.style.name == f"Heading {level}"]


def test_codes_stand_below_their_parents_with_what_a_coder_needs():
    document = opened(codebook_to_docx(parse_codebook(TREE)))
    shown = [p.text for p in document.paragraphs if p.style.name in ("Heading 2", "Heading 3", "Heading 4")]
    assert shown == [
        "■ Mandat  mandat", "Stöd  stod", "Stöd nära  nara", "Närmast  narmast", "Driv  driv",
        "Fyra fält (fyra)", "Varv (varv)",
    ]  # fmt: skip
    assert headings(document, 3) == ["Stöd nära  nara"]
    assert headings(document, 4) == ["Närmast  narmast"]
    assert headings(document, 1) == ["Översikt", "Koderna", "Grupperingar"]
    blocks = [[tuple(cell.text for cell in row.cells) for row in table.rows] for table in document.tables]
    assert blocks[0] == [("Definition", "Rätt att bestämma."), ("Regler", "2")]
    assert blocks[2] == [("Hör till", "Stöd"), ("Regler", "inga, kodas av människor")]
    assert blocks[-2] == [("", "egen"), ("inre", "Driv"), ("yttre", "Mandat")]
    assert blocks[-1] == [("Plats", "Kod"), ("Steg 1", "Mandat"), ("Steg 2", "Driv"), ("Mitten", "Stöd nära")]


def test_it_is_a4_with_a_page_number_and_in_the_language_asked_for():
    content = codebook_to_docx(parse_codebook(TREE), lang="en", counts={"mandat": 1234})
    document = opened(content)
    section = document.sections[0]
    assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (210, 297)
    assert document.paragraphs[0].text == "Codebook 1.4"
    assert "■ Mandate  mandat" in headings(document, 2)
    text = "\n".join(p.text for p in document.paragraphs)
    assert "5 codes · 6 rules" in text
    assert "■ Mandate  mandat  1,234" in text
    assert ("Codings", "1,234") in [tuple(c.text for c in row.cells) for row in document.tables[0].rows]
    assert ("Codings", "0") in [tuple(c.text for c in row.cells) for row in document.tables[1].rows]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        footer = b"".join(archive.read(name) for name in archive.namelist() if "footer" in name)
        assert b"PAGE" in footer


def test_the_same_codebook_gives_the_same_bytes():
    book = read_codebook(codebook_path())
    content = codebook_to_docx(book)
    assert content == codebook_to_docx(book)
    about = opened(content).core_properties
    assert (about.author, about.created, about.modified) == ("", about.modified, about.created)
    assert about.created.year == 2000
    assert "Kodningar" not in "".join(cell.text for table in opened(content).tables for cell in table.columns[0].cells)


@settings(few, max_examples=15)
@given(book=codebooks())
def test_any_codebook_can_be_printed(book):
    document = opened(codebook_to_docx(book))
    assert len(document.tables) == len(book.codes) + len(book.groupings)


@pytest.mark.parametrize("source", ['version = "1"', 'version = "1"\n[[codes]]\nid = "a"\nname = "A\\u0007B"\n'])
def test_a_codebook_of_nothing_and_one_with_a_sign_no_document_holds(source):
    assert opened(codebook_to_docx(parse_codebook(source))).paragraphs[0].text == "Kodbok 1"
