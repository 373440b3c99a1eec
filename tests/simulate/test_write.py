"""What is written is read back as it was, is the same every time, and keeps the truth apart."""

from pathlib import Path

import pandas as pd
import pytest

from evalkit.errors import UsageError
from evalkit.simulate import EXAMPLE_SEED, default_truth, plain_truth, simulate_programme
from evalkit.simulate.programme import SIMULATED
from evalkit.simulate.write import write_programme
from evalkit.study import load_study
from evalkit.tables import as_register

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def case():
    return simulate_programme(default_truth(load_study(ROOT)), seed=EXAMPLE_SEED)


@pytest.fixture(scope="module")
def folder(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("programme")
    steps = []
    written = write_programme(case, folder, progress=steps.append)
    assert len(steps) == len(written) == len(set(written))
    return folder


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def typed(path):
    raw = pd.read_csv(path, dtype="str", keep_default_na=False)
    return raw.assign(source_file="x.csv", source_row=range(2, len(raw) + 2))


@pytest.mark.parametrize("name", SIMULATED)
def test_registers_come_back_without_a_finding(name, case, folder):
    table, findings = as_register(name, typed(folder / f"data/raw/registers/{name}.csv"))
    assert findings == []
    origin = ["source_file", "source_row"]
    pd.testing.assert_frame_equal(table.drop(columns=origin), case.registers[name].drop(columns=origin))


def test_the_study_is_the_one_it_was_simulated_from(case, folder):
    study = load_study(folder)
    assert study.unit_ids == case.truth.units
    assert study.tools == case.truth.study.tools


def test_people_have_names_to_pseudonymise(case, folder):
    people = typed(folder / "data/raw/registers/people.csv")
    assert people["name"].str.contains(" ").all()
    assert "Norrmossa" in (folder / "data/raw/transcripts/intervju_K03_LT0.txt").read_text(encoding="utf-8")


def test_two_writings_are_the_same_bytes_and_another_seed_is_not(case, folder, tmp_path):
    write_programme(simulate_programme(case.truth, seed=EXAMPLE_SEED), tmp_path / "again")
    assert files(tmp_path / "again") == files(folder)
    write_programme(simulate_programme(case.truth, seed=EXAMPLE_SEED + 1), tmp_path / "other")
    other, known = files(tmp_path / "other"), files(folder)
    assert other["data/raw/registers/assessments.csv"] != known["data/raw/registers/assessments.csv"]
    assert other["data/raw/transcripts/intervju_K03_LT0.txt"] != known["data/raw/transcripts/intervju_K03_LT0.txt"]


def test_the_truth_lies_outside_the_data(folder):
    assert {path.name for path in (folder / "truth").iterdir()} == {
        "codings.csv", "documents.csv", "levels.csv", "truth.json", "units.csv",
    }  # fmt: skip
    assert not [path for path in (folder / "data").rglob("*") if "truth" in path.name or path.name == "levels.csv"]


def test_an_existing_study_is_not_overwritten(case, folder):
    with pytest.raises(UsageError, match="holds a study already"):
        write_programme(case, folder)


def test_what_cannot_be_written_is_refused(case, tmp_path):
    with pytest.raises(UsageError, match="programme of a study"):
        write_programme(simulate_programme(plain_truth(), seed=1), tmp_path)
    with pytest.raises(UsageError, match="was not simulated"):
        write_programme(simulate_programme(case.truth, seed=1, registers=["enrolment"]), tmp_path)
    assert not list(tmp_path.iterdir())
