"""Break a number and a picture on purpose: the checks that guard them must fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.conftest import ROOT

PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]


def test_nbval_sees_a_changed_number(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "01_sources.ipynb", as_version=4)
    output = next(o for cell in notebook.cells for o in cell.get("outputs", []) if re.search(r"\d", o.get("text", "")))
    output["text"] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), output["text"], count=1)
    nbformat.write(notebook, tmp_path / "01_changed.ipynb")
    options = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"]
    environment = os.environ | {"EVALKIT_STUDY": str(ROOT), "EVALKIT_REPORTS": str(tmp_path / "reports")}
    command = [*PYTEST, "-o", "addopts=", "-o", "filterwarnings=", *options, "01_changed.ipynb"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 failed" in run.stdout


def test_pytest_mpl_sees_a_changed_picture(tmp_path: Path) -> None:
    copy = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "figures", copy / "figures")
    for name in ("tests/__init__.py", "tests/conftest.py", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    drawn = next((copy / "figures" / "baseline").glob("*_frequency.png"))
    shutil.copyfile(next(drawn.parent.glob("*_cooccurrence.png")), drawn)
    command = [*PYTEST, "tests/figures/test_figure_pictures.py", "-k", "frequency"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "did not match" in run.stdout
