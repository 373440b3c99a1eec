"""Results, figures and quotes → reports/: `save` is the only door into that folder, `document` writes the report."""

from evalkit.report.columns import for_reader, text_table
from evalkit.report.document import write_report
from evalkit.report.save import SavedItem, clear_saved, read_saved, refusals, save_figure, save_table

__all__ = [
    "SavedItem",
    "clear_saved",
    "for_reader",
    "read_saved",
    "refusals",
    "save_figure",
    "save_table",
    "text_table",
    "write_report",
]
