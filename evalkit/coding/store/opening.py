"""The store of a study: where it is, and whether there is one."""

from pathlib import Path

from evalkit.coding.store.store import CodingStore
from evalkit.study import Study

__all__ = ["has_store", "open_store"]


def has_store(study: Study) -> bool:
    """Tell whether anybody has judged anything yet, without making a store.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    bool
        A database on a server counts as there.
    """
    address = study.store_address
    return "://" in str(address) or Path(address).is_file()


def open_store(study: Study) -> CodingStore:
    """Open the study's store; the first time it is made.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    CodingStore
        Close it when done, or use it in a ``with`` statement.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    return CodingStore(study.store_address)
