"""A snapshot is whole and of this code and cluster, or it isn't there."""

import random
from pathlib import Path

import pytest

from services.chassis.snapshot import Snapshot, Snapshots

MADE = Snapshot("digest", "cluster", {"events": 12, "labels": 0}, b"state" * 100)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    made = Snapshots(tmp_path / "deep" / "folder")
    made.save(3, MADE)
    return made


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "folder" / "3.snapshot"


def load(snapshots: Snapshots) -> Snapshot | None:
    return snapshots.load(3, "digest", "cluster")


def test_it_comes_back(snapshots: Snapshots) -> None:
    assert load(snapshots) == MADE


def test_the_newest_takes_the_place_of_the_one_before(snapshots: Snapshots, tmp_path: Path) -> None:
    newer = Snapshot("digest", "cluster", {"events": 13}, b"")
    snapshots.save(3, newer)
    assert load(snapshots) == newer
    assert [path.name for path in file_of(tmp_path).parent.iterdir()] == ["3.snapshot"]


def test_there_is_none_for_another_partition_code_or_cluster(snapshots: Snapshots) -> None:
    assert snapshots.load(4, "digest", "cluster") is None
    assert snapshots.load(3, "other", "cluster") is None
    assert snapshots.load(3, "digest", "other") is None


def test_a_torn_one_is_none(snapshots: Snapshots, tmp_path: Path) -> None:
    whole = file_of(tmp_path).read_bytes()
    for end in range(len(whole)):
        file_of(tmp_path).write_bytes(whole[:end])
        assert load(snapshots) is None


def test_a_changed_one_is_none(snapshots: Snapshots, tmp_path: Path) -> None:
    whole, chance = file_of(tmp_path).read_bytes(), random.Random(3)
    for _ in range(500):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        file_of(tmp_path).write_bytes(bytes(changed))
        assert load(snapshots) is None


def test_a_foreign_file_is_none(snapshots: Snapshots, tmp_path: Path) -> None:
    for foreign in (b"", b"\0" * 4096, b"PK\x03\x04", b"DMS1"):
        file_of(tmp_path).write_bytes(foreign)
        assert load(snapshots) is None


def test_a_failed_save_leaves_the_one_before(
    snapshots: Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        snapshots.save(3, Snapshot("digest", "cluster", {}, b"newer"))
    assert load(snapshots) == MADE
    assert [path.name for path in file_of(tmp_path).parent.iterdir()] == ["3.snapshot"]
