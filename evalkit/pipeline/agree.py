"""`evalkit agree`: how far people who coded the same segments agree, and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from evalkit.coding import read_codebook, study_codebook
from evalkit.coding.agreement import Agreement, coder_agreement, disagreements
from evalkit.errors import UsageError
from evalkit.pipeline.engine import Progress
from evalkit.pipeline.run import ingest_study
from evalkit.study import Study
from evalkit.tables import as_csv, as_xlsx, read_table, write_whole
from evalkit.wording import Language, interval, number, pick

__all__ = ["ComparedCoders", "compare_coders", "with_texts"]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedCoders:
    """Agreement, ready for a terminal.

    Attributes
    ----------
    agreement : Agreement
        The result.
    differences : int
        Segments and codes on which the coders differ.
    """

    agreement: Agreement
    differences: int

    def table(self, lang: Language) -> str:
        """Return the rows of all codes that were used, as lines."""
        result = self.agreement
        used = result.table[result.table["why"] != "never coded"]
        rows = [self._row(row, lang) for row in used.to_dict("records")]
        return pd.DataFrame(rows).to_string(index=False)

    def _row(self, row: Any, lang: Language) -> dict[str, str]:
        result, (a, *others) = self.agreement, self.agreement.coders
        f1 = "–" if pd.isna(row["f1"]) else number(row["f1"], 2, lang=lang)
        ends = (
            f"({result.why(row['why'], lang)})"
            if row["why"]
            else interval(row["f1_ci_low"], row["f1_ci_high"], lang=lang)
        )
        shown = {
            pick(lang, sv="kod", en="code"): result.code_name(row["code"], lang),
            pick(lang, sv="kodade", en="coded"): str(row["coded"]),
            pick(lang, sv="alla", en="all"): str(row["both"]),
        }
        if len(others) == 1:
            only = pick(lang, sv="bara", en="only")
            shown |= {f"{only} {a}": str(row["only_a"]), f"{only} {others[0]}": str(row["only_b"])}
        alpha = "–" if pd.isna(row["alpha"]) else number(row["alpha"], 2, lang=lang)
        return shown | {
            "F1": f1,
            pick(lang, sv="intervall", en="interval"): ends,
            pick(lang, sv="alfa", en="alpha"): alpha,
        }


def compare_coders(
    study: Study,
    *,
    coders: Sequence[str] | None = None,
    level: Literal["code", "polarity"] = "code",
    out: Path | None = None,
    progress: Progress | None = None,
) -> ComparedCoders:
    """Compare the coders of a study.

    Parameters
    ----------
    study : Study
        The study.
    coders : sequence of str, optional
        Whom; default all who read the same segments.
    level : {"code", "polarity"}, default "code"
        Whether the polarity belongs to the judgement.
    out : pathlib.Path, optional
        A .csv or .xlsx file for the differences, with the segments' pseudonymised texts, but for those of people who
        consented to nothing.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    ComparedCoders
        The agreement and how many differences there are.

    Raises
    ------
    UsageError
        If the ending of the file is not known.
    EstimationError
        If no segment was read independently by two coders.
    TableError
        If a coder is not known.
    """
    if out is not None and out.suffix not in (".csv", ".xlsx"):
        raise UsageError(f"--out {out.name}: the ending is not known; use .csv or .xlsx")
    ingest_study(study, progress=progress)
    tables = [read_table(study, name) for name in ("people_codings", "readings", "segments")]
    codebook = read_codebook(study_codebook(study))
    agreement = coder_agreement(*tables, coders=coders, level=level, codebook=codebook)
    differences = disagreements(*tables, coders=coders, codebook=codebook)
    if level == "code":
        differences = differences[differences["differ"] != "polarity"]
    if out is not None:
        table = with_texts(differences, tables[2], read_table(study, "documents"))
        write_whole(out, as_csv(table) if out.suffix == ".csv" else as_xlsx({"differences": table}))
    return ComparedCoders(agreement, len(differences))


def with_texts(rows: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Put what was said beside rows about segments.

    Parameters
    ----------
    rows : pandas.DataFrame
        With segment_id.
    segments, documents : pandas.DataFrame
        Tables of those names.

    Returns
    -------
    pandas.DataFrame
        With speaker, unit, text and consent; no text of people who consented to nothing.
    """
    said = segments[["segment_id", "document_id", "speaker", "unit", "text"]]
    said = said.merge(documents[["document_id", "consent"]], on="document_id", how="left").drop(columns="document_id")
    said["text"] = said["text"].where(said["consent"] != "none")
    return rows.merge(said, on="segment_id", how="left")
