"""A document's paragraphs → the bytes of a file, the same for the same paragraphs on any day."""

import io
import zipfile
from collections.abc import Callable, Sequence
from html import escape

__all__ = ["FORMATS", "Block"]

Block = tuple[str, str | None, str]
"""kind ("heading" or "paragraph"), speaker's label or None, text."""

FIXED_DATE = (2018, 4, 1, 12, 0, 0)
CUE_WORDS = 14
SECONDS_A_WORD = 0.42
_ODT = "application/vnd.oasis.opendocument.text"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def _write_text(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    return _plain(header, blocks).encode("utf-8")


def _write_ansi(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    return _plain(header, blocks).replace("\n", "\r\n").encode("cp1252")


def _plain(header: Sequence[str], blocks: Sequence[Block]) -> str:
    fence = "---\n" + "\n".join(header) + "\n---\n\n" if header else ""
    return (
        fence
        + "\n\n".join("# " + text if kind == "heading" else _line(label, text) for kind, label, text in blocks)
        + "\n"
    )


def _line(label: str | None, text: str) -> str:
    return f"{label}: {text}" if label else text


def _write_word(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    from docx import Document

    document = Document()
    if header:
        for line in ("---", *header, "---"):
            document.add_paragraph(line)
    for kind, label, text in blocks:
        if kind == "heading":
            document.add_heading(text, level=1)
            continue
        paragraph = document.add_paragraph()
        if label:
            paragraph.add_run(f"{label}:").bold = True
            text = f" {text}"
        paragraph.add_run(text)
    document.core_properties.author = ""
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as saved:
        return _zip([(name, saved.read(name)) for name in saved.namelist()])


def _write_opendocument(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    lines = [("p", line) for line in ("---", *header, "---")] if header else []
    lines += [("h" if kind == "heading" else "p", _line(label, text)) for kind, label, text in blocks]
    level = {"h": ' text:outline-level="1"', "p": ""}
    body = "".join(f"<text:{tag}{level[tag]}>{escape(text, quote=False)}</text:{tag}>" for tag, text in lines)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<office:document-content xmlns:office="{_OFFICE}:office:1.0" xmlns:text="{_OFFICE}:text:1.0" '
        f'office:version="1.2"><office:body><office:text>{body}</office:text></office:body></office:document-content>'
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODT}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    parts = [("mimetype", _ODT), ("content.xml", content), ("META-INF/manifest.xml", manifest)]
    return _zip([(name, text.encode("utf-8")) for name, text in parts])


def _write_rich(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    lines = ["---", *header, "---"] if header else []
    lines += [("# " if kind == "heading" else "") + _line(label, text) for kind, label, text in blocks]
    body = "\\par\\par\n".join(map(_rich_escape, lines[-len(blocks) :]))
    head = "".join(_rich_escape(line) + "\\par\n" for line in lines[: -len(blocks)])
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Calibri;}}\n\\f0\\fs22 " + head + body + "\\par\n}"
    ).encode("ascii")


def _rich_escape(text: str) -> str:
    out = []
    for letter in text:
        if letter in "\\{}":
            out.append("\\" + letter)
        elif letter.isascii():
            out.append(letter)
        else:
            out.append(f"\\u{ord(letter)}?")
    return "".join(out)


def _write_subtitles(header: Sequence[str], blocks: Sequence[Block]) -> bytes:
    """Write cues as a meeting program does, a long turn as several; such a file has no header."""
    cues, now = [], 4.0
    for _, label, text in blocks:
        words = text.split()
        for start in range(0, len(words), CUE_WORDS):
            piece = words[start : start + CUE_WORDS]
            end = now + SECONDS_A_WORD * len(piece)
            said = escape(" ".join(piece), quote=False)
            cues.append(f"{_clock(now)} --> {_clock(end)}\n" + (f"<v {label}>{said}</v>" if label else said))
            now = end + 0.3
    return ("WEBVTT\n\n" + "\n\n".join(cues) + "\n").encode("utf-8")


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _zip(parts: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.create_system = 0  # the same bytes from any operating system
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Sequence[str], Sequence[Block]], bytes]]] = {
    "txt": (".txt", _write_text),
    "cp1252": (".txt", _write_ansi),
    "md": (".md", _write_text),
    "docx": (".docx", _write_word),
    "odt": (".odt", _write_opendocument),
    "rtf": (".rtf", _write_rich),
    "vtt": (".vtt", _write_subtitles),
}
"""Name of a format → the file's ending and what writes it."""
