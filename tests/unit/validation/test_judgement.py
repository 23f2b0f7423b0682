from collections.abc import Sequence

import pytest

from services.contracts.record import JSON, Record
from services.validation.domain.masking import Masking
from services.validation.domain.rekeying import MOVED
from services.validation.step import LedgerState, ValidationStep
from tests.unit.validation import labelled, scene
from tests.unit.validation.labelled import FAILED
from tests.unit.validation.scene import (
    APPENDED,
    DAY,
    HOUR,
    MINUTE,
    START,
    bought,
    judged,
    keyed,
    outputs_of,
    record,
    records,
    rules_of,
)

MOVES = (MOVED, b"events.raw/1/17")


def test_a_refused_record_is_quarantined_whole_with_every_reason() -> None:
    raw = record(bought(0, amount=-5.0, code="12"), offset=42)
    (refused,) = outputs_of([raw])
    assert refused.topic == "events.quarantined"
    assert rules_of(refused) == {("amount", "check"), ("code", "pattern")}
    value = refused.value
    assert value is not None
    assert (value["kind"], value["event_id"], value["event_time"]) == ("event", "e0", START)
    assert (value["source_topic"], value["source_partition"], value["source_offset"]) == ("events.raw", 0, 42)
    assert (value["raw_key"], value["raw_value"]) == (b"anna", b"\0avro")


def test_an_event_far_behind_the_watermark_is_too_late() -> None:
    ahead = [bought(60), bought(61), bought(62)]
    on_the_edge, beyond = bought(1, at=START + 50 * MINUTE), bought(2, at=START + 50 * MINUTE - 1)
    *_, kept, refused = outputs_of(records(*ahead, on_the_edge, beyond))
    assert kept.kind == "driftmill.EventAccepted"
    assert rules_of(refused) == {("at", "too_late")}


def test_one_event_dated_far_ahead_makes_nothing_too_late() -> None:
    outputs = outputs_of(records(bought(0), bought(1), bought(2), bought(3, at=START + 300 * scene.DAY), bought(4)))
    assert {output.kind for output in outputs if output.topic != "profiles"} == {"driftmill.EventAccepted"}


def test_an_event_an_hour_after_its_append_time_is_from_the_future() -> None:
    now = START
    early, refused = outputs_of(records(bought(0, at=now + HOUR), bought(1, at=now + HOUR + 1), timestamp=now))
    assert early.kind == "driftmill.EventAccepted"
    assert rules_of(refused) == {("at", "future")}


def test_a_label_known_in_the_future_is_refused() -> None:
    (refused,) = outputs_of(records(judged(0, known_at=START + 2 * HOUR), timestamp=START))
    assert rules_of(refused) == {("known_at", "future")}
    assert refused.value is not None
    assert (refused.value["kind"], refused.value["event_id"], refused.value["event_time"]) == ("label", "e0", None)


def test_an_id_seen_before_is_a_duplicate() -> None:
    first, refused = outputs_of(records(bought(0), bought(0)))
    assert first.kind == "driftmill.EventAccepted"
    assert rules_of(refused) == {("id", "duplicate")}


def test_a_refused_event_does_not_take_its_id() -> None:
    _, accepted = outputs_of(records(bought(0, amount=-1.0), bought(0)))
    assert accepted.kind == "driftmill.EventAccepted"


def test_a_duplicate_never_passes_however_late_it_comes() -> None:
    later = [bought(number) for number in range(30, 34)]
    *_, refused = outputs_of(records(bought(0), *later, bought(0)))
    assert rules_of(refused) == {("at", "too_late")}


def test_the_same_label_again_is_a_duplicate_and_a_different_one_a_correction() -> None:
    again = judged(0)
    values = [judged(0), again, judged(0, bad=True), judged(0, source="analyst"), judged(0, known_at=START + 2 * HOUR)]
    outputs = outputs_of(records(*values))
    assert [output.kind.removeprefix("driftmill.") for output in outputs] == [
        "LabelAccepted",
        "RecordQuarantined",
        *["LabelAccepted"] * 3,
    ]
    assert rules_of(outputs[1]) == {("", "duplicate")}
    accepted = [output.value for output in outputs if output.value and "label" in output.value]
    assert [(value["label"], value["revision"]) for value in accepted] == [(0, 0), (1, 1), (0, 2), (0, 3)]


def test_a_label_is_remembered_while_its_outcome_can_be_restated() -> None:
    days = [judged(number, known_at=START + number * DAY) for number in range(1, 5)]
    again = judged(0, known_at=START + DAY)
    labels = [
        judged(0),
        *days,
        judged(0),
        again | {"bad": True},
        again | {"bad": True},
        judged(1, known_at=START + DAY),
    ]
    outputs = outputs_of(records(*labels, topic="labels"))
    kinds = [output.kind.removeprefix("driftmill.") for output in outputs]
    assert kinds == [*["LabelAccepted"] * 5, "RecordQuarantined", "LabelAccepted", *["RecordQuarantined"] * 2]
    assert [(outputs[place].value or {})["revision"] for place in (0, 6)] == [0, 1]


