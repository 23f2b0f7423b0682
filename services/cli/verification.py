"""Reads the topics of a pipeline, read committed, and finds out whether what must hold of them does.

It shares no code with the services but the feature kernel and the wire format. Services may go on working meanwhile:
how far each has committed is read first, then the ends of the topics from the last to the first, so that every answer
that is read has its cause within what is read. In memory are some twenty bytes an event, a bit a raw record, and for
one partition at a time the rows of its entities.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.chassis.codec import Codec
from services.chassis.progress import Place, Progress
from services.chassis.references import References
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.cli.cut import Cut, take_cut
from services.cli.domain.answers import Answers, Where
from services.cli.domain.besides import Besides
from services.cli.domain.event_ledger import EventLedger
from services.cli.domain.intake import EVENT, INDEX, Identity, Intake, moved_from
from services.cli.domain.invariant import Invariants
from services.cli.domain.recompute import FORWARDED, Recompute
from services.cli.domain.revisions import Revisions
from services.cli.domain.settled import Settled
from services.cli.partition_log import PartitionLog
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.contracts.topics import inputs_of
from services.kernel.computer import FeatureComputer

RAW = ("events.raw", "labels")
PREDICTIONS, BESIDE = "predictions", "predictions.shadow"
_CAUSES = (INDEX, *RAW)
_ELSEWHERE = ("events.quarantined", "deadletters.validation")
Report = Callable[[str, int], None]
"""Told what is read, and how many records of it."""


@dataclass(frozen=True, slots=True)
class Verification:
    """One look at a pipeline."""

    settings: ChassisSettings
    pipeline: Pipeline
    codec: Codec
    report: Report

    def run(self) -> Invariants:
        """Everything, with what was found. Raises TransientError where Kafka can't be read."""
        invariants = Invariants.new()
        committed = self._committed()
        # from the last to the first; what was refused after what was accepted, and the raw topics at last
        first, *passed_on = self.pipeline.resolved.stages
        topics = ("outcomes", PREDICTIONS, BESIDE, first, *reversed(passed_on), "events", *_ELSEWHERE, *_CAUSES)
        cut = take_cut(self.settings, topics, invariants.ended)
        _check_offsets(committed, cut, invariants)
        log = PartitionLog(self.settings, self.codec, cut, self.report)
        resolve = References(Store(self.settings.store_url)).resolve
        computers = [FeatureComputer(self.pipeline, place, resolve) for place in range(1 + len(passed_on))]
        settled = self._settled(log, invariants)
        ledgers = [
            self._read_log(log, number, settled, committed, computers[0], invariants) for number in self._numbers
        ]
        self._read_answers(log, ledgers, computers[1:], committed, invariants)
        self._read_outcomes(log, ledgers, invariants)
        return invariants

    @property
    def _numbers(self) -> range:
        return range(self.settings.partitions)

    def _committed(self) -> dict[str, dict[Place, int]]:
        progress = Progress(self.settings, self.pipeline.resolved.stages)
        try:
            return {
                stage: {place: offset for place, (offset, _) in progress.committed(stage).items()}
                for stage in progress.services
            }
        finally:
            progress.close()

    def _settled(self, log: PartitionLog, invariants: Invariants) -> Mapping[Place, Settled]:
        """What is accounted for by a refusal, a dead letter, or a copy in another partition."""
        settled = {(topic, number): Settled() for topic in _CAUSES for number in self._numbers}
        for position, where in self._elsewhere(log):
            topic, number, offset = position
            if (topic, number) not in settled or not settled[topic, number].mark(offset):
                invariants.accounted.breaks(f"{where}: {topic}[{number}]@{offset} is accounted for again")
        return settled

    def _elsewhere(self, log: PartitionLog) -> Iterator[tuple[tuple[str, int, int], str]]:
        for record in log.records(_ELSEWHERE[1], 0):
            yield _source(record), _where(record)
        for number in self._numbers:
            for record in log.records(_ELSEWHERE[0], number):
                yield _source(record), _where(record)
            for topic in _CAUSES:
                for record in log.records(topic, number, decoded=False):
                    if position := moved_from(record):
                        yield position, _where(record)

    def _read_log(
        self,
        log: PartitionLog,
        number: int,
        settled: Mapping[Place, Settled],
        committed: Mapping[str, Mapping[Place, int]],
        computer: FeatureComputer,
        invariants: Invariants,
    ) -> EventLedger:
        raws = {topic: log.records(topic, number) for topic in _CAUSES}
        late = frozenset(topic for topic in _CAUSES if log.cut.starts[topic, number] > 0)
        sides = {topic: settled[topic, number] for topic in _CAUSES}
        intake = Intake(Identity(self.pipeline), raws, sides, late, invariants.accounted)
        worked = committed["features"]["events", number]
        ledger = EventLedger(int(self.pipeline.event.time.lateness), worked, invariants)
        recompute = self._recompute(log, number, computer, invariants)
        for chunk in log.chunks("events", number):
            kept = [record for record in chunk if _entered(record, ledger, intake)]
            if recompute is not None:
                ledger.vectors.extend(recompute.fold(kept))
        intake.finish({topic: committed["validation"][topic, number] for topic in _CAUSES})
        return ledger

    def _recompute(
        self, log: PartitionLog, number: int, computer: FeatureComputer, invariants: Invariants
    ) -> Recompute | None:
        if start := log.cut.starts["events", number]:
            invariants.recomputed.unknown = f"events[{number}] begins at offset {start}, not at its first record"
            return None
        return Recompute(computer)

    def _read_answers(
        self,
        log: PartitionLog,
        ledgers: Sequence[EventLedger],
        computers: Sequence[FeatureComputer],
        committed: Mapping[str, Mapping[Place, int]],
        invariants: Invariants,
    ) -> None:
        """What each service made of each event, in the order of the flow. computers: of all entities but the first."""
        further = self.pipeline.resolved.chain[1:]
        passed_on = [entity.stage for entity in further]
        topics = [*passed_on, "features", PREDICTIONS]
        besides = [Besides(ledger, invariants.paired) for ledger in ledgers]
        workers = [*passed_on, "inference", "outcomes"]
        due = [ledger.due for ledger in ledgers]
        for place, (topic, worker) in enumerate(zip(topics, workers, strict=True)):
            worked = {number: committed[worker][topic, number] for number in self._numbers}
            answers = [
                Answers(
                    ledger,
                    due[number],
                    worked,
                    self._where(topic, number),
                    invariants,
                    besides[number] if topic == PREDICTIONS else None,
                )
                for number, ledger in enumerate(ledgers)
            ]
            for number in self._numbers:
                recompute = Recompute(computers[place], further[place].reads_labels) if place < len(further) else None
                for chunk in log.chunks(topic, number):
                    self._take(chunk, answers, ledgers, recompute)
            for one in answers:
                one.finish()
            due = [one.due_next for one in answers]
        self._read_besides(log, besides)

    def _read_besides(self, log: PartitionLog, besides: Sequence[Besides]) -> None:
        for number in self._numbers:
            for record in log.records(BESIDE, number):
                besides[self._home(record)].take(record)
        for one in besides:
            one.finish()

    def _where(self, topic: str, number: int) -> Where:
        resolved = self.pipeline.resolved
        places = {entity.stage: place for place, entity in enumerate(resolved.chain) if place}
        feature_set = resolved.set_before(places[topic]) if topic in places else resolved.feature_set
        return Where(topic, number, self.settings.partitions, feature_set, len(resolved.chain) == 1)

    def _take(
        self,
        chunk: Sequence[Record],
        answers: Sequence[Answers],
        ledgers: Sequence[EventLedger],
        recompute: Recompute | None,
    ) -> None:
        """The next answers. What is passed on to a further entity is the log of its features, too."""
        for record in chunk:
            if "seq" in record.value:
                answers[self._home(record)].take(record)
        if recompute is not None and all(ledger.vectors for ledger in ledgers if len(ledger)):
            events = [record for record in chunk if record.kind == FORWARDED]
            for record, vector in zip(events, recompute.fold(chunk), strict=True):
                ledgers[self._home(record)].enter(record.value["seq"], vector)

    def _home(self, record: Record) -> int:
        """The partition of the log to whose event a record answers."""
        key = record.value.get("key")
        return record.partition if key is None else partition_of(key.encode(), self.settings.partitions)

    def _read_outcomes(self, log: PartitionLog, ledgers: Sequence[EventLedger], invariants: Invariants) -> None:
        maturity = int(self.pipeline.label.known.maturity or 0)
        for number, ledger in enumerate(ledgers):
            revisions = Revisions(ledger, maturity, invariants)
            for record in log.records("outcomes", number):
                revisions.take(record)
            revisions.finish()


