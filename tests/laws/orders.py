"""Orders of the small pipeline whose amount mostly tells what becomes of them: raw records of two kinds of labels."""

import random
from functools import cache
from typing import Any

from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from tests.laws.control import HOUR, START, small
from tests.laws.flow import APPENDED, PARTITION, Topics
from tests.laws.lifecycle import Lifecycle
from tests.learning.test_rebuild import OF_NUMBERS

EVENTS = 1_600
SHOPS = [name for name in map("shop{}".format, range(20)) if partition_of(name.encode(), 2) == PARTITION]


def _costs() -> Pipeline:
    """The same orders, of which is asked what it costs to take them back."""
    texts = dict(small().texts)
    for old, new in {"name: small": "name: costs", "boolean": "double", **OF_NUMBERS}.items():
        (name,) = [name for name, text in texts.items() if old in text]
        texts[name] = texts[name].replace(old, new)
    return Pipeline.from_texts(texts)


def _raw(of_numbers: bool) -> Topics:
    chance, events, labels = random.Random(5), list[Record](), list[Record]()
    for number in range(EVENTS):
        at, shop, amount = START + number * HOUR // 10, chance.choice(SHOPS), 50.0 * chance.random()
        cost = 4.5 * amount + chance.gauss(0.0, 20.0)
        named = {"order_id": f"o{number}", "shop": shop}
        events.append(
            _record("events.raw", "Order", named | {"at": at, "amount": amount, "kind": chance.choice("abc")})
        )
        returned = {"returned": cost if of_numbers else cost > 130.0, "known_at": at + chance.randint(HOUR, 2 * HOUR)}
        labels.append(_record("labels", "Return", named | returned))
    end = {"time": START + EVENTS * HOUR // 10 + 30 * HOUR}
    events.append(Record("events.raw", PARTITION, EVENTS, APPENDED, "", "driftmill.Tick", end, (), b"", b"\0raw"))
    labels.sort(key=lambda label: label.value["known_at"])
    return {"events.raw": _numbered(events), "labels": _numbered(labels)}


def _record(topic: str, kind: str, value: dict[str, Any]) -> Record:
    key = value["shop"]
    return Record(topic, PARTITION, 0, APPENDED, key, f"small.{kind}", value, (), key.encode(), b"\0raw")


def _numbered(records: list[Record]) -> list[Record]:
    return [record._replace(offset=offset) for offset, record in enumerate(records)]


@cache
def returns() -> Lifecycle:
    """Of two classes."""
    return Lifecycle(small(), _raw(of_numbers=False), EVENTS, START + EVENTS * HOUR)


@cache
def costs() -> Lifecycle:
    """Of numbers."""
    return Lifecycle(_costs(), _raw(of_numbers=True), EVENTS, START + EVENTS * HOUR)
