"""The finished pieces of a calibration under way, so that an interrupted one goes on where it was."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.tables import write_whole

__all__ = ["Parts"]

ABOUT = "about.json"


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder of pieces that belong to one seed, one code and one list of estimators.

    Parameters
    ----------
    folder : pathlib.Path or None
        Where they are; None keeps nothing.
    about : mapping
        What they belong to. Pieces of anything else are removed.
    """

    folder: Path | None
    about: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        path = self.folder / ABOUT
        if not path.is_file() or _read(path) != dict(self.about):
            shutil.rmtree(self.folder, ignore_errors=True)
            write_whole(path, json.dumps(dict(self.about)).encode())

    def read(self, name: str) -> Any:
        """Return a piece; None where it is not there or was not finished."""
        return None if self.folder is None else _read(self.folder / f"{name}.json")

    def write(self, name: str, piece: Any) -> None:
        """Keep a piece; numbers come back as they were."""
        if self.folder is not None:
            write_whole(self.folder / f"{name}.json", json.dumps(piece).encode())

    def remove(self) -> None:
        """Remove the folder, once the whole is written."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
