"""Two speakers who draw from one and the same vocabulary, or from two: what a measure of convergence is tried on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.tables import schema_columns, validate_table

__all__ = ["SPEAKER_TERMS", "simulate_speakers"]

SPEAKER_TERMS: dict[str, tuple[str, ...]] = {f"ord{k:02d}": (f"=ord{k:02d}",) for k in range(1, 41)}
"""The forty made-up words that the speakers use."""


def simulate_speakers(
    turns: Sequence[int], *, apart: Sequence[float] | float = 0.0, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw what a team and its participants say at each session.

    Words are drawn with Zipf's frequencies, one to five a turn. `apart` moves the participants' frequencies towards
    the opposite order of the words: at 0 both speak alike.

    Parameters
    ----------
    turns : sequence of int
        Turns of each of the two, by session.
    apart : float or sequence of float, default 0
        Between 0 and 1, for all sessions or one each.
    seed : int
        Of the draws.

    Returns
    -------
    segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; a document per session, turns of the parties host and participant.
    """
    rng = np.random.default_rng(seed)
    words = list(SPEAKER_TERMS)
    zipf = 1 / np.arange(1, len(words) + 1)
    distances = [apart] * len(turns) if isinstance(apart, float | int) else list(apart)
    rows: list[dict[str, object]] = []
    documents: list[dict[str, object]] = []
    for session, (count, distance) in enumerate(zip(turns, distances, strict=True), start=1):
        documents.append({"document_id": f"d{session}", "session": session})
        mixed = (1 - distance) * zipf + distance * zipf[::-1]
        for party, role, weights in (("host", "handledare", zipf), ("participant", "informant", mixed)):
            for turn in range(count):
                said = rng.choice(words, size=rng.integers(1, 6), p=weights / weights.sum())
                where: dict[str, object] = {"segment_id": f"d{session}.{party}.{turn}", "document_id": f"d{session}"}
                rows.append(where | {"party": party, "role": role, "speaker": party, "text": " ".join(said)})
    plain = {"kind": "gruppsamtal", "verbatim": "yes", "consent": "internal", "start": 0, "end": 1}
    return _table("segments", rows, plain), _table("documents", documents, plain)


def _table(name: str, rows: list[dict[str, object]], plain: dict[str, object]) -> pd.DataFrame:
    needed = ("path", "encoding", "source_sha256", "text_sha256", "text")
    columns = {
        column: pd.Series(
            [row.get(column, plain.get(column, "–" if column in needed else None)) for row in rows], dtype=dtype
        )
        for column, dtype in schema_columns(name).items()
    }
    return validate_table(name, pd.DataFrame(columns))
