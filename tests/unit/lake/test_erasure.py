from typing import Any

import pytest

from services.contracts.record import Record
from services.lake.domain.erasure import Erasure, Erasures, key_of, salted

IDS = {"events": "t-events", "outcomes": "t-outcomes", "features.rider": "t-rider"}


def asked(key: str = "ann", name: str = "r1", end_seq: int = 5) -> Erasure:
    ends = [{"topic_id": "t-events", "partition": 1, "end": 40}, {"topic_id": "t-outcomes", "partition": 1, "end": 30}]
    value = {"request_id": name, "salt": name, "digest": salted(name, key), "log_id": "t-events", "end_seq": end_seq}
    return Erasure.of(value | {"ends": ends})


def record(topic: str, offset: int, key: str = "ann", /, **value: Any) -> Record:
    return Record(topic, 1, offset, 0, key, "driftmill.X", value)


def erasures(*asked_for: Erasure, ids: dict[str, str] = IDS) -> Erasures:
    made = Erasures(ids)
    made.add(asked_for)
    return made


def test_whatever_is_told_of_an_event_of_then_is_meant_when_it_comes() -> None:
    of = erasures(asked()).of
    assert of(record("events", 3, seq=4)) == of(record("outcomes", 9_999, seq=4)) == "r1"
    assert of(record("events", 3, seq=5)) is None


def test_records_without_a_seq_are_meant_up_to_where_their_topic_ended() -> None:
    of = erasures(asked()).of
    assert of(record("events", 39)) == of(record("outcomes", 29, seq=-1)) == "r1"
    assert [of(record("events", 40)), of(record("outcomes", 30, seq=-1))] == [None, None]


def test_others_are_not_meant() -> None:
    of = erasures(asked(), asked("eve", "r2")).of
    assert of(record("events", 3, "bob", seq=4)) is None
    assert of(record("events", 3, "", seq=4)) is None
    assert of(record("events", 3, "eve", seq=4)) == "r2"


def test_requests_that_come_later_are_heeded_from_then_on() -> None:
    made = erasures()
    assert made.of(record("events", 3, seq=4)) is None
    made.add([asked(end_seq=4)])
    assert made.of(record("events", 3, seq=4)) is None
    made.add([asked(name="r2")])
    assert made.of(record("events", 3, seq=4)) == "r2"


def test_a_topic_that_was_made_again_is_another_one() -> None:
    of = erasures(asked(), ids=dict.fromkeys(IDS, "new")).of
    assert of(record("events", 3, seq=4)) is of(record("events", 3)) is None


@pytest.mark.parametrize(
    ("one", "key"),
    [
        (record("events", 0, seq=1), "ann"),
        (record("features", 0, seq=1), "ann"),
        (record("features.rider", 0, "r7", seq=1, key="ann"), "ann"),
        (record("features.rider", 0, "r7", event_id="e"), ""),
    ],
)
def test_the_first_entity_is_told_by_the_key_or_named(one: Record, key: str) -> None:
    assert key_of(one) == key


def test_the_digest_is_of_salt_and_key() -> None:
    assert salted("a", "ann") == salted("a", "ann") != salted("b", "ann")
    assert len(salted("a", "ann")) == 64
    assert "ann" not in str(asked())
