from pathlib import Path

import pandas as pd
import pytest

from evalkit.errors import TableError
from evalkit.study import Study
from evalkit.tables import empty_table, join_parts, possibilities, read_table, table_path, write_table, write_whole


def test_a_table_comes_back_as_it_went_in(study: Study) -> None:
    table = empty_table("attendance")
    table.loc[0] = ["K01", 1, 3, None, "H1", "f.csv", 2]
    table = table.astype(empty_table("attendance").dtypes)
    write_table(study, "attendance", table)
    pd.testing.assert_frame_equal(read_table(study, "attendance"), table)


def test_a_table_that_breaks_its_schema_is_not_written(study: Study) -> None:
    table = empty_table("attendance")
    table.loc[0] = ["K01", 1, -3, None, None, "f.csv", 2]
    with pytest.raises(TableError, match="attendance: 1 values break the schema, first: column 'n_present'"):
        write_table(study, "attendance", table.astype(empty_table("attendance").dtypes))
    assert not table_path(study, "attendance").exists()


def test_a_table_not_built_says_what_to_run(study: Study) -> None:
    with pytest.raises(TableError, match="evalkit run"):
        read_table(study, "segments")
    with pytest.raises(TableError, match="no table is called 'segment'"):
        read_table(study, "segment")


def test_no_parts_make_an_empty_table(study: Study) -> None:
    pd.testing.assert_frame_equal(join_parts(study, "documents", []), empty_table("documents"))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_be_got_follows_what_there_is() -> None:
    nothing = possibilities({})
    assert all(part.missing for part in nothing)
    some = possibilities({"documents": 5, "attendance": 9})
    sentences = [part.sentence("sv") for part in some if not part.missing]
    assert "ni har registret attendance → ni kan få närvaro" in sentences
    assert len(sentences) == 2
    assert "you have documents → you can get codings" in some[0].sentence("en")
