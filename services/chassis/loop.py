"""The transactional batch loop: outputs, dead letters and offsets of a batch are committed together, or not at all.

1  poll up to N records or T ms; no transaction is open while idle; records of partitions no longer held are dropped
2  decode; what can't be read becomes a dead letter in the same transaction
3  process: a pure step, one partition at a time, gives outputs and a staged change of the state
4  begin, produce outputs and dead letters
5  send offsets, unless the assignment has changed since the poll
6  commit, while the next records are polled and decoded; only then the staged change becomes the state
7  aborted: rewind to the committed offsets; unknown: ask the group which of both happened
8  a producer with a suspicious commit is thrown away
"""

import logging
import threading
from typing import Any

from services.chassis import clock, failpoint
from services.chassis.assignment import Assignment, Held
from services.chassis.committer import Committer, InDoubt, Work
from services.chassis.context import Context
from services.chassis.database import TornState
from services.chassis.errors import TransientError
from services.chassis.group import Group
from services.chassis.restore import Restorer
from services.chassis.step import Step
from services.chassis.storage import FLUSH_RECORDS, Storage
from services.chassis.succession import NOTHING, Succession
from services.contracts.record import POISON, Failure, Record, Result

log = logging.getLogger(__name__)

WAITING_LIMIT = 20_000
"""Records of one topic and partition that may wait in memory before its fetching is paused."""
_IDLE_SECONDS = 0.25
_RETRY_SECONDS = 0.5
_REVOKE_SECONDS = 3.0
_LEAVE_SECONDS = 10.0
"""How long the last snapshot may hold up a rebalance, and the end of the process."""


