"""Keeps what the summary needs of every event, answer and outcome, in packed arrays."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.contracts.record import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """Final outcomes with a label and an answer, by event time. All [n]; numbers: float32 [n, width]. decisions: NaN
    where nothing is decided."""

    times: NDArray[np.int64]
    labels: Floats
    scores: Floats
    decisions: Floats
    models: NDArray[np.object_]
    numbers: NDArray[np.float32]
    categories: list[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.times)


@dataclass
class Ledger:
    """Counts and arrays, filled by `take` as records come."""

    accepted: Counter[int] = field(default_factory=Counter)
    answered: Counter[tuple[int, int]] = field(default_factory=Counter)
    failed: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    _rows: dict[tuple[int, int], tuple[int, float, float, bool | None, str, bytes, tuple[str, ...]]] = field(
        default_factory=dict
    )

    def take(self, records: Iterable[Record]) -> None:
        """Account for records of any data-plane topic."""
        for record in records:
            kind = record.kind
            if kind == "driftmill.EventAccepted":
                self.accepted[record.partition] += 1
            elif kind == "driftmill.Prediction":
                self.answered[record.partition, record.value["seq"]] += 1
                self.failed += record.value["status"] != "ok"
            elif kind == "driftmill.Outcome":
                self._outcome(record)
            elif kind == "driftmill.RecordQuarantined":
                rules = sorted({reason["rule"] for reason in record.value["reasons"]})
                self.quarantined[", ".join(rules) or record.value["kind"]] += 1

    @property
    def events(self) -> int:
        """Accepted events."""
        return sum(self.accepted.values())

    def answered_once(self) -> bool:
        """Whether every accepted event has exactly one answer. Numbers of events are dense in each partition."""
        expected = {(partition, seq) for partition, count in self.accepted.items() for seq in range(count)}
        return expected == self.answered.keys() and all(count == 1 for count in self.answered.values())

    def outcomes(self) -> Outcomes:
        """All outcomes in order of event time."""
        rows = sorted(self._rows.values(), key=lambda row: row[0])
        packed = b"".join(row[5] for row in rows)
        return Outcomes(
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.float64),
            np.array([row[2] for row in rows], np.float64),
            np.array([row[3] for row in rows], np.float64),
            np.array([row[4] for row in rows], object),
            np.frombuffer(packed, np.float32).reshape(len(rows), -1) if rows else np.empty((0, 0), np.float32),
            [row[6] for row in rows],
        )

    def between(self, start: int, end: int) -> tuple[Floats, Floats, Floats, list[str]]:
        """Labels, scores, decisions and the models of the outcomes of events from `start` to before `end`."""
        rows = [row for row in self._rows.values() if start <= row[0] < end]
        labels, scores, decisions = (np.array([row[at] for row in rows], np.float64) for at in (1, 2, 3))
        return labels, scores, decisions, sorted({row[4] for row in rows})

    def _outcome(self, record: Record) -> None:
        value = record.value
        self.statuses[value["status"]] += 1
        place = record.partition, value["seq"]
        if value["label"] is None or value["score"] is None or value["seq"] < 0:
            return
        # a later revision takes the place of an earlier one
        self._rows[place] = (
            value["event_time"],
            value["label"],
            value["score"],
            value["decision"],
            value["model"],
            value["numbers"],
            tuple(value["categories"]),
        )
