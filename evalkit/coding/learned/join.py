"""Rules and learned coder decide together.

For a code that was learned, a rule's match is evidence like what the words of the segment say. A match whose segment
speaks so much against the code that it is improbable all the same is held back (`held_back` says which, `evalkit
codebook check` counts them and `evalkit codebook kwic --held-back` shows them); a segment in which the code is probable
without a match is coded by the rule "<code>~learned". Where a rule has matched, it gives the place, and its polarity is
evidence for the polarity; one that the rule itself states stands.

Of codes that were not learned, and where rules match in too few examples to be weighed, rules alone decide; without a
learned file there is nothing to join.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evalkit.coding.codes import Codebook
from evalkit.coding.found import Found
from evalkit.coding.learned.coder import LearnedCodings
from evalkit.coding.matcher import Matcher
from evalkit.corpus.tokens import Tokens

__all__ = ["held_back", "join_learned"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def join_learned(found: Found, said: LearnedCodings, codebook: Codebook, tokens: Tokens, matcher: Matcher) -> Found:
    """Decide from the matches of rules and from what the learned coder says.

    Parameters
    ----------
    found : Found
        The matches of rules.
    said : LearnedCodings
        What the codebook's learned coder says of the same segments.
    codebook : Codebook
        With a learned coder; without one, the matches stand as they are.
    tokens : Tokens
        Of the segments.
    matcher : Matcher
        Of these tokens.

    Returns
    -------
    Found
        What is coded; what no rule has matched has the number of its code behind all rules for its rule.
    """
    if codebook.learned is None:
        return found
    code, cells = _numbers(codebook)[said.code], _cells(said, codebook)
    alone = (said.logit >= codebook.learned.limit) & (cells >= 0) & ~_everyday(said, codebook, tokens, matcher)
    alone &= ~np.isin(cells, found.row * len(codebook.codes) + found.code)
    n_rules = sum(len(code.rules) for code in codebook.codes)
    learned = Found(said.row, said.start, said.end, code, n_rules + code, said.signs.argmax(axis=1)).take(alone)
    found = found.take(~held_back(found, said, codebook))
    return Found.together([_with_signs(found, said, cells, codebook), learned])


def held_back(found: Found, said: LearnedCodings, codebook: Codebook) -> BoolArray:
    """Return which matches of rules do not code, because the code is improbable in their segment.

    Parameters
    ----------
    found : Found
        The matches of rules.
    said : LearnedCodings
        What the codebook's learned coder says of the same segments.
    codebook : Codebook
        Without a learned coder nothing is held back.

    Returns
    -------
    numpy.ndarray of bool, shape (n_matches,)
        Never those of a code that was not learned.
    """
    if codebook.learned is None or not codebook.learned.weighs_rules:
        return np.zeros(len(found.row), dtype=bool)
    probable = _cells(said, codebook)[said.logit >= codebook.learned.limit_of_rules]
    own = found.row * len(codebook.codes) + found.code
    return np.isin(found.code, _numbers(codebook)) & ~np.isin(own, probable)


def _numbers(codebook: Codebook) -> IntArray:
    """Return the position in the codebook of each learned code, by a former id too; -1 for one that is gone."""
    numbers = {id: number for number, code in enumerate(codebook.codes) for id in code.was}
    numbers |= {id: number for number, id in enumerate(codebook.ids)}
    codes = codebook.learned.codes if codebook.learned is not None else ()
    return np.array([numbers.get(id, -1) for id in codes], dtype=np.int64)


def _cells(said: LearnedCodings, codebook: Codebook) -> IntArray:
    """Return segment and code as one number; -1 where the code is no longer in the codebook."""
    code = _numbers(codebook)[said.code]
    return np.where(code >= 0, said.row * len(codebook.codes) + code, -1)


def _with_signs(found: Found, said: LearnedCodings, cells: IntArray, codebook: Codebook) -> Found:
    """Weigh the polarity of each match with what the learned coder reads; one that a rule states stands."""
    if codebook.learned is None or not codebook.learned.weighs_rules or not len(cells):
        return found
    stated = np.array([not rule.negatable for code in codebook.codes for rule in code.rules], dtype=bool)
    order = np.argsort(cells, kind="stable")
    own = found.row * len(codebook.codes) + found.code
    place = order[np.minimum(np.searchsorted(cells, own, sorter=order), len(cells) - 1)]
    heard = (cells[place] == own) & ~stated[found.order]
    weighed = said.signs[place] + codebook.learned.rule_signs[found.sign]
    return replace(found, sign=np.where(heard, weighed.argmax(axis=1), found.sign))


def _everyday(said: LearnedCodings, codebook: Codebook, tokens: Tokens, matcher: Matcher) -> BoolArray:
    """Return which learned codings stand in a sentence that the codebook keeps the learned coder from."""
    found = [matcher.find_phrase(phrase).first for phrase in codebook.learned_not] if len(said.row) else []
    if not found:
        return np.zeros(len(said.row), dtype=bool)
    at = np.concatenate(found)
    reach = int(tokens.ends.max()) + 1
    places = np.sort(tokens.texts[at] * reach + tokens.starts[at])
    first, last = (np.searchsorted(places, said.row * reach + edge) for edge in (said.start, said.end))
    return np.asarray(last > first)
