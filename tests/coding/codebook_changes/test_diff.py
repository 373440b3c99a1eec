"""What is told to be different is different, nothing else is, and renamed codes are known again."""

import pytest
from hypothesis import given

from evalkit.coding.codebook import parse_codebook
from evalkit.coding.codebook_changes import (
    diff_codebooks,
    diff_lines,
    merge_codes,
    new_code,
    rename_code,
    retire_code,
    split_code,
)
from evalkit.coding.codebook_changes.written import codebook_toml
from tests.coding.codebook_changes.books import BOOK, codebooks
from tests.coding.codebook_changes.test_edit import few

BEFORE = parse_codebook(BOOK)
UPPDRAG = 'sequence = ["få", "uppdrag"]'


def rows(diff):
    return [tuple(row) for row in diff.table[["what", "change", "code", "before", "after"]].to_numpy().tolist()]


def against(source, changes=()):
    return diff_codebooks(BEFORE, parse_codebook(source), changes=changes)


@few
@given(book=codebooks())
def test_a_codebook_is_not_different_from_itself(book):
    written = parse_codebook(codebook_toml(book))
    assert diff_codebooks(book, written).table.empty
    assert "say the same" in diff_codebooks(book, written).sentence("en")


@few
@given(a=codebooks(), b=codebooks())
def test_what_is_added_one_way_is_removed_the_other_way(a, b):
    there, back = diff_codebooks(a, b).table, diff_codebooks(b, a).table
    for what in ("code", "negation", "exempt"):
        added = there[(there["what"] == what) & (there["change"] == "added")]
        gone = back[(back["what"] == what) & (back["change"] == "removed")]
        assert sorted(added["after"]) == sorted(gone["before"])
    assert there.empty == back.empty
    if list(map(_without_ids, a.codes)) != list(map(_without_ids, b.codes)) and set(a.ids) == set(b.ids):
        assert not there.empty


def _without_ids(code):
    return code.id, code.name, code.definition, code.include, code.exclude, code.example, code.parent, code.colour


def test_a_renamed_code_is_known_by_its_rules_and_nothing_else_is_told():
    diff = against(rename_code(BOOK, "stod", "ledning").source)
    assert rows(diff) == [("code", "renamed", "ledning", "stod", "ledning")]
    assert diff.table["rests_on"].tolist() == [("stod", "ledning")]


def test_a_code_that_says_nothing_is_known_only_by_what_was_recorded():
    edit = rename_code(BOOK, "nara", "intill")
    assert [row[:2] for row in rows(against(edit.source))] == [
        ("code", "removed"),
        ("code", "added"),
        ("grouping", "changed"),
    ]
    assert rows(against(edit.source, [edit.change])) == [("code", "renamed", "intill", "nara", "intill")]


def test_two_codes_that_say_the_same_are_not_guessed():
    source = BOOK.replace('id = "nara"', 'id = "nara"\ndefinition = "Rätt att bestämma."\nrules = []')
    twins = source.replace('id = "nara"', 'id = "x"').replace('hub = "nara"', 'hub = "x"')
    twins = rename_code(twins, "mandat", "y").source
    found = diff_codebooks(parse_codebook(source), parse_codebook(twins)).table
    renamed = found[(found["what"] == "code") & (found["change"] == "renamed")]
    assert set(zip(renamed["before"], renamed["after"], strict=True)) == {("mandat", "y"), ("nara", "x")}
    both = '[[codes]]\nid = "{}"\nname = "A"\ndefinition = "d"\n'
    top = 'version = "1"\n'
    a, b = (parse_codebook(top + both.format(x) + both.format(y)) for x, y in (("a", "b"), ("c", "d")))
    assert diff_codebooks(a, b).table["change"].tolist() == ["removed", "removed", "added", "added"]


