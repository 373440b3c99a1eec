"""Versions of the codebook in a store: codings follow, one undo takes both back, and a crash is detected."""

import re

import pytest

from evalkit.coding.codebook import read_codebook
from evalkit.coding.codebook_changes import (
    change_codebook,
    codebook_changes,
    codebook_versions,
    history,
    merge_codes,
    new_code,
    next_version,
    own_codebook,
    read_version,
    record_change,
    record_file,
    rename_code,
    replace_source,
    retire_code,
    settle_codebook,
    split_code,
    undecided_codings,
    unsettled,
)
from evalkit.coding.store import CodingStore
from evalkit.errors import CodebookError, StoreError
from tests.coding.codebook_changes.books import BOOK

TEXT = "R: Vi hade inte mandat alls, men chefen stod bakom oss hela vägen."
BOOK = BOOK.replace('hub = "nara"\n', "")


@pytest.fixture
def store(tmp_path):
    with CodingStore(tmp_path / "codings.sqlite") as opened:
        yield opened


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "raw" / "codebook.toml"
    path.parent.mkdir()
    path.write_text(BOOK, encoding="utf-8", newline="\n")
    return path


def code(store, code, coder="A", start=11, end=22, **values):
    return store.add_coding(
        coder=coder, document_id="intervju_K01", text=TEXT, start=start, end=end, code=code,
        codebook_version="1.4+x", **values,
    )  # fmt: skip


def codes(store):
    return dict(zip(store.records("codings")["id"], store.records("codings")["code"], strict=True))


def test_a_rename_takes_codings_and_memos_along_and_one_undo_takes_all_back(store, path):
    mine, theirs, other = code(store, "stod"), code(store, "stod", coder="B"), code(store, "driv")
    memo = store.add_memo("code", "stod", "Gränsen till driv?", coder="B")
    before = path.read_bytes()
    done = change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    assert codes(store) == {mine: "ledning", theirs: "ledning", other: "driv"}
    assert (done.n_recoded, done.n_joined, done.conflicts, len(done.undecided)) == (2, 0, (), 0)
    assert store.records("codings").set_index("id").loc[theirs, "coder"] == "B"
    assert store.records("codings").set_index("id").loc[mine, "codebook_version"] == done.codebook.codebook_version
    assert store.records("memos").set_index("id").loc[memo, "subject"] == "ledning"
    book = read_codebook(path)
    assert (book, book.version) == (done.codebook, "1.5")
    assert "# höjs vid varje ändring" in done.source
    assert unsettled(path, store) is None
    store.undo("A")
    assert codes(store) == {mine: "stod", theirs: "stod", other: "driv"}
    assert "the file is at version 1.5, the codings are at version 1.4" in unsettled(path, store)
    assert settle_codebook(path, store) == "1.4"
    assert path.read_bytes() == before
    assert unsettled(path, store) is None
    store.redo("A")
    assert codes(store)[theirs] == "ledning"
    assert settle_codebook(path, store) == "1.5"
    assert read_codebook(path) == book
    assert settle_codebook(path, store) is None
    assert store.verify() == []


def test_after_a_merge_a_person_has_not_coded_a_passage_twice(store, path):
    into = code(store, "driv")
    twice, denied = code(store, "nara"), code(store, "nara", polarity="-", coder="B")
    affirmed, elsewhere = code(store, "driv", coder="B"), code(store, "stod", start=30, end=40)
    done = change_codebook(path, store, "A", lambda source: merge_codes(source, ["nara", "stod"], "driv"))
    assert codes(store) == dict.fromkeys((into, denied, affirmed, elsewhere), "driv")
    assert (done.n_recoded, done.n_joined) == (2, 1)
    assert set(done.conflicts) == {denied, affirmed}
    store.undo("A")
    assert codes(store)[twice] == "nara"
    assert len(codes(store)) == 5


def test_what_a_split_or_a_retirement_leaves_is_listed_until_somebody_decides(store, path):
    split, retired, later = code(store, "mandat"), code(store, "stod", coder="B"), code(store, "driv")
    done = change_codebook(
        path, store, "A", lambda source: split_code(source, "mandat", {"ratt": "Rätt", "roll": "Roll"})
    )
    assert done.undecided["coding_id"].tolist() == [split]
    change_codebook(path, store, "A", lambda source: retire_code(source, "stod"))
    listed = undecided_codings(store).set_index("coding_id")
    assert listed[["code", "kind", "version"]].to_dict("index") == {
        split: {"code": "mandat", "kind": "split", "version": "1.5"},
        retired: {"code": "stod", "kind": "retire", "version": "1.6"},
    }
    assert codes(store) == {split: "mandat", retired: "stod", later: "driv"}
    store.change_coding(split, coder="A", code="roll")
    code(store, "mandat", start=30, end=35)  # made knowing the new codes
    assert undecided_codings(store)["coding_id"].tolist() == [retired]
    stray = code(store, "okand")
    assert set(undecided_codings(store, read_codebook(path))["coding_id"]) == {retired, stray}


