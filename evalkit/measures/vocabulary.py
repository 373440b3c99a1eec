"""The words of the model that was taught: which they are, and how often each turn uses them."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from evalkit.coding.codebook import Codebook, Matrix
from evalkit.coding.matcher import Matcher
from evalkit.coding.rules import Words, parse_alternatives
from evalkit.corpus.tokens import tokenise
from evalkit.errors import TableError
from evalkit.study import Study

__all__ = ["Terms", "model_terms", "term_counts"]

Terms = Mapping[str, Collection[str]]
"""Each term with the word patterns that stand for it, written as in a codebook."""


def model_terms(codebook: Codebook, study: Study) -> dict[str, tuple[str, ...]]:
    """Collect the words that stand for the parts of the model in the codebook.

    The model's parts are the codes of the codebook's groupings and those that bear a tool's id. A word counts if it
    is enough by itself: a rule that asks for other words beside it is not about the word alone.

    Parameters
    ----------
    codebook : Codebook
        Its groupings and rules.
    study : Study
        Its tools.

    Returns
    -------
    dict of str to tuple of str
        Word patterns by code; codes without such words are left out.
    """
    grouped: set[str] = set()
    for grouping in codebook.groupings:
        if isinstance(grouping, Matrix):
            grouped |= {code for row in grouping.cells for code in row}
        else:
            grouped |= {*grouping.steps, grouping.hub, *grouping.between} - {""}
    wanted = grouped | set(study.tool_ids)
    terms = {}
    for code in codebook.codes:
        alternatives = [
            pattern
            for rule in code.rules
            if isinstance(rule.pattern, Words) and not rule.requires and rule.polarity == "+"
            for pattern in rule.pattern.alternatives
        ]
        if code.id in wanted and alternatives:
            marks = {"lemma": "{}", "form": "={}", "prefix": "{}*", "suffix": "*{}", "infix": "*{}*"}
            terms[code.id] = tuple(dict.fromkeys(marks[each.kind].format(each.text) for each in alternatives))
    return terms


def term_counts(segments: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Count the terms in each segment.

    Parameters
    ----------
    segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    terms : mapping of str to collection of str
        Word patterns by term, such as ``{"goal": ["mål", "målbild*"]}``; a word may stand for several terms.

    Returns
    -------
    pandas.DataFrame
        One column per term, on the index of `segments`.

    Raises
    ------
    TableError
        If there is no term, or a pattern cannot be read.
    """
    if not terms:
        raise TableError("vocabulary: no terms; give the words of the model, each with its patterns.")
    matcher = Matcher(tokenise(segments["text"].tolist()))
    counts = np.zeros((len(segments), len(terms)), dtype=np.int64)
    for column, (term, patterns) in enumerate(terms.items()):
        try:
            alternatives = tuple(word for pattern in patterns for word in parse_alternatives(pattern))
        except ValueError as error:
            raise TableError(f"vocabulary: a pattern of term '{term}' {error}. Correct it.") from None
        np.add.at(counts[:, column], matcher.tokens.texts[matcher.positions(alternatives)], 1)
    return pd.DataFrame(counts, index=segments.index, columns=list(terms))
