"""The only door into reports/: a figure or table goes in with its data, its sources and what it says.

Each item is a handful of files with one name: the picture (svg, png), the exact data drawn with the ids that each row
rests on (csv), and its provenance (json). The same inputs give the same bytes.
"""

import hashlib
import io
import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from evalkit import __version__
from evalkit.errors import EstimationError, TableError
from evalkit.study import Study
from evalkit.tables import SCHEMAS, as_csv, table_hash, write_whole
from evalkit.wording import Language, pick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Result", "SavedItem", "read_saved", "refusals", "save_figure", "save_table"]

NAME = re.compile(r"\d{2}_[a-z0-9_]+")
DOTS_PER_INCH = 160
_PACKAGES = ("matplotlib", "numpy", "pandas", "scipy", "simplemma", "spacy")


@dataclass(frozen=True, slots=True)
class SavedItem:
    """A figure or table of the report.

    Parameters
    ----------
    name : str
        Number of its notebook and a short name, such as "02_code_frequency".
    kind : {"figure", "table", "refusal"}
        What it is; a refusal says why there is neither.
    title, caption, reading, alt : str
        Heading; what is shown, with n and source; what it says and cannot say; the picture in words.
    section : str
        Part of the report it belongs to.
    headline : bool
        Whether the report's summary says it too.
    rows : int
        Rows of data behind it.
    order : int
        Place among what its notebook saved.
    source : str
        Tables it rests on.
    """

    name: str
    kind: str
    title: str
    caption: str
    reading: str
    alt: str
    section: str
    headline: bool
    rows: int
    order: int
    source: str


class Result(Protocol):
    """What a figure draws: a measure's or a model's result."""

    @property
    def table(self) -> pd.DataFrame:
        """Exactly what is drawn; a column `rests_on` holds the ids behind each row."""

    def caption(self, lang: Language) -> str:
        """Return what is shown, with n and source."""

    def sentence(self, lang: Language) -> str:
        """Say what it shows and cannot say."""


def save_figure(
    drawn: "Axes | Figure",
    name: str,
    *,
    study: Study,
    result: Result,
    title: str,
    alt: str,
    section: str,
    reads: Sequence[str],
    headline: bool = False,
    parameters: Mapping[str, Any] | None = None,
) -> Path:
    """Save a figure into the report.

    Parameters
    ----------
    drawn : matplotlib Axes or Figure
        The figure, or an axes of it.
    name : str
        Two digits of the notebook and a short name in a–z, 0–9 and _.
    study : Study
        The study; tells the folder and the language.
    result : Result
        What is drawn; gives the data, the caption and the sentence that reads it.
    title, alt : str
        Heading, and the picture in words.
    section : str
        Part of the report it belongs to.
    reads : sequence of str
        Tables of data/processed it rests on.
    headline : bool, default False
        Whether the report's summary says it too.
    parameters : mapping, optional
        Arguments that shaped it, for the provenance.

    Returns
    -------
    pathlib.Path
        The svg file.

    Raises
    ------
    TableError
        If the name, the alternative text or the source is missing or not valid.
    """
    from evalkit.figures.style import use_style

    figure: Any = drawn if hasattr(drawn, "savefig") else drawn.get_figure(root=True)
    if not alt.strip():
        raise TableError(f"figure '{name}' has no alternative text; describe what it shows")
    _check(name, reads, result.table)
    path = study.reports / "figures" / f"{name}.svg"
    with use_style():
        for suffix in ("svg", "png"):
            write_whole(path.with_suffix(f".{suffix}"), _render(figure, suffix))
    lang = study.lang
    item = SavedItem(
        name,
        "figure",
        title,
        result.caption(lang),
        result.sentence(lang),
        alt,
        section,
        headline,
        len(result.table),
        _order(study, name),
        ", ".join(reads),
    )
    _save_data(path, item, study, result.table, reads, parameters)
    return path


@contextmanager
def refusals(study: Study, name: str, *, section: str, title: str) -> Iterator[None]:
    """Let the report say what cannot be said, instead of stopping at a method that refuses.

    Parameters
    ----------
    study : Study
        The study; tells the folder and the language.
    name : str
        Two digits of the notebook and a short name in a–z, 0–9 and _.
    section : str
        Part of the report it belongs to.
    title : str
        What was asked for.

    Yields
    ------
    None
        A refusal (`EstimationError`) inside is said and kept; any other error goes on.
    """
    try:
        yield
    except EstimationError as error:
        why = error.text(study.lang).rstrip(".")
        reading = pick(study.lang, sv=f"går inte att säga ({why}).", en=f"cannot be said ({why}).")
        sys.stdout.write(f"{title} {reading}\n")
        path = study.reports / "tables" / f"{name}.csv"
        item = SavedItem(name, "refusal", title, "", reading, "", section, False, 0, _order(study, name), "")
        _save_data(path, item, study, pd.DataFrame(), [], None)


