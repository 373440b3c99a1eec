"""What travels with the package: templates for a new study, the codebook and the notebooks.

The notebooks and the codebook have one source each, at the top of the repository. In a wheel they lie inside the
package; in an editable checkout they are found where they live.
"""

from pathlib import Path

__all__ = ["codebook_path", "example_folder", "notebooks_folder", "templates_folder"]

_PACKAGE = Path(__file__).parent


def templates_folder() -> Path:
    """Return the folder with the templates of a new study.

    Returns
    -------
    pathlib.Path
        An existing folder.
    """
    return _PACKAGE / "templates"


def notebooks_folder() -> Path:
    """Return the folder with the notebooks that evalkit ships.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or `notebooks/` of the checkout.
    """
    installed = templates_folder() / "notebooks"
    return installed if installed.is_dir() else _PACKAGE.parent / "notebooks"


def codebook_path() -> Path:
    """Return the codebook that evalkit ships.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or the example study's codebook in the checkout.
    """
    installed = templates_folder() / "codebook.toml"
    return installed if installed.is_file() else _PACKAGE.parent / "data" / "raw" / "codebook.toml"


def example_folder() -> Path:
    """Return the folder of the example study, which has at least its study.toml.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or the top of the checkout.
    """
    installed = templates_folder() / "example"
    return installed if installed.is_dir() else _PACKAGE.parent
