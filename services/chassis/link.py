"""One stage in a chain: how its step is called, its records encoded, and its state kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.chassis import failpoint
from services.chassis.assignment import Held, Positions
from services.chassis.context import Context
from services.chassis.outbox import Outbox
from services.chassis.restore import Restorer
from services.chassis.stage import Stage
from services.chassis.storage import Storage
from services.contracts.record import POISON, Failure, Record, Result


class Link:
    """A stage, its outbox and its state. place: in the chain, from 0."""

    def __init__(self, place: int, stage: Stage, context: Context) -> None:
        self.place, self.stage = place, stage
        self.step, self.succession = stage.step, stage.succession
        self._metrics = context.metrics
        self.outbox = Outbox(stage.service, context)
        self.storage = Storage(stage.service, context, stage.step)
        self.restorer = Restorer(stage.service, context, stage.step, self.storage)

    def process(self, held: Held, records: Sequence[Record], taken: Sequence[Record]) -> Result[Any]:
        """Step 3: what follows from the next records of a partition, with a failure for each that can't be read.

        taken: those from Kafka that it all began with.
        """
        failpoint.hit("decode")
        good = [record for record in records if record.kind != POISON]
        try:
            result: Result[Any] = self.step.process(held.states[self.place], good)
        except Exception as error:
            if taken:
                first, last = taken[0], taken[-1]
                error.add_note(f"in {first.topic}[{held.number}]@{first.offset} to {last.topic}@{last.offset}")
            raise
        if len(good) == len(records):
            return result
        poison = [Failure(r, r.value["reason"], r.value["detail"]) for r in records if r.kind == POISON]
        return replace(result, failures=[*poison, *result.failures])

    def positions(self, of: Positions) -> Positions:
        """The part of positions that are of this stage's inputs."""
        return {topic: of[topic] for topic in self.step.inputs}

    def write(self, held: Held) -> None:
        """Let the disk have what has changed. Raises TransientError while the end of an own output isn't known."""
        here = self.positions(held.positions)
        if self.step.log and any(held.flushed.get(topic) != offset for topic, offset in here.items()):
            own = self.restorer.own_ends(held.number)
            with self._metrics.state_work("copy"):
                changes = held.states[self.place].changes()
            self.storage.flush(held.number, changes, here | own)
            held.flushed |= here

    def refuse_undrained(self, partition: int, committed: Positions) -> None:
        """Behind another stage: its input must be worked off, since from now on it only gets what is new.

        Raises Refused, TransientError.
        """
        if self.place:
            self.restorer.refuse_undrained(partition, committed)
