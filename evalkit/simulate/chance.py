"""Streams of chance: one per purpose, so that drawing one table never changes another."""

import zlib

import numpy as np

__all__ = ["stream"]


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one purpose.

    Parameters
    ----------
    seed : int
        Seed of the programme, 0 or more.
    purpose : str
        What they are drawn for, such as the name of a table.

    Returns
    -------
    numpy.random.Generator
        The same numbers for the same seed and purpose, whatever else is drawn.
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
