"""When events without a label are given up: the calendar of their times."""

from collections.abc import Iterator, Sequence

from services.outcomes.domain import rows
from services.outcomes.domain.answers import Answers
from services.outcomes.domain.policy import SLOTS, Policy
from services.outcomes.domain.progress import Progress
from services.outcomes.domain.windows import Span, WindowsDraft

_ENOUGH = 1_000
"""Pages that are looked through at once, about."""


class Maturing:
    """A calendar of events that are neither labelled nor given up: what the rows of their answers tell."""

    __slots__ = ("_answers", "_policy", "_progress", "_windows")

    def __init__(self, answers: Answers, windows: WindowsDraft, progress: Progress, policy: Policy) -> None:
        self._answers, self._windows, self._progress, self._policy = answers, windows, progress, policy

    def ahead(self, first: int, last: int) -> tuple[list[tuple[int, int]], int]:
        """See Calendar."""
        due: list[tuple[int, int]] = []
        looked = 0
        for span, slots in self._lots(first, last):
            if looked >= _ENOUGH:
                return due, slots[0]
            due += self._due_in(span, slots)
            looked += len(span.pages(slot % SLOTS for slot in slots))
        return due, last + 1

    def load(self, keys: Sequence[int]) -> None:
        """See Calendar."""
        self._answers.load_open(keys)

    def _lots(self, first: int, last: int) -> Iterator[tuple[Span, Sequence[int]]]:
        """Slots that are looked through at once, in order: all of a small window, else one."""
        for start, count in sorted(self._progress.unresolved.items()):
            span, begin = self._windows.get(start), self._policy.slot_of(start)
            if span is None or not count or not first - SLOTS < begin <= last:
                continue
            slots = [slot for part in sorted(span.parts) if first <= (slot := begin + part) <= last]
            is_small = len(span.pages(span.parts)) <= _ENOUGH
            lots = [slots] if is_small and slots else [[slot] for slot in slots]
            yield from ((span, lot) for lot in lots)

    def _due_in(self, span: Span, slots: Sequence[int]) -> list[tuple[int, int]]:
        start, end = self._policy.slot_start(slots[0]), self._policy.slot_start(slots[-1] + 1)
        due: list[tuple[int, int]] = []
        for seqs, found in self._answers.within(span, [slot % SLOTS for slot in slots], start, end):
            is_open = found["status"] == rows.OPEN
            due += zip(found["time"][is_open].tolist(), seqs[is_open].tolist(), strict=True)
        return sorted(due)
