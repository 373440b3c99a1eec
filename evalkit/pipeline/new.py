"""`evalkit new` and `simulate`: a fresh study, or one with a known truth, that runs as it is."""

import shutil
from collections.abc import Callable
from pathlib import Path

from evalkit.coding import codebook_files
from evalkit.errors import UsageError
from evalkit.shipped import codebook_path, notebooks_folder, templates_folder
from evalkit.study import STUDY_FILE, Study
from evalkit.tables import REGISTERS, schema_columns

__all__ = ["new_study", "register_header", "simulate_study"]

_GITIGNORE = """# people's names and the key to the pseudonyms never leave the machine
private/
# derived, rebuilt at will
data/processed/
reports/notebooks/
"""
# A register that is typed by hand has more than its schema (names, to be replaced) or less (where a row came from).
_EXTRA = {"people": ["name", "also"]}
_FOLDERS = ("transcripts", "notes", "homework", "registers", "templates")


def new_study(folder: Path) -> list[str]:
    """Make a fresh study.

    Parameters
    ----------
    folder : path
        Must not exist, or be empty.

    Returns
    -------
    list of str
        What to do next, a line each.

    Raises
    ------
    UsageError
        If there is something in the folder, or it cannot be made.
    """
    _lay_out(folder)
    raw = folder / "data" / "raw"
    shutil.copyfile(templates_folder() / "study.toml", folder / STUDY_FILE)
    for name in REGISTERS:
        header = ",".join(register_header(name)) + "\n"
        (raw / "registers" / f"{name}.csv").write_text(header, encoding="utf-8-sig", newline="\n")
    return [
        f"A study is in {folder}; LAS_MIG.md there says what each file is for.",
        f"Put documents in {folder}/data/raw/transcripts, then: evalkit run {folder}",
    ]


def simulate_study(
    folder: Path, *, like: Study, seed: int, scale: int = 1, progress: Callable[[int], None] | None = None
) -> list[str]:
    """Make a study with a simulated programme, whose truth lies apart in truth/.

    Parameters
    ----------
    folder : path
        Must not exist, or be empty.
    like : Study
        Gives units, sessions, tools, events and scales.
    seed : int
        Another seed gives another programme.
    scale : int, default 1
        How many times as many documents.
    progress : callable, optional
        Called with 1 after each file.

    Returns
    -------
    list of str
        What was made, a line each.

    Raises
    ------
    UsageError
        If there is something in the folder, or it cannot be made.
    """
    from evalkit.simulate import default_truth, simulate_programme
    from evalkit.simulate.write import write_programme

    programme = simulate_programme(default_truth(like), seed=seed)
    _lay_out(folder)
    files = write_programme(programme, folder, scale=scale, progress=progress)
    return [
        f"A programme with known truth is in {folder}: {len(files)} files; what is true stands in {folder}/truth.",
        f"Next: evalkit run {folder}",
    ]


def _lay_out(folder: Path) -> None:
    """Make the folders, with all that is the same in every study."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageError(f"'{folder}' is not empty; give a folder that does not exist yet")
    raw = folder / "data" / "raw"
    try:
        for name in _FOLDERS:
            (raw / name).mkdir(parents=True)
        for path in (folder / "data" / "processed", folder / "reports" / "text"):
            path.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"'{folder}' cannot be made ({error.strerror}); choose another place") from None
    templates = templates_folder()
    shutil.copyfile(templates / "faltanteckning.md", raw / "templates" / "faltanteckning.md")
    shutil.copyfile(templates / "LAS_MIG.md", folder / "LAS_MIG.md")
    for path in codebook_files(codebook_path()):
        shutil.copyfile(path, raw / path.name)
    shutil.copytree(notebooks_folder(), folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8", newline="\n")


def register_header(name: str) -> list[str]:
    """Return the columns of a register as a person fills it in.

    Parameters
    ----------
    name : str
        Name of the register.

    Returns
    -------
    list of str
        Without the columns that evalkit adds.
    """
    own = [column for column in schema_columns(name) if not column.startswith("source_")]
    return [own[0], *_EXTRA.get(name, []), *own[1:]]
