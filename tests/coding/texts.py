"""Small tables of documents, segments and codings, made of given texts."""

from typing import Any

import pandas as pd

from evalkit.tables import empty_table, schema_columns


def as_table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table of the schema; columns that the rows do not give are empty."""
    if not rows:
        return empty_table(name)
    return pd.DataFrame(rows).reindex(columns=list(schema_columns(name))).astype(schema_columns(name))


def documents_and_segments(texts: dict[str, list[str]], **about: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Documents whose paragraphs are their segments, with a blank line between two."""
    documents, segments = [], []
    for document_id, paragraphs in texts.items():
        text = "\n\n".join(paragraphs)
        documents.append(
            {
                "document_id": document_id,
                "kind": "intervju",
                "verbatim": "yes",
                "consent": "quote",
                "path": f"data/raw/transcripts/{document_id}.txt",
                "encoding": "utf-8",
                "source_sha256": "0" * 64,
                "text": text,
                "text_sha256": f"{hash(text):x}",
            }
            | about
        )
        start = 0
        for number, paragraph in enumerate(paragraphs, start=1):
            segments.append(
                {
                    "segment_id": f"{document_id}#{number:04d}",
                    "document_id": document_id,
                    "start": start,
                    "end": start + len(paragraph),
                    "speaker": "R",
                    "role": "informant",
                    "unit": about.get("unit"),
                    "about_session": about.get("session"),
                    "text": paragraph,
                }
            )
            start += len(paragraph) + 2
    return as_table("documents", documents), as_table("segments", segments)


def coding(segments: pd.DataFrame, segment_id: str, quote: str, code: str, **more: Any) -> dict[str, Any]:
    """A row of the table of codings, found by its words."""
    segment = segments.set_index("segment_id").loc[segment_id]
    start = int(segment["start"]) + segment["text"].index(quote)
    return {
        "coding_id": f"{segment_id}-{code}-{more.get('coder', 'A')}",
        "document_id": segment["document_id"],
        "segment_id": segment_id,
        "start": start,
        "end": start + len(quote),
        "code": code,
        "polarity": "+",
        "quote": quote,
        "coder": "A",
        "codebook_version": "1",
    } | more
