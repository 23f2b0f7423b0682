"""Laws of the log: neither pace nor topic changes what follows from a stream, nor does the future, nor a restart."""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from deltalake import DeltaTable

from services.broker.local import Endpoints
from tests.e2e.feed import PATIENCE, Feed
from tests.e2e.recompute import (
    EVENT,
    log_of,
    outcomes_of,
    recomputed_outcomes,
    recomputed_vectors,
    vectors_of,
    verdicts_of,
)
from tests.e2e.stream import HOUR, RETURN, START, Stream, orders_and_returns
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named
from tests.programs import Program

pytestmark = pytest.mark.timeout(400)
SERVICES = ("validation", "features", "inference", "outcomes", "lake")
STREAM = orders_and_returns()
LATER = START + 14 * HOUR
LARGE_BATCHES = MappingProxyType({"DRIFTMILL_MERGE_IDLE_SECONDS": "600"})
"""However busy the machine is, a raw topic that pauses isn't taken for one at its end."""
SMALL_BATCHES = LARGE_BATCHES | {"DRIFTMILL_BATCH_RECORDS": "40", "DRIFTMILL_FLUSH_SECONDS": "0.2"}


class Run:
    """A pipeline of its own with a feed."""

    def __init__(self, broker: Endpoints, home: Path) -> None:
        name = f"t{uuid.uuid4().hex[:12]}"
        self.platform = Platform.create(broker, pipeline_named(name), home / name)
        self.feed = Feed(self.platform)

    def preload(self, stream: Stream) -> None:
        """Publish both topics whole, labels first, so that nothing else tells the order than the records."""
        self.feed.publish(stream.labels)
        self.feed.hold_nothing_back(stream.end)
        self.feed.publish(stream.events)

    def start(self, *services: str, extra: Mapping[str, str] = LARGE_BATCHES) -> list[Program]:
        """Start services."""
        return [self.platform.start(service, 0, **extra) for service in services]

    def finished(self) -> "Run":
        """Wait until features has answered everything, and stop."""
        self.feed.events_taken()
        self.platform.drained("features", within=PATIENCE)
        self.stop()
        return self

    def stop(self) -> None:
        """Stop all processes."""
        self.platform.stop()

    def close(self) -> None:
        """Stop all, and leave nothing."""
        self.platform.close()
        self.feed.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws")


@pytest.fixture(scope="module")
def preloaded(broker: Endpoints, home: Path) -> Iterator[Run]:
    """The whole stream lay there before the services started; they were not disturbed."""
    run = Run(broker, home)
    run.preload(STREAM)
    run.start("validation", "features")
    yield run.finished()
    run.close()


@pytest.fixture
def run(broker: Endpoints, home: Path) -> Iterator[Run]:
    made = Run(broker, home)
    yield made
    made.close()


def assert_same(run: Run, other: Run) -> None:
    assert log_of(run.platform) == log_of(other.platform)
    assert verdicts_of(run.platform) == verdicts_of(other.platform)
    assert vectors_of(run.platform) == vectors_of(other.platform)


def test_the_log_is_what_one_computation_makes_of_it(preloaded: Run) -> None:
    vectors = vectors_of(preloaded.platform)
    assert vectors == recomputed_vectors(preloaded.platform)
    assert len(vectors) > 0.9 * len(STREAM.events) / 1.05
    rules = ("too_late", "duplicate", "range", "set", "future")
    told = " ".join(reasons for *_, reasons in verdicts_of(preloaded.platform))
    assert all(f"'rule': '{rule}'" in told for rule in rules)


def test_paced_is_preloaded(preloaded: Run, run: Run) -> None:
    raws = STREAM.interleaved()
    size = len(raws) // 12 + 1
    for start in range(0, len(raws), size):
        run.feed.publish(raws[start : start + size])
        if start == 0:
            run.start("validation", "features", extra=SMALL_BATCHES)
        run.feed.flowing_taken()
    run.feed.hold_nothing_back(STREAM.end)
    assert_same(run.finished(), preloaded)


def test_labels_among_the_events_are_labels_in_their_own_topic(preloaded: Run, run: Run) -> None:
    run.feed.publish(STREAM.interleaved(), topic="events.raw")
    run.feed.hold_nothing_back(STREAM.end)
    run.start("validation", "features")
    assert_same(run.finished(), preloaded)


def test_the_future_changes_nothing(preloaded: Run, run: Run) -> None:
    run.preload(STREAM.changed_after(LATER))
    run.start("validation", "features")
    changed, usual = vectors_of(run.finished().platform), vectors_of(preloaded.platform)
    ids = {raw.value["order_id"] for raw in STREAM.events if "order_id" in raw.value and raw.arrives <= LATER}
    before = usual.keys() & ids
    assert len(before) > 700
    assert {one: changed[one] for one in before} == {one: usual[one] for one in before}
    assert verdicts_before(run) == verdicts_before(preloaded)
    after = (usual.keys() & changed.keys()) - ids
    assert sum(changed[one] != usual[one] for one in after) > 500


def verdicts_before(run: Run) -> list[tuple[str, str, int, str]]:
    """Verdicts on orders that came before the change."""
    found = verdicts_of(run.platform)
    ids = {raw.value["order_id"] for raw in STREAM.events if "order_id" in raw.value and raw.arrives > LATER}
    return [one for one in found if one[0] == "event" and one[1] not in ids]


def test_restarts_of_everything_lose_nothing(preloaded: Run, run: Run) -> None:
    run.preload(STREAM)
    orders = len(vectors_of(preloaded.platform))
    for share, forget in ((0.2, False), (0.5, True)):
        children = run.start(*SERVICES, extra=SMALL_BATCHES)
        eventually(lambda: run.feed.written("predictions") > share * orders, PATIENCE)  # noqa: B023
        assert [child.poll() for child in children] == [None] * len(SERVICES)
        for child in children:
            child.terminate()
        assert [child.wait(PATIENCE) for child in children] == [0] * len(SERVICES)
        assert len(vectors_of(run.platform)) < orders
        if forget:
            shutil.rmtree(run.platform.settings.state_dir)
    run.start(*SERVICES)
    run.feed.events_taken()
    run.platform.drained(*SERVICES[1:], within=PATIENCE)
    assert_same(run, preloaded)
    assert outcomes_of(run.platform) == recomputed_outcomes(run.platform)
    answers = [one.value["event_id"] for one in run.platform.read("predictions", "driftmill.Prediction")]
    assert sorted(answers) == sorted(vectors_of(preloaded.platform))
    assert kept(run.platform, "events") == sorted(places(run.platform, "events", EVENT))
    assert kept(run.platform, "predictions") == sorted(places(run.platform, "predictions", "driftmill.Prediction"))


def places(platform: Platform, topic: str, kind: str) -> list[tuple[int, int]]:
    return [(one.partition, one.offset) for one in platform.read(topic, kind)]


def kept(platform: Platform, table: str) -> list[tuple[int, int]]:
    """Partition and offset of each row of a table of the lake."""
    delta = DeltaTable(f"{platform.settings.store_url}/lake/{platform.pipeline.name}/{table}")
    rows = delta.to_pyarrow_dataset().to_table(columns=["kafka_partition", "kafka_offset"]).to_pylist()
    return sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)


def test_the_stream_holds_what_the_laws_are_about() -> None:
    known = [raw.time for raw in STREAM.labels]
    assert known != sorted(known)
    assert {raw.time for raw in STREAM.labels} & {raw.time for raw in STREAM.events}
    assert sum(raw.kind == RETURN for raw in STREAM.labels) > 1_500
