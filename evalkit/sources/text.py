"""Bytes → text: the decoding policy, and the one normalisation that every offset in evalkit refers to.

Guessing detectors turn Swedish cp1252 into Czech, so nothing is guessed: byte order mark, strict UTF-8, UTF-16 when
there are NUL bytes, else cp1252. Older encodings are read only when the evaluator names them.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from evalkit.errors import SourceError

__all__ = ["NormalisedText", "decode_bytes", "normalise_text", "suspect_encoding"]

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMEABLE = {
    "utf8": "utf-8",
    "utf16": "utf-16",
    "cp1252": "cp1252",
    "windows1252": "cp1252",
    "ansi": "cp1252",
    "latin1": "latin-1",
    "iso88591": "latin-1",
    "macroman": "mac-roman",
    "macintosh": "mac-roman",
    "cp850": "cp850",
    "ibm850": "cp850",
    "cp437": "cp437",
    "ibm437": "cp437",
}
_NAMED_IN_HEADER = re.compile(
    rb"^\s*---.*?^[ \t]*(?:encoding|teckenkodning)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*$", re.S | re.M | re.I
)
_HEADER_BYTES = 4096

# å ä ö Å Ä Ö of UTF-8 read as cp1252, and of mac-roman and cp850 read as cp1252 inside a word.
_MOJIBAKE = re.compile("Ã[¥¤¶…„–©]")
_OLD_LETTERS = re.compile(r"(?<=[a-zA-Z])[ŒŠš†„](?=[a-z])")

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x85\u2028\u2029]")
_SOFT_BREAK = re.compile("\u00ad[ \t]*\n+[ \t]*(?=[a-zåäöé])")  # a word broken at the end of a line
_KEPT_CONTROLS = frozenset("\n\t\f")
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " "))


@dataclass(frozen=True, slots=True)
class NormalisedText:
    r"""Text after normalisation, and how many invisible characters were dropped on the way.

    Attributes
    ----------
    text : str
        NFC, lines ended by ``\n`` only; ``\f`` is left as the mark of a page.
    dropped : int
        Control, zero-width and direction marks and soft hyphens that are gone.
    """

    text: str
    dropped: int


def decode_bytes(data: bytes, *, encoding: str | None = None) -> tuple[str, str]:
    """Decode the bytes of a text file.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str, optional
        An encoding that the evaluator has named; a header in the file (``encoding: mac-roman``) names one too.

    Returns
    -------
    tuple of str and str
        The text and the name of the encoding it was read with.

    Raises
    ------
    SourceError
        If the bytes are not text, mix two encodings, or the named encoding is unknown or does not fit.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], name), name
    named = encoding or _named_in_header(data)
    if named:
        known = _NAMEABLE.get(re.sub(r"[^a-z0-9]", "", named.casefold()))
        if known is None:
            raise SourceError("the encoding it names is not known; use utf-8, cp1252, mac-roman or cp850")
        return _decode(data, known), known
    if b"\0" in data:
        name = _utf16_order(data)
        return _decode(data, name), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        text = _decode(data, "cp1252")
        if _MOJIBAKE.search(text):
            raise SourceError(f"is UTF-8 in most places but not at byte {error.start}; save it anew as UTF-8") from None
        return text, "cp1252"


def suspect_encoding(text: str) -> bool:
    """Tell whether a text looks as if it had been decoded wrongly somewhere on its way.

    Parameters
    ----------
    text : str
        Decoded text.

    Returns
    -------
    bool
        True if signs stand where Swedish letters would (or U+FFFD stands for a lost one).
    """
    return "\ufffd" in text or len(_MOJIBAKE.findall(text)) > 1 or len(_OLD_LETTERS.findall(text)) > 2


def normalise_text(text: str) -> NormalisedText:
    r"""Bring a text to the one form that offsets refer to.

    Parameters
    ----------
    text : str
        Decoded text.

    Returns
    -------
    NormalisedText
        Composed letters (NFC), ``\n`` as only line end, no invisible characters, plain spaces for no-break ones.

    Examples
    --------
    >>> normalise_text("pa\u030a sta\u00adden\r\n")
    NormalisedText(text='på staden\n', dropped=1)
    """
    if text.isascii() and text.isprintable():
        return NormalisedText(text, 0)
    text = _LINE_ENDS.sub("\n", text)
    text, rejoined = _SOFT_BREAK.subn("", text)
    invisible = {c for c in set(text) if c not in _KEPT_CONTROLS and unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    dropped = rejoined + sum(text.count(c) for c in invisible)
    if invisible:
        text = text.translate(dict.fromkeys(map(ord, invisible)))
    return NormalisedText(unicodedata.normalize("NFC", text.translate(_SPACES)), dropped)


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"cannot be read as {encoding} (byte {error.start}); save it as UTF-8, or name its encoding in the header"
        ) from None


def _named_in_header(data: bytes) -> str | None:
    head = data[:_HEADER_BYTES]
    found = _NAMED_IN_HEADER.match(head) if head.lstrip().startswith(b"---") else None
    if found is None or re.search(rb"^---[ \t]*\r?$", head[: found.start(1)].lstrip()[3:], re.M):
        return None
    return found[1].decode("ascii", errors="replace")


def _utf16_order(data: bytes) -> str:
    """Tell the byte order from where the NULs stand: letters of the Latin alphabet have theirs on one side."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if len(data) % 2 or max(even, odd) < len(data) // 2 * 0.3 or min(even, odd) > max(even, odd) // 4:
        raise SourceError("is not a text file (it holds NUL bytes); save it as UTF-8 text")
    return "utf-16-be" if even > odd else "utf-16-le"
