"""`evalkit check`: every problem in the raw data at once, and what the data are enough for."""

from dataclasses import dataclass

from evalkit.errors import Finding, StudyError
from evalkit.study import Study
from evalkit.tables import REGISTERS, Possibility, possibilities, read_table

__all__ = ["Check", "count_study", "raise_problems", "weigh_findings"]


@dataclass(frozen=True)
class Check:
    """What the raw data of a study hold.

    Parameters
    ----------
    problems, notices : tuple of Finding
        What stops a run, and what does not.
    counts : dict of str to int
        Rows per table, and what study.toml declares.
    possibilities : tuple of Possibility
        Which parts of an evaluation the data reach for.
    """

    problems: tuple[Finding, ...]
    notices: tuple[Finding, ...]
    counts: dict[str, int]
    possibilities: tuple[Possibility, ...]


def weigh_findings(study: Study, findings: list[Finding]) -> Check:
    """Tell what an ingested study holds.

    Parameters
    ----------
    study : Study
        The study.
    findings : list of Finding
        What the ingest found.

    Returns
    -------
    Check
        Problems, notices, counts and what can be got from them.
    """
    counts = count_study(study)
    return Check(
        tuple(finding for finding in findings if finding.severity == "problem"),
        tuple(finding for finding in findings if finding.severity == "notice"),
        counts,
        tuple(possibilities(counts)),
    )


def count_study(study: Study) -> dict[str, int]:
    """Count what the study has.

    Parameters
    ----------
    study : Study
        An ingested study.

    Returns
    -------
    dict of str to int
        Rows per table; units, sessions and tools declared; documents whose unit or session is known.
    """
    documents = read_table(study, "documents")
    segments = read_table(study, "segments")
    return {
        "documents": len(documents),
        "segments": len(segments),
        "units": len(study.units),
        "sessions": len(study.sessions),
        "tools": len(study.tools),
        "document_units": segments.loc[segments["unit"].notna(), "document_id"].nunique(),
        "document_sessions": int(documents["session"].notna().sum()),
        **{name: len(read_table(study, name)) for name in REGISTERS},
    }


def raise_problems(findings: list[Finding]) -> None:
    """Stop if there are problems.

    Parameters
    ----------
    findings : list of Finding
        What the ingest found.

    Raises
    ------
    StudyError
        If one of them is a problem; all are on the error's `findings`.
    """
    problems = [finding for finding in findings if finding.severity == "problem"]
    if problems:
        raise ProblemsError(problems)


class ProblemsError(StudyError):
    """The raw data, or a file handed in, have problems; each is a line of its own.

    Parameters
    ----------
    problems : list of Finding
        At least one.
    where : str, optional
        Where they are and what to do; default the raw data.
    """

    def __init__(self, problems: list[Finding], *, where: str = "") -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        place = where or "the raw data; correct, or leave out what has them with --allow-problems"
        super().__init__(f"{count} in {place}")
        self.problems = problems
