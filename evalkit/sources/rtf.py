""".rtf → text."""

from pathlib import Path

from striprtf.striprtf import rtf_to_text

from evalkit.errors import SourceError

__all__ = ["read_rtf"]


def read_rtf(path: Path) -> str:
    """Read an .rtf file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        Its text, a line per paragraph.

    Raises
    ------
    SourceError
        If the file is not rich text.
    """
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError("is not rich text; save it anew as .rtf")
    # The format is ASCII with escapes; where a program wrote bytes all the same, they are of the Windows code page.
    text: str = rtf_to_text(data.decode("cp1252", errors="replace"), encoding="cp1252")  # type: ignore[no-untyped-call]
    return text
