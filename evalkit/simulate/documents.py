"""A document with what is truly in it: its paragraphs, the bank's sentences in them and their codes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from evalkit.simulate.formats import FORMATS
from evalkit.simulate.sayings import Said

__all__ = ["Document", "Paragraph", "numbered_paragraphs", "true_codings"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A speaker's turn, a paragraph of a note, or a heading.

    Attributes
    ----------
    kind : str
        "heading", "paragraph", or "record" for lines of a note that are a register rather than prose.
    label : str or None
        The speaker's label.
    text : str
        The words.
    role : str
        Whose they are.
    unit : str or None
        The unit that speaks.
    said : tuple of Said
        The bank's sentences in it.
    """

    kind: str
    label: str | None
    text: str
    role: str
    unit: str | None = None
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document with what is truly in it.

    Attributes
    ----------
    name : str
        File name without ending; it tells kind, unit and session.
    folder : str
        Folder in data/raw.
    kind : str
        As in the table of documents.
    unit : str or None
        The unit it comes from.
    session : int
        The session it belongs to, 0 for enrolment.
    date : datetime.date
        When it was made.
    format : str
        One of `FORMATS`.
    header : tuple of str
        Lines of the header in the file; empty where only the name tells.
    paragraphs : tuple of Paragraph
        In order.
    """

    name: str
    folder: str
    kind: str
    unit: str | None
    session: int
    date: dt.date
    format: str
    header: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]

    @property
    def path(self) -> str:
        """File in the study's folder, with "/" between the parts."""
        return f"data/raw/{self.folder}/{self.name}{FORMATS[self.format][0]}"

    def to_bytes(self) -> bytes:
        """Return the file.

        Returns
        -------
        bytes
            The same for the same document.
        """
        blocks = [("heading" if p.kind == "heading" else "paragraph", p.label, p.text) for p in self.paragraphs]
        return FORMATS[self.format][1](self.header, blocks)


def true_codings(documents: Sequence[Document]) -> pd.DataFrame:
    """List the codes that are truly in the documents.

    Parameters
    ----------
    documents : sequence of Document
        From `compose_documents`.

    Returns
    -------
    pandas.DataFrame
        document, turn, role, unit, session, item, quote, code, polarity: a row per code. `turn` counts the paragraphs
        of the document from 1, without headings and without the register lines of a field note.
    """
    rows = [
        (document.path, turn, paragraph.role, paragraph.unit, document.session, said.item, said.quote, code, polarity)
        for document in documents
        for turn, paragraph in numbered_paragraphs(document)
        for said in paragraph.said
        for code, polarity in said.codes
    ]
    names = ["document", "turn", "role", "unit", "session", "item", "quote", "code", "polarity"]
    return pd.DataFrame(rows, columns=names)


def numbered_paragraphs(document: Document) -> list[tuple[int, Paragraph]]:
    """Count the paragraphs that can be coded.

    Parameters
    ----------
    document : Document
        Any.

    Returns
    -------
    list of tuple of int and Paragraph
        From 1, in order.
    """
    return list(enumerate((p for p in document.paragraphs if p.kind == "paragraph"), start=1))
