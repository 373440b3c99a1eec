"""What a coding sheet holds: its tabs, headings and answers in both languages, and how a row is known again."""

import hashlib
import hmac
import re
import unicodedata
from collections import Counter

from evalkit.coding.codes import Codebook
from evalkit.study import Text
from evalkit.wording import Language

__all__ = ["CODES_PER_ROW", "FORMAT", "META", "code_labels", "fingerprint", "headings", "plain", "row_key"]

FORMAT = "evalkit coding sheet 1"
META = "evalkit"
"""The hidden tab that says which sample, coder and codebook the sheet is for."""
CODES_PER_ROW = 5

CODING_TAB = Text(sv="Kodning", en="Coding")
CODEBOOK_TAB = Text(sv="Kodbok", en="Codebook")
README_TAB = Text(sv="Läs mig", en="Read me")
YES = Text(sv="ja", en="yes")

_NUMBERED = {
    "code": Text(sv="Kod {}", en="Code {}"),
    "polarity": Text(sv="± {}", en="± {}"),
    "words": Text(sv="Ord som visar kod {} (frivilligt)", en="Words that show code {} (optional)"),
}


def headings() -> dict[str, Text]:
    """Return the columns of the coding tab, in order, each with its heading.

    Returns
    -------
    dict of str to Text
        key, number, question, text, code1, polarity1, … none, comment, words1, …
    """
    numbers = range(1, CODES_PER_ROW + 1)
    columns = {
        "key": Text(sv="Rad-id", en="Row id"),
        "number": Text(sv="Nr", en="No."),
        "question": Text(sv="Frågan före (kodas inte)", en="The question before (not coded)"),
        "text": Text(sv="Text", en="Text"),
    }
    for n in numbers:
        columns |= {f"code{n}": _numbered("code", n), f"polarity{n}": _numbered("polarity", n)}
    columns["none"] = Text(sv="Läst, ingen kod", en="Read, no code")
    columns["comment"] = Text(sv="Kommentar", en="Comment")
    return columns | {f"words{n}": _numbered("words", n) for n in numbers}


def _numbered(what: str, n: int) -> Text:
    return Text(sv=_NUMBERED[what].sv.format(n), en=_NUMBERED[what].en.format(n))


def code_labels(codebook: Codebook, lang: Language) -> dict[str, str]:
    """Return what each code is called in the sheet: its name, with the id where two have the same.

    Parameters
    ----------
    codebook : Codebook
        The codebook.
    lang : {"sv", "en"}
        Language of the sheet.

    Returns
    -------
    dict of str to str
        Id to label, in the codebook's order.
    """
    names = {code.id: " ".join(code.name(lang).split()) for code in codebook.codes}
    shared = Counter(plain(name) for name in names.values())
    return {id: name if shared[plain(name)] == 1 else f"{name} ({id})" for id, name in names.items()}


def row_key(secret: str, coder: str, segment_id: str) -> str:
    """Return the id of a row: it tells the segment only to whom has the store, and differs between coders.

    Segments are easily guessed from a plain hash of their ids: there are not many.

    Parameters
    ----------
    secret : str
        The sample's secret, which is in no sheet.
    coder : str
        Whose sheet it is.
    segment_id : str
        The segment.

    Returns
    -------
    str
        Twelve hexadecimal digits after an "r", so that no program takes it for a number.
    """
    return "r" + hmac.new(secret.encode(), f"{coder}\x1f{segment_id}".encode(), "sha256").hexdigest()[:12]


def fingerprint(text: str) -> str:
    """Return a hash by which a changed text is found; white space, which programs change on their own, does not count.

    Parameters
    ----------
    text : str
        A segment's text.

    Returns
    -------
    str
        Sixteen hexadecimal digits after an "h".
    """
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return "h" + hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def plain(text: str) -> str:
    """Return a heading or an answer as it is compared: NFC, lower case, white space as one space.

    Parameters
    ----------
    text : str
        What stands in a cell.

    Returns
    -------
    str
        For comparing.
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().casefold()
