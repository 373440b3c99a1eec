"""One raw file → one document with what is known about it. Real names are still in it: privacy comes next."""

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import Finding, SourceError
from evalkit.sources.document_list import FOLDERS, LIST_NAMES
from evalkit.sources.guarded import run_guarded
from evalkit.sources.header import Header, read_header
from evalkit.sources.layout import is_laid_out, rebuild_paragraphs
from evalkit.sources.metadata import Metadata, metadata_from
from evalkit.sources.registers import relative_to_study
from evalkit.sources.subtitles import cue_turns, read_cues
from evalkit.sources.text import decode_bytes, normalise_text, suspect_encoding
from evalkit.sources.turns import read_export, transcript_text
from evalkit.study import Study
from evalkit.tables import empty_table, schema_columns

__all__ = ["EXTENSIONS", "DocumentReading", "document_ids", "list_documents", "read_document"]

_TEXT = (".txt", ".md")
_SUBTITLES = (".vtt", ".srt")
_PARSED = {
    ".docx": "evalkit.sources.word:read_word",
    ".odt": "evalkit.sources.opendocument:read_opendocument",
    ".rtf": "evalkit.sources.rtf:read_rtf",
    ".pdf": "evalkit.sources.pdf:read_pdf",
}
_WITHOUT_TEXT = (".pptx", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".svg")
EXTENSIONS = (*_TEXT, *_SUBTITLES, *_PARSED, *_WITHOUT_TEXT)

MAX_TEXT_BYTES = 20 * 1024 * 1024
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_LINE = 1_000_000
_SKIPPED_NAMES = frozenset({*LIST_NAMES, "thumbs.db", "desktop.ini"})
_NOTE_KINDS = frozenset({"motesanteckning", "faltanteckning", "okant"})


@dataclass(frozen=True)
class DocumentReading:
    """What one raw file gave.

    Attributes
    ----------
    document : pandas.DataFrame
        One row of the table `documents`, or none if the file could not be read.
    speakers : pandas.DataFrame
        Rows of the table `speakers`: who is declared to speak in it.
    findings : tuple of Finding
        What the evaluator should know about the file.
    """

    document: pd.DataFrame
    speakers: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass
class _Content:
    """Text of a file on its way to a document."""

    text: str = ""
    encoding: str = "binary"
    header: Header = field(default_factory=lambda: Header({}, (), ""))
    recorded: bool = False  # made by speech recognition
    may_be_empty: bool = False


def list_documents(study: Study) -> list[Path]:
    """List the files that hold what people said, wrote or noted.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of pathlib.Path
        Sorted; hidden files, lock files of office programs and the list of documents are left out.
    """
    found = []
    for name in FOLDERS:
        for folder, folders, files in os.walk(study.raw / name):
            folders[:] = [inner for inner in folders if not inner.startswith(".")]
            found += [Path(folder, file) for file in files if not _is_skipped(file)]
    return sorted(path for path in found if path.is_file())