def test_labels_are_accepted_on_both_topics() -> None:
    for topic in ("events.raw", "labels"):
        for kind in (None, JSON):
            (accepted,) = outputs_of([record(judged(0), topic, kind=kind)])
            assert accepted.kind == "driftmill.LabelAccepted"


def test_a_record_in_a_foreign_partition_is_sent_home_once() -> None:
    home = scene.home_of("anna", 4)
    foreign = (home + 1) % 4
    raw = record(bought(0, amount=-1.0), partition=foreign, offset=17, headers=(("traceparent", b"00-1"),))
    (moved,) = outputs_of([raw], partitions=4)
    assert (moved.topic, moved.partition, moved.key, moved.kind) == ("events.raw", home, "anna", "shop.Bought")
    assert moved.value == raw.value
    assert moved.headers == ((MOVED, f"events.raw/{foreign}/17".encode()),)
    assert moved.source is raw


def test_a_moved_record_is_judged_where_it_was_sent() -> None:
    home = scene.home_of("anna", 4)
    (accepted,) = outputs_of([record(bought(0), partition=home, headers=(MOVES,))], partitions=4)
    assert (accepted.kind, accepted.partition) == ("driftmill.EventAccepted", home)


def test_a_moved_record_that_is_still_wrong_is_refused() -> None:
    foreign = (scene.home_of("anna", 4) + 1) % 4
    (refused,) = outputs_of([record(bought(0), partition=foreign, headers=(MOVES,))], partitions=4)
    assert rules_of(refused) == {("who", "key")}
    assert (refused.topic, refused.partition) == ("events.quarantined", foreign)


def test_json_is_sent_home_in_the_pipelines_own_schema() -> None:
    home = scene.home_of("anna", 4)
    value = bought(0) | {"at": "2024-10-04T00:00:00+00:00", "extra": 1}
    (moved,) = outputs_of([record(value, partition=(home + 1) % 4, kind=JSON)], partitions=4)
    assert (moved.kind, moved.value) == ("shop.Bought", bought(0))


def test_json_that_lacks_a_value_is_refused_where_it_lies() -> None:
    foreign = (scene.home_of("anna", 4) + 1) % 4
    raw = record(
        {"who": "anna", "id": 3, "at": "yesterday", "amount": "5", "channel": "fax"}, kind=JSON, partition=foreign
    )
    (refused,) = outputs_of([raw], partitions=4)
    assert rules_of(refused) == {("id", "type"), ("at", "type"), ("amount", "type"), ("channel", "type")}


@pytest.mark.parametrize("kind", [None, JSON])
def test_a_label_finds_its_event_by_the_key_of_the_answer(kind: str | None) -> None:
    home = scene.home_of("anna", 4)
    step = ValidationStep(scene.joined(), 4)
    stray = record(keyed(0), "labels", partition=(home + 1) % 4, kind=kind)
    (moved,) = scene.run(step, step.new_state(stray.partition), [stray])
    assert (moved.topic, moved.partition, moved.key, moved.value) == ("labels", home, "anna", keyed(0))
    sent = Record("labels", home, 3, APPENDED, moved.key, moved.kind, moved.value or {}, moved.headers)
    (accepted,) = scene.run(step, step.new_state(home), [sent])
    assert (accepted.kind, accepted.key, accepted.partition) == ("driftmill.LabelAccepted", "anna", home)
    assert (accepted.value or {})["event_id"] == "e0"
    assert (accepted.value or {})["payload"] == keyed(0)


@pytest.mark.parametrize("key", [None, "", 7])
def test_a_label_without_a_usable_key_is_refused(key: object) -> None:
    step = ValidationStep(scene.joined(), 1)
    (refused,) = scene.run(step, step.new_state(0), [record(keyed(0, key), "labels", kind=JSON)])
    assert rules_of(refused) == {("label_key", "type" if key == 7 else "null")}


@pytest.mark.parametrize("field", ["id", "who"])
def test_an_empty_id_or_entity_is_refused(field: str) -> None:
    (refused,) = outputs_of(records(bought(0) | {field: ""}))
    assert rules_of(refused) == {(field, "null")}


def test_personal_data_is_masked_before_it_is_written() -> None:
    accepted, refused = outputs_of(records(bought(0, card="4111"), bought(1, amount=-1.0, card="4111")), masked=True)
    assert accepted.value is not None
    assert refused.value is not None
    assert accepted.value["payload"]["card"] == Masking(frozenset({"card"}), scene.KEY).mask({"card": "4111"})["card"]
    assert refused.value["raw_value"] is None
    assert "4111" not in repr(accepted.value) + repr(refused.value)


