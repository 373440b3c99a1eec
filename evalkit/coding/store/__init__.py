"""What people judge is kept here: codings, readings, memos, decisions, scores, samples, versions of the codebook.

`schema` says what is kept, `database` opens SQLite or PostgreSQL, `log` is the append-only history with undo and
redo, `records` is what a step writes, `store` is what others use, `opening` finds the study's own.
"""

from evalkit.coding.store.log import Step
from evalkit.coding.store.opening import has_store, open_store
from evalkit.coding.store.records import add_coding, keep_place, mark_read
from evalkit.coding.store.store import CodingStore

__all__ = ["CodingStore", "Step", "add_coding", "has_store", "keep_place", "mark_read", "open_store"]
