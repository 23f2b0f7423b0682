"""The stages of a process: what one has produced goes to the next in memory. Most processes have a chain of one."""

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from services.chassis import clock
from services.chassis.assignment import Held, Positions
from services.chassis.batch import Batch, Late, Work
from services.chassis.context import Context
from services.chassis.errors import TransientError
from services.chassis.link import Link
from services.chassis.stage import Stage
from services.chassis.transaction import Encoded, Receipt
from services.contracts.record import Failure, Record

log = logging.getLogger(__name__)


class Chain:
    """Stages of which each reads what the one before it writes to the same partition.

    The first reads from Kafka. All see the same records, and write the same, as they would in processes of their own.
    """

    def __init__(self, context: Context, stages: Sequence[Stage]) -> None:
        self._codec, self._settings = context.codec, context.settings
        self.links = [Link(place, stage, context) for place, stage in enumerate(stages)]
        self.untold = ("",) * len(stages)
        for before, after in pairwise(stages):
            if len(after.step.inputs) != 1:
                raise ValueError(f"{after.service} reads {after.step.inputs}, not only what {before.service} writes")

    def told(self) -> tuple[str, ...]:
        """What goes with the offsets of each stage."""
        return tuple(link.succession.told() for link in self.links)

    def heed(self, told: Sequence[str]) -> None:
        """Given what the last owner told, by stage. Raises TransientError while one can't live up to it."""
        for link, its in zip(self.links, told, strict=True):
            link.succession.heed(its)

    def carried(self, work: list[Work]) -> Batch:
        """All that follows from the results of the first stage. Raises TransientError."""
        batch = Batch(work)
        sent: list[Encoded] = []
        for link in self.links:
            if link.place:
                self._fed(link, work, sent)
            failures = [failure for part in work for failure in part.results[-1].failures]
            outputs = [output for part in work for output in part.results[-1].outputs]
            if link.place:
                records, dead = link.outbox.outputs(outputs)
                batch.late += [_late(failure, link, sent) for failure in (*failures, *dead)]
            else:
                records, batch.dead = link.outbox.encode(outputs, failures)
            batch.records += sent
            sent = records
        batch.records += sent
        # only now: what is told must be no older than what was answered by
        batch.told = self.told()
        return batch

    def _fed(self, link: Link, work: list[Work], sent: list[Encoded]) -> None:
        """Let a stage process what the one before it sends."""
        (topic,) = link.step.inputs
        records = self._read(topic, sent)
        for part in work:
            its = [record for record in records if record.partition == part.held.number]
            part.results.append(link.process(part.held, its, part.records))
            part.read[topic] += len(its)
            if its:
                part.landing[topic] = _receipt(sent, its[-1].offset)
        if len(records) != sum(part.read[topic] for part in work):
            raise RuntimeError(f"{topic} was written to partitions that are not being worked on")

    def _read(self, topic: str, sent: Sequence[Encoded]) -> list[Record]:
        """What a reader of a topic would get, but that offsets are places among what is sent, and no time is known."""
        full = self._settings.topic(topic)
        places = [place for place, one in enumerate(sent) if one.topic == full]
        decoded = self._codec.decode_all(topic, [sent[place].value for place in places])
        return [
            Record(
                topic,
                one.partition,
                place,
                0,
                one.key.decode(),
                kind,
                value,
                tuple(one.headers),
                one.key,
                one.value,
            )
            for place, one, (kind, value) in zip(places, map(sent.__getitem__, places), decoded, strict=True)
        ]

    # state
    def restored(self, partition: int, committed: Sequence[Positions]) -> tuple[list[Any], Positions]:
        """States and positions at the committed offsets of each stage. Raises Refused, TransientError."""
        states: list[Any] = []
        positions: Positions = {}
        for link, offsets in zip(self.links, committed, strict=True):
            link.refuse_undrained(partition, offsets)
            state, here = link.restorer.restore(partition, offsets)
            states.append(state)
            positions |= here
        return states, positions

    def write(self, held: Held) -> None:
        """Let the disk have what has changed, where it can be told of which log it is."""
        for link in self.links:
            try:
                link.write(held)
            except TransientError as error:
                log.warning("state not written; tried again later", extra={"why": str(error)})

    def release(self, budget: float) -> None:
        """Write everything, let the store have it within `budget` seconds if that is enough, and let go."""
        deadline = clock.monotonic() + budget
        for link in self.links:
            link.storage.release(max(deadline - clock.monotonic(), 0.0))

    def end(self) -> None:
        """The process ends."""
        for link in self.links:
            link.storage.end()


def _receipt(sent: list[Encoded], place: int) -> Receipt:
    """Have it told where a record comes to lie."""
    receipt = sent[place].receipt or Receipt()
    sent[place] = sent[place]._replace(receipt=receipt)
    return receipt


def _late(failure: Failure, link: Link, sent: list[Encoded]) -> Late:
    return Late(failure, _receipt(sent, failure.record.offset), link.outbox.letters)
