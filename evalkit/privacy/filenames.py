"""Registered names in file names, where people write "intervju_anna-andersson.docx"."""

import re

from evalkit.privacy.matching import NEUTRAL
from evalkit.privacy.names import Meaning, NameList
from evalkit.privacy.words import fold_plain, is_function_word

__all__ = ["has_name", "pseudonymise_filename"]

# Words of a file name also part where a capital follows a small letter: IntervjuAnna.
_PIECE = re.compile(r"[^\W\d_a-zåäöéü]+(?![a-zåäöéü])|[^\W\d_a-zåäöéü]?[a-zåäöéü]+|[^\W\d_]")
_GAP = re.compile(r"(?:[_\-. +,]|%20){0,3}")


def pseudonymise_filename(name: str, names: NameList, *, units: frozenset[str] = frozenset()) -> str:
    """Replace the registered names in a file name, whatever their case and accents.

    Parameters
    ----------
    name : str
        A file name, a path or an id made from one.
    names : NameList
        The names.
    units : frozenset of str, default empty
        Units that the document is about.

    Returns
    -------
    str
        With pseudonyms without brackets, since not every system allows them in a file name.
    """
    parts: list[str] = []
    last = 0
    for start, end, meanings in _found(name, names):
        parts += [name[last:start], _chosen(meanings, units)]
        last = end
    return "".join([*parts, name[last:]])


def has_name(address: str, names: NameList) -> bool:
    """Tell whether a web address contains a registered name.

    Parameters
    ----------
    address : str
        A web address.
    names : NameList
        The names.

    Returns
    -------
    bool
        True for "www.exempelby.se" if Exempelby is a unit.
    """
    return next(iter(_found(address, names)), None) is not None


def _found(name: str, names: NameList) -> list[tuple[int, int, tuple[Meaning, ...]]]:
    pieces = list(_PIECE.finditer(name))
    found = []
    i = 0
    while i < len(pieces):
        hit = _longest(name, pieces, i, names)
        if hit is None:
            i += 1
            continue
        j, meanings = hit
        found.append((pieces[i].start(), pieces[j].end(), meanings))
        i = j + 1
    return found


def _longest(name: str, pieces: list[re.Match[str]], i: int, names: NameList) -> tuple[int, tuple[Meaning, ...]] | None:
    hit = None
    spaced = joined = ""
    for j in range(i, min(i + names.longest + 2, len(pieces))):
        gap = name[pieces[j - 1].end() : pieces[j].start()] if j > i else ""
        if not _GAP.fullmatch(gap):
            break
        word = fold_plain(pieces[j][0])
        spaced, joined = f"{spaced} {word}".strip(), joined + word
        for key in (spaced, joined) if gap == "" else (spaced,):
            # Small words are names only with their capital.
            if key in names.file_forms and not (j == i and pieces[i][0].islower() and is_function_word(pieces[i][0])):
                hit = j, names.file_forms[key]
    return hit


def _chosen(meanings: tuple[Meaning, ...], units: frozenset[str]) -> str:
    known = [m for m in meanings if m.kind != "decided"] or list(meanings)
    here = [m for m in known if m.unit in units]
    for group in (known, here):
        pseudonyms = {m.pseudonym for m in group}
        if len(pseudonyms) == 1:
            return pseudonyms.pop().replace(" ", "")
    return NEUTRAL