def save_table(
    data: pd.DataFrame,
    name: str,
    *,
    study: Study,
    title: str,
    caption: str,
    section: str,
    reads: Sequence[str],
    reading: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> Path:
    """Save a table into the report.

    Parameters
    ----------
    data : pandas.DataFrame
        What is shown; a column `rests_on` holds the ids behind each row and is not printed.
    name : str
        Two digits of the notebook and a short name in a–z, 0–9 and _.
    study : Study
        The study; tells the folder and the language.
    title, caption : str
        Heading; what is shown, with n and source.
    section : str
        Part of the report it belongs to.
    reads : sequence of str
        Tables of data/processed it rests on.
    reading : str, default ""
        What it says and cannot say, as a sentence.
    parameters : mapping, optional
        Arguments that shaped it, for the provenance.

    Returns
    -------
    pathlib.Path
        The csv file.

    Raises
    ------
    TableError
        If the name or the source is missing or not valid.
    """
    _check(name, reads, data)
    path = study.reports / "tables" / f"{name}.csv"
    item = SavedItem(
        name, "table", title, caption, reading, "", section, False, len(data), _order(study, name), ", ".join(reads)
    )
    _save_data(path, item, study, data, reads, parameters)
    return path


def read_saved(study: Study) -> list[SavedItem]:
    """Read what has been saved into the report.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    list of SavedItem
        In the order in which the notebooks saved them.
    """
    files = [*study.reports.glob("figures/*.json"), *study.reports.glob("tables/*.json")]
    fields = SavedItem.__dataclass_fields__
    said = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    items = [SavedItem(**{key: record[key] for key in fields}) for record in said]
    return sorted(items, key=lambda item: (item.name[:2], item.order, item.name))


def clear_saved(study: Study, number: str) -> None:
    """Remove what an earlier run of a notebook saved.

    Parameters
    ----------
    study : Study
        The study.
    number : str
        The notebook's two digits.
    """
    for folder in ("figures", "tables"):
        for file in study.reports.glob(f"{folder}/{number}_*"):
            file.unlink()


def _check(name: str, reads: Sequence[str], data: pd.DataFrame) -> None:
    if not NAME.fullmatch(name):
        raise TableError(
            f"'{name}' cannot be a name in reports/; use the notebook's two digits, _ and a–z, such as 02_codes"
        )
    unknown = [table for table in reads if table not in SCHEMAS]
    if unknown:
        raise TableError(f"'{name}' rests on '{unknown[0]}', which is no table; known are {', '.join(SCHEMAS)}")
    if len(data) and "rests_on" not in data:
        raise TableError(f"'{name}': the data have no column rests_on; give each row the ids it rests on")


def _order(study: Study, name: str) -> int:
    """Return the place of an item in its notebook: saved again it keeps it, new it comes last."""
    same = [json.loads(file.read_text(encoding="utf-8")) for file in study.reports.glob(f"*/{name[:2]}_*.json")]
    own = [item["order"] for item in same if item["name"] == name]
    return int(own[0] if own else max((item["order"] for item in same), default=0) + 1)


def _render(figure: "Figure", suffix: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if suffix == "svg" else {"Software": None}
    figure.savefig(buffer, format=suffix, dpi=DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def _save_data(
    path: Path,
    item: SavedItem,
    study: Study,
    data: pd.DataFrame,
    reads: Sequence[str],
    parameters: Mapping[str, Any] | None,
) -> None:
    csv = as_csv(data)
    provenance = {
        **{key: getattr(item, key) for key in SavedItem.__dataclass_fields__},
        "language": study.lang,
        "data_sha256": hashlib.sha256(csv).hexdigest(),
        "reads": {table: table_hash(study, table) for table in sorted(reads)},
        "parameters": dict(parameters or {}),
        "code": os.environ.get("EVALKIT_CODE_HASH", ""),
        "versions": {"evalkit": __version__, "python": platform.python_version()}
        | {package: version(package) for package in _PACKAGES},
    }
    write_whole(path.with_suffix(".csv"), csv)
    content = json.dumps(provenance, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    write_whole(path.with_suffix(".json"), content.encode() + b"\n")
