import pytest

from services.contracts.record import JSON
from services.validation.domain.judgement import MOVED
from services.validation.domain.masking import Masking
from tests.unit.validation import scene
from tests.unit.validation.scene import DAY, HOUR, MINUTE, START, bought, judged, outputs_of, record, records, rules_of

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