def test_profiles_hold_no_personal_fields_ids_times_or_keys() -> None:
    outputs = outputs_of(records(bought(0), {"time": START + 2 * HOUR}), masked=True)
    profile = next(output.value for output in outputs if output.topic == "profiles")
    assert profile is not None
    assert [found["name"] for found in profile["fields"]] == ["amount", "items", "code", "channel", "trusted"]


RULED = labelled.step()


def said(batch: Sequence[Record], state: LedgerState | None = None) -> list[tuple[str, str, object]]:
    """What a rule makes of records: kind, event and label of what goes to the log."""
    outputs = scene.run(RULED, state or RULED.new_state(0), batch)
    values = [(one.kind.removeprefix("driftmill."), one.value or {}) for one in outputs if one.topic == "events"]
    return [(kind, str(value.get("event_id", "")), value.get("label")) for kind, value in values]


def test_positive_follows_what_fulfils_the_rule_and_negative_goes_before_what_moves_time() -> None:
    batch = [bought(0), bought(1, amount=FAILED), *(bought(number) for number in (100, 101, 102))]
    assert said(records(*batch, {"time": START + 200 * MINUTE})) == [
        ("EventAccepted", "e0", None),
        ("EventAccepted", "e1", None),
        ("LabelAccepted", "e0", 1.0),
        ("EventAccepted", "e100", None),
        ("EventAccepted", "e101", None),
        ("LabelAccepted", "e1", 0.0),
        ("EventAccepted", "e102", None),
        ("LabelAccepted", "e100", 0.0),
        ("LabelAccepted", "e101", 0.0),
        ("LabelAccepted", "e102", 0.0),
        ("Tick", "", None),
    ]


def test_a_label_by_rule_is_one_like_others() -> None:
    outputs = scene.run(RULED, RULED.new_state(0), records(bought(0), bought(1, amount=FAILED)))
    label = outputs[-1]
    assert (label.topic, label.key, label.kind) == ("events", "anna", "driftmill.LabelAccepted")
    known = START + MINUTE
    payload = {"id": "e0", "who": "anna", "bad": True, "known_at": known, "source": "", "amount": 10.0}
    assert label.value == {
        "after_seq": 1,
        "event_id": "e0",
        "known_at": known,
        "label": 1.0,
        "revision": 0,
        "payload": payload,
    }


def test_labels_of_others_are_refused_where_a_rule_makes_them() -> None:
    outputs = scene.run(RULED, RULED.new_state(0), records(bought(0), judged(0, amount=10.0)))
    assert [one.topic for one in outputs] == ["events", "events.quarantined"]
    assert scene.rules_of(outputs[1]) == {("", "rule")}


def test_what_is_refused_fulfils_nothing_and_has_no_label() -> None:
    broken = bought(1, amount=5_000.0)
    assert said(records(bought(0), broken, {"time": START + 200 * MINUTE})) == [
        ("EventAccepted", "e0", None),
        ("LabelAccepted", "e0", 0.0),
        ("Tick", "", None),
    ]


def test_a_label_told_before_by_another_rule_is_corrected_not_told_again() -> None:
    """The log has labels of that rule: one like those of this, and one unlike."""
    state = RULED.new_state(0)
    events = scene.log_of(scene.run(RULED, RULED.new_state(0), records(bought(0), bought(1))))
    known = START + labelled.WITHIN + labelled.LATENESS
    same, other = (
        {"event_id": f"e{n}", "label": float(n), "known_at": known, "payload": {"source": ""}} for n in (0, 1)
    )
    labels = [Record("events", 0, 9, 0, "anna", "driftmill.LabelAccepted", value) for value in (same, other)]
    RULED.fold(state, [*events, *labels])
    outputs = scene.run(RULED, state, records({"time": START + 200 * MINUTE}))
    told = [one.value for one in outputs if one.kind == "driftmill.LabelAccepted" and one.value]
    assert [(value["event_id"], value["label"], value["revision"]) for value in told] == [("e1", 0.0, 1)]


def test_refused_events_are_in_the_profile_of_their_window_each_once_and_labels_are_not() -> None:
    events = [bought(0), bought(1), bought(2, amount=-5.0, id=""), bought(1), bought(3, amount=-1.0)]
    outputs = outputs_of(records(*events, judged(1), judged(1), {"time": START + 2 * HOUR}))
    *_, profile = [output.value for output in outputs if output.topic == "profiles" and output.value]
    hour = next(one.value for one in outputs if one.value and one.value.get("rows") == 2)
    assert hour["refused"] == [
        {"field": "amount", "rule": "check", "rows": 2},
        {"field": "id", "rule": "duplicate", "rows": 1},
    ]
    assert hour["closed_by_source"] is profile["closed_by_source"] is True
    refused = [one.value["window_start"] for one in outputs if one.value and one.topic == "events.quarantined"]
    assert refused == [START, START, START, None]
