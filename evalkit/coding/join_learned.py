"""What the learned coder says beside what the rules found.

The learned coder codes what no rule of the code has found in the segment; its codings carry the rule "<code>~learned".
Where both find a code, the rule gives the place; a "+" that no cue has turned gives way to the learned polarity, since
much is denied without a word of negation.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evalkit.coding.codes import Codebook
from evalkit.coding.found import SIGNS, Found
from evalkit.coding.learned import LearnedCodings
from evalkit.coding.matcher import Matcher
from evalkit.corpus.tokens import Tokens

__all__ = ["join_learned"]


def join_learned(found: Found, said: LearnedCodings, codebook: Codebook, tokens: Tokens, matcher: Matcher) -> Found:
    """Add learned codings to the matches of rules.

    Parameters
    ----------
    found : Found
        The matches of rules.
    said : LearnedCodings
        What the codebook's learned coder says of the same segments.
    codebook : Codebook
        With a learned coder.
    tokens : Tokens
        Of the segments.
    matcher : Matcher
        Of these tokens.

    Returns
    -------
    Found
        Both; a learned one has the number of its code behind all rules for its rule.
    """
    if codebook.learned is None:
        return found
    numbers = {id: number for number, id in enumerate(codebook.ids)}
    code = np.array([numbers.get(id, -1) for id in codebook.learned.codes], dtype=np.int64)[said.code]
    n_rules = sum(len(code.rules) for code in codebook.codes)
    learned = Found(said.row, said.start, said.end, code, n_rules + code, np.searchsorted(SIGNS, said.polarity))
    learned = learned.take((code >= 0) & ~_everyday(said, codebook, tokens, matcher))
    cells, own = (part.row * len(numbers) + part.code for part in (found, learned))
    sign = dict(zip(own.tolist(), learned.sign.tolist(), strict=True))
    negatable = np.array([rule.negatable for code in codebook.codes for rule in code.rules], dtype=bool)
    granted = negatable[found.order] & (SIGNS[found.sign] == "+")
    heard = np.array([sign.get(cell, 0) for cell in cells.tolist()], dtype=np.int64)
    found = replace(found, sign=np.where(granted & np.isin(cells, own), heard, found.sign))
    return Found.together([found, learned.take(~np.isin(own, cells))])


def _everyday(said: LearnedCodings, codebook: Codebook, tokens: Tokens, matcher: Matcher) -> npt.NDArray[np.bool_]:
    """Return which learned codings stand in a sentence that the codebook keeps the learned coder from."""
    found = [matcher.find_phrase(phrase).first for phrase in codebook.learned_not] if len(said.row) else []
    if not found:
        return np.zeros(len(said.row), dtype=bool)
    at = np.concatenate(found)
    reach = int(tokens.ends.max()) + 1
    places = np.sort(tokens.texts[at] * reach + tokens.starts[at])
    first, last = (np.searchsorted(places, said.row * reach + edge) for edge in (said.start, said.end))
    return np.asarray(last > first)
