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
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from services.chassis import clock, failpoint
from services.chassis.assignment import Assignment, Held, Positions
from services.chassis.batch import Work
from services.chassis.chain import Chain
from services.chassis.committer import Committer, InDoubt
from services.chassis.context import Context
from services.chassis.database import TornState
from services.chassis.errors import TransientError
from services.chassis.groups import Groups
from services.chassis.stage import Stage
from services.chassis.storage import FLUSH_RECORDS
from services.chassis.vacancy import Vacancy
from services.contracts.record import Record, Result
from services.contracts.topics import JOINED

log = logging.getLogger(__name__)

WAITING_LIMIT = 20_000
"""Records of one topic and partition that may wait in memory before its fetching is paused."""
_IDLE_SECONDS = 0.25
_QUIET_SECONDS = 0.03
"""How long nothing must have come before positions alone are committed."""
_RETRY_SECONDS = 0.5
_REVOKE_SECONDS = 3.0
_LEAVE_SECONDS = 10.0
"""How long the last snapshot may hold up a rebalance, and the end of the process."""


class Loop:
    """Runs stages over the partitions that the groups give to this instance, until told to stop.

    stages: mostly one; of several each reads what the one before it writes, see `Chain`.
    """

    def __init__(self, context: Context, stages: Sequence[Stage]) -> None:
        settings, process = context.settings, JOINED.join(stage.service for stage in stages)
        self._settings = settings
        self._health, self._metrics = context.health, context.metrics
        self._vacancy = Vacancy(settings, [stage.service for stage in stages])
        # the process is this instance of its first service, and ends what an earlier one has left open
        self._committer = Committer(stages[0].service, context)
        self._chain = Chain(context, stages)
        self._step = self._chain.links[0].step
        self._assignment = Assignment(settings, self._step.inputs, context.codec, len(stages))
        self._groups = Groups(process, settings, stages, self._assignment, self._hand_over)
        self._doubt: list[Work] = []
        self._astray = self._has_more = False
        self._rested = self._flushed = clock.monotonic()
        self._unflushed = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish the batch and leave. Raises Stop when going on is impossible."""
        while not stop.is_set() and not self._opened():
            stop.wait(_RETRY_SECONDS)
        self._groups.join()
        try:
            while not stop.is_set():
                self._health.tick()
                self._turn(stop)
            self._hand_over(_LEAVE_SECONDS)
            self._assignment.drop()
        finally:
            self._groups.leave()
            self._chain.end()
            self._committer.close()

    def _opened(self) -> bool:
        self._health.tick()
        try:
            self._vacancy.check()
            self._committer.open()
        except TransientError as error:
            self._wait_for(error)
            return False
        return True

    def _turn(self, stop: threading.Event) -> None:
        try:
            self._recover()
            now = self._read()
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

    # 1
    def _read(self) -> float:
        """Read while the last transaction ends, and what has come in the meantime after it."""
        messages = self._groups.poll(at_once=self._has_more)
        now = clock.monotonic()
        self._assignment.accept(messages, now)
        if self._settle() and len(messages) < self._settings.batch_records:
            self._committer.rest()
            self._assignment.accept(self._groups.poll(at_once=True), now)
        return now

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
            records = self._step.take(held.states[0], held.waiting, self._settings.batch_records)
            if records:
                with self._metrics.batch.time():
                    result = self._chain.links[0].process(held, records, records)
                read = Counter(map(attrgetter("topic"), records))
                after = held.positions | {topic: _last(topic, records).offset + 1 for topic in read}
                work.append(Work(held, records, after, [result], read=read))
        self._has_more = any(len(part.records) == self._settings.batch_records for part in work)
        return work

    # 4 to 6
    def _commit(self, work: list[Work]) -> None:
        """Begin to commit; `_settle` tells how it ended. Raises TransientError where nothing of it happened."""
        if not work:
            return
        failpoint.hit("process")
        epoch = self._assignment.epoch
        batch = self._chain.carried(work)
        if epoch == self._assignment.epoch:
            self._committer.begin(batch, self._groups.share(batch), self._groups.others())

    def _settle(self) -> bool:
        """Wait for the end of a commit; whether there was one.

        Raises TransientError where it did not happen, or isn't known to have.
        """
        try:
            batch = self._committer.settled()
        except InDoubt as error:
            self._doubt = error.work
            raise
        if batch is not None:
            self._apply(batch.work, batch.told)
        return batch is not None

    def _apply(self, work: list[Work], told: tuple[str, ...]) -> None:
        for part in work:
            for state, result in zip(part.held.states, part.results, strict=True):
                state.apply(result.staged)
            part.held.positions = part.after
            part.held.told = told
            self._unflushed += part.read.total()
            failpoint.hit("apply")

    # 7
    def _resolve_doubt(self) -> None:
        """Find out whether a commit without an answer happened. Until that is known nothing else is done."""
        if not self._doubt:
            return
        failpoint.hit("doubt")
        work, epoch = self._doubt, self._assignment.epoch
        self._committer.open()
        now = [self._groups.positions(part.held.number) for part in work]
        self._doubt = []
        if epoch != self._assignment.epoch or any(part.held.number not in self._assignment.held for part in work):
            return
        before, after = [part.held.positions for part in work], [part.after for part in work]
        if now == after != before:
            self._apply(work, self._chain.untold)
        elif now != before or before == after:  # what moves no position leaves no trace of itself
            self._restore_again()
        self._astray = True

    def _restore_again(self) -> None:
        self._assignment.expect(set(self._assignment.held) | (self._assignment.expected or set()))
        self._assignment.held.clear()

    def _rewind(self) -> None:
        held = list(self._assignment.held.values())
        for one in held:
            one.forget_waiting()
        self._groups.read_from(held)
        self._astray = False
        failpoint.hit("rewind")

    def _adopt_expected(self) -> None:
        expected = self._assignment.expected
        if expected is None:
            return
        started = clock.monotonic()
        for number in sorted(expected - set(self._assignment.held)):
            self._chain.heed(self._groups.told(number))
            self._assignment.add(number, *self._chain.restored(number, self._groups.committed(number)))
        self._assignment.complete()
        self._doubt, self._astray = [], True
        self._metrics.restored.set(clock.monotonic() - started)
        self._metrics.assigned.set(len(self._assignment.held))

    def _became_ready(self) -> None:
        if self._assignment.disputed:
            numbers = sorted(self._assignment.disputed)
            self._wait_for(TransientError(f"another process does a part of the work on partitions {numbers}"))
        elif self._assignment.is_complete and self._health.ready():
            log.info("ready", extra={"partitions": sorted(self._assignment.held)})

    # at rest
    def _at_rest(self, now: float) -> None:
        resting = [held for held in self._assignment.held.values() if held.is_at_rest]
        if now - self._rested > _IDLE_SECONDS:
            self._rested = now
            wall = clock.now_us()
            results = [(held, self._step.idle(held.states[0], wall)) for held in resting]
            self._commit([_without_records(held, r, held.positions) for held, r in results if r is not None])
            self._settle()
        # under a steady flow an end is met between any two batches: a transaction for markers would hold up the next
        self._commit_positions([held for held in resting if held.quiet_for(now) > _QUIET_SECONDS])

    def _commit_positions(self, resting: list[Held]) -> None:
        """Commit past transaction markers, and what the stages have to tell, so that a drained service shows no lag."""
        told = self._chain.told()
        due = [(held, held.past_markers()) for held in resting]
        nothing = [
            _without_records(held, self._step.process(held.states[0], []), held.positions | moved)
            for held, moved in due
            if moved or held.told != told
        ]
        self._commit(nothing)
        self._settle()

    def _throttle(self) -> None:
        for held in self._assignment.held.values():
            for topic, side in held.waiting.items():
                if topic not in held.paused and len(side.records) > WAITING_LIMIT:
                    self._groups.first.pause(topic, held.number)
                    held.paused.add(topic)
                elif topic in held.paused and len(side.records) < WAITING_LIMIT // 2:
                    self._groups.first.resume(topic, held.number)
                    held.paused.remove(topic)

    def _hand_over(self, budget: float = _REVOKE_SECONDS) -> None:
        """Before partitions go: the batch's end, then their state to the disk and, within `budget` seconds, to the
        store."""
        try:
            self._settle()
        except TransientError as error:
            self._wait_for(error)
        self._flush()
        self._chain.release(budget)

    def _flush(self) -> None:
        self._settle()
        self._flushed, self._unflushed = clock.monotonic(), 0
        if self._doubt:
            return
        failpoint.hit("flush")
        for held in self._assignment.held.values():
            self._chain.write(held)
        failpoint.hit("flushed")


def _last(topic: str, records: Sequence[Record]) -> Record:
    return next(record for record in reversed(records) if record.topic == topic)


def _without_records(held: Held, result: Result[Any], after: Positions) -> Work:
    return Work(held, [], dict(after), [result])
