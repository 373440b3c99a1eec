""".pdf → text with a page break between pages; what the layout did to the text is undone in `layout`."""

import re
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from evalkit.errors import SourceError

__all__ = ["read_pdf"]

MAX_PAGES = 2000


def read_pdf(path: Path) -> str:
    r"""Read the text layer of a PDF.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        Pages parted by ``\f``; empty if the PDF holds images only.

    Raises
    ------
    SourceError
        If it is protected by a password, damaged or has more pages than any interview.
    """
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("is protected by a password; save it without")
        if len(reader.pages) > MAX_PAGES:
            raise SourceError(f"has more than {MAX_PAGES} pages; split it")
        pages = [page.extract_text() for page in reader.pages]
    except PyPdfError as error:
        raise SourceError(f"is damaged ({type(error).__name__}); save it anew") from None
    # Some programs write every space as a tab; the trailing spaces of a line tell where a paragraph ends, so they stay.
    return "\f".join(re.sub(r"(?<=\S)[ \t\xa0]+(?=\S)", " ", page) for page in pages)
