"""Signs of broken data: shares of the events of a window, some of them of what other windows have never had."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from services.contracts.binning import binning_of, finite
from services.monitoring.domain.seen import NOTHING, Seen, together
from services.monitoring.domain.window import Window

SHOWN = 3
"""Of what is new or broken, so much is named."""
DUPLICATE, LATE = "duplicate", "too_late"
"""Rules by which events are refused though nothing is wrong with them."""


class Count(NamedTuple):
    """Events that show a symptom, and those that could."""

    bad: int
    rows: int


class Symptom(Protocol):
    """name: of the alert. words: how its message begins."""

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> str: ...

    def known(self, windows: Sequence[Window]) -> Seen:
        """What is to be known of other windows."""
        ...

    def count(self, window: Window, known: Seen) -> Count:
        """Events of a window that show it."""
        ...

    def detail(self, windows: Sequence[Window], known: Seen) -> str:
        """What else is to be said of windows that show it, in brackets."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """A field has no value."""

    field: str

    @property
    def name(self) -> str:
        return f"missing {self.field}"

    @property
    def words(self) -> str:
        return f"The share of events without {self.field}"

    def known(self, _windows: Sequence[Window]) -> Seen:
        """Nothing."""
        return NOTHING

    def count(self, window: Window, _known: Seen) -> Count:
        """Of all accepted events."""
        found = window.fields.get(self.field)
        return Count(0, 0) if found is None else Count(found.missing, found.total)

    def detail(self, _windows: Sequence[Window], _known: Seen) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A value is a category that was never there, or a number as far away from the range of all that were as this is
    wide: new units or stand-ins for nothing, and not a distribution that has moved.
    """

    field: str
    is_category: bool

    @property
    def name(self) -> str:
        return f"{'new category' if self.is_category else 'out of range'} {self.field}"

    @property
    def words(self) -> str:
        what = "in categories never seen" if self.is_category else "far outside the range seen"
        return f"The share of {self.field} {what}"

    def known(self, windows: Sequence[Window]) -> Seen:
        """All values."""
        return together(Seen.of(window.fields[self.field]) for window in windows if self.field in window.fields)

    def count(self, window: Window, known: Seen) -> Count:
        """Of the events that have a value."""
        found = window.fields.get(self.field)
        if found is None:
            return Count(0, 0)
        if self.is_category:
            new = sum(count for name, count in found.categories.items() if name not in known.categories)
            return Count(new, sum(found.categories.values()))
        low, high = _bounds(self.field, known.low, known.high)
        outside = (found.bins < low) | (found.bins > high)
        return Count(int(found.counts[outside].sum()), int(found.counts.sum()))

    def detail(self, windows: Sequence[Window], known: Seen) -> str:
        """The categories that are the most frequent of the new ones."""
        found = Counter[str]()
        for window in windows:
            found.update(window.fields[self.field].categories if self.field in window.fields else {})
        new = sorted((-count, name) for name, count in found.items() if name and name not in known.categories)
        return f" ({', '.join(name for _, name in new[:SHOWN])})" if new else ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event was refused: by one rule, or by any but those that have a symptom of their own."""

    name: str
    words: str
    rule: str = ""
    others: frozenset[str] = field(default=frozenset({DUPLICATE, LATE}))

    def known(self, _windows: Sequence[Window]) -> Seen:
        """Nothing."""
        return NOTHING

    def count(self, window: Window, _known: Seen) -> Count:
        """Of all events that came."""
        return Count(sum(rows for (_, rule), rows in window.refused.items() if self.holds(rule)), window.events)

    def detail(self, windows: Sequence[Window], _known: Seen) -> str:
        """The fields and rules that are broken most often."""
        broken = Counter[str]()
        for window in windows:
            broken.update({f"{name} {rule}": rows for (name, rule), rows in window.refused.items() if self.holds(rule)})
        return "" if self.rule else f" ({', '.join(name for name, _ in broken.most_common(SHOWN))})"

    def holds(self, rule: str) -> bool:
        """Whether it is about events that broke a rule."""
        return rule == self.rule if self.rule else rule not in self.others


@lru_cache(maxsize=4096)
def _bounds(field: str, lowest: int, greatest: int) -> tuple[int, int]:
    """The lowest and the greatest bin that are not far outside; no bin at all where nothing is known."""
    if lowest > greatest:
        return 1, 0
    binning = binning_of(field)
    low, high = binning.edges(lowest)[0], binning.edges(greatest)[1]
    width = high - low
    first, last = binning.bin_of(finite(np.array([low - width, high + width]))).tolist()
    return first, last


REFUSED = (
    Refused("rejected", "The share of events that break a rule"),
    Refused("duplicates", "The share of events that came before", DUPLICATE),
    Refused("late", "The share of events that come too late", LATE),
)


def symptoms_of(windows: Sequence[Window]) -> list[Symptom]:
    """All that may be found in windows like these."""
    found: list[Symptom] = list(REFUSED)
    for name in sorted({name for window in windows for name in window.fields}):
        is_category = any(window.fields[name].categories for window in windows if name in window.fields)
        found += [Missing(name), Unseen(name, is_category)]
    return found
