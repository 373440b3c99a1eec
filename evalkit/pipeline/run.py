"""`evalkit run`: raw files → tables → notebooks → report, and nothing that is up to date runs again."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evalkit import privacy
from evalkit.coding import apply_codebook, codebook_files, read_codebook, study_codebook
from evalkit.corpus import segment_documents
from evalkit.errors import CodebookError, Finding
from evalkit.pipeline.check import Check, count_study, raise_problems, weigh_findings
from evalkit.pipeline.engine import FOUNDATION, REPORTING, Progress, Step, code_hash, run_steps
from evalkit.pipeline.ingest import Ingest, findings_path, forget_vanished, read_findings, write_findings
from evalkit.pipeline.notebooks import execute, list_notebooks, notebook_reads
from evalkit.pipeline.people import people_step, record_name_decisions, store_state
from evalkit.report import write_report
from evalkit.study import STUDY_FILE, Study
from evalkit.tables import REGISTERS, read_table, table_path, write_table

__all__ = ["Run", "check_study", "ingest_study", "pseudonymise_study", "run_study"]


@dataclass(frozen=True)
class Run:
    """What a run found and did.

    Parameters
    ----------
    findings : tuple of Finding
        What was found in the raw data, problems first.
    ran : tuple of str
        Names of the steps that ran; the others were up to date.
    """

    findings: tuple[Finding, ...]
    ran: tuple[str, ...]


def run_study(
    study: Study,
    *,
    jobs: int = 0,
    force: bool = False,
    allow_problems: bool = False,
    until: str = "report",
    progress: Progress | None = None,
) -> Run:
    """Take a study from its raw files to its report.

    Parameters
    ----------
    study : Study
        The study.
    jobs : int, default 0
        Notebooks that run side by side; 0 = one per core.
    force : bool, default False
        Run every step, whatever is up to date.
    allow_problems : bool, default False
        Leave out what has problems instead of stopping.
    until : {"report", "tables"}, default "report"
        Where to stop.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    Run
        What was found in the raw data, and which steps ran.

    Raises
    ------
    StudyError
        If the raw data have problems and they are not allowed; nothing in reports/ has been touched then.
    """
    findings, ran = _ingest(study, force=force, progress=progress)
    if not allow_problems:
        raise_problems(findings)
    steps = [_codings(study)]
    if until == "report":
        notebooks = [_notebook(study, path) for path in list_notebooks(study)]
        steps += [*notebooks, _report(study, notebooks)]
    ran += run_steps(
        steps, database=_database(study, "analysis"), jobs=jobs or os.cpu_count() or 1, force=force, progress=progress
    )
    return Run(tuple(findings), tuple(ran))


def check_study(study: Study, *, progress: Progress | None = None) -> Check:
    """Read the raw data and tell what they hold; writes nothing into reports/.

    Parameters
    ----------
    study : Study
        The study.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    Check
        Problems, notices, counts and what can be got from them.
    """
    return weigh_findings(study, ingest_study(study, progress=progress))


def ingest_study(study: Study, *, progress: Progress | None = None) -> list[Finding]:
    """Read the raw files into pseudonymised tables and segments.

    Parameters
    ----------
    study : Study
        The study.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    list of Finding
        All that is wrong or missing, problems first.
    """
    return _ingest(study, force=False, progress=progress)[0]


def _ingest(study: Study, *, force: bool, progress: Progress | None) -> tuple[list[Finding], list[str]]:
    ingest = Ingest(study)
    forget_vanished(study, set(ingest.documents))
    steps = [*_documents(study, ingest), _registers(study, ingest), _segments(study), people_step(study)]
    ran = run_steps(steps, database=_database(study, "ingest"), force=force, progress=progress)
    return [*read_findings(study), *_codebook_findings(study)], ran


def pseudonymise_study(
    study: Study, *, passphrase: str | None, coder: str | None = None, progress: Progress | None = None
) -> tuple[int, int, Path | None]:
    """Make pseudonyms, the list of names to review and, with a passphrase, the encrypted key.

    Parameters
    ----------
    study : Study
        The study.
    passphrase : str or None
        Opens the key; None writes none.
    coder : str, optional
        Who decided on the names: the decisions are then noted in the store, without the names.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    tuple of int, int and pathlib.Path or None
        Documents, names waiting for a decision, and the key's file if one was written.
    """
    ingest_study(study, progress=progress)
    ingest = Ingest(study)
    if coder:
        record_name_decisions(study, privacy.read_decisions(ingest.queue_path)[0], coder=coder)
    key = None
    if passphrase:
        key = study.private / "pseudonym_key.enc"
        privacy.write_key(key, ingest.names, passphrase)
    return len(ingest.documents), privacy.count_undecided(ingest.queue_path), key


def _database(study: Study, stage: str) -> Path:
    language = "" if study.lang == study.study.language or stage == "ingest" else f"-{study.lang}"
    return study.processed / f".doit-{stage}{language}.json"


def _documents(study: Study, ingest: Ingest) -> list[Step]:
    code = code_hash("sources", "privacy", *FOUNDATION) + ingest.names_hash
    shared = [
        study.root / STUDY_FILE,
        *sorted(study.raw.rglob("documents.csv")),
        *sorted(study.raw.rglob("documents.xlsx")),
    ]
    each = [
        Step(
            f"document:{part}",
            partial(ingest.read_document, part),
            reads=[path, *shared],
            writes=[
                table_path(study, "documents", part=part),
                table_path(study, "speakers", part=part),
                ingest.candidates_path(part),
                findings_path(study, f"document-{part}"),
            ],
            state=code,
        )
        for part, path in ingest.documents.items()
    ]
    join = Step(
        "documents",
        ingest.join_documents,
        reads=[path for step in each for path in step.writes],
        writes=[table_path(study, "documents"), table_path(study, "speakers"), findings_path(study, "documents")],
        state=code + " ".join(sorted(ingest.documents)),
    )
    return [*each, join]


def _registers(study: Study, ingest: Ingest) -> Step:
    return Step(
        "registers",
        ingest.read_registers,
        reads=[study.root / STUDY_FILE, *sorted(path for path in study.raw.glob("registers/*") if path.is_file())],
        writes=[*(table_path(study, name) for name in REGISTERS), findings_path(study, "registers")],
        state=code_hash("sources", "privacy", *FOUNDATION) + ingest.names_hash + store_state(study, "scores"),
    )


def _segments(study: Study) -> Step:
    def segment() -> None:
        documents, speakers, people = (read_table(study, name) for name in ("documents", "speakers", "people"))
        segments, findings = segment_documents(documents, speakers, study, people=people)
        write_table(study, "segments", segments)
        write_findings(study, "segments", findings)

    return Step(
        "segments",
        segment,
        reads=[*(table_path(study, name) for name in ("documents", "speakers", "people")), study.root / STUDY_FILE],
        writes=[table_path(study, "segments"), findings_path(study, "segments")],
        state=code_hash("corpus", *FOUNDATION),
    )


def _codings(study: Study) -> Step:
    def code() -> None:
        codings = apply_codebook(read_table(study, "segments"), read_codebook(study_codebook(study)))
        write_table(study, "codings", codings)

    return Step(
        "codings",
        code,
        reads=[table_path(study, "segments"), *codebook_files(study_codebook(study))],
        writes=[table_path(study, "codings")],
        state=code_hash("coding", "corpus", *FOUNDATION),
    )


def _notebook(study: Study, path: Path) -> Step:
    code = code_hash(*REPORTING)
    return Step(
        f"notebook:{path.stem}",
        lambda: execute(path, study, code=code),
        reads=[
            path,
            study.root / STUDY_FILE,
            *codebook_files(study_codebook(study)),
            *(table_path(study, name) for name in notebook_reads(path)),
        ],
        writes=[study.reports / "notebooks" / path.name],
        state=code + study.lang,
    )


def _report(study: Study, notebooks: list[Step]) -> Step:
    def write() -> None:
        codebook = read_codebook(study_codebook(study))
        write_report(study, codebook=codebook, findings=read_findings(study), counts=count_study(study))

    return Step(
        "report",
        write,
        reads=[
            *(path for step in notebooks for path in step.writes),
            *sorted(study.reports.glob("text/*.md")),
            study.root / STUDY_FILE,
            *codebook_files(study_codebook(study)),
            table_path(study, "codings"),
            *(table_path(study, name) for name in REGISTERS),
            *sorted((study.private / "findings").glob("*.json")),
        ],
        writes=[study.reports / "report.html"],
        state=code_hash(*REPORTING) + study.lang,
    )


def _codebook_findings(study: Study) -> list[Finding]:
    own = study.raw / "codebook.toml"
    if not own.is_file():
        return [
            Finding(
                "notice",
                "data/raw/codebook.toml",
                None,
                "there is none; the codebook that evalkit ships is used",
                "Put your own there, or leave it so",
            )
        ]
    try:
        read_codebook(own)
    except CodebookError as error:
        # The error names the file and says what to do; a finding has its own places for both.
        said = str(error).removeprefix("CodebookError: ").removeprefix("codebook.toml").lstrip(":, ")
        what, _, advice = said.rpartition(". ")
        return [Finding("problem", "data/raw/codebook.toml", None, what or advice, advice if what else "Correct it")]
    return []
