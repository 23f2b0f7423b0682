"""Turns a batch's outputs and failures into encoded records."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import add, attrgetter, itemgetter
from typing import Any, cast

from services.chassis import client
from services.chassis.context import Context
from services.chassis.metrics import Metrics
from services.chassis.settings import ChassisSettings
from services.chassis.transaction import Encoded
from services.contracts.record import Failure, Output, Value, many
from services.contracts.topics import service_of

log = logging.getLogger(__name__)

TRACING = frozenset({"traceparent", "tracestate", "ce_id", "ce_source", "ce_type", "ce_time", "ce_specversion"})
"""Headers that pass through unchanged from an input to what follows from it."""


_TRACING_BYTES = 1_000
_CUT_VALUE, _CUT_KEY = 100_000, 1_000


class Outbox:
    """Encodes for one service; what is too large becomes a dead letter of its source instead.

    A dead letter of a topic that may hold unmasked personal data goes without its value.
    """

    def __init__(self, service: str, context: Context) -> None:
        self._service, self._settings, self._codec = service, context.settings, context.codec
        self._withheld = context.unmasked

    def encode(self, outputs: Sequence[Output], failures: Sequence[Failure]) -> tuple[list[Encoded], list[Failure]]:
        """Everything to produce, and all failures with those found here."""
        records, found = self.outputs(outputs)
        dead = [*failures, *found]
        return [*records, *self.letters(dead)], dead

    def outputs(self, outputs: Sequence[Output]) -> tuple[list[Encoded], list[Failure]]:
        """The outputs that can be produced, and failures for the others."""
        encoded = list(self._encoded(outputs))
        if _are_small(encoded):
            return encoded, []
        records: list[Encoded] = []
        dead: list[Failure] = []
        for output, record in zip(outputs, encoded, strict=True):
            if record.size <= client.MAX_RECORD_BYTES:
                records.append(record)
            elif output.source is not None:
                dead.append(Failure(output.source, "too_large", f"{output.kind} would have {record.size} bytes"))
            else:
                raise ValueError(f"{output.kind} for {output.topic} with key {output.key} has {record.size} bytes")
        return records, dead

    def letters(self, failures: Sequence[Failure]) -> list[Encoded]:
        """The dead letters of failures."""
        return [self._dead_letter(failure) for failure in failures]

    def _values(self, outputs: Sequence[Output]) -> list[bytes | None]:
        """The bytes of each output, those of one kind encoded together."""
        by_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, output in enumerate(outputs):
            if output.value is not None:
                by_kind[output.topic, output.kind].append(place)
        values: list[bytes | None] = [None] * len(outputs)
        for (topic, kind), places in by_kind.items():
            encoded = self._codec.encode_all(topic, kind, cast(list[Value], [outputs[place].value for place in places]))
            for place, value in zip(places, encoded, strict=True):
                values[place] = value
        return values

    def _encoded(self, outputs: Sequence[Output]) -> Iterator[Encoded]:
        topics = {topic: self._settings.topic(topic) for topic in {output.topic for output in outputs}}
        return many(
            Encoded,
            [topics[output.topic] for output in outputs],
            [output.partition for output in outputs],
            [output.key.encode() for output in outputs],
            self._values(outputs),
            _headers(outputs),
            repeat(None, len(outputs)),
        )

    def _dead_letter(self, failure: Failure) -> Encoded:
        topic, key = f"deadletters.{service_of(self._service)}", _position(failure)
        letter = _letter(self._service, failure)
        if failure.record.topic in self._withheld:
            letter["raw_value"] = None
        value = self._codec.encode(topic, "driftmill.DeadLetter", letter)
        if len(value) > client.MAX_RECORD_BYTES:
            value = self._codec.encode(topic, "driftmill.DeadLetter", letter | _cut(letter))
        return Encoded(self._settings.topic(topic), 0, key.encode(), value, [])


def count(settings: ChassisSettings, metrics: Metrics, records: Sequence[Encoded], dead: Sequence[Failure]) -> None:
    """Count what was committed."""
    for topic, number in Counter(map(attrgetter("topic"), records)).items():
        metrics.written.labels(settings.short_topic(topic)).inc(number)
    for failure in dead:
        metrics.dead.labels(failure.reason).inc()
        where = f"{failure.record.topic}[{failure.record.partition}]@{failure.record.offset}"
        log.warning("dead letter", extra={"where": where, "reason": failure.reason, "detail": failure.detail})


def _cut(letter: Mapping[str, Any]) -> dict[str, Any]:
    """What takes the place of parts that are too large for one record."""
    value, key = letter["raw_value"], letter["raw_key"]
    return {
        "detail": f"{letter['detail']} (cut: the value had {len(value or b'')} bytes)",
        "raw_value": value and value[:_CUT_VALUE],
        "raw_key": key and key[:_CUT_KEY],
        "raw_headers": {},
    }


def _letter(service: str, failure: Failure) -> dict[str, Any]:
    record = failure.record
    return {
        "service": service,
        "reason": failure.reason,
        "detail": failure.detail[:2_000],
        "source_topic": record.topic,
        "source_partition": record.partition,
        "source_offset": record.offset,
        "appended_at": record.timestamp,
        "raw_key": record.raw_key,
        "raw_value": record.raw_value,
        "raw_headers": dict(record.headers),
    }


def _position(failure: Failure) -> str:
    return f"{failure.record.topic}/{failure.record.partition}/{failure.record.offset}"


def _are_small(records: Sequence[Encoded]) -> bool:
    """Whether all are surely below the limit, at a glance. Headers of our own are shorter than those carried."""
    most = max([len(record.headers) for record in records], default=0)
    sizes = map(add, [len(record.value or b"") for record in records], [len(record.key) for record in records])
    return most <= len(TRACING) and max(sizes, default=0) + 2 * _TRACING_BYTES * len(TRACING) <= client.MAX_RECORD_BYTES


def _headers(outputs: Sequence[Output]) -> list[list[tuple[str, bytes]]]:
    """Of each output, its own and the tracing headers of its source."""
    carried = [() if output.source is None else output.source.headers for output in outputs]
    # nearly always all that came are to be carried on, and nothing else
    names = set(map(itemgetter(0), chain.from_iterable(carried)))
    longest = max(map(len, map(itemgetter(1), chain.from_iterable(carried))), default=0)
    if names <= TRACING and longest <= _TRACING_BYTES and not any(map(attrgetter("headers"), outputs)):
        return list(map(list, carried))
    return list(map(_headers_of, outputs))


def _headers_of(output: Output) -> list[tuple[str, bytes]]:
    if output.source is None:
        return list(output.headers)
    carried = [one for one in output.source.headers if one[0] in TRACING and len(one[1]) <= _TRACING_BYTES]
    if not output.headers:
        return carried
    own = dict(output.headers)
    return [one for one in carried if one[0] not in own] + list(output.headers)
