import msgpack
import pytest

from services.chassis.client import MAX_RECORD_BYTES
from services.chassis.step import Waiting
from services.contracts.record import JSON, POISON, Record
from services.validation.domain.judgement import MAX_RAW_BYTES
from services.validation.step import LedgerState, ValidationStep
from tests.unit.validation import scene
from tests.unit.validation.scene import DAY, HOUR, MINUTE, START, bought, judged, record, records, waiting

STEP = scene.step()


def fresh() -> LedgerState:
    return STEP.new_state(0)


def test_accepted_events_are_numbered_without_gaps() -> None:
    outputs = scene.outputs_of(records(bought(0), bought(1, amount=-1.0), bought(2), judged(0), bought(3)))
    accepted = [output.value for output in outputs if output.kind == "driftmill.EventAccepted"]
    assert [value["seq"] for value in accepted if value] == [0, 1, 2]
    label = next(output for output in outputs if output.kind == "driftmill.LabelAccepted")
    assert label.value is not None
    assert (label.value["after_seq"], label.value["label"], label.key) == (1, 0.0, "anna")


def test_an_accepted_event_carries_its_id_times_and_payload() -> None:
    (accepted,) = scene.outputs_of(records(bought(7)))
    assert accepted.topic == "events"
    assert accepted.value == {
        "seq": 0,
        "event_id": "e7",
        "event_time": START + 7 * MINUTE,
        "appended_at": scene.APPENDED,
        "payload": bought(7),
    }


def test_ticks_are_forwarded_and_close_windows() -> None:
    outputs = scene.outputs_of(records(bought(0), bought(1), {"time": START + HOUR}))
    assert [output.kind.removeprefix("driftmill.") for output in outputs] == [
        "EventAccepted",
        "EventAccepted",
        "Tick",
        "ProfileClosed",
    ]
    profile = outputs[-1].value
    assert profile is not None
    assert (profile["rows"], profile["up_to_seq"], profile["window_end"]) == (2, 1, START + HOUR)
    assert [found["name"] for found in profile["fields"]] == ["amount", "items", "code", "channel", "trusted", "card"]
    assert outputs[-1].topic == "profiles"


def test_a_tick_from_the_future_becomes_a_dead_letter() -> None:
    result = STEP.process(fresh(), records({"time": scene.APPENDED + 2 * HOUR}))
    assert [failure.reason for failure in result.failures] == ["failed"]
    assert not result.outputs


def test_a_record_too_large_to_be_written_again_becomes_a_dead_letter() -> None:
    huge = Record("events.raw", 0, 0, scene.APPENDED, "anna", "shop.Bought", bought(0), (), b"anna", b"x" * 900_000)
    plain, masked = (validation.process(fresh(), [huge]) for validation in (STEP, scene.step(masked=True)))
    assert [failure.reason for failure in plain.failures] == ["too_large"]
    assert masked.failures[0].record.raw_value is None
    assert not plain.outputs


def test_what_follows_from_the_longest_texts_still_fits_into_records() -> None:
    long = "x" * (MAX_RAW_BYTES - 500)
    batch = [bought(0, card=long), bought(1, who=long), bought(2, id=long), bought(600, card="late")]
    outputs = [output for output in scene.outputs_of(records(*batch)) if output.value is not None]
    assert {"events", "profiles"} <= {output.topic for output in outputs}
    largest = max(len(output.key) + len(msgpack.packb(output.value)) for output in outputs)
    # a vector, an answer and an outcome hold id, key, categories and slices
    assert largest < 3 * MAX_RAW_BYTES < 4 * MAX_RAW_BYTES < MAX_RECORD_BYTES


def take(events: Waiting, labels: Waiting) -> list[Record]:
    return STEP.take(fresh(), {"events.raw": events, "labels": labels}, 100)


def test_events_are_held_until_the_labels_are_known_to_be_past() -> None:
    events = records(bought(0), bought(1))
    assert take(waiting(events), waiting(quiet_ms=4_999)) == []
    assert take(waiting(events), waiting(ended=False, quiet_ms=9_000)) == []
    assert take(waiting(events), waiting(quiet_ms=5_000)) == events


