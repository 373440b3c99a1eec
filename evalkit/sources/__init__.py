"""Raw files → documents and registers, still with real names and in memory only; `privacy` comes next.

Nothing here trusts a file: sizes are looked at first, parsers run in a child process with limits, and whatever cannot
be read becomes a finding with its file and row.
"""

from evalkit.sources.document_list import read_document_list
from evalkit.sources.documents import DocumentReading, document_ids, list_documents, read_document
from evalkit.sources.layout import rebuild_paragraphs
from evalkit.sources.registers import find_registers, read_register
from evalkit.sources.text import decode_bytes, normalise_text

__all__ = [
    "DocumentReading",
    "decode_bytes",
    "document_ids",
    "find_registers",
    "list_documents",
    "normalise_text",
    "read_document",
    "read_document_list",
    "read_register",
    "rebuild_paragraphs",
]