def test_versions_can_be_listed_and_read(store, path):
    change_codebook(path, store, "A", lambda source: new_code(source, "kora", "Köra"))
    change_codebook(path, store, "B", lambda source: rename_code(source, "kora", "satta"))
    table = codebook_versions(store)
    assert table[["version", "kind", "codes", "coder"]].to_numpy().tolist() == [
        ["1.4", "start", 4, "A"], ["1.5", "new", 5, "A"], ["1.6", "rename", 5, "B"],
    ]  # fmt: skip
    assert read_version(store, "1.4")[0] == BOOK
    source, book = read_version(store, table["codebook_version"].iloc[1])
    assert (book.version, book.ids[-1]) == ("1.5", "kora")
    assert re.search(r'version = "1\.5"  # höjs', source)
    assert [change.kind for change in codebook_changes(store, "1.4")] == ["new", "rename"]
    assert codebook_changes(store, "1.5")[0].recode == {"kora": "satta"}
    with pytest.raises(StoreError, match=r"has no version '9' of the codebook; it has 1\.4, 1\.5, 1\.6"):
        read_version(store, "9")


def test_a_crash_between_the_store_and_the_file_is_told_and_mended(store, path, monkeypatch):
    mine = code(store, "stod")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(history, "write_whole", crash)
    with pytest.raises(KeyboardInterrupt):
        change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == BOOK
    assert codes(store) == {mine: "ledning"}
    with pytest.raises(
        CodebookError, match=r"file is at version 1\.4, the codings are at version 1\.5\. Write version 1"
    ):
        change_codebook(path, store, "A", lambda source: rename_code(source, "driv", "lust"))
    with pytest.raises(CodebookError, match="codebook settle"):
        record_file(path, store, "A")
    assert settle_codebook(path, store) == "1.5"
    change_codebook(path, store, "A", lambda source: rename_code(source, "driv", "lust"))
    assert read_codebook(path).ids == ("mandat", "ledning", "nara", "lust")


