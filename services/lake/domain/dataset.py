"""Datasets: offset ranges of `outcomes`, extended whenever all partitions have passed another boundary of time."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """A `CohortMatured` and where it stands in `outcomes`."""

    partition: int
    offset: int
    watermark: int
    matured_seq: int
    rows: int
    positives: int
    matured_time: int | None = None
    censored: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """What gives the rows of a dataset their meaning: digests of the feature definitions and of the label policy."""

    feature_set: str
    label_policy: str


class Datasets:
    """Fold of marks. A mark reaches the last boundary (multiple of `window`, in microseconds) up to its watermark.

    For each boundary that a mark reaches there is one dataset, made once every partition has a mark at or beyond it; it
    ends in each partition with the first such mark. So the datasets don't depend on the order in which marks of
    different partitions come, only on that within each.
    """

    def __init__(self, partitions: int, window: int, contract: Contract, last: Mapping[str, Any] | None = None) -> None:
        """last: the newest dataset that is known already: boundaries up to its clock are passed over.

        One that ends where it ends is passed over too, as happens after `window` was changed: the rows that a name
        stands for depend on its clock, so that no two clocks may have one name.
        """
        self._starts: dict[int, int] = {}
        self._window, self._contract = window, contract
        self._after: int | None = last["clock"] if last else None
        self._told = last["dataset_id"] if last else ""
        self._waiting: dict[int, list[Mark]] = {number: [] for number in range(partitions)}

    def begin(self, starts: Mapping[int, int]) -> None:
        """Rows before these offsets of partitions are gone: what is made from now on begins there."""
        self._starts |= starts

    def update(self, mark: Mark) -> list[dict[str, Any]]:
        """Take in the next mark of a partition; the `DatasetExtended` values that it completes, in order."""
        self._waiting[mark.partition].append(mark)
        made = []
        while (boundary := self._next()) is not None:
            ends = [self._first(marks, boundary) for marks in self._waiting.values()]
            self._waiting = {number: self._from(marks, boundary) for number, marks in self._waiting.items()}
            self._after = boundary
            made.append(dataset(boundary, self._contract, ends, self._starts))
        return [one for one in made if one["dataset_id"] != self._told]

    def _next(self) -> int | None:
        """The lowest boundary not yet made that a mark stands at, if all partitions have come so far."""
        reached = [self._boundary(marks[-1]) if marks else None for marks in self._waiting.values()]
        known = [boundary for boundary in reached if boundary is not None]
        if len(known) < len(reached):
            return None
        boundaries = {self._boundary(mark) for marks in self._waiting.values() for mark in marks}
        new = [b for b in boundaries if b <= min(known) and (self._after is None or b > self._after)]
        return min(new, default=None)

    def _boundary(self, mark: Mark) -> int:
        return mark.watermark // self._window * self._window

    def _first(self, marks: list[Mark], boundary: int) -> Mark:
        return next(mark for mark in marks if self._boundary(mark) >= boundary)

    def _from(self, marks: list[Mark], boundary: int) -> list[Mark]:
        """Marks that a later dataset may end with: those beyond the boundary, or else the last one."""
        beyond = [mark for mark in marks if self._boundary(mark) > boundary]
        return beyond or marks[-1:]


def dataset(clock: int, contract: Contract, ends: Iterable[Mark], starts: Mapping[int, int]) -> dict[str, Any]:
    """The `driftmill.DatasetExtended` whose rows end with these marks; its id is a digest of its content.

    starts: first offset of each partition, if it isn't 0. Rows are counted from the beginning of the log, that what
    came between two datasets can be told.
    """
    marks = sorted(ends, key=lambda mark: mark.partition)
    ranges = [
        {
            "partition": m.partition,
            "from_offset": min(starts.get(m.partition, 0), m.offset + 1),
            "to_offset": m.offset + 1,
            "matured_seq": m.matured_seq,
        }
        for m in marks
    ]
    return {
        "dataset_id": dataset_id(ranges, contract),
        "clock": clock,
        **asdict(contract),
        "ranges": ranges,
        "rows": sum(mark.rows for mark in marks),
        "positives": sum(mark.positives for mark in marks),
        "censored": sum(mark.censored for mark in marks),
        "matured_time": min((m.matured_time for m in marks if m.matured_time is not None), default=None),
    }


def dataset_id(ranges: list[dict[str, int]], contract: Contract) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of what names the rows, as canonical JSON."""
    return digest({"ranges": ranges, **asdict(contract)})


def digest(content: Any) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
