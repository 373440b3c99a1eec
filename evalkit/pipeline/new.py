"""`evalkit new`: a fresh study that runs as it is and explains its own files."""

import shutil
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.shipped import codebook_path, notebooks_folder, templates_folder
from evalkit.tables import REGISTERS, schema_columns

__all__ = ["new_study", "register_header"]

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
    shutil.copyfile(templates / "study.toml", raw / "study.toml")
    shutil.copyfile(templates / "faltanteckning.md", raw / "templates" / "faltanteckning.md")
    shutil.copyfile(templates / "LAS_MIG.md", folder / "LAS_MIG.md")
    shutil.copyfile(codebook_path(), raw / "codebook.toml")
    shutil.copytree(notebooks_folder(), folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for name in REGISTERS:
        header = ",".join(register_header(name)) + "\n"
        (raw / "registers" / f"{name}.csv").write_text(header, encoding="utf-8-sig", newline="\n")
    (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8", newline="\n")
    return [
        f"A study is in {folder}; LAS_MIG.md there says what each file is for.",
        f"Put documents in {folder}/data/raw/transcripts, then: evalkit run {folder}",
    ]


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
