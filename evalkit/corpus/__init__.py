"""Documents → turns → segments → integer-coded tokens.

`turns` finds who speaks where, `segments` cuts turns into the pieces that are coded (a speaker's turn or a paragraph)
and says whose they are and what they are about, `tokens` numbers their words.
"""

from evalkit.corpus.segments import segment_documents
from evalkit.corpus.tokens import Tokens, tokenise

__all__ = ["Tokens", "segment_documents", "tokenise"]
