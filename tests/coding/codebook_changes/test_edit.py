"""Codes renamed, merged, split, added and retired: what codings follow, what stays of the file, what is refused."""

import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from evalkit.coding.apply import apply_codebook
from evalkit.coding.codebook import parse_codebook
from evalkit.coding.codebook_changes import (
    merge_codes,
    new_code,
    new_code_from_quote,
    rename_code,
    replace_source,
    retire_code,
    split_code,
)
from evalkit.coding.codebook_changes.written import codebook_toml
from evalkit.errors import CodebookError, EvalkitError, PrivacyError
from evalkit.shipped import codebook_path
from tests.coding.codebook_changes.books import BOOK, COMMENTS, codebooks, content, parsed
from tests.coding.texts import documents_and_segments

few = settings(max_examples=40, phases=[Phase.explicit, Phase.generate, Phase.shrink])


def comments_left(source: str) -> list[str]:
    return [comment for comment in COMMENTS if comment not in source]


def test_a_new_id_is_followed_by_parents_groupings_and_rules():
    edit = rename_code(BOOK, "stod", "ledning", name={"sv": "Ledningens stöd", "en": "Support"})
    assert edit.codebook.ids == ("mandat", "ledning", "nara", "driv")
    assert edit.codebook.code("nara").parent == "ledning"
    assert edit.codebook.label("ledning", "en") == "Support"
    assert edit.change.recode == {"stod": "ledning"}
    assert edit.change.rules == {"stod.1": "ledning.1"}  # stod.egen keeps its own id
    assert comments_left(edit.source) == []
    moved = rename_code(BOOK, "mandat", "ratt")
    assert [grouping.codes for grouping in moved.codebook.groupings] == [("driv", "ratt"), ("ratt", "driv", "nara")]


def test_a_rename_changes_its_own_lines_only():
    edit = rename_code(BOOK, "mandat", "ratt")
    changed = [new for old, new in zip(BOOK.splitlines(), edit.source.splitlines(), strict=True) if old != new]
    assert changed == [
        'id = "ratt"  # får inte bytas lättvindigt',
        'cells = [["driv"], ["ratt"]]  # två av fyra',
        'steps = ["ratt", "driv"]',
    ]


def test_a_new_name_alone_recodes_nothing():
    edit = rename_code(BOOK, "driv", name="Drivkraft")
    assert edit.change.recode == {}
    assert edit.codebook.label("driv", "en") == "Drivkraft"
    assert edit.change.sentence("en") == "Code 'driv' has a new name."


@few
@given(book=codebooks().filter(lambda book: book.codes), data=st.data())
def test_a_rename_is_undone_by_renaming_back(book, data):
    source = codebook_toml(book)
    old = data.draw(st.sampled_from(book.ids))
    there = rename_code(source, old, "helt-annan")
    back = rename_code(there.source, "helt-annan", old)
    assert parse_codebook(back.source) == parse_codebook(source)  # the hash of the text too
    assert back.change.recode == {new: was for was, new in there.change.recode.items()}
    assert back.change.rules == {new: was for was, new in there.change.rules.items()}


def test_the_shipped_codebook_can_be_changed_and_changed_back():
    source = codebook_path().read_text(encoding="utf-8")
    there = rename_code(source, "mandat", "mandatet")
    assert rename_code(there.source, "mandatet", "mandat").source == source
    comments = [line for line in source.splitlines() if line.lstrip().startswith("#")]
    merged = merge_codes(source, ["motiv_symbol"], "motiv_nyfikenhet")
    kept = [line for line in merged.source.splitlines() if line.lstrip().startswith("#")]
    assert sorted(kept) == sorted(comments)


def test_merged_rules_move_with_their_comments_and_texts_stay():
    edit = merge_codes(BOOK.replace('hub = "nara"\n', ""), ["nara", "stod"], "driv")
    before, after = parse_codebook(BOOK), edit.codebook
    assert after.ids == ("mandat", "driv")
    assert after.code("driv").name == before.code("driv").name
    own, moved = before.code("driv").rules, before.code("stod").rules
    assert [rule.pattern for rule in after.code("driv").rules] == [rule.pattern for rule in (*own, *moved)]
    assert edit.change.recode == {"nara": "driv", "stod": "driv"}
    assert edit.change.rules == {"stod.1": "driv.3"}
    assert "# ryggen fri" in edit.source
    assert "===== Arbetet =====" in edit.source


