"""What every notebook must be for nbval to check anything, and for an evaluator to read it."""

import re
from pathlib import Path

import nbformat
import pytest

from evalkit.pipeline.notebooks import execute, notebook_reads
from evalkit.study import load_study
from tests.conftest import ROOT

NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_has_been_run_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert sum(bool(cell.outputs) for cell in code_cells(path)) >= len(counts) - 2
    printed = "".join(o.get("text", "") for cell in code_cells(path) for o in cell.outputs)
    assert re.search(r"\d", printed), "no number to compare"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_reads_as_an_evaluation(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0].source
    assert all(word in first for word in ("**Fråga:**", "**Läser:**", "**Skriver:**"))
    for cell in code_cells(path):
        assert len(cell.source.split("\n")) <= 15
        assert not re.search(r"^\s*(def|class) ", cell.source, re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_declares_the_tables_it_reads(path: Path) -> None:
    source = "\n".join(cell.source for cell in code_cells(path))
    named = set(re.findall(r'read_table\(study, "(\w+)"\)', source))
    for names in re.findall(r"read_table\(study, name\) for name in \(([^)]*)\)", source):
        named |= set(re.findall(r'"(\w+)"', names))
    assert named == set(notebook_reads(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_of_the_machine_is_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    assert not re.search(r"0x[0-9a-f]{8,}", text)


def test_every_cell_that_draws_shows_its_picture(study_folder: Path) -> None:
    cells = [
        "from matplotlib import pyplot as plt\nfrom evalkit import figures",
        "with figures.use_style():\n    plt.subplots()[1].plot([1, 2])",
        "plt.subplots()[1].plot([2, 1])",
    ]
    path = study_folder / "notebooks" / "99_drawing.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    execute(path, load_study(study_folder), code="", target=path)
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in code_cells(path)]
    assert pictures == [0, 1, 1]
