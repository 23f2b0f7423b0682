"""State of a partition from the newest snapshot and a silent replay of its log."""

import logging
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from services.chassis import client
from services.chassis.assignment import Positions, decode
from services.chassis.bounds import bounds
from services.chassis.codec import Codec
from services.chassis.errors import Refused, TransientError
from services.chassis.settings import ChassisSettings
from services.chassis.snapshot import Snapshots
from services.chassis.step import Step, Waiting, take_all

log = logging.getLogger(__name__)

_CHUNK = 4_000
_SILENCE = 15.0


class Restorer:
    """Brings states to exactly the committed offsets, or refuses."""

    def __init__(
        self,
        settings: ChassisSettings,
        step: Step[Any, Any],
        codec: Codec,
        snapshots: Snapshots,
        cluster: str,
        tick: Callable[[], None],
    ) -> None:
        self._settings, self._step, self._codec, self._snapshots = settings, step, codec, snapshots
        self._cluster, self._tick = cluster, tick

    def restore(self, partition: int, committed: Positions) -> tuple[Any, Positions]:
        """State and positions of the inputs. committed: next offset of each input, absent where nothing was committed.

        Raises Refused when offsets are gone though state exists, or the log no longer reaches back far enough.
        """
        reader = Consumer(client.plain_consumer(self._settings))
        try:
            positions = {topic: committed.get(topic, 0) for topic in self._step.inputs}
            targets = {
                topic: positions[topic] if topic in positions else self._bounds(reader, topic, partition)[1]
                for topic in self._step.log
            }
            if not committed:
                self._refuse_lost_offsets(partition, targets)
            return self._replayed(reader, partition, targets), positions
        finally:
            reader.close()

    def _replayed(self, reader: Consumer, partition: int, targets: Positions) -> Any:
        snapshot = self._snapshots.load(partition, self._step.digest, self._cluster)
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
            self._tick()
            messages = reader.consume(_CHUNK, 0.2)
            silent = 0.0 if messages else silent + 0.2
            if silent > _SILENCE:
                raise TransientError(f"replay of {sorted(remaining)} stopped coming")
            for message in messages:
                topic = (message.topic() or "").removeprefix(f"{self._settings.pipeline}.")
                offset, failed = message.offset() or 0, message.error() is not None
                if not failed and offset < targets[topic]:
                    waiting[topic].records.append(decode(self._codec, topic, message))
                    count += 1
                if topic in remaining and offset >= targets[topic] - (0 if failed else 1):
                    del remaining[topic]
                    waiting[topic].ended = True
            self._fold(state, waiting)
        self._fold(state, waiting)
        log.info("state replayed", extra={"partition": partition, "records": count, "positions": targets})

    def _fold(self, state: Any, waiting: dict[str, Waiting]) -> None:
        take = self._step.take if self._step.log == self._step.inputs else None
        while batch := (take(state, waiting, _CHUNK) if take else take_all(waiting, _CHUNK)):
            self._step.fold(state, batch)

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

    def _refuse_lost_offsets(self, partition: int, targets: Positions) -> None:
        own = [topic for topic in self._step.log if topic not in self._step.inputs and targets[topic] > 0]
        snapshot = self._snapshots.load(partition, self._step.digest, self._cluster)
        behind = snapshot is not None and any(snapshot.positions.get(topic, 0) > 0 for topic in self._step.inputs)
        if own or behind:
            raise Refused(
                f"The consumer group has no committed offsets for partition {partition}, though "
                f"{own[0] if own else 'a local snapshot'} shows that it worked before: starting over would double "
                "records. Restore the group's offsets, or remove the pipeline's topics and state together."
            )