def _is_skipped(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in _SKIPPED_NAMES


def document_ids(paths: Iterable[Path], study: Study) -> dict[Path, str]:
    """Give each document a readable id that depends on its own path only.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        All documents of the study, as collisions are settled between them.
    study : Study
        The study.

    Returns
    -------
    dict of pathlib.Path to str
        Small letters, digits and hyphens. The extension is part of it only where two files would share an id, and
        a few digits of the path's checksum where even that does not part them.
    """
    relative = {path: relative_to_study(path, study.raw) for path in paths}
    short = {path: _slug(os.path.splitext(name)[0]) for path, name in relative.items()}
    long = {path: _slug(name) for path, name in relative.items()}
    shared = Counter(short.values())
    ids = {path: short[path] if shared[short[path]] == 1 else long[path] for path in relative}
    taken = Counter(ids.values())
    return {path: name if taken[name] == 1 else f"{name}-{_digits(relative[path])}" for path, name in ids.items()}


def _digits(name: str) -> str:
    return hashlib.sha256(unicodedata.normalize("NFC", name).encode("utf-8", "replace")).hexdigest()[:6]


@lru_cache(maxsize=100_000)
def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "document"


def read_document(path: Path, study: Study, *, listed: pd.DataFrame | None = None) -> DocumentReading:
    """Read one raw file.

    Parameters
    ----------
    path : pathlib.Path
        The file, one of `list_documents`.
    study : Study
        The study.
    listed : pandas.DataFrame, optional
        The list of documents, from `read_document_list`.

    Returns
    -------
    DocumentReading
        Its document, speakers and findings. Bad content never raises: it gives no document and a problem.
    """
    file = relative_to_study(path, study.root)
    findings: list[Finding] = []
    row = _listed_row(listed, file)
    if path.suffix.casefold() not in EXTENSIONS:
        advice = (
            "Save it in another format"
            if path.suffix.casefold() in (".doc", ".pages", ".wpd")
            else "Remove or convert it"
        )
        findings.append(
            Finding("notice", file, None, "is of a kind that evalkit does not read and is left out", advice)
        )
        return _nothing(findings)
    try:
        checksum = _checksum(path)
        content = _read_content(path, file, row, findings)
        named_as = unicodedata.normalize("NFC", relative_to_study(path, study.raw))
        metadata = metadata_from(study, file=file, header=content.header, listed=row, named_as=named_as)
        content.text = _as_paragraphs(content, path, file, metadata, findings)
        _check_text(content)
    except SourceError as error:
        what, _, advice = str(error.args[0]).partition("; ")
        findings.append(Finding("problem", file, None, what, advice[:1].upper() + advice[1:] or "Save it anew"))
        return _nothing(findings)
    except OSError as error:
        findings.append(Finding("problem", file, None, f"cannot be read ({error.strerror})", "Check the file"))
        return _nothing(findings)
    findings += metadata.findings
    known = _with_defaults(metadata, study, content, file, findings)
    paths = {*list_documents(study), path}
    known |= {
        "document_id": document_ids(paths, study)[path],
        "path": unicodedata.normalize("NFC", file),
        "encoding": content.encoding,
        "source_sha256": checksum,
        "text": content.text,
        "text_sha256": hashlib.sha256(content.text.encode()).hexdigest(),
    }
    return DocumentReading(_one_row(known), _speaker_rows(known["document_id"], metadata), tuple(findings))


def _nothing(findings: list[Finding]) -> DocumentReading:
    return DocumentReading(empty_table("documents"), empty_table("speakers"), tuple(findings))


def _listed_row(listed: pd.DataFrame | None, file: str) -> dict[str, Any] | None:
    if listed is None:
        return None
    rows = listed[listed["path"] == unicodedata.normalize("NFC", file)]
    return None if rows.empty else {str(key): value for key, value in rows.iloc[0].items()}


def _checksum(path: Path) -> str:
    size = path.stat().st_size
    limit = MAX_TEXT_BYTES if path.suffix.casefold() in (*_TEXT, *_SUBTITLES, ".rtf") else MAX_FILE_BYTES
    if size > limit:
        raise SourceError(f"is {size / 1048576:.0f} MB, more than the {limit // 1048576} MB allowed; split it")
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read_content(path: Path, file: str, row: dict[str, Any] | None, findings: list[Finding]) -> _Content:
    """Read the file, normalise its text and part the header from it."""
    extension = path.suffix.casefold()
    if extension in _WITHOUT_TEXT:
        return _Content(may_be_empty=True)
    if extension in _PARSED:
        text, encoding = run_guarded(_PARSED[extension], path), extension[1:]
    else:
        text, encoding = decode_bytes(path.read_bytes(), encoding=(row or {}).get("encoding") or None)
    normalised = normalise_text(text)
    if normalised.dropped:
        what = f"{normalised.dropped} invisible characters were left out"
        findings.append(Finding("notice", file, None, what, "Nothing needs to be done"))
    if suspect_encoding(normalised.text):
        what = f"read as {encoding}, but signs stand where letters should"
        advice = "Save it as UTF-8, or name its encoding in the header (encoding: mac-roman or cp850)"
        findings.append(Finding("notice", file, None, what, advice))
    _check_lines(normalised.text)  # before anything searches in them
    header = read_header(normalised.text, unfenced=extension in _PARSED)
    content = _Content(header.body, encoding, header)
    if extension == ".pdf" and not normalised.text.strip():
        content.may_be_empty = True
        advice = "Run text recognition on it if it holds speech or writing; a drawing can be scored as it is"
        findings.append(Finding("notice", file, None, "is a PDF without text (scanned?)", advice))
    return content


def _as_paragraphs(content: _Content, path: Path, file: str, metadata: Metadata, findings: list[Finding]) -> str:
    """Bring the body to paragraphs, by the way that its format and shape ask for."""
    extension, text = path.suffix.casefold(), content.text
    if extension in _SUBTITLES:
        content.recorded = extension == ".vtt"
        return _read_subtitles(content, file, findings)
    if extension == ".pdf":
        return rebuild_paragraphs(text, labels=metadata.speakers)
    if extension == ".docx" and (exported := read_export(text)) is not None:
        content.recorded = True
        return exported
    if is_laid_out(text):
        what = "its lines were broken by a page's width and have been joined to paragraphs"
        findings.append(Finding("notice", file, None, what, "Look the document through"))
        return rebuild_paragraphs(text, labels=metadata.speakers)
    return "\n\n".join(page.strip("\n") for page in text.split("\f")).strip("\n")


def _read_subtitles(content: _Content, file: str, findings: list[Finding]) -> str:
    text = content.text.lstrip("\n")
    above = content.header.lines + len(content.text) - len(text)  # lines that stand above the cues in the file
    cues, errors = read_cues(text)
    for error in errors:
        findings.append(Finding("problem", file, above + error.line, error.what, "Correct the line; it is left out"))
    return transcript_text(cue_turns(cues))


def _check_lines(text: str) -> None:
    longest = max(map(len, text.split("\n")))
    if longest > MAX_LINE:
        raise SourceError(
            f"has a line of {longest} characters, more than the {MAX_LINE} allowed; break it into turns or paragraphs"
        )


def _check_text(content: _Content) -> None:
    if not content.text.strip():
        content.text = ""
        if not content.may_be_empty:
            raise SourceError("has no text; fill it in or remove it")
    _check_lines(content.text)


def _with_defaults(
    metadata: Metadata, study: Study, content: _Content, file: str, findings: list[Finding]
) -> dict[str, Any]:
    """Complete what nobody declared; only the kind is worth a notice."""
    known = dict(metadata.values)
    if "kind" not in known:
        known["kind"] = "okant"
        if not any(finding.what.startswith("kind ") for finding in metadata.findings):
            advice = "Declare it in a header, in documents.csv or by files.pattern in study.toml"
            findings.append(Finding("notice", file, None, "nothing tells what kind of document it is", advice))
    if "consent" not in known:
        consents = {unit.id: unit.consent for unit in study.units}
        known["consent"] = consents.get(known.get("unit", ""), "internal")
    if "verbatim" not in known:
        known["verbatim"] = "asr" if content.recorded else "notes" if known["kind"] in _NOTE_KINDS else "yes"
    return known


def _one_row(known: dict[str, Any]) -> pd.DataFrame:
    columns = schema_columns("documents")
    return pd.DataFrame({name: pd.Series([known.get(name)], dtype=dtype) for name, dtype in columns.items()})


def _speaker_rows(document_id: str, metadata: Metadata) -> pd.DataFrame:
    rows = [
        {"document_id": document_id, "label": label, "role": role, "unit": unit, "party": party}
        for label, (role, unit, party) in metadata.speakers.items()
    ]
    columns = schema_columns("speakers")
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in columns.items()})
