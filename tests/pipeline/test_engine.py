from pathlib import Path

import pytest

from evalkit.errors import SourceError
from evalkit.pipeline.engine import Step, code_hash, run_steps


def copy_step(source: Path, target: Path, *, state: str = "") -> Step:
    return Step(target.name, lambda: target.write_bytes(source.read_bytes()), [source], [target], state=state)


def test_a_step_runs_again_only_for_content_state_or_a_lost_output(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    first.write_text("1")

    def run(state: str = "") -> list[str]:
        steps = [copy_step(second, third), copy_step(first, second, state=state)]
        return run_steps(steps, database=tmp_path / "db.json")

    assert run() == ["b", "c"]
    assert run() == []
    first.touch()
    assert run() == []
    first.write_text("2")
    assert run() == ["b", "c"]
    assert third.read_text() == "2"
    assert run(state="new") == ["b"]
    third.unlink()
    assert run(state="new") == ["c"]


def test_an_input_that_comes_or_goes_runs_the_step_again(tmp_path: Path) -> None:
    optional, target = tmp_path / "optional", tmp_path / "target"

    def run() -> list[str]:
        step = Step("t", lambda: target.write_text(str(optional.exists())), [optional], [target])
        return run_steps([step], database=tmp_path / "db.json")

    assert run() == ["t"]
    assert run() == []
    optional.write_text("")
    assert run() == ["t"]
    optional.unlink()
    assert run() == ["t"]
    assert target.read_text() == "False"


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_step_comes_out_as_it_was(tmp_path: Path, jobs: int) -> None:
    def fail() -> None:
        raise SourceError("a.txt: broken; mend it")

    after = tmp_path / "after"
    steps = [
        Step("bad", fail, [], [tmp_path / "never"]),
        Step("after", lambda: after.write_text(""), [tmp_path / "never"], [after]),
    ]
    with pytest.raises(SourceError, match=r"a\.txt: broken"):
        run_steps(steps, database=tmp_path / "db.json", jobs=jobs)
    assert not after.exists()


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    steps = [Step(name, lambda: None) for name in "abc"]
    run_steps(steps, database=tmp_path / "db.json", progress=lambda *what: said.append(what))
    assert said[-1][1:] == (3, 3)
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)


def test_the_hash_of_code_tells_rooms_apart() -> None:
    assert code_hash("study") == code_hash("study")
    assert code_hash("study") != code_hash("tables")
    assert code_hash("study", "tables") == code_hash("tables", "study")
