"""The partitions that this instance holds, with what waits and how far each is."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, repeat
from operator import attrgetter, itemgetter
from typing import Any, cast

from confluent_kafka import Message

from services.chassis.codec import Codec
from services.chassis.settings import ChassisSettings
from services.chassis.step import Waiting
from services.contracts.record import Record, many

_LONGEST_TURN = 0.5
"""Seconds between two polls that count as quiet at most."""

Positions = dict[str, int]
"""Next offset to process, by short topic name."""


@dataclass(slots=True)
class Held:
    """One partition: its states by stage, the next offset of each input of all stages, and what waits.

    ends: end of a topic as last seen; arrived: when its last record came; told: metadata of its last commit, by stage.
    """

    number: int
    states: Sequence[Any]
    positions: Positions
    waiting: dict[str, Waiting]
    told: tuple[str, ...]
    ends: Positions = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    flushed: Positions = field(default_factory=dict)

    @property
    def is_at_rest(self) -> bool:
        """Whether everything that lies on the broker is processed."""
        return all(side.ended and not side.records for side in self.waiting.values())

    def quiet_for(self, now: float) -> float:
        """Seconds since the last record came."""
        return now - max(self.arrived.values(), default=0.0)

    def forget_waiting(self) -> None:
        """Drop what was read but not processed; it will be read again."""
        self.ends.clear()
        self.paused.clear()
        for side in self.waiting.values():
            side.records.clear()
            side.ended = False

    def past_markers(self) -> Positions:
        """The ends of topics that are processed whole though the position stands before the end.

        Transaction markers take offsets, so a position after the last record would stand before the end for ever.
        """
        return {
            topic: end
            for topic, end in self.ends.items()
            if end > self.positions[topic] and self.waiting[topic].ended and not self.waiting[topic].records
        }


class Assignment:
    """All partitions held. `epoch` changes with each rebalance: a batch of an older epoch must not be committed.

    inputs: topics that are read. groups: how many must have given a partition before it is held.
    """

    def __init__(self, settings: ChassisSettings, inputs: tuple[str, ...], codec: Codec, groups: int = 1) -> None:
        self._settings = settings
        self._inputs = inputs
        self._codec = codec
        self.held: dict[int, Held] = {}
        self.expected: set[int] | None = None
        self.is_complete = False
        self.epoch = 0
        self._given: list[set[int] | None] = [None] * groups
        self._looked = 0.0

    @property
    def disputed(self) -> set[int]:
        """Partitions that some groups have given, and others have not."""
        given = self._all_given()
        return {number for its in given for number in its if any(number not in other for other in given)}

    def give(self, group: int, numbers: set[int]) -> None:
        """A group has given these partitions. What all have given is expected once each has given something."""
        self._given[group] = numbers
        if given := self._all_given():
            self.expect(set.intersection(*given))

    def _all_given(self) -> list[set[int]]:
        """What each group has given; nothing before each has."""
        given = [numbers for numbers in self._given if numbers is not None]
        return given if len(given) == len(self._given) else []

    def take_back(self, group: int) -> None:
        """A group has taken its partitions back: nothing is held before it gives some again."""
        self._given[group] = None
        self.drop()

    def expect(self, numbers: set[int]) -> None:
        """These partitions are held once their state is restored."""
        self.epoch += 1
        self.expected, self.is_complete = numbers, False

    def drop(self) -> None:
        """Nothing is held any more."""
        self.epoch += 1
        self.held.clear()
        self.expected, self.is_complete = None, False

    def complete(self) -> None:
        """Everything expected is held."""
        self.expected, self.is_complete = None, True

    def add(self, number: int, states: Sequence[Any], positions: Positions) -> None:
        """Hold a partition whose states stand at the given positions."""
        waiting, told = {topic: Waiting() for topic in self._inputs}, ("",) * len(states)
        self.held[number] = Held(number, states, positions, waiting, told)

    def accept(self, messages: list[Message], now: float) -> None:
        """Decode what was polled and let it wait; `now` in seconds. Raises TransientError."""
        come: dict[str, list[Message]] = defaultdict(list)
        for full, number, is_end, run in _runs(messages):
            held = self.held.get(number)
            if held is None:
                continue
            topic = self._settings.short_topic(full)
            side = held.waiting[topic]
            side.ended = is_end
            if is_end:
                held.ends[topic] = run[-1].offset() or 0
                continue
            come[topic] += run
            held.arrived[topic] = now
        for topic, its in come.items():
            for number, records in groupby(decode_all(self._codec, topic, its), attrgetter("partition")):
                self.held[number].waiting[topic].records.extend(records)
        self._measure_quiet(now)

    def _measure_quiet(self, now: float) -> None:
        # while this process doesn't get to poll, records may lie unseen: that is no quiet
        passed = min(now - self._looked, _LONGEST_TURN)
        self._looked = now
        for held in self.held.values():
            for topic, side in held.waiting.items():
                if not side.ended or held.arrived.get(topic) == now:
                    side.quiet_ms = 0.0
                else:
                    side.quiet_ms += passed * 1000


def decode(codec: Codec, topic: str, message: Message) -> Record:
    """The record of a message; one of kind POISON if it can never be read."""
    return decode_all(codec, topic, [message])[0]


def decode_all(codec: Codec, topic: str, messages: Sequence[Message]) -> list[Record]:
    """The records of messages of one topic; of kind POISON what can never be read."""
    raw_values = cast(list[bytes | None], list(map(Message.value, messages)))
    raw_keys = cast(list[bytes | None], list(map(Message.key, messages)))
    decoded = codec.decode_all(topic, raw_values)
    return list(
        many(
            Record,
            repeat(topic, len(messages)),
            map(Message.partition, messages),
            map(Message.offset, messages),
            [milliseconds * 1000 for _, milliseconds in map(Message.timestamp, messages)],
            _texts(raw_keys),
            [kind for kind, _ in decoded],
            [value for _, value in decoded],
            _headers(messages),
            raw_keys,
            raw_values,
        )
    )


def _runs(messages: Sequence[Message]) -> Iterator[tuple[str, int, bool, list[Message]]]:
    """Messages that follow each other in one topic and partition, apart from those that only tell of its end."""
    ends = [error is not None for error in map(Message.error, messages)]
    places = zip(map(Message.topic, messages), map(Message.partition, messages), ends, strict=True)
    for place, run in groupby(zip(places, messages, strict=True), itemgetter(0)):
        topic, number, is_end = cast(tuple[str, int, bool], place)
        yield topic, number, is_end, [message for _, message in run]


def _texts(keys: Sequence[bytes | None]) -> list[str]:
    try:
        return list(map(bytes.decode, cast(Sequence[bytes], keys)))
    except (TypeError, UnicodeDecodeError):
        return ["" if key is None else key.decode("utf-8", "replace") for key in keys]


def _headers(messages: Sequence[Message]) -> list[tuple[tuple[str, bytes], ...]]:
    """Headers by message, but for those without a value."""
    found = [cast(list[tuple[str, bytes]], its) if its else () for its in map(Message.headers, messages)]
    if None in map(itemgetter(1), chain.from_iterable(found)):
        return [tuple([one for one in its if one[1] is not None]) for its in found]
    return list(map(tuple, found))
