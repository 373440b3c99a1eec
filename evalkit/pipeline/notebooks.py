"""Notebooks, run by the pipeline: each reads what the pipeline built and saves its figures into reports/.

What a notebook reads stands in its metadata (``"evalkit": {"reads": [...]}``), so that it runs again only when one of
those tables changed. Originals are never changed; the executed copy, with its outputs, goes to reports/notebooks.
"""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalkit import errors
from evalkit.errors import EvalkitError, StudyError
from evalkit.pipeline.engine import REPORTING, code_hash
from evalkit.report.save import clear_saved
from evalkit.study import Study, load_study
from evalkit.tables import SCHEMAS, write_whole

__all__ = ["NotebookError", "execute", "list_notebooks", "notebook_reads"]

TIMEOUT_SECONDS = 600


class NotebookError(EvalkitError):
    """A cell of a notebook failed."""


def list_notebooks(study: Study) -> list[Path]:
    """List the study's notebooks in the order of the flow.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of pathlib.Path
        Those named with two digits first, such as 02_coding.ipynb.
    """
    return sorted(study.root.glob("notebooks/[0-9][0-9]_*.ipynb"))


def notebook_reads(path: Path) -> list[str]:
    """Tell which tables a notebook reads.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.

    Returns
    -------
    list of str
        Names of tables; all of them if the notebook does not say.

    Raises
    ------
    StudyError
        If it is no notebook, or names a table that does not exist.
    """
    try:
        declared = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("evalkit", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StudyError(
            f"notebooks/{path.name} is not a valid notebook; restore it, or copy it anew: evalkit new"
        ) from None
    reads = list(declared.get("reads", SCHEMAS))
    unknown = [name for name in reads if name not in SCHEMAS]
    if unknown:
        raise StudyError(
            f"notebooks/{path.name} reads '{unknown[0]}', which is no table; the tables are {', '.join(SCHEMAS)}"
        )
    return reads


def execute(path: Path, study: Study, *, code: str, target: Path | None = None) -> None:
    """Run a notebook on a study.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; not changed unless it is the target.
    study : Study
        The study, whose language the figures get.
    code : str
        Hash of the code, for the provenance.
    target : pathlib.Path, optional
        Where the executed notebook goes; default reports/notebooks.

    Raises
    ------
    NotebookError
        If a cell fails; names the notebook, the cell and the error, and writes nothing.
    """
    # Both take a second to import, which an up-to-date study need not wait for.
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    clear_saved(study, path.stem[:2])
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_SECONDS,
        kernel_name="python3",
        record_timing=False,
        # The kernel listens on this machine only; its reminder of that would stand in every run.
        extra_arguments=["--Application.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    count = _count_cells(client)
    environment = os.environ | {
        "EVALKIT_STUDY": str(study.root),
        "EVALKIT_LANG": study.lang,
        "EVALKIT_CODE_HASH": code,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OPENBLAS_NUM_THREADS": "1",
    }
    try:
        # A loop of its own, closed at the end: notebooks run in threads, which have none.
        asyncio.run(client.async_execute(env=environment))
    except CellExecutionError as error:
        # Our own messages carry no participant's words; anybody else's might.
        what = str(error.evalue).rstrip(".") if error.ename in errors.__all__ else error.ename
        raise NotebookError(
            f"notebooks/{path.name}, code cell {count()}: {what}. Open it with evalkit lab and run that cell"
        ) from None
    write_whole(target or study.reports / "notebooks" / path.name, nbformat.writes(tidy(notebook)).encode())


def tidy(notebook: Any) -> Any:
    """Make an executed notebook the same from one run to the next.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook; changed.

    Returns
    -------
    nbformat.NotebookNode
        The same one, with cells numbered in order and nothing of the machine in it.
    """
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
    return notebook


def _count_cells(client: Any) -> Callable[[], int]:
    reached = 0

    def started(cell: Any, cell_index: int) -> None:
        nonlocal reached
        reached += cell.cell_type == "code"

    client.on_cell_start = started
    return lambda: reached


def refresh(root: str) -> None:
    """Run a study's notebooks in place: what a developer commits after a deliberate change.

    Parameters
    ----------
    root : str
        The study's folder.
    """
    study = load_study(root)
    for path in list_notebooks(study):
        execute(path, study, code=code_hash(*REPORTING), target=path)