@pytest.mark.parametrize(("gone", "into"), [("driv", "stod"), ("stod", "mandat"), ("mandat", "nara"), ("driv", "nara")])
def test_rules_are_joined_however_they_are_written(gone, into):
    source = BOOK[: BOOK.index("# ===== Vyer")]
    if into == "nara":  # its parent would be in the way of nothing, but the fixture's order would
        source = source.replace('parent = "stod"\n', "")
    before, edit = parse_codebook(source), merge_codes(source, [gone], into)
    joined = [rule.pattern for rule in (*before.code(into).rules, *before.code(gone).rules)]
    assert [rule.pattern for rule in edit.codebook.code(into).rules] == joined
    for comment in ("fackordet", "omskrivningar", "ryggen fri", "om lusten", "vanligast"):
        assert comment in edit.source


@few
@given(book=codebooks().filter(lambda book: len(book.codes) > 1), data=st.data())
def test_after_a_merge_codings_carry_the_new_code_and_no_rule_is_lost(book, data):
    into, *gone = data.draw(st.permutations(book.ids))
    gone = gone[: data.draw(st.integers(1, len(gone)))]
    try:
        edit = merge_codes(codebook_toml(book), gone, into)
    except CodebookError as error:
        assert re.search("cannot go up in it|would hold|goes in a circle", str(error))  # noqa: PT017
        return
    assert set(edit.change.recode) == set(gone)
    assert {edit.change.recode.get(id, id) for id in book.ids} == set(edit.codebook.ids)
    rules = [rule.pattern for id in (into, *gone) for rule in book.code(id).rules]
    assert [rule.pattern for rule in edit.codebook.code(into).rules] == rules
    for code in edit.codebook.codes:
        was = book.code(code.id).parent
        assert code.parent == edit.change.recode.get(was, was)


def test_a_child_merged_into_its_parent_hands_its_children_over():
    source = BOOK + '[[codes]]\nid = "narmast"\nname = "Närmast"\nparent = "nara"\n'
    source = source.replace('hub = "nara"\n', "")
    edit = merge_codes(source, ["nara"], "stod")
    assert edit.codebook.code("narmast").parent == "stod"


def test_a_split_moves_the_rules_named_and_decides_on_no_coding():
    edit = split_code(
        BOOK,
        "mandat",
        {
            "formellt": "Formellt mandat",
            "reellt": {"name": {"sv": "Reellt", "en": "Real"}, "definition": "I praktiken."},
        },
        rules={"mandat.1": "formellt"},
    )
    book = edit.codebook
    assert book.ids == ("mandat", "formellt", "reellt", "stod", "nara", "driv")
    assert [len(book.code(id).rules) for id in ("mandat", "formellt", "reellt")] == [1, 1, 0]
    assert book.code("formellt").rules[0].excludes == parse_codebook(BOOK).code("mandat").rules[0].excludes
    assert book.code("reellt").definition.sv == "I praktiken."
    assert book.ancestors("reellt") == ("mandat",)
    assert edit.change.recode == {}
    assert edit.change.undecided == ("mandat",)
    assert edit.change.rules == {"mandat.1": "formellt.1", "mandat.2": "mandat.1"}
    assert comments_left(edit.source) == []


def test_a_split_of_rules_written_as_tables_takes_their_comments_along():
    edit = split_code(BOOK, "driv", {"lust": "Lust"}, rules={"driv.1": "lust"})
    assert [rule.id for rule in edit.codebook.code("lust").rules] == ["lust.1"]
    assert [word.text for word in edit.codebook.code("driv").rules[0].pattern.alternatives] == ["energi"]
    assert edit.source.index('id = "lust"') < edit.source.index("# om lusten")
    assert comments_left(edit.source) == []


def test_a_split_code_may_leave_when_all_its_rules_have_a_place():
    edit = split_code(
        BOOK, "stod", {"rygg": "Rygg", "hejar": "Hejar"}, keep="retired",
        rules={"stod.1": "rygg", "stod.egen": "hejar"},
    )  # fmt: skip
    assert edit.codebook.ids == ("mandat", "rygg", "hejar", "nara", "driv")
    assert edit.codebook.code("nara").parent == ""
    assert edit.codebook.code("hejar").rules[0].id == "stod.egen"


