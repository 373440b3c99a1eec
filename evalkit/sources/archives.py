"""Zip-based formats, looked at before they are opened: size, ratio, names, and no document type declarations."""

import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from xml.parsers import expat

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from evalkit.errors import SourceError

__all__ = ["open_archive", "parse_member", "refuse_doctypes"]

EXPANDED_BYTES = 100 * 1024 * 1024
RATIO = 100
SMALL_BYTES = 1024 * 1024  # below this a high ratio harms nobody, and blank forms compress well
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip-based file after reading only its directory.

    Parameters
    ----------
    path : pathlib.Path
        A .docx, .odt or .xlsx file.

    Returns
    -------
    zipfile.ZipFile
        Open for reading; the caller closes it.

    Raises
    ------
    SourceError
        If it is no zip file, is encrypted, holds a name twice, or would expand beyond the limits.
    """
    with path.open("rb") as file:
        if file.read(8) == _OLE:
            raise SourceError(
                "is protected by a password or in an old Office format; save it without, as the new format"
            )
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise SourceError("is damaged or not what its extension says; save it anew") from None
    try:
        _check_directory(archive.infolist())
    except SourceError:
        archive.close()
        raise
    return archive


def _check_directory(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise SourceError("holds two parts of the same name; save it anew")
    if any(member.flag_bits & 1 for member in members):
        raise SourceError("is protected by a password; save it without")
    expanded = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if expanded > EXPANDED_BYTES:
        raise SourceError(
            f"expands to {expanded / 1048576:.0f} MB, more than the {EXPANDED_BYTES // 1048576} MB allowed"
        )
    if expanded > SMALL_BYTES and expanded / packed > RATIO:
        raise SourceError(f"expands {expanded / packed:.0f} times, more than the {RATIO} times allowed (a zip bomb?)")


def parse_member(archive: zipfile.ZipFile, name: str) -> ET.Element | None:
    """Parse one XML part, refusing any document type declaration.

    Parameters
    ----------
    archive : zipfile.ZipFile
        From `open_archive`.
    name : str
        Name of the part.

    Returns
    -------
    xml.etree.ElementTree.Element or None
        Its root, or None if there is no such part.

    Raises
    ------
    SourceError
        If the part is not well-formed or declares a document type.
    """
    if name not in archive.namelist():
        return None
    try:
        root: ET.Element = SafeTree.fromstring(archive.read(name), forbid_dtd=True)
    except DefusedXmlException:
        raise SourceError("declares a document type or entities, which no office program does; save it anew") from None
    except (ET.ParseError, zipfile.BadZipFile, LookupError):
        raise SourceError("is damaged; save it anew") from None
    return root


def refuse_doctypes(archive: zipfile.ZipFile) -> None:
    """Refuse an archive in which an XML part declares a document type, for parsers that would not.

    Parameters
    ----------
    archive : zipfile.ZipFile
        From `open_archive`.

    Raises
    ------
    SourceError
        If a part declares one or is not XML.
    """
    for member in archive.infolist():
        if member.filename.casefold().endswith((".xml", ".rels", ".vml")):
            with archive.open(member) as part:
                _refuse_doctype(part.read(1 << 16))


class _PrologueDone(Exception):  # noqa: N818 - a signal, not an error
    """The root element has begun, so no document type can follow."""


def _refuse_doctype(start: bytes) -> None:
    def doctype(*_: object) -> None:
        raise SourceError("declares a document type or entities, which no office program does; save it anew")

    def element(*_: object) -> None:
        raise _PrologueDone

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        parser.Parse(start, False)
    except _PrologueDone:
        return
    except expat.ExpatError:
        raise SourceError("is damaged; save it anew") from None
    if start:
        raise SourceError("begins with 64 kB of nothing; save it anew")
