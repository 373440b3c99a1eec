"""Codings in their context, and quotes that may be shown.

A keyword-in-context table is for judging a rule: it shows every coding of a code between the words before and after
it. Quotes are for a report: only spoken or transcribed words, never field notes, and only from documents whose people
agreed to more than nothing.
"""

import pandas as pd

from evalkit.errors import TableError

__all__ = ["keyword_in_context", "quotes_per_code"]

QUOTABLE = ("yes", "asr")
"""Values of `verbatim` that mean somebody's own words."""


def keyword_in_context(codings: pd.DataFrame, segments: pd.DataFrame, *, code: str, width: int = 60) -> pd.DataFrame:
    """Return the codings of a code, each with what stands before and after it in its segment.

    Parameters
    ----------
    codings : pandas.DataFrame
        Table `codings`, of rules or people.
    segments : pandas.DataFrame
        The segments that were coded.
    code : str
        Id of the code; one without codings gives no rows.
    width : int, default 60
        Most characters on either side; words are not cut unless one is longer than that.

    Returns
    -------
    pandas.DataFrame
        Columns coding_id, segment_id, document_id, unit, about_session, coder, rule, polarity, before, keyword, after;
        in the order of the codings.

    Raises
    ------
    TableError
        If `width` is negative, or a coding's segment is not among the segments.
    """
    if width < 0:
        raise TableError(f"keyword_in_context: width is {width}; give 0 or more")
    chosen = codings[codings["code"] == code].reset_index(drop=True)
    texts, offsets = _segment_texts(chosen, segments)
    begin, end = chosen["start"] - offsets, chosen["end"] - offsets
    places = list(zip(texts, begin, end, strict=True))
    context = {
        "before": [_tail(text[:a], width) for text, a, _ in places],
        "keyword": [_one_line(text[a:b]) for text, a, b in places],
        "after": [_head(text[b:], width) for text, _, b in places],
    }
    ids = ["coding_id", "segment_id", "document_id", "unit", "about_session", "coder", "rule", "polarity"]
    return chosen[ids].assign(**{name: pd.Series(column, dtype="str") for name, column in context.items()})


def quotes_per_code(
    codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame, *, n: int = 3
) -> pd.DataFrame:
    """Choose a few quotes per code, from as many units as there are.

    Every unit gives one quote before any gives a second. Within a unit a quote of ordinary length (40 to 400
    characters) comes before the very short and the very long, and then the ids of the codings decide, so that the
    same codings always give the same quotes.

    Parameters
    ----------
    codings : pandas.DataFrame
        Table `codings`.
    segments : pandas.DataFrame
        The segments that were coded.
    documents : pandas.DataFrame
        Table `documents`, which says what is verbatim and what people agreed to.
    n : int, default 3
        Most quotes per code.

    Returns
    -------
    pandas.DataFrame
        Columns code, rank (from 1), coding_id, segment_id, document_id, unit, speaker, about_session, polarity, consent
        and quote (the whole segment); ordered by code and rank. The same segment stands at most once per code.

    Raises
    ------
    TableError
        If a coding's segment or document is missing.
    """
    texts, _ = _segment_texts(codings, segments)
    speakers = segments.set_index("segment_id")["speaker"]
    known = documents.set_index("document_id")
    missing = int((~codings["document_id"].isin(known.index)).sum())
    if missing:
        raise TableError(f"codings: {missing} rows are of documents that are not in the table; run: evalkit run")
    table = codings.assign(
        quote=pd.array([_one_line(text) for text in texts], dtype="str"),
        speaker=speakers.reindex(codings["segment_id"]).to_numpy(),
        verbatim=known["verbatim"].reindex(codings["document_id"]).to_numpy(),
        consent=known["consent"].reindex(codings["document_id"]).to_numpy(),
    )
    table = table[table["verbatim"].isin(QUOTABLE) & (table["consent"] != "none")]
    length = table["quote"].str.len()
    table = table.assign(odd=~length.between(40, 400))
    # An id is a hash: its order mixes interviews, notes and homework, and is the same every time.
    table = table.sort_values(["code", "odd", "coding_id"])
    table = table.drop_duplicates(["code", "segment_id"])
    turn = table.groupby(["code", table["unit"].fillna("")]).cumcount()
    table = table.assign(turn=turn).sort_values(["code", "turn", "odd", "coding_id"])
    table = table.assign(rank=table.groupby("code").cumcount() + 1)
    columns = ["code", "rank", "coding_id", "segment_id", "document_id", "unit", "speaker", "about_session"]
    columns += ["polarity", "consent", "quote"]
    return table.loc[table["rank"] <= n, columns].reset_index(drop=True)


def _segment_texts(codings: pd.DataFrame, segments: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return, per coding, the text of its segment and where the segment starts in its document."""
    known = segments.set_index("segment_id")
    missing = int((~codings["segment_id"].isin(known.index)).sum())
    if missing:
        raise TableError(
            f"codings: {missing} rows are of segments that are not in the table; code these segments again"
        )
    chosen = known.loc[codings["segment_id"], ["text", "start"]].reset_index(drop=True)
    return chosen["text"], chosen["start"]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _head(text: str, width: int) -> str:
    line = " ".join(text[: 4 * width + 1].split())
    if len(line) <= width:
        return line
    cut = line[:width].rfind(" ") if line[width] != " " else width
    return line[: cut if cut > 0 else width]


def _tail(text: str, width: int) -> str:
    return _head(text[::-1], width)[::-1]
