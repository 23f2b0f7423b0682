"""Which stored state is used, when it is written, and when the object store gets a snapshot."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.storage import Storage
from services.chassis.store import Store
from tests.unit.chassis.scene import context


class Fold:
    """As much of a step as storing its state takes."""

    inputs: tuple[str, ...] = ("events",)
    log: tuple[str, ...] = ("events",)

    def __init__(self, digest: str = "digest") -> None:
        self.digest = digest


Make = Callable[..., Storage]


@pytest.fixture
def make(codec: Codec, tmp_path: Path) -> Iterator[Make]:
    """`make(digest="digest", topic="topic-1", **changes of the context)` is the storage of another process."""
    made: list[Storage] = []

    def another(digest: str = "digest", topic: str = "topic-1", **changes: Any) -> Storage:
        for one in made:
            one.end()
        here = replace(context(codec, tmp_path), **changes)
        step: Any = Fold(digest)
        made.append(Storage("features", here, step))
        made[-1]._ids = {"events": topic}
        return made[-1]

    yield another
    for one in made:
        one.end()


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return tmp_path / "state" / "shop" / "features-0"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return tmp_path / "store" / "state" / "shop" / "features"


def work(storage: Storage, value: bytes, offset: int) -> None:
    """Write a value at a position and bring it to the store."""
    if 0 not in storage._open and storage.find(0, {"events": offset}) is None:
        storage.fresh(0)
    storage.flush(0, {b"value": value}, {"events": offset})
    storage.release(30)


def found(storage: Storage, limit: int) -> bytes | None:
    """The value of what a partition would start with."""
    kept = storage.find(0, {"events": limit})
    if kept is None:
        return None
    assert kept.point is not None
    assert kept.point.positions["events"] <= limit
    return kept.get([b"value"])[0]


def test_nothing_is_found_at_first(make: Make) -> None:
    assert make().find(0, {"events": 10}) is None


def test_the_local_state_is_found_and_kept_after_a_release(make: Make, stored: Path) -> None:
    work(make(), b"a", 5)
    shutil.rmtree(stored)
    assert found(make(), 5) == b"a"
    assert found(make(), 9) == b"a"
    assert make().find(1, {"events": 9}) is None


def test_without_local_state_the_stored_one_is_found(make: Make, local: Path) -> None:
    work(make(), b"a", 5)
    shutil.rmtree(local)
    assert found(make(), 5) == b"a"
    assert sorted(path.name for path in local.iterdir()) == ["0"]


def test_a_state_ahead_of_what_was_committed_is_not_used(make: Make, local: Path) -> None:
    work(make(), b"a", 5)
    work(make(), b"b", 8)
    assert found(make(), 7) == b"a"
    assert found(make(), 4) is None


def test_a_newer_stored_state_takes_the_place_of_the_local_one(make: Make, local: Path) -> None:
    work(make(), b"a", 5)
    shutil.copytree(local, local.with_name("aside"))
    work(make(), b"b", 8)
    shutil.rmtree(local)
    local.with_name("aside").rename(local)
    assert found(make(), 8) == b"b"
    assert found(make(), 8) == b"b"


@pytest.mark.parametrize("foreign", [{"digest": "other"}, {"topic": "topic-2"}, {"cluster": "elsewhere"}])
def test_a_state_of_another_origin_is_not_used(make: Make, foreign: dict[str, str]) -> None:
    work(make(), b"a", 5)
    assert found(make(**foreign), 5) is None


def test_states_that_were_swapped_are_not_used(make: Make, local: Path, stored: Path) -> None:
    work(make(), b"a", 5)
    (local / "0").rename(local / "1")
    (stored / "0").rename(stored / "1")
    assert make().find(1, {"events": 9}) is None


@pytest.mark.parametrize("part", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_torn_local_state_is_fetched_again(make: Make, local: Path, part: str) -> None:
    work(make(), b"a", 5)
    for path in local.rglob(part):
        path.write_bytes(path.read_bytes()[:-1])
    assert found(make(), 5) == b"a"


def test_of_torn_snapshots_an_older_whole_one_is_used(make: Make, local: Path, stored: Path) -> None:
    work(make(), b"a", 5)
    older = set((stored / "0" / "files").iterdir())
    work(make(), b"b", 8)
    for path in set((stored / "0" / "files").iterdir()) - older:
        path.write_bytes(b"")
    shutil.rmtree(local)
    assert found(make(), 8) == b"a"
    shutil.rmtree(local)
    for path in older:
        path.unlink()
    assert found(make(), 8) is None


def test_the_local_state_does_without_a_store_that_is_down(make: Make, local: Path) -> None:
    class Down(Store):
        def found(self, prefix: str) -> list[Any]:
            raise OSError("no route")

    store = Down(local.parent.as_uri())
    work(make(), b"a", 5)
    assert found(make(store=store), 5) == b"a"
    shutil.rmtree(local)
    with pytest.raises(TransientError, match="object store can't be read: no route"):
        make(store=store).find(0, {"events": 5})


def test_progress_in_the_same_log_is_remembered_whatever_was_made_of_it(make: Make, local: Path) -> None:
    assert not make().worked_before(0)
    work(make(), b"a", 5)
    assert make(digest="other").worked_before(0)
    shutil.rmtree(local)
    assert make(digest="other").worked_before(0)
    assert not make(topic="topic-2").worked_before(0)
    assert not make().worked_before(1)


def test_a_snapshot_is_made_as_soon_as_a_replay_would_take_its_budget(make: Make) -> None:
    storage = make()
    storage.fresh(0)
    storage.replay_rate = 100.0
    budget = int(storage._settings.replay_seconds * storage.replay_rate)
    storage.flush(0, {b"value": b"a"}, {"events": budget - 1})
    assert storage._uploads == {}
    storage.flush(0, {b"value": b"b"}, {"events": budget})
    storage._uploads[0].result(30)
    assert storage._stored[0] == {"events": budget}
    storage.flush(0, {b"value": b"c"}, {"events": 2 * budget - 1})
    assert storage._uploads[0].done()
    assert [one.point.reach for one in storage._snapshots.manifests(0)] == [budget]


def test_the_budget_is_for_all_partitions_since_they_are_replayed_one_after_the_other(make: Make) -> None:
    storage = make()
    storage.fresh(0)
    storage.fresh(1)
    storage.replay_rate = 100.0
    half = int(storage._settings.replay_seconds * storage.replay_rate / 2)
    storage.flush(0, {b"value": b"a"}, {"events": half - 1})
    storage.flush(1, {b"value": b"a"}, {"events": half})
    storage._uploads[1].result(30)
    assert list(storage._uploads) == [1]


def test_a_state_that_did_not_change_is_not_stored_twice(make: Make) -> None:
    work(make(), b"a", 5)
    storage = make()
    assert found(storage, 5) == b"a"
    storage.release(30)
    assert len(storage._snapshots.manifests(0)) == 1


def test_a_partition_that_comes_back_is_opened_anew(make: Make) -> None:
    storage = make()
    storage.fresh(0)
    storage.flush(0, {b"value": b"a"}, {"events": 3})
    assert found(storage, 3) == b"a"
    storage.close()
    assert found(storage, 3) == b"a"


def test_a_disk_without_room_for_a_database_is_waited_for(make: Make, local: Path) -> None:
    local.parent.mkdir(parents=True)
    local.write_text("a file in the place of the folder")
    with pytest.raises(TransientError, match="state can't be written"):
        make().fresh(0)