def test_a_crash_before_the_step_ends_changes_nothing(store, path, monkeypatch):
    mine = code(store, "stod")
    entries = len(store.log())
    monkeypatch.setattr(history, "_recode_memos", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    assert (path.read_text(encoding="utf-8"), codes(store), len(store.log())) == (BOOK, {mine: "stod"}, entries)


def test_a_file_that_cannot_be_written_is_told(store, path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history, "write_whole", full)
    with pytest.raises(CodebookError, match=r"cannot be written .*, but the codings are at the new"):
        change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    monkeypatch.undo()
    assert settle_codebook(path, store) == "1.5"


def test_an_edit_of_the_file_from_before_a_crash_is_not_lost(store, path):
    record_change(store, rename_code(BOOK, "stod", "ledning"), coder="A")
    edited = path.read_text(encoding="utf-8").replace("Stöd nära", "Stöd intill")
    path.write_text(edited, encoding="utf-8")
    with pytest.raises(
        CodebookError, match=r"was edited from version 1\.4, the codings are at version 1\.5\. Put the file"
    ):
        settle_codebook(path, store)
    assert path.read_text(encoding="utf-8") == edited
    path.unlink()
    assert settle_codebook(path, store) == "1.5"


def test_edits_by_hand_are_noted_before_the_next_change(store, path):
    mine = code(store, "nara")
    change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    by_hand = path.read_text(encoding="utf-8").replace('id = "nara"', 'id = "intill"')
    path.write_text(by_hand, encoding="utf-8")
    assert unsettled(path, store) is None
    change_codebook(path, store, "A", lambda source: rename_code(source, "driv", "lust"))
    assert codebook_versions(store)["kind"].tolist() == ["start", "rename", "edit", "rename"]
    assert codebook_versions(store)["version"].tolist() == ["1.4", "1.5", "1.5", "1.6"]
    assert undecided_codings(store)["coding_id"].tolist() == [mine]
    store.undo("A")
    assert settle_codebook(path, store) == "1.5"
    assert path.read_text(encoding="utf-8") == by_hand  # what was made by hand is not undone with the change
    assert record_file(path, store, "A") == "1.5"
    assert record_file(path, store, "A") is None


def test_two_undos_lead_back_two_versions(store, path):
    for old, new in (("stod", "ledning"), ("ledning", "ryggen")):
        change_codebook(path, store, "A", lambda source, old=old, new=new: rename_code(source, old, new))
    store.undo("A")
    assert settle_codebook(path, store) == "1.5"
    store.undo("A")
    assert settle_codebook(path, store) == "1.4"
    assert path.read_text(encoding="utf-8") == BOOK
    change_codebook(path, store, "A", lambda source: rename_code(source, "driv", "lust"))
    assert codebook_versions(store)["version"].tolist() == ["1.4", "1.5"]


def test_only_the_latest_version_can_be_taken_back(store, path):
    code(store, "stod")
    change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    change_codebook(path, store, "B", lambda source: rename_code(source, "driv", "lust"))
    with pytest.raises(StoreError, match="one of the codebooks has been changed since by"):
        store.undo("A")
    store.undo("B")
    store.undo("A")
    assert settle_codebook(path, store) == "1.4"
    change_codebook(path, store, "C", lambda source: rename_code(source, "driv", "lust"))
    with pytest.raises(StoreError, match="one of the codebooks has been changed since by"):
        store.redo("A")
    with pytest.raises(StoreError, match="one of the codebooks has been changed since by"):
        store.redo("B")
    assert store.verify() == []


def test_a_colleague_on_another_machine_gets_the_new_version(store, path, tmp_path):
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(BOOK, encoding="utf-8")
    change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    with pytest.raises(CodebookError, match=r"file is at version 1\.4, the codings are at version 1\.5"):
        change_codebook(theirs, store, "B", lambda source: rename_code(source, "driv", "lust"))
    assert settle_codebook(theirs, store) == "1.5"
    assert theirs.read_bytes() == path.read_bytes()


def test_two_at_once_do_not_build_on_the_same_version(store, path):
    def meanwhile(source):
        record_change(store, rename_code(source, "driv", "lust"), coder="B")
        return rename_code(source, "stod", "ledning")

    with pytest.raises(CodebookError, match=r"the codings are at version 1\.5"):
        change_codebook(path, store, "A", meanwhile)

    def edited(source):
        path.write_text(source + "# nytt\n", encoding="utf-8")
        return rename_code(source, "stod", "ledning")

    settle_codebook(path, store)
    with pytest.raises(CodebookError, match="edited the file just now"):
        change_codebook(path, store, "A", edited)
    assert codebook_versions(store)["version"].tolist() == ["1.4", "1.5"]


def test_line_ends_and_mark_of_the_file_stay(store, path):
    path.write_bytes(b"\xef\xbb\xbf" + BOOK.replace("\n", "\r\n").encode())
    change_codebook(path, store, "A", lambda source: rename_code(source, "stod", "ledning"))
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf# Kodbok")
    assert written.count(b"\r\n") == written.count(b"\n") == BOOK.count("\n")
    assert unsettled(path, store) is None


def test_a_refused_operation_changes_nothing(store, path):
    with pytest.raises(CodebookError, match="no code has the id"):
        change_codebook(path, store, "A", lambda source: rename_code(source, "x", "y"))
    with pytest.raises(StoreError, match="needs the name of the coder"):
        change_codebook(path, store, " ", lambda source: rename_code(source, "stod", "ledning"))
    assert (path.read_text(encoding="utf-8"), len(store.log())) == (BOOK, 0)


def test_a_text_that_declares_its_own_version_keeps_it(store, path):
    new = BOOK.replace('"1.4"', '"2.0"').replace("Stöd nära", "Stöd intill")
    assert change_codebook(path, store, "A", lambda source: replace_source(source, new)).codebook.version == "2.0"
    again = new.replace('"2.0"', '"1.4"')
    assert change_codebook(path, store, "A", lambda source: replace_source(source, again)).codebook.version == "1.5"


@pytest.mark.parametrize(
    ("old", "new"), [("1.4", "1.5"), ("1.9", "1.10"), ("7", "8"), ("utkast", "utkast.1"), ("1.0b", "1.0b.1")]
)
def test_the_next_version(old, new):
    assert next_version(old) == new


def test_a_study_without_a_codebook_gets_its_own_copy(tmp_path):
    class Folder:
        raw = tmp_path

    own = own_codebook(Folder)
    assert own == tmp_path / "codebook.toml"
    assert read_codebook(own).codes
    own.write_text('version = "7"', encoding="utf-8")
    own.with_name("codebook.learned.json").unlink()
    assert own_codebook(Folder) == own
    assert read_codebook(own).version == "7"
