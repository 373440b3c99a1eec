"""The coding sheet: an audit sample as a workbook for somebody who codes without Python, and back into the store.

`layout` says what the sheet holds, `write` makes it, `read` reads it and lists all that is wrong with it, `merge`
takes what was read into the store in one step.
"""

from evalkit.coding.sheet.merge import SheetImport, import_sheet
from evalkit.coding.sheet.read import SheetAnswers, read_coding_sheet
from evalkit.coding.sheet.write import coding_sheet, write_coding_sheet

__all__ = [
    "SheetAnswers",
    "SheetImport",
    "coding_sheet",
    "import_sheet",
    "read_coding_sheet",
    "write_coding_sheet",
]
