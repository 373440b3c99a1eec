"""The key from pseudonyms to names: encrypted, in the study's private folder, made only with a passphrase."""

import base64
import binascii
import json
import os
from collections.abc import Callable
from pathlib import Path

from evalkit.errors import PrivacyError
from evalkit.privacy.names import NameList
from evalkit.tables import write_whole

__all__ = ["find_passphrase", "read_key", "write_key"]

# RFC 7914's parameters with a cost for 2^15 · 8 · 128 bytes = 32 MB, some tenth of a second.
_COST, _BLOCK, _PARALLEL = 2**15, 8, 1
_FORMAT = "evalkit pseudonym key 1"


def write_key(path: Path, names: NameList, passphrase: str) -> None:
    """Write which names each pseudonym stands for, encrypted.

    Parameters
    ----------
    path : pathlib.Path
        Where to.
    names : NameList
        The names.
    passphrase : str
        Opens it again; nobody can without.

    Raises
    ------
    PrivacyError
        If the passphrase is empty.

    References
    ----------
    Percival, C. & Josefsson, S. (2016). The scrypt password-based key derivation function. RFC 7914.
    """
    from cryptography.fernet import Fernet

    if not passphrase:
        raise PrivacyError("the key needs a passphrase; set EVALKIT_PASSPHRASE or EVALKIT_PASSPHRASE_FILE")
    salt = os.urandom(16)
    content = json.dumps(names.holders, ensure_ascii=False).encode()
    stored = {
        "format": _FORMAT,
        "salt": base64.b64encode(salt).decode(),
        "token": Fernet(_derive(passphrase, salt)).encrypt(content).decode(),
    }
    write_whole(path, json.dumps(stored, indent=1).encode())


def read_key(path: Path, passphrase: str) -> dict[str, tuple[str, ...]]:
    """Open the key.

    Parameters
    ----------
    path : pathlib.Path
        The key, as `write_key` left it.
    passphrase : str
        The one it was written with.

    Returns
    -------
    dict of str to tuple of str
        Pseudonym, without brackets, to the names it stands for.

    Raises
    ------
    PrivacyError
        If there is no key, it is damaged, or the passphrase is not the right one.
    """
    from cryptography.fernet import Fernet, InvalidToken

    try:
        stored = json.loads(path.read_bytes())
        salt, token = base64.b64decode(stored["salt"], validate=True), stored["token"].encode()
    except OSError as error:
        raise PrivacyError(
            f"{path.name}: cannot be read ({error.strerror}). Make it with: evalkit pseudonymise"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise PrivacyError(f"{path.name}: is not a pseudonym key, or is damaged. Restore it from a backup") from None
    try:
        content = json.loads(Fernet(_derive(passphrase, salt)).decrypt(token))
    except InvalidToken:
        raise PrivacyError(
            f"{path.name}: the passphrase does not open it, or it is damaged. Try another passphrase"
        ) from None
    return {pseudonym: tuple(names) for pseudonym, names in content.items()}


def find_passphrase(*, prompt: Callable[[], str] | None = None) -> str | None:
    """Find the passphrase of the key; never waits unless told how to ask.

    Parameters
    ----------
    prompt : callable, optional
        Asks a person. Default: nobody is asked.

    Returns
    -------
    str or None
        From the environment's EVALKIT_PASSPHRASE, else the file that EVALKIT_PASSPHRASE_FILE names, else the person.

    Raises
    ------
    PrivacyError
        If the file cannot be read.
    """
    passphrase = os.environ.get("EVALKIT_PASSPHRASE", "")
    file = os.environ.get("EVALKIT_PASSPHRASE_FILE", "")
    if not passphrase and file:
        try:
            passphrase = Path(file).read_text(encoding="utf-8-sig").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise PrivacyError("the file that EVALKIT_PASSPHRASE_FILE names cannot be read; correct the path") from None
    if not passphrase and prompt is not None:
        passphrase = prompt()
    return passphrase or None


def _derive(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    scrypt = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL)
    return base64.urlsafe_b64encode(scrypt.derive(passphrase.encode()))