class Loop:
    """Runs one step over the partitions that the group gives to this instance, until told to stop."""

    def __init__(self, service: str, context: Context, step: Step[Any, Any], succession: Succession = NOTHING) -> None:
        settings = context.settings
        self._settings, self._step = settings, step
        self._health, self._metrics = context.health, context.metrics
        self._succession = succession
        self._committer = Committer(service, context)
        self._storage = Storage(service, context, step)
        self._restorer = Restorer(service, context, step, self._storage)
        self._assignment = Assignment(settings, step.inputs, context.codec)
        self._group = Group(service, settings, step.inputs, self._assignment, self._hand_over)
        self._doubt: list[Work] = []
        self._astray = self._has_more = False
        self._rested = self._flushed = clock.monotonic()
        self._unflushed = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish the batch and leave. Raises Stop when going on is impossible."""
        while not stop.is_set() and not self._opened():
            stop.wait(_RETRY_SECONDS)
        self._group.join()
        try:
            while not stop.is_set():
                self._health.tick()
                self._turn(stop)
            self._hand_over(_LEAVE_SECONDS)
            self._assignment.drop()
        finally:
            self._group.leave()
            self._storage.end()
            self._committer.close()

    def _opened(self) -> bool:
        self._health.tick()
        try:
            self._committer.open()
        except TransientError as error:
            self._wait_for(error)
            return False
        return True

    def _turn(self, stop: threading.Event) -> None:
        try:
            self._recover()
            messages = self._group.poll(at_once=self._has_more)
            now = clock.monotonic()
            self._assignment.accept(messages, now)
            self._settle()
            self._at_rest(now)
            self._commit(self._taken())
            self._throttle()
            if now - self._flushed > self._settings.flush_seconds or self._unflushed >= FLUSH_RECORDS:
                self._flush()
            self._became_ready()
        except TornState as error:
            log.warning("state is restored again", extra={"why": str(error)})
            self._restore_again()
        except TransientError as error:
            self._astray = not failpoint.is_left_out("rewind")
            self._wait_for(error)
            stop.wait(_RETRY_SECONDS)

    def _recover(self) -> None:
        """What has to be put right before anything else is done."""
        if self._astray:
            self._settle()
        if self._committer.is_busy:
            return
        self._committer.serve()
        self._resolve_doubt()
        self._adopt_expected()
        if self._astray:
            self._rewind()

    def _wait_for(self, error: TransientError) -> None:
        if self._health.waiting(str(error)):
            log.warning("waiting", extra={"why": str(error)})

    # 2 and 3
    def _taken(self) -> list[Work]:
        work = []
        for held in self._assignment.held.values():
            records = self._step.take(held.state, held.waiting, self._settings.batch_records)
            if records:
                with self._metrics.batch.time():
                    result = self._process(held, records)
                after = held.positions | {record.topic: record.offset + 1 for record in records}
                work.append(Work(held, records, result, after))
        self._has_more = any(len(part.records) == self._settings.batch_records for part in work)
        return work

    def _process(self, held: Held, records: list[Record]) -> Result[Any]:
        failpoint.hit("decode")
        good = [record for record in records if record.kind != POISON]
        try:
            result = self._step.process(held.state, good)
        except Exception as error:
            first, last = records[0], records[-1]
            error.add_note(f"in {first.topic}[{held.number}]@{first.offset} to {last.topic}@{last.offset}")
            raise
        if len(good) == len(records):
            return result
        poison = [Failure(r, r.value["reason"], r.value["detail"]) for r in records if r.kind == POISON]
        return Result(result.staged, result.outputs, [*poison, *result.failures])

    # 4 to 6
    def _commit(self, work: list[Work]) -> None:
        """Begin to commit; `_settle` tells how it ended. Raises TransientError where nothing of it happened."""
        if not work:
            return
        failpoint.hit("process")
        epoch, told = self._assignment.epoch, self._succession.told()
        batch = self._committer.encoded(work, told)
        offsets = [place for part in work for place in self._group.offsets(part.held.number, part.after, told)]
        if epoch == self._assignment.epoch:
            self._committer.begin(batch, offsets, self._group.metadata())

    def _settle(self) -> None:
        """Wait for the end of a commit. Raises TransientError where it did not happen, or isn't known to have."""
        try:
            batch = self._committer.settled()
        except InDoubt as error:
            self._doubt = error.work
            raise
        if batch is not None:
            self._apply(batch.work, batch.told)

    def _apply(self, work: list[Work], told: str) -> None:
        for part in work:
            part.held.state.apply(part.result.staged)
            part.held.positions = part.after
            part.held.told = told
            self._unflushed += len(part.records)
            failpoint.hit("apply")
            for topic in part.after:
                self._metrics.read.labels(topic).inc(sum(record.topic == topic for record in part.records))

    # 7
    def _resolve_doubt(self) -> None:
        """Find out whether a commit without an answer happened. Until that is known nothing else is done."""
        if not self._doubt:
            return
        failpoint.hit("doubt")
        work, epoch = self._doubt, self._assignment.epoch
        self._committer.open()
        now = [dict.fromkeys(self._step.inputs, 0) | self._group.committed(part.held.number) for part in work]
        self._doubt = []
        if epoch != self._assignment.epoch or any(part.held.number not in self._assignment.held for part in work):
            return
        if now == [part.after for part in work]:
            self._apply(work, "")
        elif now != [part.held.positions for part in work]:
            self._restore_again()
        self._astray = True

    def _restore_again(self) -> None:
        self._assignment.expect(set(self._assignment.held) | (self._assignment.expected or set()))
        self._assignment.held.clear()

    def _rewind(self) -> None:
        offsets = []
        for held in self._assignment.held.values():
            held.forget_waiting()
            offsets += self._group.offsets(held.number, held.positions)
        self._group.read_from(offsets)
        self._astray = False
        failpoint.hit("rewind")

    def _adopt_expected(self) -> None:
        expected = self._assignment.expected
        if expected is None:
            return
        started = clock.monotonic()
        for number in sorted(expected - set(self._assignment.held)):
            self._succession.heed(self._group.told(number))
            state, positions = self._restorer.restore(number, self._group.committed(number))
            self._assignment.add(number, state, positions)
        self._assignment.complete()
        self._doubt, self._astray = [], True
        self._metrics.restored.set(clock.monotonic() - started)
        self._metrics.assigned.set(len(self._assignment.held))

    def _became_ready(self) -> None:
        if self._assignment.is_complete and self._health.ready():
            log.info("ready", extra={"partitions": sorted(self._assignment.held)})

    # at rest
    def _at_rest(self, now: float) -> None:
        resting = [held for held in self._assignment.held.values() if held.is_at_rest]
        if now - self._rested > _IDLE_SECONDS:
            self._rested = now
            wall = clock.now_us()
            results = [(held, self._step.idle(held.state, wall)) for held in resting]
            self._commit([Work(held, [], r, dict(held.positions)) for held, r in results if r is not None])
            self._settle()
        self._commit_positions(resting)

    def _commit_positions(self, resting: list[Held]) -> None:
        """Commit past transaction markers, and what the service has to tell, so that a drained service shows no lag."""
        told = self._succession.told()
        due = [(held, held.past_markers()) for held in resting]
        nothing = [
            (held, moved, self._step.process(held.state, [])) for held, moved in due if moved or held.told != told
        ]
        self._commit([Work(held, [], result, held.positions | moved) for held, moved, result in nothing])
        self._settle()

    def _throttle(self) -> None:
        for held in self._assignment.held.values():
            for topic, side in held.waiting.items():
                if topic not in held.paused and len(side.records) > WAITING_LIMIT:
                    self._group.pause(topic, held.number)
                    held.paused.add(topic)
                elif topic in held.paused and len(side.records) < WAITING_LIMIT // 2:
                    self._group.resume(topic, held.number)
                    held.paused.remove(topic)

    def _hand_over(self, budget: float = _REVOKE_SECONDS) -> None:
        """Before partitions go: the batch's end, then their state to the disk and, within `budget` seconds, to the
        store."""
        try:
            self._settle()
        except TransientError as error:
            self._wait_for(error)
        self._flush()
        self._storage.release(budget)

    def _flush(self) -> None:
        self._settle()
        self._flushed, self._unflushed = clock.monotonic(), 0
        if self._doubt:
            return
        failpoint.hit("flush")
        for held in self._assignment.held.values():
            if self._step.log and held.positions != held.flushed:
                self._write(held)
        failpoint.hit("flushed")

    def _write(self, held: Held) -> None:
        try:
            own = self._restorer.own_ends(held.number)
        except TransientError as error:
            log.warning("state not written; tried again later", extra={"why": str(error)})
            return
        with self._metrics.state_work("copy"):
            changes = held.state.changes()
        self._storage.flush(held.number, changes, held.positions | own)
        held.flushed = dict(held.positions)
