"""Codings as tidy tables for other programs: one row a coding, a 0/1 matrix, and the quotes that may be shown."""

import pandas as pd

from evalkit.coding.codes import Codebook
from evalkit.coding.kwic import quotes_per_code
from evalkit.errors import TableError
from evalkit.wording import Language

__all__ = ["code_matrix", "quote_table", "tidy_codings"]


def tidy_codings(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    documents: pd.DataFrame,
    codebook: Codebook,
    *,
    lang: Language = "sv",
) -> pd.DataFrame:
    """Return one row per coding with everything that is known about where it stands.

    Parameters
    ----------
    codings : pandas.DataFrame
        Table `codings`, of rules or people.
    segments, documents : pandas.DataFrame
        The tables that they are of.
    codebook : Codebook
        For the codes' names; a code that it lacks keeps its id for a name.
    lang : {"sv", "en"}, default "sv"
        Language of the names.

    Returns
    -------
    pandas.DataFrame
        Columns coding_id, document_id, kind, date, session, consent, segment_id, speaker, role, unit, about_session,
        start, end, code, code_name, polarity, quote (empty where the document's people consented to nothing), coder,
        rule, codebook_version, created_at.

    Raises
    ------
    TableError
        If a coding's segment or document is missing.
    """
    _check_known(codings, segments, documents)
    names = {code.id: code.name(lang) for code in codebook.codes}
    about = documents[["document_id", "kind", "date", "session", "consent"]]
    said = segments[["segment_id", "speaker", "role"]]
    table = codings.merge(about, on="document_id", how="left").merge(said, on="segment_id", how="left")
    table["code_name"] = table["code"].map(lambda code: names.get(code, code)).astype("str")
    table["quote"] = table["quote"].where(table["consent"] != "none")
    columns = [
        "coding_id",
        "document_id",
        "kind",
        "date",
        "session",
        "consent",
        "segment_id",
        "speaker",
        "role",
        "unit",
    ]
    columns += ["about_session", "start", "end", "code", "code_name", "polarity", "quote", "coder", "rule"]
    return table[[*columns, "codebook_version", "created_at"]]


def code_matrix(
    codings: pd.DataFrame, segments: pd.DataFrame, codebook: Codebook, *, readings: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per segment and coder, with 1 for every code given and 0 for every other.

    Parameters
    ----------
    codings : pandas.DataFrame
        Table `codings`.
    segments : pandas.DataFrame
        The segments; those that nobody coded or read have a row of zeros without a coder.
    codebook : Codebook
        Its codes are the columns, in its order; codes that it lacks come last.
    readings : pandas.DataFrame, optional
        Table `readings`: who read a segment and gave it no code has a row of zeros, too.

    Returns
    -------
    pandas.DataFrame
        segment_id, document_id, unit, about_session, role, coder, and a column of 0 and 1 per code.

    Raises
    ------
    TableError
        If a coding's segment is missing.
    """
    _check_known(codings, segments, None)
    codes = [*codebook.ids, *sorted(set(codings["code"]) - set(codebook.ids))]
    given = pd.crosstab([codings["segment_id"], codings["coder"]], codings["code"]).clip(upper=1)
    given = given.reindex(columns=codes, fill_value=0).reset_index()
    if readings is not None:
        read = readings[["segment_id", "coder"]].drop_duplicates()
        given = given.merge(read, on=["segment_id", "coder"], how="outer")
    about = segments[["segment_id", "document_id", "unit", "about_session", "role"]]
    table = about.merge(given, on="segment_id", how="left")
    table[codes] = table[codes].fillna(0).astype("int64")
    return table[[*about.columns, "coder", *codes]]


def quote_table(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    documents: pd.DataFrame,
    codebook: Codebook,
    *,
    internal: bool = False,
    lang: Language = "sv",
) -> pd.DataFrame:
    """Return every quote that may be shown: verbatim words, from documents whose people agreed to be quoted.

    Parameters
    ----------
    codings, segments, documents, codebook, lang
        As in `tidy_codings`.
    internal : bool, default False
        With those whose people agreed to internal use only.

    Returns
    -------
    pandas.DataFrame
        Columns code, code_name, polarity, quote (the whole segment), speaker, unit, about_session, document_id,
        segment_id, coding_id, consent; by code in the codebook's order.

    Raises
    ------
    TableError
        If a coding's segment or document is missing.
    """
    quotes = quotes_per_code(codings, segments, documents, n=max(len(codings), 1))
    quotes = quotes if internal else quotes[quotes["consent"] == "quote"]
    names = {code.id: code.name(lang) for code in codebook.codes}
    order = {code: number for number, code in enumerate(codebook.ids)}
    place = quotes["code"].map(lambda code: order.get(code, len(order)))
    quotes = quotes.assign(code_name=quotes["code"].map(lambda code: names.get(code, code)).astype("str"), place=place)
    quotes = quotes.sort_values(["place", "code", "rank"], ignore_index=True)
    columns = ["code", "code_name", "polarity", "quote", "speaker", "unit", "about_session", "document_id"]
    return quotes[[*columns, "segment_id", "coding_id", "consent"]]


def _check_known(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame | None) -> None:
    lost = int((~codings["segment_id"].isin(segments["segment_id"])).sum())
    if documents is not None and not lost:
        lost = int((~codings["document_id"].isin(documents["document_id"])).sum())
    if lost:
        raise TableError(f"codings: {lost} rows are of texts that are not in the tables. Run: evalkit run")
