import copy
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.client import MAX_RECORD_BYTES
from services.chassis.step import Waiting
from services.contracts.record import JSON, POISON, Record
from services.validation.domain.judgement import MAX_RAW_BYTES
from services.validation.step import LedgerState, ValidationStep
from tests.entries import Shelf, entries_of
from tests.unit.validation import scene
from tests.unit.validation.scene import DAY, HOUR, MINUTE, START, bought, judged, record, records, waiting

STEP = scene.step()

EVENTS = st.builds(
    lambda number, minutes, amount, channel: bought(
        number, at=START + minutes * MINUTE, amount=amount, channel=channel
    ),
    st.integers(0, 15),
    st.integers(0, 300),
    st.sampled_from([1.0, 2.5, -1.0, float("nan"), 5000.0]),
    st.sampled_from(["chip", "online"]),
)
LABELS = st.builds(
    lambda number, minutes, bad: judged(number, known_at=START + minutes * MINUTE, bad=bad),
    st.integers(0, 15),
    st.integers(0, 300),
    st.booleans(),
)
TICKS = st.builds(lambda minutes: {"time": START + minutes * MINUTE}, st.integers(0, 300))
RAW = st.lists(st.one_of(EVENTS, EVENTS, EVENTS, LABELS, TICKS), max_size=30)


def fresh() -> LedgerState:
    return STEP.new_state(0)


def comparable(result: Any) -> Any:
    return [(output.topic, output.key, output.kind, output.partition, repr(output.value)) for output in result]


@settings(deadline=None)
@given(RAW, st.integers(0, 30))
def test_two_batches_give_what_one_gives(values: list[dict[str, Any]], cut: int) -> None:
    batch = records(*values)
    whole, parts = fresh(), fresh()
    together = scene.run(STEP, whole, batch)
    apart = scene.run(STEP, parts, batch[:cut]) + scene.run(STEP, parts, batch[cut:])
    assert comparable(together) == comparable(apart)
    assert entries_of(whole) == entries_of(parts)


@settings(deadline=None)
@given(RAW, RAW)
def test_processing_leaves_state_and_input_unchanged_and_repeats_itself(
    before: list[dict[str, Any]], values: list[dict[str, Any]]
) -> None:
    state = fresh()
    scene.run(STEP, state, records(*before))
    batch = records(*values)
    state_was, batch_was = entries_of(state), copy.deepcopy(batch)
    first = STEP.process(state, batch)
    again = STEP.process(state, batch)
    assert comparable(first.outputs) == comparable(again.outputs)
    assert entries_of(state) == state_was
    assert repr(batch) == repr(batch_was)


@settings(deadline=None)
@given(RAW, st.integers(0, 30))
def test_the_state_is_a_fold_of_its_own_output(values: list[dict[str, Any]], cut: int) -> None:
    state, folded = fresh(), fresh()
    log = scene.log_of(scene.run(STEP, state, records(*values)))
    STEP.fold(folded, log[:cut])
    STEP.fold(folded, log[cut:])
    assert entries_of(folded) == entries_of(state)


@settings(deadline=None)
@given(RAW, RAW)
def test_goes_on_from_a_snapshot_as_if_never_stopped(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    state = fresh()
    scene.run(STEP, state, records(*before))
    restored = STEP.load_state(0, Shelf(entries_of(state)))
    assert entries_of(restored) == {}
    assert comparable(scene.run(STEP, restored, records(*after))) == comparable(scene.run(STEP, state, records(*after)))


@settings(deadline=None)
@given(RAW)
def test_events_do_not_depend_on_labels_nor_the_reverse(values: list[dict[str, Any]]) -> None:
    labels = [value for value in values if "bad" in value]
    events = [value for value in values if "bad" not in value]

    def written(some: list[dict[str, Any]], kind: str) -> list[str]:
        outputs = scene.run(STEP, fresh(), records(*some))
        return [
            repr({name: found for name, found in output.value.items() if name not in ("after_seq", "source_offset")})
            for output in outputs
            if output.value is not None and kind in (output.kind, output.value.get("kind"))
        ]

    for kind, own in (("driftmill.EventAccepted", events), ("event", events)):
        assert written(values, kind) == written(own, kind)
    for kind, own in (("driftmill.LabelAccepted", labels), ("label", labels)):
        assert written(values, kind) == written(own, kind)


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


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ODD = st.builds(lambda good, odd: good | odd, EVENTS | LABELS, st.dictionaries(st.sampled_from(sorted(bought(0))), ANY))


@settings(deadline=None)
@given(st.lists(ODD, max_size=8))
def test_every_json_object_gets_a_verdict(values: list[dict[str, Any]]) -> None:
    batch = records(*values, kind=JSON)
    taken = STEP.take(fresh(), {"events.raw": waiting(batch), "labels": waiting(quiet_ms=5_000)}, 100)
    assert len(taken) == len(values)
    outputs = [output for output in scene.run(STEP, fresh(), taken) if output.topic != "profiles"]
    assert len(outputs) == len(values)


def test_snapshots_of_another_contract_are_told_apart() -> None:
    assert scene.step(1).digest == scene.step(1).digest != scene.step(2).digest
