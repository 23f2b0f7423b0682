"""What a raw record is, before any rule is judged."""

from typing import Any

import pytest

from services.contracts.record import JSON, POISON, Record
from services.validation.domain.intake import AHEAD, Intake, Raw, Sort
from services.validation.domain.reason import MASKED
from tests.unit.validation.scene import APPENDED, START, bought, judged, pipeline, record

INTAKE = Intake(pipeline())


def as_json(value: dict[str, Any], topic: str = "events.raw", intake: Intake = INTAKE) -> Raw:
    return intake.read(record(value, topic, kind=JSON))


def known_at(value: dict[str, Any], topic: str = "events.raw", kind: str | None = JSON) -> int | None:
    return INTAKE.known_at(record(value, topic, kind=kind))


@pytest.mark.parametrize(
    ("value", "sort", "kind"),
    [
        (bought(1), Sort.EVENT, "shop.Bought"),
        (judged(1), Sort.LABEL, "shop.Judged"),
        ({"time": START}, Sort.TICK, "driftmill.Tick"),
    ],
)
def test_avro_is_what_its_schema_says_and_is_taken_as_it_is(value: dict[str, Any], sort: Sort, kind: str) -> None:
    for topic in ("events.raw", "labels"):
        raw = INTAKE.read(record(value, topic))
        assert (raw.sort, raw.kind, raw.payload) == (sort, kind, value)
        assert raw.is_whole
        assert raw.reasons == []


def test_json_becomes_the_record_that_avro_would_be() -> None:
    event, label = as_json(bought(1)), as_json(judged(1))
    assert (event.sort, event.kind, event.payload) == (Sort.EVENT, "shop.Bought", bought(1))
    assert (label.sort, label.kind, label.payload) == (Sort.LABEL, "shop.Judged", judged(1))
    assert event.is_whole
    assert label.is_whole


def test_json_times_may_be_text() -> None:
    assert as_json(bought(1) | {"at": "1970-01-02T00:00:00Z"}).payload["at"] == 86_400_000_000


def test_json_with_both_the_target_and_the_events_time_is_an_event() -> None:
    assert as_json(bought(1) | {"bad": True}).sort is Sort.EVENT


def test_json_among_the_labels_is_a_label_whatever_it_holds() -> None:
    raw = as_json(bought(1), "labels")
    assert raw.sort is Sort.LABEL
    assert {(reason.field, reason.rule) for reason in raw.reasons} == {("bad", "null"), ("known_at", "null")}


def test_an_empty_object_is_an_event_that_lacks_everything_it_needs() -> None:
    raw = as_json({})
    assert (raw.sort, raw.is_whole) == (Sort.EVENT, False)
    assert {reason.field for reason in raw.reasons} == {"id", "at", "who", "amount", "channel"}
    assert raw.payload == {"items": None, "code": "0000", "trusted": None, "card": None}


def test_what_can_be_read_of_a_broken_record_is_kept_beside_every_reason() -> None:
    raw = as_json(bought(1) | {"amount": "ten", "at": "yesterday"})
    assert not raw.is_whole
    assert [(reason.field, reason.rule, reason.got) for reason in raw.reasons] == [
        ("at", "type", "'yesterday'"),
        ("amount", "type", "'ten'"),
    ]
    assert raw.payload["id"] == "e1"
    assert {"at", "amount"}.isdisjoint(raw.payload)


def test_names_that_the_schema_lacks_are_left_out() -> None:
    assert as_json(bought(1) | {"colour": "red"}).payload == bought(1)


def test_a_reason_never_shows_personal_data() -> None:
    (reason,) = as_json(bought(1) | {"card": 4111}, intake=Intake(pipeline(masked=True))).reasons
    assert (reason.field, reason.got) == ("card", MASKED)


def test_each_sort_is_known_at_its_own_time() -> None:
    assert known_at(bought(1, at=START)) == START
    assert known_at(judged(1, known_at=START + 7)) == START + 7
    assert known_at({"time": START + 9}, kind="driftmill.Tick") == START + 9
    assert known_at(bought(1, at=START), kind="shop.Bought") == START


def test_what_is_known_is_the_same_from_text_and_from_a_number() -> None:
    assert known_at(bought(1) | {"at": "1970-01-02"}) == known_at(bought(1, at=86_400_000_000)) == 86_400_000_000


@pytest.mark.parametrize("time", [None, "", "yesterday", True, 1.5, [], {}, 2**63, "9999-12-31T23:59:59-14:00"])
def test_a_time_that_cannot_be_read_or_waited_for_holds_nothing_back(time: object) -> None:
    assert known_at(bought(1) | {"at": time}) is None


def test_a_record_without_a_time_holds_nothing_back() -> None:
    assert known_at({}) is None
    assert known_at({"bad": True}) is None


def test_an_hour_ahead_of_its_append_time_is_waited_for_and_no_longer() -> None:
    assert AHEAD == 3_600_000_000
    assert known_at(bought(1, at=APPENDED + AHEAD)) == APPENDED + AHEAD
    assert known_at(bought(1, at=APPENDED + AHEAD + 1)) is None


def test_poison_holds_nothing_back() -> None:
    poison = Record("events.raw", 0, 0, APPENDED, "", POISON, {"reason": "undecodable", "detail": "", "at": START})
    assert INTAKE.known_at(poison) is None