def _entered(record: Record, ledger: EventLedger, intake: Intake) -> bool:
    """Take in a record of the log; whether features follow from it."""
    intake.take(record)
    if record.kind == EVENT:
        return ledger.add(record)
    if "time" in record.value:
        ledger.tick(record.value["time"])
    return True


def _check_offsets(committed: Mapping[str, Mapping[Place, int]], cut: Cut, invariants: Invariants) -> None:
    for service, offsets in committed.items():
        for place, offset in offsets.items():
            if place[0] not in inputs_of(service) or place not in cut.ends:
                continue
            invariants.offsets.checked += 1
            if offset > cut.ends[place]:
                invariants.offsets.breaks(
                    f"{service} stands at {place[0]}[{place[1]}]@{offset}, its end is {cut.ends[place]}"
                )


def _source(record: Record) -> tuple[str, int, int]:
    value = record.value
    return value["source_topic"], value["source_partition"], value["source_offset"]


def _where(record: Record) -> str:
    return f"{record.topic}[{record.partition}]@{record.offset}"


def verdict(invariants: Invariants) -> bool:
    """Whether everything holds."""
    return all(one.holds for one in invariants.all())


def rows(invariants: Invariants) -> Iterable[dict[str, object]]:
    """For people."""
    for one in invariants.all():
        holds = "yes" if one.holds else ("unknown" if not one.broken else "NO")
        yield {
            "holds": holds,
            "invariant": one.says,
            "checked": one.checked,
            "broken": one.broken,
            "pending": one.pending,
        }