def test_a_retired_codes_children_move_up_and_codings_wait():
    edit = retire_code(BOOK, "stod")
    assert edit.codebook.ids == ("mandat", "nara", "driv")
    assert edit.codebook.code("nara").parent == ""
    assert (edit.change.recode, edit.change.undecided) == ({}, ("stod",))
    assert "===== Arbetet =====" in edit.source


def test_a_new_code_stands_last_with_its_quote():
    quote = "Vi bestämde   oss [Person 3]\nför att köra"
    edit = new_code_from_quote(
        BOOK, "kora", "Köra", quote, may_be_kept=True, parent="driv", definition={"sv": "a", "en": "b"}
    )
    assert edit.codebook.ids[-1] == "kora"
    code = edit.codebook.code("kora")
    assert code.example.sv == "Vi bestämde oss [Person 3] för att köra"
    assert (code.parent, code.definition.en, code.rules) == ("driv", "b", ())
    assert comments_left(edit.source) == []
    assert new_code('version = "1"', "a", "A").codebook.ids == ("a",)
    empty = new_code('version = "1"\n# om kodboken\n[polarity]\nwindow = 3', "a", "A")
    assert empty.codebook.polarity.window == 3


@pytest.mark.parametrize("quote", ["Ring mig på 070-123 45 67", "Jag heter 811233-0000 sa hon", "mejla a.b@ekvik.se"])
def test_a_quote_with_what_gives_a_person_away_is_refused_without_repeating_it(quote):
    with pytest.raises(PrivacyError, match="take it from the pseudonymised text") as caught:
        new_code_from_quote(BOOK, "x", "X", quote, may_be_kept=True)
    assert not any(word in str(caught.value) for word in quote.split() if len(word) > 2)
    with pytest.raises(PrivacyError, match="may not be kept"):
        new_code_from_quote(BOOK, "x", "X", "ofarligt", may_be_kept=False)


BAD = [
    (lambda s: rename_code(s, "x", "y"), "no code has the id 'x'; the codes are mandat, stod, nara, driv"),
    (lambda s: rename_code(s, "stod", "driv"), "code 'driv' is in the codebook already; choose another id, or merge"),
    (lambda s: rename_code(s, "stod", "nara"), "code 'nara' is in the codebook already"),  # its own child
    (lambda s: rename_code(s, "stod"), "code 'stod': nothing to rename"),
    (lambda s: rename_code(s, "stod", "st öd"), "id has a sign that is not allowed"),
    (lambda s: rename_code(s, "stod", ""), "id is empty|id has a sign"),
    (lambda s: rename_code(s, "stod", name={"sv": "a"}), r"name must be a text, or \{ sv"),
    (lambda s: merge_codes(s, ["stod"], "nara"), "code 'stod' is above 'nara' and cannot go up in it; merge 'nara'"),
    (lambda s: merge_codes(s, ["mandat"], "driv"), "grouping 'fyra' holds 'driv', 'mandat' and would hold"),
    (lambda s: merge_codes(s, ["x"], "driv"), "no code has the id 'x'"),
    (lambda s: merge_codes(s, ["driv"], "x"), "no code has the id 'x'"),
    (lambda s: merge_codes(s, ["driv"], "driv"), "nothing to merge"),
    (lambda s: split_code(s, "driv", {"stod": "S"}), "code 'stod' is in the codebook already"),
    (lambda s: split_code(s, "driv", {}), "name the codes that it is split into"),
    (lambda s: split_code(s, "driv", {"a b": "S"}), "id has a sign that is not allowed"),
    (lambda s: split_code(s, "driv", {"a": {"namn": "S"}}), "code 'a': 'namn' is not a known key"),
    (lambda s: split_code(s, "driv", {"a": "A"}, rules={"driv.9": "a"}), "no rule has the id 'driv.9'; its rules are"),
    (lambda s: split_code(s, "driv", {"a": "A"}, rules={"driv.1": "b"}), "cannot go to 'b', which is none of the new"),
    (
        lambda s: split_code(s, "stod", {"a": "A", "b": "B"}, rules={"stod.1": "a"}, keep="retired"),
        "rule 'stod.egen' goes to none of the new codes",
    ),
    (
        lambda s: split_code(s, "driv", {"a": "A", "b": "B"}, keep="retired", rules={"driv.1": "a", "driv.2": "b"}),
        "code 'driv' is in grouping 'fyra'; put another in its place",
    ),
    (lambda s: retire_code(s, "nara"), "code 'nara' is in grouping 'varv'"),
    (lambda s: retire_code(s, "x"), "no code has the id 'x'"),
    (lambda s: new_code(s, "driv", "D"), "code 'driv' is in the codebook already"),
    (lambda s: new_code(s, "a", "A", parent="b"), "parent 'b' is not a code"),
    (lambda s: new_code(s, "a", "A", colour="röd"), "write it as '#RRGGBB'"),
    (lambda s: new_code(s, "a", "A", färg="röd"), "'färg' is not a known key; allowed are name, definition"),
    (lambda s: new_code_from_quote(s, "a", "A", " ", may_be_kept=True), "the quote is empty"),
    (lambda s: replace_source(s, s), "nothing would change"),
    (lambda s: replace_source(s, "version ="), "is not valid TOML"),
    (lambda _: rename_code("version =", "a", "b"), "is not valid TOML"),
    (lambda _: rename_code('version = "1"\ncodes = [{ id = "a", name = "A" }]', "a", "b"), "not all written as"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "message"), BAD)
