"""State of a partition from the newest snapshot and a silent replay of its log."""

import logging
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from services.chassis import client, clock, failpoint
from services.chassis.assignment import Positions, decode
from services.chassis.bounds import bounds, has_record
from services.chassis.context import Context
from services.chassis.errors import Refused, TransientError
from services.chassis.snapshot import Snapshot, Snapshots
from services.chassis.step import Step, Waiting, take_all
from services.contracts.record import POISON
from services.contracts.topics import CATALOGUE, topic_named

log = logging.getLogger(__name__)

_CHUNK = 4_000
_SILENCE = 15.0
_ENDING_SECONDS = 1.0


class Restorer:
    """Brings states to exactly the committed offsets, or refuses."""

    def __init__(self, service: str, context: Context, step: Step[Any, Any], snapshots: Snapshots) -> None:
        self._service, self._context, self._step, self._snapshots = service, context, step, snapshots
        self._settings = context.settings

    def restore(self, partition: int, committed: Positions) -> tuple[Any, Positions]:
        """State and positions of the inputs. committed: next offset of each input, absent where nothing was committed.

        Raises Refused when offsets are gone though state or output exists, or the log no longer reaches back far
        enough; TransientError when Kafka can't be reached, an earlier owner's transaction is still ending, or the
        process is told to stop.
        """
        failpoint.hit("restore")
        reader = Consumer(client.plain_consumer(self._settings))
        try:
            if set(committed) != set(self._step.inputs):
                self._refuse_lost_offsets(reader, partition)
            positions = {topic: committed.get(topic, 0) for topic in self._step.inputs}
            targets = {
                topic: positions[topic] if topic in positions else self.own_end(topic, partition)
                for topic in self._step.log
            }
            state = self._replayed(reader, partition, targets)
            failpoint.hit("restored")
            return state, positions
        finally:
            reader.close()

    def own_end(self, topic: str, partition: int) -> int:
        """End of an output once every transaction in it has ended. Raises TransientError.

        A commit is answered before its marker is written to all partitions: for a moment its records can't be read.
        """
        config = client.plain_consumer(self._settings)
        committed, everything = Consumer(config), Consumer(config | {"isolation.level": "read_uncommitted"})
        try:
            deadline = clock.monotonic() + _ENDING_SECONDS
            written = self._bounds(everything, topic, partition)[1]
            while self._bounds(committed, topic, partition)[1] < written:
                if clock.monotonic() > deadline:
                    raise TransientError(
                        f"a transaction in {self._settings.topic(topic)}[{partition}] hasn't ended yet"
                    )
                clock.sleep(0.02)
            return written
        finally:
            committed.close()
            everything.close()

    def _replayed(self, reader: Consumer, partition: int, targets: Positions) -> Any:
        snapshot = self._snapshot(partition)
        if snapshot and all(snapshot.positions.get(topic, 0) <= target for topic, target in targets.items()):
            state = self._step.load_state(partition, snapshot.data)
            starts = {topic: snapshot.positions.get(topic, 0) for topic in targets}
        else:
            state, starts = self._step.new_state(partition), dict.fromkeys(targets, 0)
        open_ends = {topic: target for topic, target in targets.items() if starts[topic] < target}
        for topic in open_ends:
            self._refuse_truncated(reader, topic, partition, starts[topic])
        if open_ends:
            self._replay(reader, partition, state, starts, open_ends)
        return state

    def _replay(self, reader: Consumer, partition: int, state: Any, starts: Positions, targets: Positions) -> None:
        reader.assign([TopicPartition(self._settings.topic(t), partition, starts[t]) for t in targets])
        waiting = {topic: Waiting() for topic in self._step.log}
        remaining, count, silent = dict(targets), 0, 0.0
        while remaining:
            self._context.health.tick()
            if self._context.stop.is_set():
                raise TransientError(f"told to stop during the replay of {sorted(remaining)}")
            messages = reader.consume(_CHUNK, 0.2)
            silent = 0.0 if messages else silent + 0.2
            if silent > _SILENCE:
                raise TransientError(f"replay of {sorted(remaining)} stopped coming")
            for message in messages:
                topic = self._settings.short_topic(message.topic())
                offset, failed = message.offset() or 0, message.error() is not None
                if not failed and offset < targets[topic]:
                    waiting[topic].records.append(decode(self._context.codec, topic, message))
                    count += 1
                if topic in remaining and offset >= targets[topic] - (0 if failed else 1):
                    del remaining[topic]
                    waiting[topic].ended = True
            self._fold(state, waiting)
            failpoint.hit("replay")
        self._fold(state, waiting)
        if left := {topic: len(side.records) for topic, side in waiting.items() if side.records}:
            raise RuntimeError(f"replay of partition {partition} to {targets} left records that were processed: {left}")
        log.info("state replayed", extra={"partition": partition, "records": count, "positions": targets})

    def _fold(self, state: Any, waiting: dict[str, Waiting]) -> None:
        take = self._step.take if self._step.log == self._step.inputs else None
        while batch := (take(state, waiting, _CHUNK) if take else take_all(waiting, _CHUNK)):
            self._step.fold(state, [record for record in batch if record.kind != POISON])

    def _snapshot(self, partition: int) -> Snapshot | None:
        return self._snapshots.load(partition, self._step.digest, self._context.cluster)

    def _bounds(self, reader: Consumer, topic: str, partition: int) -> tuple[int, int]:
        return bounds(reader, self._settings.topic(topic), partition)

    def _refuse_truncated(self, reader: Consumer, topic: str, partition: int, start: int) -> None:
        low = self._bounds(reader, topic, partition)[0]
        if low > start:
            raise Refused(
                f"{self._settings.topic(topic)}[{partition}] begins at offset {low}, but its state starts from "
                f"{start}: the log was truncated and no local snapshot reaches back. Restore the snapshot under "
                f"{self._settings.state_dir}, or raise the topic's retention and start with an empty pipeline."
            )

    def _refuse_lost_offsets(self, reader: Consumer, partition: int) -> None:
        snapshot = self._snapshot(partition)
        worked = snapshot is not None and any(snapshot.positions.get(topic, 0) > 0 for topic in self._step.inputs)
        signs = ["a local snapshot"] if worked else []
        for topic in self._outputs():
            low = self._bounds(reader, topic, partition)[0]
            if has_record(reader, self._settings.topic(topic), partition, low):
                signs.append(self._settings.topic(topic))
        if signs:
            raise Refused(
                f"The consumer group has no committed offsets for partition {partition}, though {' and '.join(signs)} "
                "shows that it worked before: starting over would double records. Restore the group's offsets, or "
                "remove the pipeline's topics and state together."
            )

    def _outputs(self) -> list[str]:
        """Topics whose partition `n` is written by nobody but who holds partition `n` of the inputs."""
        partitioned = topic_named(self._step.inputs[0]).partitioned
        return [t.name for t in CATALOGUE.values() if t.writer == self._service and t.partitioned == partitioned]
