from typing import Any

from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.features.domain.forwarding import Forwarding
from services.kernel.held import key_in, keys_in
from tests.unit.features.scene import chained

AREA, RIDER = chained().resolved.chain[1:]
TO_AREA = Forwarding(AREA, 5, "f")


def record(**payload: Any) -> Record:
    value = {"seq": 3, "event_id": "a", "event_time": 9, "known_at": 12, "appended_at": 1, "payload": payload}
    return Record("events", 4, 8, 0, "s", "driftmill.EventAccepted", value)


def test_an_event_goes_to_the_partition_of_its_next_entity_with_all_it_has() -> None:
    output = TO_AREA.event(record(area=7), "s", b"\0\0\0\0")
    assert (output.topic, output.key, output.partition) == ("features.area", "7", partition_of(b"7", 5))
    assert output.value == {
        "seq": 3,
        "event_id": "a",
        "event_time": 9,
        "key": "s",
        "feature_set": "f",
        "numbers": b"\0\0\0\0",
        "payload": {"area": 7},
    }


def test_an_event_without_the_entity_stays_in_its_partition() -> None:
    output = TO_AREA.event(record(area=None), "s", b"")
    assert (output.key, output.partition) == ("", 4)


def test_a_label_takes_the_further_keys_along() -> None:
    [output] = TO_AREA.label(record(returned=True), ("7", "ann"))
    assert (output.topic, output.key, output.partition) == ("features.area", "7", partition_of(b"7", 5))
    assert output.value == {"event_id": "a", "known_at": 12, "keys": ["ann"], "payload": {"returned": True}}


def test_a_label_passes_an_absent_entity_only_for_a_further_one() -> None:
    [output] = TO_AREA.label(record(), ("", "ann"))
    assert (output.key, output.partition) == ("", 4)
    assert TO_AREA.label(record(), ("", "")) == []
    assert TO_AREA.label(record(), ()) == []


def test_keys_are_texts_and_empty_where_there_is_none() -> None:
    assert keys_in({"area": 7, "rider": None}, (AREA, RIDER)) == ("7", "")
    assert key_in({}, "area") == ""
    assert key_in({"area": 0}, "area") == "0"