def test_recorded_changes_are_followed_one_after_the_other():
    source = BOOK.replace('hub = "nara"\n', "")
    first = rename_code(source, "stod", "ledning")
    second = merge_codes(first.source, ["ledning"], "driv")
    third = split_code(second.source, "mandat", {"formellt": "F", "reellt": "R"}, rules={"mandat.2": "reellt"})
    fourth = rename_code(third.source, "reellt", "verkligt")
    changes = [edit.change for edit in (first, second, third, fourth)]
    diff = diff_codebooks(parse_codebook(source), fourth.codebook, changes=changes)
    codes = [row for row in rows(diff) if row[0] == "code"]
    assert codes == [
        ("code", "split", "mandat", "mandat", "formellt, verkligt"),
        ("code", "merged", "driv", "stod", "driv"),
    ]
    moved = diff.table[(diff.table["what"] == "rule")]
    assert moved["change"].tolist() == ["moved"]
    assert (moved["before"].iloc[0], moved["code"].iloc[0]) == ("mandat", "verkligt")
    # nara's parent went up in driv: that is no change of nara
    assert "parent" not in diff.table["what"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("Rätt att bestämma.", "Rätt.", ("definition", "changed", "mandat", "Rätt att bestämma.", "Rätt.")),
        ('en = "Mandate"', 'en = "Power"', ("name", "changed", "mandat", "Mandate", "Power")),
        ('parent = "stod"\n', "", ("parent", "removed", "nara", "stod", "")),
        ("#0072B2", "#FFFFFF", ("colour", "changed", "mandat", "#0072B2", "#FFFFFF")),
        ('["inte"]', '["inte", "ej"]', ("negation", "added", "", "", "ej")),
        ('["inte"]', '["inte"]\nwindow = 9', ("window", "changed", "", "6", "9")),
        ("gap = 2", "gap = 3", ("rule", "changed", "mandat", f"{UPPDRAG}, gap = 2", f"{UPPDRAG}, gap = 3")),
        ("uppbackning*", "något", ("rule", "changed", "stod", 'words = ["uppbackning*"]', 'words = ["något"]')),
        ('words = ["energi"]', 'words = ["kämparglöd*", "gnista*"]', None),
        ('rows = ["inre", "yttre"]', 'rows = ["inre", "ytlig"]', None),
    ],
)  # fmt: skip
def test_each_difference_is_told(old, new, row):
    assert old in BOOK
    found = rows(against(BOOK.replace(old, new, 1)))
    if row is not None:
        assert found == [row]
    elif "energi" in old:
        assert found == [
            ("rule", "removed", "driv", 'words = ["energi"]', ""),
            ("rule", "added", "driv", "", 'words = ["kämparglöd*", "gnista*"]'),
        ]
    else:
        (only,) = found
        assert only[:3] == ("grouping", "changed", "")
        assert "ytlig" in only[4]


def test_order_and_comments_are_no_difference():
    assert against(BOOK.replace("# fackordet", "# annat")).table.empty
    start, end = BOOK.index('[[codes]]\nid = "driv"'), BOOK.index("# ===== Vyer")
    moved = BOOK[:start] + BOOK[end:]
    moved = moved.replace("[[codes]]", BOOK[start:end] + "\n[[codes]]", 1)
    assert parse_codebook(moved).ids[0] == "driv"
    assert against(moved).table.empty


def test_it_reads_well_in_a_terminal():
    edit = retire_code(new_code(BOOK, "kora", "Köra").source, "stod")
    diff = against(edit.source.replace("Rätt att bestämma.", "Rätt att bestämma över tid och pengar. " * 9))
    lines = diff_lines(diff, width=80)
    assert "  + kod: Köra" in lines
    assert "  - kod: Stöd" in lines
    assert "      - Rätt att bestämma." in lines
    assert max(map(len, lines[:-1])) <= 80
    assert lines[0] == f"{BEFORE.codebook_version} → {diff.after}"
    assert lines[-1].endswith("segment.")
    english = diff.sentence("en")
    assert "codes: 1 new, 1 removed; texts: 1 removed, 1 changed; rules: 2 removed" in english
    assert "koder: 1 ny, 1 borttagen" in diff.sentence("sv")
    assert diff.caption("en").startswith("Differences between")
