from pathlib import Path

import pytest

from services.broker.errors import Busy
from services.broker.lock import locked


def test_a_lock_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "home" / "lock"
    with locked(path, 1), pytest.raises(Busy, match="another process"), locked(path, 0.1):
        pytest.fail("held twice")
    with locked(path, 0):
        assert path.exists()
