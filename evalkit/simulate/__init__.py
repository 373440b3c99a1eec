"""A known truth → a synthetic programme: registers, documents and raw files, with the truth kept apart.

No estimator may import this room: what is true is for tests and calibration only. Documents and files have their own
doors, `evalkit.simulate.compose.compose_documents` and `evalkit.simulate.write.write_programme`, so that calibration
loads no more than it needs.
"""

from evalkit.simulate.programme import Programme, simulate_programme
from evalkit.simulate.speakers import SPEAKER_TERMS, simulate_speakers
from evalkit.simulate.truth import EXAMPLE_SEED, TrueTool, Truth, default_truth, plain_truth

__all__ = [
    "EXAMPLE_SEED",
    "SPEAKER_TERMS",
    "Programme",
    "TrueTool",
    "Truth",
    "default_truth",
    "plain_truth",
    "simulate_programme",
    "simulate_speakers",
]
