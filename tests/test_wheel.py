"""What a user without a checkout gets: the wheel in an environment of its own makes a study and runs it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    ours = ("PYTHONPATH", "EVALKIT", "VIRTUAL")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    line = [str(part) for part in command]
    done = subprocess.run(line, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.wheel
def test_the_wheel_works_in_a_fresh_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("evalkit-*.whl"))
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    run(scripts / "evalkit", "new", "min", cwd=tmp_path)
    text = "I: Hur gick det?\n\nR: Vi har fått mandat från nämnden att ändra arbetssättet.\n"
    (tmp_path / "min" / "data" / "raw" / "transcripts" / "a.txt").write_text(text, encoding="utf-8")
    run(scripts / "evalkit", "run", "min", cwd=tmp_path)
    page = (tmp_path / "min" / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.count("<figure") >= 4
    assert "[mandat" in page or "Mandat" in page
    assert "codebook.toml" in run(scripts / "evalkit", "code", "min", "--help", cwd=tmp_path)