def test_labels_are_held_until_the_events_are_known_to_be_past() -> None:
    labels = records(judged(0), topic="labels")
    assert take(waiting(ended=False), waiting(labels)) == []
    assert take(waiting(quiet_ms=5_000), waiting(labels)) == labels


def test_poison_is_taken_at_once() -> None:
    poison = Record("events.raw", 0, 0, scene.APPENDED, "", POISON, {"reason": "undecodable", "detail": ""})
    assert take(waiting([poison, *records(bought(0))]), waiting()) == [poison]


@pytest.mark.parametrize("kind", [None, JSON])
def test_a_record_from_the_future_holds_nothing_back(kind: str | None) -> None:
    dated = [bought(number, at=scene.APPENDED + 2 * HOUR if number == 1 else None) for number in range(4)]
    events = records(*dated, kind=kind)
    labels = records(judged(0), judged(9), topic="labels")
    assert take(waiting(events), waiting(labels))[:4] == events


def test_records_of_both_topics_are_taken_by_when_they_became_known() -> None:
    events = waiting(records(bought(0), bought(60), bought(61)))
    labels = waiting(records(judged(0), judged(2), topic="labels"))
    assert [(one.topic, one.offset) for one in take(events, labels)] == [
        ("events.raw", 0),
        ("labels", 0),  # known when the second event happened: labels first
        ("events.raw", 1),
        ("events.raw", 2),
    ]
    assert len(labels.records) == 1, "the last label waits until the events have passed it"


def test_a_tick_among_the_labels_lets_events_pass_and_goes_no_further() -> None:
    events, labels = waiting(records(bought(0))), waiting(records({"time": START + DAY}, topic="labels"))
    assert [one.topic for one in take(events, labels)] == ["events.raw"]
    result = STEP.process(fresh(), list(labels.records))
    assert not result.outputs


def test_a_live_partition_does_not_wait_for_the_clock() -> None:
    state = fresh()
    now = START + DAY
    scene.run(STEP, state, records(bought(0, at=now), timestamp=now + MINUTE))
    more = records(bought(1, at=now + 1))
    sides = {"events.raw": waiting(more), "labels": waiting()}
    assert STEP.take(state, sides, 100) == more


def test_at_most_the_limit_is_taken() -> None:
    events = records(*(bought(number) for number in range(5)))
    sides = {"events.raw": waiting(events), "labels": waiting(quiet_ms=5_000)}
    assert STEP.take(fresh(), sides, 3) == events[:3]
    assert list(sides["events.raw"].records) == events[3:]


def live_state() -> tuple[LedgerState, int]:
    state, now = fresh(), START + DAY
    scene.run(STEP, state, records(*(bought(n, at=now + n) for n in range(5)), timestamp=now + MINUTE))
    return state, now


def test_an_idle_live_partition_is_told_the_time() -> None:
    state, now = live_state()
    later = now + HOUR
    result = STEP.idle(state, later)
    assert result is not None
    assert result.outputs[0].value == {"time": later - 10 * MINUTE}
    assert result.outputs[0].topic == "events"
    state.apply(result.staged)
    assert state.ledger.watermark.value == later - 10 * MINUTE
    assert STEP.idle(state, later) is None


@pytest.mark.parametrize("appended", [START + DAY + HOUR, scene.APPENDED])
def test_a_replayed_partition_gets_no_ticks_from_the_clock(appended: int) -> None:
    state = fresh()
    scene.run(STEP, state, records(bought(0, at=START + DAY), timestamp=appended))
    assert STEP.idle(state, appended + DAY) is None
    assert STEP.idle(fresh(), appended) is None


def test_json_is_accepted_as_avro_is() -> None:
    text = bought(0) | {"at": "2024-10-04T00:00:00Z", "amount": 3}
    avro = bought(0, at=START, amount=3.0)
    validation: ValidationStep = scene.step()
    (from_json,) = scene.run(validation, validation.new_state(0), [record(text, kind=JSON)])
    (from_avro,) = scene.run(validation, validation.new_state(0), [record(avro)])
    assert from_json.value == from_avro.value


def test_snapshots_of_another_contract_are_told_apart() -> None:
    assert scene.step(1).digest == scene.step(1).digest != scene.step(2).digest
