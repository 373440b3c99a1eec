"""Codings follow a corrected text: stand-off spans → the same spans in the new version, or a list to decide on.

`words` cuts texts into what is compared, `alignment` says which words were kept on every shortest way of editing,
`spans` places one document's spans and says what makes a place certain, `carry` does it for tables of codings and
readings. Nothing here reads or writes a file or a database.
"""

from evalkit.coding.anchors.carry import CarriedOver, carry_over, carry_readings, in_new_segments
from evalkit.coding.anchors.spans import MAX_CHANGED, REASONS, carry_spans

__all__ = [
    "MAX_CHANGED",
    "REASONS",
    "CarriedOver",
    "carry_over",
    "carry_readings",
    "carry_spans",
    "in_new_segments",
]
