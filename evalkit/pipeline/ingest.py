"""Raw files → pseudonymised tables: the only place where real names and processed tables meet.

Documents are read one by one, so that a changed transcript costs its own reading only. Findings may name files and
rows of the raw data, so they stay in the study's private folder with the names to decide on.
"""

import hashlib
import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import pandas as pd

from evalkit import privacy, sources
from evalkit.coding.scores import join_scores, read_scores
from evalkit.coding.store import has_store, open_store
from evalkit.errors import Finding, PrivacyError
from evalkit.study import STUDY_FILE, Study
from evalkit.tables import (
    REGISTERS,
    as_register,
    check_register,
    empty_table,
    join_parts,
    schema_columns,
    write_table,
    write_whole,
)

__all__ = ["Ingest", "findings_path", "forget_vanished", "read_findings", "write_findings"]

# Columns of registers that hold keys, not words: pseudonyms have no business there.
_KEYS = {"unit", "tool", "tool_demonstrated", "person_id", "source_file", "event", "indicator", "start", "end", "zone"}


class Ingest:
    """Reads what lies in a study's raw folders, once, and writes it pseudonymised.

    Parameters
    ----------
    study : Study
        The study.
    """

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def documents(self) -> dict[str, Path]:
        """Raw documents by the name of their part; the name is a hash, since a file name may name a person."""
        return {_part(path, self.study): path for path in sources.list_documents(self.study)}

    @cached_property
    def registers(self) -> dict[str, Path]:
        """Raw registers by name."""
        return self._registers[0]

    @cached_property
    def _registers(self) -> tuple[dict[str, Path], list[Finding]]:
        found, findings = sources.find_registers(self.study)
        return found, list(findings)

    @cached_property
    def _people(self) -> pd.DataFrame | None:
        path = self.registers.get("people")
        return None if path is None else sources.read_register(path, root=self.study.root)[0]

    @cached_property
    def _decided(self) -> tuple[pd.DataFrame, list[Finding]]:
        decisions, findings = privacy.read_decisions(self.queue_path)
        return decisions, list(findings)

    @cached_property
    def names(self) -> privacy.NameList:
        """Everything that is replaced by a pseudonym in this study."""
        return privacy.name_list(self.study, self._people, self._decided[0])

    @cached_property
    def names_hash(self) -> str:
        """Hash of the registered names and the decisions: what a document's pseudonyms depend on."""
        people = "" if self._people is None else self._people.to_json()
        units = repr([(unit.id, unit.name, unit.aliases) for unit in self.study.units])
        return hashlib.sha256((people + units + self._decided[0].to_json()).encode()).hexdigest()[:16]

    @cached_property
    def _listed(self) -> tuple[pd.DataFrame | None, list[Finding]]:
        listed, findings = sources.read_document_list(self.study)
        return listed, list(findings)

    @property
    def queue_path(self) -> Path:
        """Names to review, a table on which the evaluator decides."""
        return self.study.private / "names_to_review.csv"

    def read_document(self, part: str) -> None:
        """Read one document, pseudonymise it and write its part.

        Parameters
        ----------
        part : str
            Name of the part, a key of `documents`.
        """
        reading = sources.read_document(self.documents[part], self.study, listed=self._listed[0])
        documents, speakers, queue = privacy.pseudonymise_documents(reading.document, reading.speakers, self.names)
        write_table(self.study, "documents", documents, part=part)
        write_table(self.study, "speakers", speakers, part=part)
        write_whole(self.candidates_path(part), queue.to_json(orient="table", index=False).encode())
        write_findings(self.study, f"document-{part}", list(reading.findings))

    def candidates_path(self, part: str) -> Path:
        """Return where the names found in one document wait to be put on the list.

        Parameters
        ----------
        part : str
            Name of the part.

        Returns
        -------
        pathlib.Path
            In the private folder.
        """
        return self.study.private / "candidates" / f"{part}.json"

    def join_documents(self) -> None:
        """Put the documents together and the names to review on one list."""
        joined = {name: join_parts(self.study, name, self.documents) for name in ("documents", "speakers")}
        twice = joined["documents"]["document_id"].duplicated()
        if twice.any():
            raise PrivacyError(
                f"{int(twice.sum())} documents get the same id once the names in their file names are replaced "
                f"('{joined['documents'].loc[twice, 'document_id'].iloc[0]}'). Give the files names that differ in more"
            )
        for name, table in joined.items():
            write_table(self.study, name, table)
        queues = [pd.read_json(self.candidates_path(part), orient="table") for part in self.documents]
        queue = privacy.join_queues([queue for queue in queues if len(queue)])
        privacy.write_queue(self.queue_path, queue, self._decided[0])
        notices = privacy.queue_findings(self.queue_path, root=self.study.root, people=self._people is not None)
        write_findings(self.study, "documents", [*self._listed[1], *self._decided[1], *notices])

    def read_registers(self) -> None:
        """Read all registers, hold them against the study, and write them without names."""
        findings = list(self._registers[1])
        tables: dict[str, pd.DataFrame] = {}
        for name in sorted(REGISTERS, key=lambda name: name != "enrolment"):
            table, said = self._read_register(name)
            enrolment = tables.get("enrolment", empty_table("enrolment"))
            tables[name], contradictions = check_register(name, table, self.study, enrolment=enrolment)
            findings += [*said, *contradictions]
        broken = {finding.file for finding in findings if finding.severity == "problem"}
        files = {name: path.relative_to(self.study.root).as_posix() for name, path in self.registers.items()}
        empty = [name for name, file in files.items() if tables[name].empty and file not in broken]
        if empty:
            what = f"{len(empty)} registers have no rows yet: {', '.join(empty)}"
            findings.append(Finding("notice", "data/raw/registers", None, what, "Fill in those you have"))
        for name, table in tables.items():
            write_table(self.study, name, self._without_names(name, table))
        write_findings(self.study, "registers", findings)

    def _read_register(self, name: str) -> tuple[pd.DataFrame, list[Finding]]:
        table, findings = empty_table(name), []
        if name in self.registers:
            raw, read = sources.read_register(self.registers[name], root=self.study.root)
            table, typed = as_register(name, raw)
            findings = [*read, *typed]
        if name == "events" and self.study.events:
            declared = _declared_events(self.study)
            table = pd.concat([declared, table[~table["event"].isin(declared["event"])]], ignore_index=True)
        if name == "assessments" and has_store(self.study):
            with open_store(self.study) as store:
                table, scored_twice = join_scores(table, read_scores(store))
            findings = [*findings, *scored_twice]
        return table, findings

    def _without_names(self, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Pseudonymise the words of a register: who judged, who presented, what was noted as evidence."""
        clean = table.copy()
        for column, dtype in schema_columns(name).items():
            if dtype == "str" and column not in _KEYS:
                texts = clean[column]
                known = {text: privacy.pseudonymise_text(text, self.names).text for text in texts.dropna().unique()}
                clean[column] = texts.map(known).astype("str")
        return clean


def read_findings(study: Study) -> list[Finding]:
    """Read what the last ingest found.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of Finding
        Problems before notices, by file and row.
    """
    folder = study.private / "findings"
    findings = {
        Finding(**said)
        for file in sorted(folder.glob("*.json"))
        for said in json.loads(file.read_text(encoding="utf-8"))
    }
    return sorted(findings, key=lambda f: (f.severity != "problem", f.file, f.row or 0, f.what))


def findings_path(study: Study, step: str) -> Path:
    """Return where a step keeps what it found.

    Parameters
    ----------
    study : Study
        The study.
    step : str
        Name of the step.

    Returns
    -------
    pathlib.Path
        In the private folder.
    """
    return study.private / "findings" / f"{step}.json"


def forget_vanished(study: Study, parts: set[str]) -> None:
    """Remove what is kept of documents that are no longer there.

    Parameters
    ----------
    study : Study
        The study.
    parts : set of str
        The parts that are there.
    """
    kept = [
        *study.processed.glob("parts/*.parquet"),
        *study.private.glob("candidates/*.json"),
        *study.private.glob("findings/document-*.json"),
    ]
    for file in kept:
        if file.stem.rsplit("-", 1)[-1] not in parts:
            file.unlink()


def write_findings(study: Study, step: str, findings: list[Finding]) -> None:
    """Keep what a step found.

    Parameters
    ----------
    study : Study
        The study.
    step : str
        Name of the step.
    findings : list of Finding
        All of them.
    """
    content = json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1)
    write_whole(findings_path(study, step), content.encode())


def _part(path: Path, study: Study) -> str:
    return hashlib.sha256(path.relative_to(study.root).as_posix().encode()).hexdigest()[:12]


def _declared_events(study: Study) -> pd.DataFrame:
    rows = [
        {
            "event": event.id,
            "date": event.date,
            "date_precision": event.date_precision,
            "after_session": event.after_session,
            "kind": event.kind or None,
            "source": event.source or None,
            "source_file": STUDY_FILE,
            "source_row": number,
        }
        for number, event in enumerate(study.events, start=1)
    ]
    frame = pd.DataFrame(rows)
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.astype(schema_columns("events"))
