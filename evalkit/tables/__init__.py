"""The tables that cross boundaries: their schemas, registers checked against the study, data/processed.

`schemas` says what each table holds, `registers` turns what people typed into such tables, `consistency` holds them
against the study, `coverage` tells what they are enough for, `store` is the only reader and writer of
data/processed, and `spreadsheet` writes tables for Excel.
"""

from evalkit.tables.consistency import check_register
from evalkit.tables.coverage import Possibility, possibilities
from evalkit.tables.registers import as_register, empty_table
from evalkit.tables.schemas import REGISTERS, SCHEMAS, schema_columns, validate_table
from evalkit.tables.spreadsheet import as_csv, as_xlsx
from evalkit.tables.store import join_parts, read_table, table_hash, table_path, write_table, write_whole

__all__ = [
    "REGISTERS",
    "SCHEMAS",
    "Possibility",
    "as_csv",
    "as_register",
    "as_xlsx",
    "check_register",
    "empty_table",
    "join_parts",
    "possibilities",
    "read_table",
    "schema_columns",
    "table_hash",
    "table_path",
    "validate_table",
    "write_table",
    "write_whole",
]
