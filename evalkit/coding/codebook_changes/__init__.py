"""The codebook as people change it: edits that codings follow, its history, and its forms as workbook and document.

`layout` holds codebook.toml as blocks of text, `edit` changes codes in it, `change` says what was done, `history`
keeps versions in the store and lets codings follow, `diff` compares two codebooks, `workbook` takes one to .xlsx and
back, `document` prints one as .docx. `written` puts a codebook into the words of codebook.toml.
"""

from evalkit.coding.codebook_changes.change import CodebookChange, CodebookEdit
from evalkit.coding.codebook_changes.diff import CodebookDiff, diff_codebooks, diff_lines
from evalkit.coding.codebook_changes.document import codebook_to_docx
from evalkit.coding.codebook_changes.edit import (
    merge_codes,
    new_code,
    new_code_from_quote,
    rename_code,
    replace_source,
    retire_code,
    split_code,
)
from evalkit.coding.codebook_changes.history import (
    RecordedChange,
    change_codebook,
    codebook_changes,
    codebook_versions,
    next_version,
    own_codebook,
    read_version,
    record_change,
    record_file,
    settle_codebook,
    undecided_codings,
    unsettled,
)
from evalkit.coding.codebook_changes.workbook import codebook_from_xlsx, codebook_to_xlsx
from evalkit.coding.codebook_changes.written import codebook_toml

__all__ = [
    "CodebookChange",
    "CodebookDiff",
    "CodebookEdit",
    "RecordedChange",
    "change_codebook",
    "codebook_changes",
    "codebook_from_xlsx",
    "codebook_to_docx",
    "codebook_to_xlsx",
    "codebook_toml",
    "codebook_versions",
    "diff_codebooks",
    "diff_lines",
    "merge_codes",
    "new_code",
    "new_code_from_quote",
    "next_version",
    "own_codebook",
    "read_version",
    "record_change",
    "record_file",
    "rename_code",
    "replace_source",
    "retire_code",
    "settle_codebook",
    "split_code",
    "undecided_codings",
    "unsettled",
]
