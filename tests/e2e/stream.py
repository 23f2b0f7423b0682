"""A small stream of orders and returns, as shops would have sent it: mostly in order, with all that goes wrong."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from random import Random
from typing import Any

from services.contracts.partition import partition_of

MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = 1_700_000_000_000_000 // HOUR * HOUR
FUTURE = START + 50 * 365 * 24 * HOUR
"""Decades after the rest, and after whenever the tests run."""
ORDER, RETURN, TICK = "small.Order", "small.Return", "driftmill.Tick"


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as published. arrives: when its source sent it. time: when it became known, by what it says itself.

    partition: where it is put; None for that of its key.
    """

    topic: str
    key: str
    kind: str
    value: dict[str, Any]
    arrives: int
    time: int
    partition: int | None = None

    @property
    def known_at(self) -> int | None:
        """When it became known, None if that is so absurd that nobody waits for it."""
        return None if self.time >= FUTURE else self.time

    def place(self, partitions: int) -> int:
        """The partition it is put into."""
        return partition_of(self.key.encode(), partitions) if self.partition is None else self.partition


@dataclass(frozen=True, slots=True)
class Stream:
    """What is published to each raw topic, in its order. end: after everything."""

    events: list[Raw]
    labels: list[Raw]
    end: int
    partitions: int

    def interleaved(self) -> list[Raw]:
        """Both in known-at order, labels first on a tie; what goes to a partition keeps its own order in each."""
        return list(merge(*map(self._interleaved, range(self.partitions)), key=lambda raw: raw.arrives))

    def _interleaved(self, number: int) -> list[Raw]:
        events, labels = (
            deque(raw for raw in raws if raw.place(self.partitions) == number) for raws in (self.events, self.labels)
        )
        return [*merged(events, labels), *events, *labels]

    def changed_after(self, time: int) -> "Stream":
        """The same up to `time`, and another world after it: other values, some records gone."""
        return replace(self, events=_changed(self.events, time), labels=_changed(self.labels, time))


def merged(events: deque[Raw], labels: deque[Raw]) -> Iterator[Raw]:
    """Take from both as long as it is certain which is next: until one side is used up."""
    while events and labels:
        event, label = events[0].known_at, labels[0].known_at
        yield (events if event is None or (label is not None and event < label) else labels).popleft()
    while events and events[0].known_at is None:
        yield events.popleft()


def orders_and_returns(orders: int = 2_000, seed: int = 7, partitions: int = 2) -> Stream:
    """A minute between orders on average; time is told to every partition every six hours and at the end.

    Returns are known one to five hours later, some before their order, long after maturity, never, twice, or with
    another truth later; some belong to no order. Orders come late, too late, twice, with values that break a rule, and
    one from the future.
    """
    return _Source(Random(seed), partitions).stream(orders)


class _Source:
    def __init__(self, random: Random, partitions: int) -> None:
        self._random, self._partitions = random, partitions
        self._shops: list[str] = []
        self._events: list[Raw] = []
        self._labels: list[Raw] = []

    def stream(self, orders: int) -> Stream:
        time, times = START, []
        for number in range(orders):
            time += self._random.randrange(2 * MINUTE)
            times.append(time)
            self._order(number, time)
        for number in range(orders):
            self._returns(number, times)
        end = max(raw.arrives for raw in (*self._events, *self._labels)) // HOUR * HOUR + 8 * HOUR
        for tick in (*range(START + 6 * HOUR, time, 6 * HOUR), end):
            self._events += [
                Raw("events.raw", "", TICK, {"time": tick}, tick, tick, number) for number in range(self._partitions)
            ]
        self._events.append(_order("from-the-future", "shop0", FUTURE, START + 3 * HOUR, amount=1.0))
        return Stream(_in_order(self._events), _in_order(self._labels), end, self._partitions)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _order(self, number: int, time: int) -> None:
        random, late = self._random, 0
        if self._chance(0.03):
            late = random.randrange(8 * MINUTE)
        elif self._chance(0.01):
            late = 30 * MINUTE + random.randrange(HOUR)
        amount, kind = round(random.lognormvariate(3, 1), 2), random.choice("abc")
        if self._chance(0.01):
            amount = -amount
        if self._chance(0.005):
            kind = "z"
        shop = f"shop{random.randrange(9)}"
        self._shops.append(shop)
        raw = _order(f"o{number}", shop, time, time + late, amount=amount, kind=kind)
        self._events.append(raw)
        if self._chance(0.02):
            again = random.choice((5 * MINUTE, 90 * MINUTE))
            self._events.append(replace(raw, arrives=raw.arrives + random.randrange(again)))

    def _returns(self, number: int, times: list[int]) -> None:
        random, time = self._random, times[number]
        if self._chance(0.1):
            return
        known = time + HOUR + random.randrange(4 * HOUR)
        if self._chance(0.03):
            known = time + 7 * HOUR + random.randrange(3 * HOUR)
        elif self._chance(0.02):
            known = time - random.randrange(30 * MINUTE)
        elif self._chance(0.05):
            known = times[min(number + 90, len(times) - 1)]  # at the very time of another order
        order = f"nobody{number}" if self._chance(0.01) else f"o{number}"
        shop = self._shops[number]
        truth = self._chance(0.3)
        first = _return(order, shop, known, truth)
        self._labels.append(first)
        if self._chance(0.04):
            again = random.choice((5 * MINUTE, 4 * HOUR))
            self._labels.append(replace(first, arrives=known + random.randrange(again)))
        if self._chance(0.06):
            self._labels.append(_return(order, shop, known + 20 * MINUTE + random.randrange(3 * HOUR), not truth))


def _order(order: str, shop: str, time: int, arrives: int, amount: float, kind: str = "a") -> Raw:
    value = {"order_id": order, "at": time, "shop": shop, "amount": amount, "kind": kind}
    return Raw("events.raw", shop, ORDER, value, arrives, time)


def _return(order: str, shop: str, known: int, returned: bool) -> Raw:
    value = {"order_id": order, "shop": shop, "returned": returned, "known_at": known}
    return Raw("labels", shop, RETURN, value, known, known)


def _in_order(raws: list[Raw]) -> list[Raw]:
    return sorted(raws, key=lambda raw: raw.arrives)


def _changed(raws: Sequence[Raw], time: int) -> list[Raw]:
    changed = []
    for number, raw in enumerate(raws):
        if raw.time <= time or raw.kind == TICK:
            changed.append(raw)
        elif number % 7:
            value = dict(raw.value)
            if raw.kind == ORDER:
                value |= {"amount": abs(value["amount"]) * 3 + 1, "kind": {"a": "b", "b": "c"}.get(value["kind"], "a")}
            else:
                value["returned"] = not value["returned"]
            changed.append(replace(raw, value=value))
    return changed
