"""Commits without an answer, transactions that are slow to end, idle partitions beside busy ones."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.configs import codec_for
from services.chassis.errors import CommitUnknown, TransientError
from services.chassis.reading import TopicReader
from services.chassis.restore import Restorer
from services.chassis.step import Waiting
from services.chassis.storage import Storage
from services.contracts.partition import partition_of
from services.contracts.record import Record, Result
from services.features.step import FeaturesStep
from services.kernel.stage_state import FeatureState
from tests.eventually import eventually
from tests.integration.loop_thread import LoopThread, context_of, looping
from tests.integration.test_state import SHOPS, assert_right, publish, step
from tests.platform import Platform, pipeline_named
from tests.schema_server import schema_server

Commit = Callable[..., None]


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def disturb(running: LoopThread, times: int, happens: bool) -> None:
    """Lose the answer to the next commits, which happen or don't."""
    transactions, left = running.loop._committer._transactions, [times]
    commit: Commit = transactions.commit

    def without_answer(*given: Any) -> None:
        if not left[0]:
            commit(*given)
            return
        left[0] -= 1
        if happens:
            commit(*given)
        raise CommitUnknown("as told")

    transactions.commit = without_answer  # type: ignore[assignment,method-assign]


@pytest.mark.parametrize("happens", [True, False], ids=["it happened", "it did not happen"])
def test_a_commit_without_an_answer_is_looked_up(platform: Platform, happens: bool) -> None:
    with looping(platform, "features", step(platform)) as running:
        publish(platform, 0, 200)
        platform.drained("features")
        disturb(running, 3, happens)
        for first in range(200, 500, 100):
            publish(platform, first, 100)
            platform.drained("features")
        eventually(lambda: running.context.health.is_ready, 30)
    assert_right(platform, 500)


def test_an_end_is_told_only_once_its_transactions_have_ended(platform: Platform) -> None:
    context = context_of(platform, "features")
    restorer = Restorer("features", context, step(platform), Storage("features", context, step(platform)))
    producer = Producer(client.transactional_producer(platform.settings, "another"))
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(platform.settings.topic("events"), b"x", partition=0)
    producer.flush(30)
    assert restorer.own_end("events", 1) == 0
    with pytest.raises(TransientError, match="hasn't ended"):
        restorer.own_end("events", 0)
    producer.commit_transaction(30)
    assert restorer.own_end("events", 0) in (1, 2)  # the marker may be written after the answer


class Slow(FeaturesStep):
    """Features one by one, that count what was taken and in which partitions they rested."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform.pipeline, platform.settings.partitions)
        self.taken, self.rested = 0, Counter[int]()

    def take(self, state: FeatureState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        taken = super().take(state, waiting, 1)
        self.taken += len(taken)
        return taken

    def idle(self, state: FeatureState, now: int) -> None:
        self.rested[id(state)] += 1


def test_a_partition_rests_while_another_is_busy(platform: Platform) -> None:
    """Ticks of a quiet partition must not wait for a pause in the others."""
    slow, total = Slow(platform), 2_000
    publish(platform, 0, total, shops=SHOPS[:1])
    with looping(platform, "features", slow) as running:
        eventually(lambda: len(slow.rested) == 1 and max(slow.rested.values()) > 3, 60)
        assert 0 < slow.taken < total
        (quiet,) = slow.rested
        assert id(running.loop._assignment.held[1 - partition_of(SHOPS[0].encode(), 2)].states[0]) == quiet


class Broken(FeaturesStep):
    """Features that fail at their third record."""

    def process(self, state: FeatureState, batch: Sequence[Record]) -> Result[Any]:
        raise ZeroDivisionError("a mistake in the code")


def test_a_mistake_in_a_step_ends_the_process_and_names_the_place(platform: Platform) -> None:
    publish(platform, 0, 10)
    running = LoopThread(platform, "features", Broken(platform.pipeline, platform.settings.partitions))
    running.start()
    error = running.end()
    assert isinstance(error, ZeroDivisionError)
    assert "events[" in "".join(error.__notes__)


def test_a_reader_gives_again_what_it_could_not_decode(platform: Platform) -> None:
    publish(platform, 0, 20)
    with schema_server() as registry:
        registry.status = 503
        settings = platform.settings.model_copy(update={"schema_registry": registry.url})
        reader = TopicReader(settings, codec_for(settings, platform.pipeline), "events", 2)
        with pytest.raises(TransientError):
            list(reader.to_end())
        for schema_id in range(1, 200):
            registry.schemas[schema_id] = _event_schema(platform)
        registry.status = None
        assert sorted(record.value["seq"] for record in reader.to_end()) == list(range(20))
        reader.close()


def _event_schema(platform: Platform) -> dict[str, Any]:
    return {"schema": orjson.dumps(platform.codec._schemas["driftmill.EventAccepted"]).decode()}
