"""Snapshots in the object store: found whole, or not at all."""

from pathlib import Path
from urllib.parse import urlparse

import pytest

from services.chassis import clock
from services.chassis.database import Database, TornState
from services.chassis.origin import Point
from services.chassis.snapshots import KEPT, Snapshots
from services.chassis.store import Store
from tests.unit.chassis.points import entries, point


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store((tmp_path / "store").as_uri())


@pytest.fixture
def snapshots(store: Store) -> Snapshots:
    return Snapshots(store, "state/shop/features")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.create(tmp_path / "0")


def save(snapshots: Snapshots, database: Database, at: Point, values: dict[bytes, bytes], folder: Path) -> None:
    """Write entries, and make a snapshot."""
    database.write(values, at)
    database.checkpoint(folder)
    assert snapshots.save(folder, at)


def objects(store: Store, what: str) -> dict[str, Path]:
    """Stored files of a partition by key."""
    root = Path(urlparse(store.url).path.replace("%20", " "))
    return {found.key: root / found.key for found in store.found(f"state/shop/features/0/{what}")}


def test_a_snapshot_is_the_database_that_it_was_made_of(
    snapshots: Snapshots, database: Database, tmp_path: Path
) -> None:
    save(snapshots, database, point(5), entries(500), tmp_path / "copy")
    (manifest,) = snapshots.manifests(0)
    assert manifest.point == point(5)
    snapshots.fetch(manifest, tmp_path / "fetched")
    fetched = Database.open(tmp_path / "fetched")
    assert (fetched.point, dict(fetched.items(b"e"))) == (point(5), entries(500))
    assert snapshots.manifests(1) == []


def test_a_file_that_is_there_is_not_sent_again(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path
) -> None:
    save(snapshots, database, point(5), entries(2_000), tmp_path / "copy")
    before = {key: path.stat().st_mtime_ns for key, path in objects(store, "files").items()}
    save(snapshots, database, point(6), {b"x": b"y"}, tmp_path / "copy")
    after = {key: path.stat().st_mtime_ns for key, path in objects(store, "files").items()}
    large = {key for key, path in objects(store, "files").items() if path.stat().st_size > 100_000}
    assert len(large) == 1
    assert all(after[key] == before[key] for key in large)
    assert snapshots.manifests(0)[0].point == point(6)


def test_another_process_sends_a_file_again_that_is_not_whole(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path
) -> None:
    save(snapshots, database, point(5), entries(500), tmp_path / "copy")
    for path in objects(store, "files").values():
        path.write_bytes(path.read_bytes()[:-1])
    save(Snapshots(store, "state/shop/features"), database, point(6), {}, tmp_path / "copy")
    snapshots.fetch(snapshots.manifests(0)[0], tmp_path / "fetched")


def test_old_ones_and_their_files_go(snapshots: Snapshots, store: Store, tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        made = Database.create(tmp_path / "0")
        save(snapshots, made, point(number), entries(100, seed=number), tmp_path / "copy")
        made.close()
    kept = snapshots.manifests(0)
    assert [manifest.point.reach for manifest in kept] == [4, 3, 2]
    needed = {digest for manifest in kept for digest in manifest.files.values()}
    assert {key.rpartition("/")[2] for key in objects(store, "files")} == needed


def test_those_of_another_origin_stay(snapshots: Snapshots, database: Database, tmp_path: Path) -> None:
    save(snapshots, database, point(1, digest="other"), {}, tmp_path / "copy")
    for number in range(KEPT + 1):
        save(snapshots, database, point(number), {}, tmp_path / "copy")
    found = [manifest.point for manifest in snapshots.manifests(0)]
    assert found == [point(3), point(2), point(1), point(1, digest="other")]


def test_a_file_that_no_snapshot_names_goes_after_an_hour(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("state/shop/features/0/files/orphan", b"of a snapshot that was never finished")
    save(snapshots, database, point(1), {}, tmp_path / "copy")
    assert "state/shop/features/0/files/orphan" in objects(store, "files")
    now = clock.now_us()
    monkeypatch.setattr(clock, "now_us", lambda: now + 3_700_000_000)
    save(snapshots, database, point(2), {}, tmp_path / "copy")
    assert "state/shop/features/0/files/orphan" not in objects(store, "files")


def test_nothing_is_seen_of_one_that_was_given_up(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path
) -> None:
    database.write(entries(10), point(1))
    database.checkpoint(tmp_path / "copy")
    answers = iter([False, True])
    assert not snapshots.save(tmp_path / "copy", point(1), lambda: next(answers))
    assert snapshots.manifests(0) == []
    assert len(objects(store, "files")) == 1


@pytest.mark.parametrize("how", ["torn", "changed", "missing"])
def test_a_file_that_is_not_what_was_stored_is_noticed(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path, how: str
) -> None:
    save(snapshots, database, point(1), entries(500), tmp_path / "copy")
    (largest, *_) = sorted(objects(store, "files").values(), key=lambda path: -path.stat().st_size)
    data = largest.read_bytes()
    if how == "missing":
        largest.unlink()
    else:
        largest.write_bytes(data[:-1] if how == "torn" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(TornState):
        snapshots.fetch(snapshots.manifests(0)[0], tmp_path / "fetched")


@pytest.mark.parametrize("how", ["torn", "changed"])
def test_a_manifest_that_is_not_what_was_stored_is_left_out(
    snapshots: Snapshots, store: Store, database: Database, tmp_path: Path, how: str
) -> None:
    save(snapshots, database, point(1), {}, tmp_path / "copy")
    save(snapshots, database, point(2), {}, tmp_path / "copy")
    newest = objects(store, "manifests")[snapshots.manifests(0)[0].key]
    body = newest.read_bytes()
    newest.write_bytes(body[:-1] if how == "torn" else body.replace(b'"events":2', b'"events":9'))
    assert [manifest.point for manifest in snapshots.manifests(0)] == [point(1)]
