"""What tests of the whole platform share."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.e2e.playing import left


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of which nothing is left running, whatever becomes of the test."""
    yield tmp_path / "a home"  # a space in the path
    for process in left(tmp_path):
        with suppress(psutil.NoSuchProcess):
            process.kill()
