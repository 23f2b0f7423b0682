"""State of a partition from the newest snapshot and a silent replay of its log."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from services.chassis import client, clock, failpoint
from services.chassis.assignment import Positions
from services.chassis.bounds import bounds, ends, has_record
from services.chassis.context import Context
from services.chassis.errors import Refused, TransientError
from services.chassis.replay import Replay
from services.chassis.step import Step
from services.chassis.storage import Storage
from services.contracts.topics import CATALOGUE, service_of, topic_named

_ENDING_SECONDS = 1.0


def are_lost(committed: Positions, inputs: Iterable[str], service: str) -> bool:
    """Whether no offset is left of inputs that others write; what a service tells itself may be new to it.

    All inputs are committed together: where some offsets are there, an input without one is new to this version of the
    step, and is read from its start.
    """
    return not any(topic in committed for topic in inputs if topic_named(topic).writer != service)


class Restorer:
    """Brings states to exactly the committed offsets, or refuses."""

    def __init__(self, service: str, context: Context, step: Step[Any, Any], storage: Storage) -> None:
        self._service, self._context, self._step, self._storage = service, context, step, storage
        self._settings = context.settings
        self._admin = AdminClient(client.admin(context.settings))

    def restore(self, partition: int, committed: Positions) -> tuple[Any, Positions]:
        """State and positions of the inputs. committed: next offset of each input, absent where nothing was committed.

        Raises Refused when offsets are gone though state or output exists, or the log no longer reaches back far
        enough; TransientError when Kafka can't be reached, an earlier owner's transaction is still ending, or the
        process is told to stop.
        """
        failpoint.hit("restore")
        reader = Consumer(client.plain_consumer(self._settings))
        try:
            if are_lost(committed, self._step.inputs, self._service):
                self._refuse_lost_offsets(reader, partition)
            positions = {
                topic: self._begins(reader, topic, partition, committed.get(topic, 0)) for topic in self._step.inputs
            }
            targets = {topic: positions[topic] for topic in self._step.log if topic in positions}
            state = self._replayed(reader, partition, positions, targets | self.own_ends(partition))
            failpoint.hit("restored")
            return state, positions
        finally:
            reader.close()

    def refuse_undrained(self, partition: int, committed: Positions) -> None:
        """Raises Refused when records of the inputs are left that were not processed; TransientError."""
        reader = Consumer(client.plain_consumer(self._settings))
        try:
            for topic in self._step.inputs:
                full, offset = self._settings.topic(topic), committed.get(topic, 0)
                if has_record(reader, full, partition, offset):
                    raise Refused(
                        f"{full}[{partition}] holds records from offset {offset} on that {self._service} has not "
                        f"processed. Run {self._service} by itself until it has, stop it, then start again."
                    )
        finally:
            reader.close()

    def own_ends(self, partition: int) -> Positions:
        """Ends of the outputs that belong to the log, see `own_end`."""
        return {topic: self.own_end(topic, partition) for topic in self._step.log if topic not in self._step.inputs}

    def own_end(self, topic: str, partition: int) -> int:
        """End of an output once every transaction in it has ended. Raises TransientError.

        A commit is answered before its marker is written to all partitions: for a moment its records can't be read.
        """
        deadline = clock.monotonic() + _ENDING_SECONDS
        full = self._settings.topic(topic)
        _, written = ends(self._admin, full, partition)
        while ends(self._admin, full, partition)[0] < written:
            if clock.monotonic() > deadline:
                raise TransientError(f"a transaction in {full}[{partition}] hasn't ended yet")
            clock.sleep(0.02)
        return written

    def _replayed(self, reader: Consumer, partition: int, positions: Positions, targets: Positions) -> Any:
        if not self._step.log:
            return self._step.new_state(partition)
        kept = self._storage.find(partition, positions | targets)
        starts = dict.fromkeys(targets, 0) | (dict(kept.point.positions) if kept and kept.point else {})
        open_ends = {topic: target for topic, target in targets.items() if starts[topic] < target}
        for topic in open_ends:
            self._refuse_truncated(reader, topic, partition, starts[topic])
        state = self._step.load_state(partition, kept or self._storage.fresh(partition))
        if open_ends:
            replay = Replay(self._context, self._step, self._storage, partition, state)
            replay.run(reader, starts, open_ends)
        return state

    def _begins(self, reader: Consumer, topic: str, partition: int, offset: int) -> int:
        """Where to read on. What is measured isn't kept for ever: of what is gone nothing is missed."""
        return max(offset, self._bounds(reader, topic, partition)[0]) if topic_named(topic).is_aside else offset

    def _bounds(self, reader: Consumer, topic: str, partition: int) -> tuple[int, int]:
        return bounds(reader, self._settings.topic(topic), partition)

    def _refuse_truncated(self, reader: Consumer, topic: str, partition: int, start: int) -> None:
        low = self._bounds(reader, topic, partition)[0]
        if low > start:
            raise Refused(
                f"{self._settings.topic(topic)}[{partition}] begins at offset {low}, but its state starts from "
                f"{start}: the log was truncated, and no snapshot of this cluster, these topics and these definitions "
                f"reaches as far. {self._way_out()}"
            )

    def _way_out(self) -> str:
        if service_of(self._service) == "features":
            # also after definitions were changed: those that serve may go on until there is a state of the others
            return (
                "Build one from the lake with `driftmill migrate`; if definitions were changed, the former ones can be "
                "applied again to serve meanwhile."
            )
        return (
            f"Restore one under {self._settings.state_dir} or in {self._settings.store_url}, or raise the topic's "
            "retention and start with an empty pipeline."
        )

    def _refuse_lost_offsets(self, reader: Consumer, partition: int) -> None:
        signs = ["stored state"] if self._step.log and self._storage.worked_before(partition) else []
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
        partitioned, inputs = topic_named(self._step.inputs[0]).partitioned, self._step.inputs
        found = [t for t in CATALOGUE.values() if t.writer == self._service and t.partitioned == partitioned]
        return [t.name for t in found if t.name not in inputs]
