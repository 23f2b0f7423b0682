"""A killed service goes on from what is stored: features stay those of a run that was never disturbed."""

import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from services.broker.local import Endpoints
from services.chassis import client
from tests.eventually import eventually
from tests.integration.test_state import assert_right, forget_snapshots, publish, recomputed, truncate, vectors, worked
from tests.platform import Platform, pipeline_named
from tests.programs import Program

EAGER = {"DRIFTMILL_FLUSH_SECONDS": "0.2", "DRIFTMILL_REPLAY_SECONDS": "0.000001", "DRIFTMILL_BATCH_RECORDS": "50"}
"""Writes state, and brings it to the store, as often as it can."""


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def started(platform: Platform) -> Program:
    return platform.start("features", 0, **EAGER)


def states(platform: Platform) -> Path:
    """The local state of features."""
    return platform.settings.state_dir / platform.settings.pipeline / "features-0"


def stored(platform: Platform) -> Path:
    """Its snapshots."""
    return platform.settings.home / "store" / "state" / platform.settings.pipeline / "features"


def killed_at_work(platform: Platform) -> None:
    """Work on the first events, and be killed once both partitions have a snapshot; then more events come."""
    publish(platform, 0, 600)
    child = started(platform)
    platform.drained("features")
    eventually(lambda: len(list(stored(platform).glob("?/manifests/*.json"))) >= 2, 60)
    publish(platform, 600, 200)
    eventually(lambda: len(vectors(platform)) > 600, 60)
    platform.kill(child)
    publish(platform, 800, 400)


def lose_local(platform: Platform) -> None:
    shutil.rmtree(platform.settings.state_dir)


def tear_local(platform: Platform) -> None:
    for path in states(platform).rglob("*.sst"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("lose", [lambda _platform: None, lose_local, tear_local], ids=["nothing", "local", "torn"])
def test_after_a_kill_it_goes_on_from_what_is_stored(platform: Platform, lose: Callable[[Platform], None]) -> None:
    """The log is cut, so that a replay from its start is no way out."""
    killed_at_work(platform)
    lose(platform)
    expected = recomputed(platform)
    truncate(platform, AdminClient(client.admin(platform.settings)), "events", 20)
    child = started(platform)
    platform.drained("features")
    assert {record.value["event_id"]: record.value for record in vectors(platform)} == expected
    assert len(vectors(platform)) == len(expected) == 1_200
    assert child.poll() is None


def tear_all(platform: Platform) -> None:
    for path in [*states(platform).rglob("*.sst"), *stored(platform).glob("?/files/*")]:
        path.write_bytes(path.read_bytes()[:-1])


def swap(platform: Platform) -> None:
    for folder in (states(platform), stored(platform)):
        (folder / "0").rename(folder / "aside")
        (folder / "1").rename(folder / "0")
        (folder / "aside").rename(folder / "1")


@pytest.mark.parametrize("spoil", [tear_all, swap])
def test_what_is_torn_or_of_another_partition_is_not_used(
    platform: Platform, spoil: Callable[[Platform], None]
) -> None:
    killed_at_work(platform)
    spoil(platform)
    started(platform)
    platform.drained("features")
    assert_right(platform, 1_200)


def test_the_state_of_another_pipeline_is_not_used(platform: Platform, broker: Endpoints, tmp_path: Path) -> None:
    other = Platform.create(broker, pipeline_named(f"{platform.settings.pipeline}x"), tmp_path / "other")
    publish(other, 5_000, 100)
    worked(other)
    shutil.copytree(states(other), states(platform))
    shutil.copytree(stored(other), stored(platform))
    publish(platform, 0, 300)
    worked(platform)
    assert_right(platform, 300)


def test_on_a_full_disk_it_works_on_and_is_right_after_a_kill(platform: Platform) -> None:
    shops = [f"shop{number}" for number in range(2_000)]
    child = started(platform)
    eventually(lambda: b'"ready"' in (platform.settings.home / "features-0.log").read_bytes(), 60)
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (3_000, 3_000))
    publish(platform, 0, 4_000, shops)
    platform.drained("features")
    eventually(lambda: b"state not written" in (platform.settings.home / "features-0.log").read_bytes(), 30)
    publish(platform, 4_000, 1_000, shops)
    platform.drained("features")
    assert child.poll() is None
    platform.kill(child)
    forget_snapshots(platform)
    publish(platform, 5_000, 1_000, shops)
    started(platform)
    platform.drained("features")
    assert_right(platform, 6_000)
