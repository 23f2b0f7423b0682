from pathlib import Path

import pytest

from services.chassis.errors import Refused
from services.validation.adapters.pii_key import pii_key


def test_the_setting_comes_first(tmp_path: Path) -> None:
    assert pii_key("ab" * 16, tmp_path) == b"\xab" * 16
    assert list(tmp_path.iterdir()) == []


def test_without_a_setting_one_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key = pii_key("", tmp_path)
    assert len(key) == 32
    assert pii_key("", tmp_path) == key
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("setting", ["ab" * 15, "not hexadecimal digits, but long enough"])
def test_a_key_that_is_none_is_refused(setting: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="32 hexadecimal digits"):
        pii_key(setting, tmp_path)