def test_what_cannot_be_done_is_told_in_one_line(operation, message):
    with pytest.raises(EvalkitError, match=message) as caught:
        operation(BOOK)
    assert "\n" not in str(caught.value)


def test_a_heading_inside_a_text_is_no_heading():
    source = BOOK.replace('"Rätt att bestämma."', '"""Rätt:\n[[codes]]\nid = "x"\n# nej\n"""')
    edit = retire_code(rename_code(source, "mandat", "ratt").source, "stod")
    assert edit.codebook.code("ratt").definition.sv == 'Rätt:\n[[codes]]\nid = "x"\n# nej\n'


def test_another_text_in_its_place_lists_what_went():
    new = retire_code(BOOK, "stod").source
    edit = replace_source(BOOK, new)
    assert (edit.source, edit.change.before, edit.change.undecided) == (new, ("stod",), ("stod",))


@few
@given(book=codebooks())
def test_any_codebook_is_written_as_it_is_read(book):
    assert content(parse_codebook(codebook_toml(book))) == content(book)


def test_the_shipped_codebook_is_written_as_it_is_read(tmp_path: Path):
    source = codebook_path().read_text(encoding="utf-8")
    assert parsed(codebook_toml(parse_codebook(source))) == parsed(source)


def coded(book) -> dict[str, set[str]]:
    """Which segments the rules give each code."""
    said = [
        "Vi fick mandat.",
        "Vi fick uppdrag av nämnden.",
        "Hon höll ryggen fri.",
        "Lusten och energin!",
        "Vi åt lunch.",
    ]
    _, segments = documents_and_segments({"intervju": said})
    codings = apply_codebook(segments, book)
    return {id: set(codings["segment_id"][codings["code"] == id]) for id in book.ids}


def test_rules_code_the_same_segments_after_a_change():
    source = BOOK.replace('hub = "nara"\n', "")
    before = coded(parse_codebook(source))
    assert [len(before[id]) for id in ("mandat", "stod", "nara", "driv")] == [2, 1, 0, 1]
    renamed = coded(rename_code(source, "mandat", "ratt").codebook)
    assert renamed == {"ratt": before["mandat"], **{id: before[id] for id in ("stod", "nara", "driv")}}
    merged = coded(merge_codes(source, ["stod", "nara"], "driv").codebook)
    assert merged == {"mandat": before["mandat"], "driv": before["driv"] | before["stod"]}
    split = coded(split_code(source, "mandat", {"formellt": "F"}, rules={"mandat.2": "formellt"}).codebook)
    assert split["mandat"] == before["mandat"]  # what the code below is given, the one above is given too
    assert len(split["formellt"]) == 1
    assert split["formellt"] < before["mandat"]
