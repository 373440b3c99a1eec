import re
from pathlib import Path

import pytest

from evalkit.coding.codebook import Cycle, Matrix, read_codebook
from evalkit.coding.rules import ROLES, Words, WordSequence
from evalkit.errors import CodebookError

VALID = """
version = "1.0"
language = "sv"

[polarity]
negation = ["inte", "ingen|inget"]
window = 4

[[codes]]
id = "mandat"
name = { sv = "Mandat", en = "Mandate" }
definition = "Rätt att bestämma."
colour = "#0072B2"

  [[codes.rules]]
  words = ["mandat", "befogenhet|rätt*"]
  not = ["mandatperiod*", "mandat i riksdagen"]

  [[codes.rules]]
  id = "mandat.fick"
  sequence = ["få|ha", "uppdrag"]
  order = "either"
  gap = 2
  across = true
  polarity = "-"
  negatable = false
  with = ["nämnd*"]
  roles = ["informant"]

[[codes]]
id = "formellt"
name = "Formellt mandat"
parent = "mandat"

[[groupings]]
id = "fyra"
kind = "matrix"
name = "Fyra fält"
rows = ["a", { sv = "b", en = "b" }]
columns = ["c"]
cells = [["mandat"], ["formellt"]]

[[groupings]]
id = "varv"
kind = "cycle"
name = "Varv"
steps = ["mandat", "formellt"]
hub = "mandat"
"""


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "codebook.toml"
        path.write_text(text, encoding="utf-8")
        return read_codebook(path)

    return write_and_read


def test_a_valid_codebook(read):
    book = read(VALID)
    assert book.ids == ("mandat", "formellt")
    assert (book.label("mandat"), book.label("mandat", "en"), book.label("formellt", "en")) == (
        "Mandat", "Mandate", "Formellt mandat",
    )  # fmt: skip
    first, second = book.code("mandat").rules
    assert (first.id, second.id) == ("mandat.1", "mandat.fick")
    assert isinstance(first.pattern, Words)
    assert [word.text for word in first.pattern.alternatives] == ["mandat", "befogenhet", "rätt"]
    assert (first.polarity, first.negatable, first.roles) == ("+", True, ROLES)
    assert isinstance(second.pattern, WordSequence)
    assert (second.pattern.gap, second.pattern.any_order, second.pattern.across) == (2, True, True)
    assert (second.polarity, second.negatable, second.roles) == ("-", False, ("informant",))
    assert book.ancestors("formellt") == ("mandat",)
    assert book.polarity.window == 4
    matrix, cycle = book.groupings
    assert isinstance(matrix, Matrix)
    assert matrix.codes == ("mandat", "formellt")
    assert isinstance(cycle, Cycle)
    assert cycle.codes == ("mandat", "formellt", "mandat")


def test_the_version_tells_two_edits_apart_but_not_two_newlines(read, tmp_path):
    book = read(VALID)
    assert re.fullmatch(r"1\.0\+[0-9a-f]{8}", book.codebook_version)
    assert read(VALID + "# x").codebook_version != book.codebook_version
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    assert read_codebook(path).codebook_version == book.codebook_version


