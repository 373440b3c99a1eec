"""A small invented study in a temporary folder, and the folder of real files outside the repository."""

from pathlib import Path

import pytest

from evalkit.study import Study, load_study

STUDY = """
[study]
title = "Prov"

[[units]]
id = "K01"
name = "Påhittköping"
consent = "quote"

[[units]]
id = "K02"
name = "Låtsasby"
aliases = ["Låtsas"]

[[sessions]]
id = 1

[[sessions]]
id = 2

[[speakers]]
label = "I"
role = "intervjuare"
party = "evaluator"
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    raw = tmp_path / "data" / "raw"
    for folder in ("transcripts", "notes", "homework", "registers"):
        (raw / folder).mkdir(parents=True)
    (raw / "study.toml").write_text(STUDY, encoding="utf-8")
    return load_study(tmp_path)


@pytest.fixture(scope="session")
def real() -> Path:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("the folder of real files is not on this machine")
    return folder
