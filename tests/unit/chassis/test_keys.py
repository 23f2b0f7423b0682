"""Signing keys are made once, whole, and for their owner only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.chassis.errors import Refused
from services.chassis.keys import make_keys, private_key, public_key


def matches(folder: Path) -> bool:
    public_key(folder).verify(private_key(folder).sign(b"text"), b"text")
    return True


def test_a_signature_is_verified_with_the_other_half(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    assert matches(tmp_path / "keys")


def test_keys_are_never_made_anew(tmp_path: Path) -> None:
    make_keys(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    make_keys(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {"signing.key", "signing.pub"}


def test_only_the_owner_reads_the_private_half(tmp_path: Path) -> None:
    make_keys(tmp_path)
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make_keys, [folder] * 8))
        assert matches(folder)


def test_a_public_half_that_was_lost_comes_back(tmp_path: Path) -> None:
    make_keys(tmp_path)
    (tmp_path / "signing.pub").unlink()
    make_keys(tmp_path)
    assert matches(tmp_path)


def test_absent_keys_are_refused_with_the_way_to_mend(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="driftmill up"):
        private_key(tmp_path)
    with pytest.raises(Refused, match="driftmill up"):
        public_key(tmp_path)
