"""One run of the repository's own study, shared by the tests that look at what it made."""

import shutil
from pathlib import Path

import pytest

from evalkit.pipeline import run_study
from evalkit.pipeline.run import Run
from evalkit.study import Study, load_study
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def own_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A copy of the repository's study, run once."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    study = load_study(folder)
    run_study(study)
    return study


def run_again(study: Study) -> Run:
    """Run a study that has been run before."""
    return run_study(load_study(study.root))


def figures(study: Study) -> list[Path]:
    """All figures of a study's report."""
    return sorted(study.reports.glob("figures/*.svg"))
