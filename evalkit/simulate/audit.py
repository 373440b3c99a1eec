"""Documents with their true codes → what two people coded in a random sample of segments, with people's errors."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from evalkit.simulate.chance import stream
from evalkit.simulate.documents import Document, Paragraph, numbered_paragraphs
from evalkit.simulate.truth import Truth

__all__ = ["audit_codings"]

POLARITIES = ("+", "-", "?")
COLUMNS = ["document", "turn", "quote", "session", "coder", "code", "polarity", "probability", "blind"]
Segment = tuple[Document, int, Paragraph]


def audit_codings(documents: Sequence[Document], truth: Truth, *, seed: int, per_session: int = 70) -> pd.DataFrame:
    """Let two coders code a random sample of segments, blind to the rules and to each other.

    Parameters
    ----------
    documents : sequence of Document
        From `compose_documents`.
    truth : Truth
        The coders' errors.
    seed : int
        The programme's seed.
    per_session : int, default 70
        Segments drawn from each session's documents, all if there are fewer.

    Returns
    -------
    pandas.DataFrame
        document, turn, quote, session, coder, code, polarity, probability, blind: a row per code that a coder gave,
        and one with an empty code for a segment that the coder read and gave none. `document` is the file in the
        study's folder, `turn` counts its turns or paragraphs from 1 without headings and register lines, and `quote`
        stands word for word in it and holds no name, so that it can be found in the pseudonymised text;
        `probability` is that of the segment being drawn.
    """
    rng = stream(seed, "audit")
    segments = [
        (document, turn, paragraph)
        for document in documents
        for turn, paragraph in numbered_paragraphs(document)
        if paragraph.role != "intervjuare" and any(one.quote for one in paragraph.said)
    ]
    marginal = [code for _, _, paragraph in segments for one in paragraph.said for code, _ in one.codes]
    rows: list[tuple[object, ...]] = []
    for session in sorted({document.session for document in documents}):
        here = [segment for segment in segments if segment[0].session == session]
        drawn = rng.choice(len(here), min(per_session, len(here)), replace=False)
        for place in np.sort(drawn):
            for coder in truth.raters[:2]:
                rows += _coded(here[place], coder, len(drawn) / len(here), marginal, truth, rng)
    return pd.DataFrame(rows, columns=COLUMNS)


def _coded(
    segment: Segment, coder: str, probability: float, marginal: list[str], truth: Truth, rng: np.random.Generator
) -> Iterator[tuple[object, ...]]:
    document, turn, paragraph = segment
    where = max((one.quote for one in paragraph.said), key=len)
    true = [(code, polarity, one.quote or where) for one in paragraph.said for code, polarity in one.codes]
    given = [
        (code, _polarity(polarity, truth, rng), quote)
        for code, polarity, quote in true
        if rng.random() >= truth.coder_miss
    ]
    if marginal and rng.random() < truth.coder_add:
        wrong = marginal[int(rng.integers(len(marginal)))]
        if wrong not in {code for code, _, _ in true}:
            given.append((wrong, "+", where))
    for code, polarity, quote in given or [("", "", where)]:
        yield document.path, turn, quote, document.session, coder, code, polarity, probability, True


def _polarity(true: str, truth: Truth, rng: np.random.Generator) -> str:
    if rng.random() >= truth.polarity_error:
        return true
    return str(rng.choice([polarity for polarity in POLARITIES if polarity != true]))
