"""Records as steps see them: decoded, without Kafka, bytes or clients."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

Staged = TypeVar("Staged")
Made = TypeVar("Made", bound=tuple[Any, ...])

Value = Mapping[str, Any]
"""A decoded Avro record; timestamps are integers of microseconds since 1970 UTC."""

POISON = "poison"
"""`Record.kind` of a record that could not be decoded; its `value` holds `reason` and `detail`."""

JSON = "json"
"""`Record.kind` of a JSON object on a raw topic; `value` is the object as parsed, not yet checked against a schema."""


_NOTHING: Value = MappingProxyType({})


class Extended(Mapping[str, Any]):
    """A value that takes some fields from another as they are, and has others of its own, or like all of its batch.

    Whoever encodes it may copy the bytes of the first, which nobody needs to take apart, and encode the last once.
    """

    __slots__ = ("alike", "base", "carried", "own")

    def __init__(self, base: Value, carried: tuple[str, ...], own: dict[str, Any], alike: Value = _NOTHING) -> None:
        self.base, self.carried, self.own, self.alike = base, carried, own, alike

    def plain(self) -> dict[str, Any]:
        """All fields."""
        return {name: self.base[name] for name in self.carried} | dict(self.alike) | self.own

    def __getitem__(self, name: str) -> Any:
        if name in self.carried:
            return self.base[name]
        return self.alike[name] if name in self.alike else self.own[name]

    def __iter__(self) -> Iterator[str]:
        return chain(self.carried, self.alike, self.own)

    def __len__(self) -> int:
        return len(self.carried) + len(self.alike) + len(self.own)


def plain_of(value: Value) -> dict[str, Any]:
    """A value as a dictionary, which may be the value itself."""
    if isinstance(value, Extended):
        return value.plain()
    return value if isinstance(value, dict) else dict(value)


class Record(NamedTuple):
    """One record read from a topic.

    topic: short name as in the catalogue. timestamp: append time in microseconds. kind: full name of the Avro record,
    for instance `driftmill.EventAccepted`. raw_key, raw_value: the bytes as they were read.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: str
    kind: str
    value: Value
    headers: tuple[tuple[str, bytes], ...] = ()
    raw_key: bytes | None = None
    raw_value: bytes | None = None


class Output(NamedTuple):
    """One record to write.

    partition: where to, for data-plane topics always the partition of the input. value: None writes a tombstone.
    source: the input that it answers, so that an output that Kafka refuses can be dead-lettered; its tracing headers
    are carried on.
    """

    topic: str
    key: str
    kind: str
    value: Value | None
    partition: int = 0
    source: Record | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def many(kind: type[Made], *columns: Iterable[Any]) -> Iterator[Made]:
    """Named tuples from a column for each of their fields, without a call for each. ValueError for uneven columns."""
    return map(partial(tuple.__new__, kind), zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that can't be processed, for the dead letters. reason: code, see DeadLetter.avsc."""

    record: Record
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Result(Generic[Staged]):
    """What a step makes of a batch: outputs, dead letters, and the change of its state, applied after the commit.

    dropped: how many records go no further though nothing is wrong with them, by reason; counted once committed.
    labels: what became of labels, or of their absence, by result; counted once committed.
    refused: how many files of a learner can't be served, by learner; counted once committed.
    """

    staged: Staged
    outputs: Sequence[Output] = ()
    failures: Sequence[Failure] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
