"""Segments + codebook → codings.

`rules` says what a rule means, `codebook` reads codebook.toml, `matcher` executes rules on integer-coded tokens,
`apply` makes the table of codings, and `kwic` shows words in their context. `learned` codes what people say without the
textbook word, from `examples` that `learn` learned from (`features`, `linear`); `suggest` learns from a study's own codings.
"""

from evalkit.coding.apply import apply_codebook, rule_matches
from evalkit.coding.codebook import Code, Codebook, Cycle, Matrix, codebook_files, read_codebook, study_codebook
from evalkit.coding.kwic import keyword_in_context, quotes_per_code
from evalkit.coding.learn import learn_codebook

__all__ = [
    "Code",
    "Codebook",
    "Cycle",
    "Matrix",
    "apply_codebook",
    "codebook_files",
    "keyword_in_context",
    "learn_codebook",
    "quotes_per_code",
    "read_codebook",
    "rule_matches",
    "study_codebook",
]
