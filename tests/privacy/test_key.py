"""The encrypted key and its passphrase."""

import pytest

from evalkit.errors import PrivacyError
from evalkit.privacy import find_passphrase, read_key, write_key
from tests.privacy.test_names import NAMES


def test_round_trip_and_wrong_passphrase(tmp_path):
    path = tmp_path / "private" / "pseudonym_key.enc"
    write_key(path, NAMES, "påhittad fras")
    assert b"Fiktesson" not in path.read_bytes()
    key = read_key(path, "påhittad fras")
    assert key["P01"] == ("Anna Fiktesson", "Annie")
    assert key["K01"] == ("EXB", "Exempelby")
    with pytest.raises(PrivacyError, match="passphrase does not open"):
        read_key(path, "fel")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"salt": "!", "token": "x"}', b"\xff", b'{"salt": "YQ==", "token": 1}']
)
def test_damaged_key_is_refused(tmp_path, content):
    path = tmp_path / "key.enc"
    path.write_bytes(content)
    with pytest.raises(PrivacyError, match=r"key\.enc"):
        read_key(path, "fras")


def test_missing_key_and_empty_passphrase(tmp_path):
    with pytest.raises(PrivacyError, match="cannot be read"):
        read_key(tmp_path / "key.enc", "fras")
    with pytest.raises(PrivacyError, match="EVALKIT_PASSPHRASE"):
        write_key(tmp_path / "key.enc", NAMES, "")
    assert not (tmp_path / "key.enc").exists()


def test_passphrase_is_found_and_never_waited_for(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_PASSPHRASE", raising=False)
    monkeypatch.delenv("EVALKIT_PASSPHRASE_FILE", raising=False)
    assert find_passphrase() is None
    assert find_passphrase(prompt=lambda: "frågad") == "frågad"
    file = tmp_path / "fras.txt"
    file.write_text("ur fil\n", encoding="utf-8")
    monkeypatch.setenv("EVALKIT_PASSPHRASE_FILE", str(file))
    assert find_passphrase() == "ur fil"
    monkeypatch.setenv("EVALKIT_PASSPHRASE", "ur miljön")
    assert find_passphrase() == "ur miljön"
    monkeypatch.delenv("EVALKIT_PASSPHRASE")
    file.unlink()
    with pytest.raises(PrivacyError, match="EVALKIT_PASSPHRASE_FILE") as caught:
        find_passphrase()
    assert str(tmp_path) not in str(caught.value)
