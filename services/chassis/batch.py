"""What one transaction holds, and what is known of it only once Kafka has its records."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis import outbox
from services.chassis.assignment import Held, Positions
from services.chassis.metrics import Metrics
from services.chassis.settings import ChassisSettings
from services.chassis.transaction import Encoded, Receipt
from services.contracts.record import Failure, Record, Result

Letters = Callable[[Sequence[Failure]], list[Encoded]]


@dataclass(slots=True)
class Work:
    """One partition's part of a batch: what was taken, and the positions after it.

    results: what follows, by stage. landing: where the last record of a topic between two stages comes to lie; its
    position follows from that. read: how many records of each topic were processed.
    """

    held: Held
    records: list[Record]
    after: Positions
    results: list[Result[Any]]
    landing: dict[str, Receipt] = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Late:
    """A failure of a record that the same transaction writes: its dead letter must name the record's position."""

    failure: Failure
    receipt: Receipt
    letters: Letters

    def landed(self) -> Failure:
        """The failure with the position of its record."""
        offset, timestamp = self.receipt.place()
        record = self.failure.record._replace(offset=offset, timestamp=timestamp)
        return Failure(record, self.failure.reason, self.failure.detail)


@dataclass(slots=True)
class Batch:
    """One transaction. told: metadata of its offsets, by stage. dead: failures that become dead letters."""

    work: list[Work]
    told: tuple[str, ...] = ()
    records: list[Encoded] = field(default_factory=list)
    dead: list[Failure] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)

    def landed(self) -> list[Encoded]:
        """Called once its records are delivered: completes the positions; gives the dead letters that waited for it.

        Raises KafkaException where one wasn't delivered after all.
        """
        for part in self.work:
            for topic, receipt in part.landing.items():
                part.after[topic] = receipt.place()[0] + 1
        letters: list[Encoded] = []
        for one in self.late:
            failure = one.landed()
            self.dead.append(failure)
            letters += one.letters([failure])
        self.records += letters
        return letters

    def count(self, settings: ChassisSettings, metrics: Metrics) -> None:
        """Count what was committed."""
        outbox.count(settings, metrics, self.records, self.dead)
        for part in self.work:
            for topic, number in part.read.items():
                metrics.read.labels(topic).inc(number)
            for result in part.results:
                for reason, number in result.dropped.items():
                    metrics.dropped.labels(reason).inc(number)
                for kind, number in result.labels.items():
                    metrics.labels.labels(kind).inc(number)
                for learner, number in result.refused.items():
                    metrics.files_refused.labels(learner).inc(number)
