"""Segments + codebook → codings.

`rules` says what a rule means, `codebook` reads codebook.toml, `matcher` executes rules on integer-coded tokens,
`apply` makes the table of codings, and `kwic` shows words in their context.
"""

from evalkit.coding.apply import apply_codebook, rule_matches
from evalkit.coding.codebook import Code, Codebook, Cycle, Matrix, read_codebook, study_codebook
from evalkit.coding.kwic import keyword_in_context, quotes_per_code

__all__ = [
    "Code",
    "Codebook",
    "Cycle",
    "Matrix",
    "apply_codebook",
    "keyword_in_context",
    "quotes_per_code",
    "read_codebook",
    "rule_matches",
    "study_codebook",
]
