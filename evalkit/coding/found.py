"""Matches of rules as numbers, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

__all__ = ["SIGNS", "Found"]

IntArray = npt.NDArray[np.int64]

SIGNS = np.array(["+", "-", "?"])
"""The polarities, by which `Found.sign` counts."""


@dataclass(frozen=True, eq=False)
class Found:
    """Matches as numbers: segment, place in its text, code and rule by position, polarity by its place in `SIGNS`."""

    row: IntArray
    start: IntArray
    end: IntArray
    code: IntArray
    order: IntArray
    sign: IntArray

    def take(self, which: npt.NDArray[np.generic]) -> "Found":
        """Return some of the matches."""
        return Found(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def together(cls, parts: Sequence["Found"]) -> "Found":
        """Return the matches of several, one after the other."""
        empty = np.empty(0, dtype=np.int64)
        return cls(*(np.concatenate([empty, *(getattr(part, f.name) for part in parts)]) for f in fields(cls)))
