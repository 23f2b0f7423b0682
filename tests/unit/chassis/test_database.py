"""A partition's entries on the disk: whole or not used."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.chassis.database import Database, TornState
from services.chassis.errors import TransientError
from tests.unit.chassis.points import entries, point


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "0"


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file can grow beyond `size`, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def filled(folder: Path, count: int = 3_000) -> dict[bytes, bytes]:
    """A database at 7, closed again."""
    made, values = Database.create(folder), entries(count)
    made.write(values, point(7))
    made.close()
    return values


def test_entries_come_back_with_the_point_that_they_stand_for(folder: Path) -> None:
    values = filled(folder)
    found = Database.open(folder)
    assert found.point == point(7)
    assert dict(found.items(b"e")) == values
    assert found.get([b"e000001", b"none", b"e000000"]) == [values[b"e000001"], None, values[b"e000000"]]


def test_a_write_changes_and_removes(folder: Path) -> None:
    filled(folder, 3)
    made = Database.open(folder)
    made.write({b"e000001": None, b"e000002": b"new", b"a": b"first"}, point(9))
    assert made.get([b"e000001", b"e000002", b"a"]) == [None, b"new", b"first"]
    made.close()
    again = Database.open(folder)
    assert again.point == point(9)
    assert [key for key, _ in again.items(b"e")] == [b"e000000", b"e000002"]


def test_keys_of_other_prefixes_are_left_out_and_the_rest_is_in_order(folder: Path) -> None:
    made = Database.create(folder)
    made.write({b"b2": b"", b"a": b"", b"b1": b"", b"c": b""}, point(1))
    assert [key for key, _ in made.items(b"b")] == [b"b1", b"b2"]


def test_what_was_never_written_is_not_used(folder: Path) -> None:
    Database.create(folder).close()
    with pytest.raises(TornState):
        Database.open(folder)


def test_nothing_is_no_database(folder: Path) -> None:
    with pytest.raises(TornState, match="holds no state"):
        Database.open(folder)


@pytest.mark.parametrize("part", ["*.sst", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize("size", [0, 10, -1])
def test_a_torn_one_is_not_used(folder: Path, part: str, size: int) -> None:
    filled(folder)
    (torn,) = folder.glob(part)
    torn.write_bytes(torn.read_bytes()[:size])
    with pytest.raises(TornState):
        Database.open(folder)


def test_a_file_that_is_gone_is_noticed(folder: Path) -> None:
    filled(folder)
    next(folder.glob("*.sst")).unlink()
    with pytest.raises(TornState):
        Database.open(folder)


def test_an_entry_that_was_changed_is_noticed_and_nothing_of_it_is_used_again(folder: Path) -> None:
    filled(folder)
    (table,) = folder.glob("*.sst")
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)
    made = Database.open(folder)
    with pytest.raises(TornState):
        made.get([b"e%06d" % number for number in range(3_000)])
    made.close()
    with pytest.raises(TornState):
        Database.open(folder)


def test_one_that_another_has_is_waited_for(folder: Path) -> None:
    made = Database.create(folder)
    made.write({}, point(1))
    with pytest.raises(TransientError) as caught:
        Database.open(folder)
    assert not isinstance(caught.value, TornState)
    assert made.get([b"x"]) == [None]


def test_a_write_on_a_full_disk_changes_nothing_and_can_be_repeated(folder: Path) -> None:
    before = filled(folder, 10)
    made, after = Database.open(folder), entries(5_000, seed=1)
    with small_files(100_000), pytest.raises(OSError, match="0"):
        made.write(after, point(8))
    assert made.point == point(7)
    assert dict(made.items(b"e")) == before
    made.write(after, point(8))
    made.close()
    again = Database.open(folder)
    assert again.point == point(8)
    assert dict(again.items(b"e")) == after
    assert [path.name for path in folder.parent.iterdir()] == ["0"]


def test_a_full_disk_is_no_reason_to_give_up_what_is_there(folder: Path) -> None:
    values = filled(folder)
    with small_files(0), pytest.raises(TransientError) as caught:
        Database.open(folder)
    assert not isinstance(caught.value, TornState)
    assert dict(Database.open(folder).items(b"e")) == values


def test_a_checkpoint_stays_as_it_was(folder: Path, tmp_path: Path) -> None:
    filled(folder, 3)
    made = Database.open(folder)
    made.checkpoint(tmp_path / "copy")
    made.write({b"e000000": b"later"}, point(8))
    copy = Database.open(tmp_path / "copy")
    assert copy.point == point(7)
    assert copy.get([b"e000000"]) == [entries(3)[b"e000000"]]
