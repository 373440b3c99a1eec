"""What several rooms' tests share: a small study on disk, and where the shared oracles lie."""

from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

from evalkit.study import Study, load_study

mpl.use("Agg")
# How long an example takes says how busy the machine is.
settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

STUDY_TOML = """
[study]
title = "Ett litet lärprojekt"

[study.unit]
one = { sv = "kommun", en = "municipality" }
many = { sv = "kommuner", en = "municipalities" }
short = { sv = "K", en = "M" }

[study.session]
one = { sv = "lärträff", en = "session" }
many = { sv = "lärträffar", en = "sessions" }
short = { sv = "LT", en = "S" }

[[units]]
id = "K01"
name = "Granvik"

[[units]]
id = "K02"
name = "Älvhamn"

[[sessions]]
id = 1
[[sessions]]
id = 2
[[sessions]]
id = 3

[[tools]]
id = "eor"
name = "EOR"
introduced = 1
"""


@pytest.fixture
def shared() -> Path:
    """Folder with gold set, real documents and oracles; a user has none."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here; its gold set and real documents are not part of the project")
    return SHARED


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """A study with two units, three sessions and no documents."""
    folder = tmp_path / "studie"
    for name in ("transcripts", "notes", "homework", "registers"):
        (folder / "data" / "raw" / name).mkdir(parents=True)
    (folder / "data" / "raw" / "study.toml").write_text(STUDY_TOML, encoding="utf-8")
    return folder


@pytest.fixture
def study(study_folder: Path) -> Study:
    """The same study, read."""
    return load_study(study_folder)
