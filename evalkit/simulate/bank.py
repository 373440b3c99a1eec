"""The sentence bank: invented Swedish sentences and short turns, each with the codes a careful coder gives it.

`bank.jsonl` holds one object a line. A sentence is said by a role in a genre ("any" is any talk, not writing); `phase`
tells when it could be said, and `half` keeps the sentences that rules may be written from apart from those that judge
them. Names and figures stand as slots, which the simulator fills; {siffra} stands for a number between 11 and 60.
"""

import json
import re
from collections.abc import Collection, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import TableError
from evalkit.tables.schemas import KINDS, POLARITIES, ROLES

__all__ = ["COLUMNS", "PHASES", "SLOTS", "read_bank"]

COLUMNS = ("id", "text", "codes", "role", "genre", "topic", "phase", "half")
PHASES = ("enrolment", "early", "late", "left", "any")
SLOTS = frozenset({"person", "kommun", "chef", "handledare", "siffra"})
_ALLOWED = {"role": ROLES, "genre": (*KINDS, "any"), "phase": PHASES, "half": ("train", "test")}
_SLOT = re.compile(r"\{([^{}]*)\}")


def read_bank(path: Path | None = None, *, known_codes: Collection[str] | None = None) -> pd.DataFrame:
    """Read the sentence bank and check it.

    Parameters
    ----------
    path : pathlib.Path, optional
        A bank of your own, one JSON object a line; the one that ships with evalkit by default.
    known_codes : collection of str, optional
        Ids of the codebook's codes. A code that is not among them is an error.

    Returns
    -------
    pandas.DataFrame
        One row per sentence: id, text, codes (tuple of pairs of code and polarity; empty for a sentence without
        codes), role, genre, topic, phase and half.

    Raises
    ------
    TableError
        If a line is no JSON object with the bank's fields, a value is not allowed, or an id or a text stands twice.
    """
    name = "bank.jsonl" if path is None else path.name
    source = resources.files("evalkit.simulate").joinpath("bank.jsonl") if path is None else path
    items: list[dict[str, Any]] = []
    ids: set[str] = set()
    texts: set[str] = set()
    for number, line in enumerate(source.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        item = _read_item(line, where=f"{name}, line {number}")
        folded = " ".join(item["text"].casefold().split())
        faults = list(_faults(item, known_codes))
        faults += [f"the id {item['id']} stands twice; give each sentence its own"] if item["id"] in ids else []
        faults += ["the text stands twice; keep one of the two"] if folded in texts else []
        if faults:
            raise TableError(f"{name}, line {number} (id={item['id']}): {faults[0]}.")
        ids.add(item["id"])
        texts.add(folded)
        item["codes"] = tuple((code, polarity) for code, polarity in item["codes"])
        items.append({column: item[column] for column in COLUMNS})
    return pd.DataFrame(items, columns=list(COLUMNS))


def _read_item(line: str, *, where: str) -> dict[str, Any]:
    """Read one line; `phase` may be left out and is then any."""
    try:
        item = json.loads(line)
    except json.JSONDecodeError as error:
        raise TableError(f"{where}: not JSON (column {error.colno}). Write one JSON object a line.") from None
    if not isinstance(item, dict):
        raise TableError(f"{where}: not a JSON object. Write one JSON object a line.")
    item = {"phase": "any"} | item
    if set(item) != set(COLUMNS):
        odd = sorted(set(item) ^ set(COLUMNS))
        raise TableError(f"{where}: the field '{odd[0]}' is missing or unknown. The fields are {', '.join(COLUMNS)}.")
    for column in COLUMNS:
        if column != "codes" and not (isinstance(item[column], str) and item[column].strip()):
            raise TableError(f"{where}: the field '{column}' is empty or no text. Fill it in.")
    return item


def _faults(item: dict[str, Any], known_codes: Collection[str] | None) -> Iterator[str]:
    for column, allowed in _ALLOWED.items():
        if item[column] not in allowed:
            yield f"{column} '{item[column]}' is not one of {', '.join(allowed)}; correct it"
    unknown = sorted(set(_SLOT.findall(item["text"])) - SLOTS)
    if unknown:
        yield f"the slot '{unknown[0]}' is unknown; the slots are {', '.join(sorted(SLOTS))}"
    if any(sign in _SLOT.sub("", item["text"]) for sign in "{}"):
        yield "a curly bracket is not closed; correct the slot"
    yield from _code_faults(item["codes"], item["role"], known_codes)


def _code_faults(codes: Any, role: str, known_codes: Collection[str] | None) -> Iterator[str]:
    if not isinstance(codes, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in codes
    ):
        yield "codes is not a list of pairs of code and polarity; write [] or [[code, polarity], …]"
        return
    names = [code for code, _ in codes]
    for code, polarity in codes:
        if polarity not in POLARITIES:
            yield f"the polarity of {code} is '{polarity}'; polarities are {', '.join(POLARITIES)}"
        if known_codes is not None and code not in known_codes:
            yield f"the code {code} is not in the codebook; correct it"
    if len(set(names)) < len(names):
        yield "a code stands twice; keep one polarity"
    if codes and role == "intervjuare":
        yield "an interviewer's question carries no code; empty codes or correct the role"
