"""Words as the pseudonymiser sees them: letters with what stands between them, and what kind of word they are."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

__all__ = [
    "ATOM",
    "fold_plain",
    "gap_kind",
    "is_function_word",
    "is_ordinary",
    "is_place",
    "looks_like_name",
    "name_key",
]

ATOM = re.compile(r"[^\W\d_]+")

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]+")
_WRAP = re.compile(r"[-\u2010\u2011\u00ad][ \t\r]*\n[ \t\r\n]{0,20}")
_HYPHEN = re.compile(r"[-\u2010\u2011]")
_SPACE = re.compile(r"\s{1,20}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In the dictionary also as ordinary words, but nearly always names where they stand with a capital.
_NAMES_FIRST = _words(
    """
    bo britt ebba emma ester eva göran inger jan karl kim klara lasse lena linda linnea maja mats nisse nova ola
    oliver olle rune rut saga signe sven tove ulf åke
    """
)
# Open a sentence far more often than a person of that name does.
_FUNCTION = _words(
    """
    alla an can de den din du en ett han hans hon i man may med min ni per sin so så they till under var vår
    våra was will you
    """
)
_ENGLISH_WORDS = _words(
    """
    art bill black brown dean drew faith frank grace grant green hope hunter iris ivy jack joy king long mark
    may page pat rob rose sky sue summer violet white will young
    """
)
# Places that are also common Swedish surnames or first names.
_PLACES = _words(
    """
    berg boden borg borås dal dalen eda falun forsberg gran hagfors hallsberg holm hultsfred kalmar kil kumla
    lund malung mark mora näs ramberg sala sandviken strand sundberg tierp vara vik vänersborg åre ås öberg
    """
)
_CALENDAR = _words(
    """
    april august augusti december februari february fredag friday januari january juli july june juni lördag maj
    march mars may monday måndag november october oktober onsdag saturday september sunday söndag thursday
    tisdag torsdag tuesday wednesday
    """
)


def name_key(name: str) -> str:
    """Write a name as it is looked up: its words with one sign between them, initials left out.

    Parameters
    ----------
    name : str
        A name as typed.

    Returns
    -------
    str
        Composed (NFC), one space or hyphen between the words.
    """
    name = unicodedata.normalize("NFC", name)
    atoms = list(ATOM.finditer(name))
    key = ""
    for index, atom in enumerate(atoms):
        if key:
            key += gap_kind(name[atoms[index - 1].end() : atom.start()], before=atoms[index - 1][0]) or " "
        key += atom[0]
    return key


def gap_kind(gap: str, *, before: str) -> str | None:
    """Tell how two words hang together by what stands between them.

    Parameters
    ----------
    gap : str
        The text between the words.
    before : str
        The word before it.

    Returns
    -------
    str or None
        " ", "-", "'", ", ", "" (an invisible sign), "~" (a hyphen at the end of a line), or None if they do not.
    """
    if gap == " " or _SPACE.fullmatch(gap):
        return " "
    if _HYPHEN.fullmatch(gap):
        return "-"
    if _WRAP.fullmatch(gap):
        return "~"
    if gap in ("'", "’"):
        return "'"
    if gap == ", ":
        return ", "
    if gap in (".", ". ") and len(before) == 1 and before.isupper():
        return " "
    return "" if _INVISIBLE.fullmatch(gap) else None


def fold_plain(text: str) -> str:
    """Fold case and accents away, as people do in file names.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        "Åsa" becomes "asa".
    """
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def is_ordinary(word: str) -> bool:
    """Tell whether a name is also a word that a sentence may begin with.

    Parameters
    ----------
    word : str
        One word.

    Returns
    -------
    bool
        True for "Sten" and "Hans", False for "Karin".
    """
    lower = word.lower()
    return lower not in _NAMES_FIRST and (lower in _ENGLISH_WORDS or lower in _FUNCTION or lower in _dictionary("sv"))


def is_function_word(word: str) -> bool:
    """Tell whether a name is also a pronoun or another small word.

    Parameters
    ----------
    word : str
        One word.

    Returns
    -------
    bool
        True for "Hans" and "Vår".
    """
    return word.lower() in _FUNCTION


def is_place(word: str) -> bool:
    """Tell whether a person's name is also a place.

    Parameters
    ----------
    word : str
        One word.

    Returns
    -------
    bool
        True for "Lund".
    """
    return word.lower() in _PLACES


@lru_cache(maxsize=65536)
def looks_like_name(word: str, *, opens: bool) -> bool | None:
    """Judge a capitalised word that no register knows.

    Parameters
    ----------
    word : str
        One word with a capital.
    opens : bool
        Whether it opens a sentence, where every word has a capital.

    Returns
    -------
    bool or None
        True if it may well be a name, False if it is an ordinary word with an unexpected capital, None if there is
        nothing to review.
    """
    lower = word.lower()
    if lower in _CALENDAR or len(word) < 2:
        return None
    swedish = _dictionary("sv")
    proper = word in swedish or lower in _NAMES_FIRST
    if opens:
        if lower in _NAMES_FIRST:
            return True
        ordinary = lower in swedish or (not proper and lower in _dictionary("en"))
        return None if ordinary else True
    return proper or (lower not in swedish and lower not in _dictionary("en"))


@lru_cache(maxsize=2)
def _dictionary(lang: str) -> Mapping[str, str]:
    # The word list tells words ("sten") from names ("Karin") by their first letter. Loading it takes half a second.
    from simplemma.strategies import DefaultDictionaryFactory

    return DefaultDictionaryFactory(cache_max_size=2).get_dictionary(lang)
