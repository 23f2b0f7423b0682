"""What validation must obey, over random records."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.record import JSON
from services.validation.step import LedgerState
from tests.entries import Shelf, entries_of
from tests.unit.validation import scene
from tests.unit.validation.scene import MINUTE, START, bought, judged, records, waiting

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


@given(RAW, st.integers(0, 30))
def test_two_batches_give_what_one_gives(values: list[dict[str, Any]], cut: int) -> None:
    batch = records(*values)
    whole, parts = fresh(), fresh()
    together = scene.run(STEP, whole, batch)
    apart = scene.run(STEP, parts, batch[:cut]) + scene.run(STEP, parts, batch[cut:])
    assert comparable(together) == comparable(apart)
    assert entries_of(whole) == entries_of(parts)


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


@given(RAW, st.integers(0, 30))
def test_the_state_is_a_fold_of_its_own_output(values: list[dict[str, Any]], cut: int) -> None:
    state, folded = fresh(), fresh()
    log = scene.log_of(scene.run(STEP, state, records(*values)))
    STEP.fold(folded, log[:cut])
    STEP.fold(folded, log[cut:])
    assert entries_of(folded) == entries_of(state)


@given(RAW)
def test_every_event_is_in_exactly_one_profile_accepted_or_refused(values: list[dict[str, Any]]) -> None:
    end = {"time": START + 500 * MINUTE}
    outputs = scene.run(STEP, fresh(), records(*values, end))
    profiles = [output.value for output in outputs if output.value and output.topic == "profiles"]
    counted = sum(profile["rows"] + sum(one["rows"] for one in profile["refused"]) for profile in profiles)
    assert counted == sum("amount" in value for value in values)
    starts = [profile["window_start"] for profile in profiles]
    assert starts == sorted(set(starts))


@given(RAW, RAW)
def test_goes_on_from_a_snapshot_as_if_never_stopped(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    state = fresh()
    scene.run(STEP, state, records(*before))
    restored = STEP.load_state(0, Shelf(entries_of(state)))
    assert entries_of(restored) == {}
    assert comparable(scene.run(STEP, restored, records(*after))) == comparable(scene.run(STEP, state, records(*after)))


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


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ODD = st.builds(lambda good, odd: good | odd, EVENTS | LABELS, st.dictionaries(st.sampled_from(sorted(bought(0))), ANY))


@given(st.lists(ODD, max_size=8))
def test_every_json_object_gets_a_verdict(values: list[dict[str, Any]]) -> None:
    batch = records(*values, kind=JSON)
    taken = STEP.take(fresh(), {"events.raw": waiting(batch), "labels": waiting(quiet_ms=5_000)}, 100)
    assert len(taken) == len(values)
    outputs = [output for output in scene.run(STEP, fresh(), taken) if output.topic != "profiles"]
    assert len(outputs) == len(values)
