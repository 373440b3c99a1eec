"""Segments + codebook → codings.

`rules` says what a rule means, `codebook` reads codebook.toml, `vocabulary` and `matcher` execute rules on
integer-coded tokens, `apply` makes the table of codings, `codebook_check` says what rules and edits do in a corpus, and
`kwic` shows words in their context. `learned` codes what people say without the textbook word; `suggest` learns from a
study's own codings.
"""

from evalkit.coding.apply import RuleCoder, apply_codebook, rule_matches
from evalkit.coding.codebook import Code, Codebook, Cycle, Matrix, codebook_files, read_codebook, study_codebook
from evalkit.coding.codebook_check import CodebookCheck, CodingsDiff, check_codebook, diff_codings
from evalkit.coding.kwic import keyword_in_context, quotes_per_code
from evalkit.coding.learned.learn import learn_codebook

__all__ = [
    "Code",
    "Codebook",
    "CodebookCheck",
    "CodingsDiff",
    "Cycle",
    "Matrix",
    "RuleCoder",
    "apply_codebook",
    "check_codebook",
    "codebook_files",
    "diff_codings",
    "keyword_in_context",
    "learn_codebook",
    "quotes_per_code",
    "read_codebook",
    "rule_matches",
    "study_codebook",
]