def test_a_codebook_without_rules_or_codes_is_valid(read):
    assert read('version = "0"\n[[codes]]\nid = "a"\nname = "A"\n').code("a").rules == ()
    assert read('version = "0"').codes == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('language = "sv"', 'language = "de"', r'language must be one of "sv"'),
        ('version = "1.0"', "", "version is missing"),
        ('negation = ["inte"', 'negatoin = ["inte"', r"\[polarity\] 'negatoin' is not a known key; allowed are neg"),
        ("window = 4", "window = -1", r"\[polarity\] window is -1; allowed are 0 to 50"),
        ("window = 4", "window = true", r"window must be a whole number"),
        ('colour = "#0072B2"', 'colour = "blue"', r"line 9: code 'mandat': colour is 'blue'; write it as '#RRGGBB'"),
        ('colour = "#0072B2"', 'color = "#0072B2"', r"line 9: code 'mandat': 'color' is not a known key"),
        ('en = "Mandate"', 'de = "Mandat"', r"code 'mandat': name must be a text, or \{ sv"),
        ('id = "mandat"\nname', 'id = "man dat"\nname', r"id has a sign that is not allowed"),
        ('id = "mandat"\nname', "name", r"line 9: code number 1: id is missing"),
        ("gap = 2", "gab = 2", r"line 19: code 'mandat', rule 'mandat.fick': 'gab' is not a known key; allowed"),
        ("gap = 2", "gap = 2.5", r"rule 'mandat.fick': gap must be a whole number"),
        ('order = "either"', 'order = "any"', r'order must be one of "fixed", "either"'),
        ('polarity = "-"', 'polarity = "minus"', r'polarity must be one of "\+", "-", "\?"'),
        ('roles = ["informant"]', 'roles = ["intervjuare"]', r"has 'intervjuare'; allowed are informant, "),
        ('roles = ["informant"]', "roles = []", r"roles has ''; allowed are"),
        ('words = ["mandat"', 'words = ["ta ställning"', r"line 15: code 'mandat', rule 'mandat.1': words, pattern 1 "),
        ('words = ["mandat", "befogenhet|rätt*"]', "words = []", "rule 'mandat.1': words is empty"),
        ('words = ["mandat", "befogenhet|rätt*"]', 'words = "mandat"', "words must be a list of texts"),
        ('words = ["mandat", "befogenhet|rätt*"]', 'words = ["mandat"]\nsequence = ["a", "b"]', "or both"),
        ('words = ["mandat", "befogenhet|rätt*"]', 'words = ["mandat"]\ngap = 2', "'gap' belongs to a sequence"),
        ('words = ["mandat", "befogenhet|rätt*"]', "", "has no 'words' or 'sequence'"),
        ('sequence = ["få|ha", "uppdrag"]', 'sequence = ["få|ha"]', "sequence needs at least two parts"),
        ('sequence = ["få|ha", "uppdrag"]', 'sequence = ["a", "b", "c", "d", "e"]', "at most 4 parts"),
        ('with = ["nämnd*"]', 'with = ["..."]', r"with, pattern 1 \('...'\)"),
        ('with = ["nämnd*"]', "with = [1]", "with must be a list of texts"),
        ('id = "mandat.fick"', 'id = "mandat.1"', "rules: id 'mandat.1' stands more than once"),
        ('id = "formellt"', 'id = "mandat"', "codes: id 'mandat' stands more than once"),
        ('parent = "mandat"', 'parent = "mandta"', r"line 30: code 'formellt': parent 'mandta' is not a code"),
        ('definition = "Rätt att bestämma."', 'parent = "formellt"', r"circle \(mandat → formellt → mandat\)"),
        ('parent = "mandat"', 'parent = "formellt"', r"parents go in a circle \(formellt → formellt\)"),
        ('cells = [["mandat"]', 'cells = [["mandta"]', r"grouping 'fyra': code 'mandta' is not in the codebook"),
        ('cells = [["mandat"]', 'cells = [["mandat", "formellt"]', r"cells must be 2 lists of 1 code ids"),
        ('hub = "mandat"', 'hub = "x"', r"grouping 'varv': code 'x' is not in the codebook"),
        ('steps = ["mandat", "formellt"]', 'steps = ["mandat"]', "at least two code ids"),
        ('kind = "cycle"', 'kind = "circle"', r'grouping \'varv\': kind must be one of "matrix", "cycle"'),
        ('id = "varv"', 'id = "fyra"', "groupings: id 'fyra' stands more than once"),
        ('version = "1.0"', 'versoin = "1.0"', "'versoin' is not a known key; allowed are version"),
        ("[polarity]", "[polarity", "is not valid TOML"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named(read, old, new, message):
    assert old in VALID
    with pytest.raises(CodebookError, match=message) as caught:
        read(VALID.replace(old, new, 1))
    assert str(caught.value).startswith("CodebookError: codebook.toml")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(CodebookError, match=r"nowhere.toml: cannot be read"):
        read_codebook(tmp_path / "nowhere.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes('version = "é"'.encode("latin-1"))
    with pytest.raises(CodebookError, match="not UTF-8"):
        read_codebook(path)


def test_an_unknown_code_is_refused(read):
    with pytest.raises(CodebookError, match="no code has the id 'x'; the codes are mandat, formellt"):
        read(VALID).label("x")


def test_a_named_list_stands_for_its_words(tmp_path: Path) -> None:
    start = 'version = "1"\n[lists]\nhem = ["hund*", "katt*"]\n[[codes]]\nid = "a"\nname = "A"\n'
    path = tmp_path / "codebook.toml"
    path.write_text(start + 'rules = [{ sequence = ["@hem", "gå"], not = ["@hem"] }]\n', encoding="utf-8")
    rule = read_codebook(path).code("a").rules[0]
    path.write_text(start + 'rules = [{ sequence = ["hund*|katt*", "gå"], not = ["hund*|katt*"] }]\n', encoding="utf-8")
    assert read_codebook(path).code("a").rules[0] == rule
    path.write_text(start + 'rules = [{ words = ["x"], not = ["@bort"] }]\n', encoding="utf-8")
    with pytest.raises(CodebookError, match=r"not names the list '@bort', which is not under \[lists\] \(there: hem\)"):
        read_codebook(path)
