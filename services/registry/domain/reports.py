"""Windows of one stream put together from the reports of single partitions, in an order that arrival doesn't change."""

from dataclasses import dataclass, field
from typing import Any

from services.registry.domain.measured import BESIDE, Measured
from services.registry.domain.pairs import Pairs, by_other, total


@dataclass(frozen=True, slots=True)
class Window:
    """One window over all partitions. known: the pipeline's clock when the last of them had reported it. pairs: by the
    other version. scores: answers in each group of scores."""

    start: int
    end: int
    known: int
    pairs: dict[str, Pairs]
    scores: tuple[int, ...] = ()

    @property
    def all_pairs(self) -> Pairs:
        """Whoever the other was."""
        return total(self.pairs[other] for other in sorted(self.pairs))


Part = tuple[int, dict[str, Pairs], tuple[int, ...]]
"""A partition's report of a window: its start, and the rest as in Window."""


@dataclass(slots=True)
class Reports:
    """Collects the reports of a version in one stream; `windows` are those that are whole, in order.

    A window is whole once each partition has reported it or is past it; one without events is none. Of two reports of a
    partition and window the first counts: a later one restates what may have been judged already. passed: per partition
    the ends of the windows that it is past, ascending, each with its clock then. known: where the version is asked.
    """

    passed: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    parts: dict[int, dict[int, Part]] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)

    def wants(self, measured: Measured) -> bool:
        """Whether it would change anything. Where the version is asked its own reports are all that counts."""
        partition, beside = measured["partition"], measured["stream"] in BESIDE
        if beside and partition in self.known:
            return False
        return self._reach(measured) > self._last(partition)

    def take(self, measured: Measured, partitions: int) -> None:
        """Take in what it wants, of so many partitions."""
        partition, end = measured["partition"], measured["window_end"]
        self.passed.setdefault(partition, []).append((self._reach(measured), measured["closed_at"]))
        if measured["pairs"]:
            self.known.add(partition)
            part = (measured["window_start"], by_other(measured["pairs"]), tuple(measured["scores"]))
            self.parts.setdefault(end, {})[partition] = part
        self._complete(partitions)

    def _reach(self, measured: Measured) -> int:
        """Windows up to this end have been reported. Of the other streams it isn't known which comes first."""
        end: int = measured["window_end"]
        return end - 1 if measured["stream"] in BESIDE else end

    def _last(self, partition: int) -> int:
        passed = self.passed.get(partition)
        return passed[-1][0] if passed else -1

    def _complete(self, partitions: int) -> None:
        for end in sorted(self.parts):
            if any(self._last(number) < end for number in range(partitions)):
                break
            self.windows.append(self._merged(end, self.parts.pop(end)))

    def _merged(self, end: int, parts: dict[int, Part]) -> Window:
        held = [parts[number] for number in sorted(parts)]
        others = sorted({other for _, pairs, _ in held for other in pairs})
        pairs = {other: total(pairs[other] for _, pairs, _ in held if other in pairs) for other in others}
        scores = tuple(map(sum, zip(*(scores for _, _, scores in held if scores), strict=True)))
        return Window(held[0][0], end, max(self._clock(number, end) for number in self.passed), pairs, scores)

    def _clock(self, partition: int, end: int) -> int:
        """The pipeline's clock when a partition came past the end of a window."""
        return next(clock for reach, clock in self.passed[partition] if reach >= end)

    def copy(self) -> "Reports":
        """Equal, and changes on its own."""
        passed = {partition: [*held] for partition, held in self.passed.items()}
        parts = {end: {**held} for end, held in self.parts.items()}
        return Reports(passed, {*self.known}, parts, [*self.windows])

    def to_plain(self) -> list[Any]:
        """Everything as plain values."""
        return [
            [[partition, passed] for partition, passed in sorted(self.passed.items())],
            sorted(self.known),
            [[end, sorted(parts.items())] for end, parts in sorted(self.parts.items())],
            [[one.start, one.end, one.known, one.pairs, one.scores] for one in self.windows],
        ]

    @classmethod
    def from_plain(cls, plain: Any) -> "Reports":
        """The same reports."""
        passed, known, parts, windows = plain
        return cls(
            {partition: [(end, clock) for end, clock in held] for partition, held in passed},
            set(known),
            {end: {number: (part[0], _pairs(part[1]), tuple(part[2])) for number, part in held} for end, held in parts},
            [Window(start, end, at, _pairs(pairs), tuple(scores)) for start, end, at, pairs, scores in windows],
        )


def _pairs(plain: dict[str, Any]) -> dict[str, Pairs]:
    return {other: Pairs(*sums) for other, sums in plain.items()}
