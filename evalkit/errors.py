"""The few errors that a user can act on, and the findings that `evalkit check` lists.

A message says where, what, which one and what to do: file, row or position, counts and ids. It never carries a
participant's words.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CodebookError",
    "EstimationError",
    "EvalkitError",
    "Finding",
    "PrivacyError",
    "SourceError",
    "StoreError",
    "StudyError",
    "TableError",
    "UsageError",
]


class EvalkitError(Exception):
    """A problem in the data or the set-up that the user can act on."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message with the name of the error before it, on one line."""
        return f"{type(self).__name__}: " + " ".join(super().__str__().split())


class StudyError(EvalkitError):
    """study.toml is missing, cannot be read or contradicts itself."""


class SourceError(EvalkitError):
    """A raw file cannot be read, or must not be read as it is."""


class TableError(EvalkitError):
    """A table breaks its schema, or a function got a table it cannot work on."""


class CodebookError(EvalkitError):
    """The codebook or one of its rules is not valid."""


class StoreError(EvalkitError):
    """The store of people's codings cannot be opened, read or written, or a change to it is not allowed."""


class PrivacyError(EvalkitError):
    """Pseudonyms cannot be made or the key cannot be opened."""


class EstimationError(EvalkitError):
    """A method is not defensible on these data and refuses.

    Parameters
    ----------
    en : str
        Why, and what to do.
    sv : str, optional
        The same in Swedish, for the report; where it is left out the English stands there too.
    """

    def __init__(self, en: str, *, sv: str | None = None) -> None:
        super().__init__(en)
        self.sv = sv

    def text(self, lang: Literal["sv", "en"]) -> str:
        """Return the message without the name of the error, on one line.

        Parameters
        ----------
        lang : {"sv", "en"}
            Language of the reader.

        Returns
        -------
        str
            For the report.
        """
        said = self.sv if lang == "sv" and self.sv else str(self.args[0])
        return " ".join(said.split())


class UsageError(EvalkitError):
    """The command was called in a way it does not understand."""

    exit_code = 2


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that `evalkit check` says about the raw data.

    A *problem* stops a run (unreadable, contradictory or outside the declared scales); a *notice* never does.

    Parameters
    ----------
    severity : {"problem", "notice"}
        Whether it stops a run.
    file : str
        File relative to the study's folder, with "/" between the parts.
    row : int or None
        Row in that file as a person counts it (the header of a register is row 1), when there is one.
    what : str
        What is wrong and which one, in one line, without anybody's words.
    advice : str
        What to do about it.
    """

    severity: Literal["problem", "notice"]
    file: str
    row: int | None
    what: str
    advice: str

    def __str__(self) -> str:
        """Return the finding as one line: where, what, what to do."""
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{where}: {self.what}. {self.advice}"
