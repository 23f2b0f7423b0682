"""What one stage produces, the next one gets as a reader would; positions follow once Kafka has the records."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from services.chassis.assignment import Held
from services.chassis.batch import Batch, Work
from services.chassis.chain import Chain
from services.chassis.codec import Codec
from services.chassis.stage import Stage
from services.chassis.step import Waiting, take_all
from services.chassis.succession import Succession
from services.contracts.entries import Changes, Entries
from services.contracts.record import Failure, Output, Record, Result
from tests.unit.chassis.scene import VECTOR, context, vector

TRACED = (("traceparent", b"00-1"),)


class Nothing:
    """A state that keeps nothing."""

    def apply(self, staged: None) -> None:
        """Nothing follows."""

    def changes(self) -> Changes:
        return {}


class Plain:
    """A step without state that remembers what it was given."""

    log: tuple[str, ...] = ()
    digest = "plain"

    def __init__(self, *inputs: str) -> None:
        self.inputs = inputs
        self.seen: list[Record] = []

    def new_state(self, partition: int) -> Nothing:
        return Nothing()

    def load_state(self, partition: int, entries: Entries) -> Nothing:
        return Nothing()

    def take(self, state: Nothing, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        return take_all(waiting, limit)

    def fold(self, state: Nothing, batch: Sequence[Record]) -> None:
        """Nothing to fold."""

    def idle(self, state: Nothing, now: int) -> None:
        return None

    def process(self, state: Nothing, batch: Sequence[Record]) -> Result[None]:
        self.seen += batch
        return Result(None, [], [Failure(one, "failed", "odd") for one in batch if one.value["seq"] % 2])


class Second(Succession):
    """What the second stage tells."""

    def told(self) -> str:
        return "second"


def source(partition: int, offset: int) -> Record:
    return Record("events", partition, offset, 7_000, "anna", "driftmill.EventAccepted", {}, TRACED)


def written(seq: int, partition: int) -> Output:
    value = vector(random.Random(seq)) | {"seq": seq}
    return Output("features", f"k{seq}", VECTOR, value, partition, source(partition, seq))


@pytest.fixture
def reader() -> Plain:
    return Plain("features")


@pytest.fixture
def chain(codec: Codec, tmp_path: Path, reader: Plain) -> Chain:
    stages = [Stage("features", Plain("events")), Stage("inference", reader, Second())]
    return Chain(context(codec, tmp_path), stages)


def work(partition: int, *outputs: Output) -> Work:
    positions = {"events": 5, "features": 2}
    held = Held(partition, [Nothing(), Nothing()], positions, {}, ("", ""))
    return Work(held, [source(partition, 5)], positions | {"events": 6}, [Result(None, outputs)])


def deliver(batch: Batch, first: int, error: KafkaError | None = None) -> None:
    """Let the records of `features` come to lie from an offset on, as the client would tell."""
    offsets = {0: first, 1: first}
    for one in batch.records:
        if one.receipt is not None:
            one.receipt(error, Message(one.topic, one.partition, offsets[one.partition], timestamp=(2, 99)))
        if one.topic == "shop.features":
            offsets[one.partition] += 1


def test_the_next_stage_gets_what_a_reader_would(chain: Chain, reader: Plain, codec: Codec) -> None:
    batch = chain.carried([work(0, written(1, 0), written(2, 0)), work(1, written(4, 1))])
    assert batch.told == ("", "second")
    assert [(one.partition, one.key, one.value["seq"], one.headers) for one in reader.seen] == [
        (0, "k1", 1, TRACED),
        (0, "k2", 2, TRACED),
        (1, "k4", 4, TRACED),
    ]
    for record, produced in zip(reader.seen, batch.records, strict=True):
        assert (record.raw_key, record.raw_value) == (produced.key, produced.value)
        assert (record.kind, dict(record.value)) == codec.decode("features", produced.value)


def test_positions_between_stages_follow_from_delivery(chain: Chain) -> None:
    first, second = work(0, written(2, 0), written(4, 0)), work(1)
    batch = chain.carried([first, second])
    deliver(batch, 40)
    assert batch.landed() == []
    assert first.after == {"events": 6, "features": 42}
    assert second.after == {"events": 6, "features": 2}


def test_only_what_is_asked_for_is_reported(chain: Chain) -> None:
    batch = chain.carried([work(0, *(written(seq, 0) for seq in range(0, 20, 2)))])
    assert [one.receipt is not None for one in batch.records] == [False] * 9 + [True]


def test_a_dead_letter_names_where_its_record_came_to_lie(chain: Chain, codec: Codec) -> None:
    batch = chain.carried([work(0, written(2, 0), written(3, 0), written(4, 0))])
    assert batch.dead == []
    deliver(batch, 40)
    (letter,) = batch.landed()
    assert letter.topic == "shop.deadletters.inference"
    assert letter.key == b"features/0/41"
    told = codec.decode("deadletters.inference", letter.value)[1]
    assert (told["service"], told["source_offset"], told["appended_at"]) == ("inference", 41, 99_000)
    assert [failure.record.offset for failure in batch.dead] == [41]
    assert batch.records[-1] == letter


def test_what_each_stage_drops_is_counted_by_reason(codec: Codec, tmp_path: Path) -> None:
    one, other = work(0), work(1)
    one.results = [Result(None, dropped={"lost": 2}), Result(None)]
    other.results = [Result(None, dropped={"lost": 1}), Result(None, dropped={"odd": 4})]
    environment = context(codec, tmp_path)
    Batch([one, other]).count(environment.settings, environment.metrics)
    counted = [
        environment.metrics.registry.get_sample_value("driftmill_records_dropped_total", {"reason": reason})
        for reason in ("lost", "odd")
    ]
    assert counted == [3, 4]


def test_what_became_of_labels_is_counted_by_result(codec: Codec, tmp_path: Path) -> None:
    one, environment = work(0), context(codec, tmp_path)
    one.results = [Result(None, labels={"late": 2}), Result(None, labels={"late": 1}, refused={"forest": 1})]
    Batch([one]).count(environment.settings, environment.metrics)
    counted = environment.metrics.registry.get_sample_value
    assert counted("driftmill_labels_total", {"result": "late"}) == 3
    assert counted("driftmill_files_refused_total", {"learner": "forest"}) == 1


def test_what_is_not_delivered_gives_no_positions(chain: Chain) -> None:
    batch = chain.carried([work(0, written(2, 0))])
    deliver(batch, 40, KafkaError(KafkaError._PURGE_QUEUE))
    with pytest.raises(KafkaException):
        batch.landed()


def test_a_partition_that_nobody_works_on_is_an_error(chain: Chain) -> None:
    with pytest.raises(RuntimeError, match="partitions that are not being worked on"):
        chain.carried([work(0, written(2, 1))])


def test_a_stage_with_more_inputs_is_not_for_a_chain(codec: Codec, tmp_path: Path) -> None:
    stages = [Stage("inference", Plain("features")), Stage("outcomes", Plain("events", "predictions"))]
    with pytest.raises(ValueError, match="outcomes reads"):
        Chain(context(codec, tmp_path), stages)
