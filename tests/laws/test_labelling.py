"""What labels by rule must obey, over random events in a random order."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.record import Output, Record
from services.outcomes.step import OutcomesStep
from services.validation.step import LedgerState
from tests.entries import Shelf, entries_of
from tests.laws.flow import plain, run
from tests.unit.validation import labelled, scene
from tests.unit.validation.labelled import FAILED, FINE, LATENESS, WITHIN, labels_of, plainly
from tests.unit.validation.scene import MINUTE, START, bought, judged, records

STEP = labelled.step()
Values = list[dict[str, Any]]
FACTS = st.lists(
    st.tuples(
        st.integers(0, 12),  # minutes on
        st.integers(0, 14),  # minutes back, at times more than may be
        st.sampled_from(["anna", "anna", "bob"]),
        st.sampled_from([FINE, FINE, FAILED, -1.0]),
        st.sampled_from(["", "", "", "", "", "again", "tick", "ahead", "label"]),
    ),
    max_size=40,
)
Facts = list[tuple[int, int, str, float, str]]


def values_of(facts: Facts) -> Values:
    """Time goes on; events come late, too late, twice, broken or from far ahead, among ticks and labels of others."""
    now, values = START, []
    for number, (on, back, who, amount, odd) in enumerate(facts):
        now += on * MINUTE
        at = now - back * MINUTE if odd != "ahead" else now + 9_000 * MINUTE
        if odd == "tick":
            values.append({"time": now})
        elif odd == "label":
            values.append(judged(number, who=who, amount=FINE))
        else:
            values.append(bought(number - 1 if odd == "again" else number, at=at, who=who, amount=amount))
    return values


def fresh() -> LedgerState:
    return STEP.new_state(0)


def accepted(outputs: Sequence[Output]) -> Values:
    return [one.value["payload"] for one in outputs if one.kind == "driftmill.EventAccepted" and one.value]


@given(FACTS, st.lists(st.integers(0, 40), max_size=4))
def test_it_does_not_matter_how_the_records_are_cut(facts: Facts, cuts: list[int]) -> None:
    batch, whole, parts = records(*values_of(facts)), fresh(), fresh()
    together = scene.run(STEP, whole, batch)
    edges = [0, *sorted(cuts), len(batch)]
    apart = [one for i, j in pairwise(edges) for one in scene.run(STEP, parts, batch[i:j])]
    assert plain(apart) == plain(together)
    assert entries_of(parts) == entries_of(whole)


@given(FACTS, st.integers(0, 60))
def test_a_replay_of_the_log_leads_to_the_same_state(facts: Facts, cut: int) -> None:
    state, folded = fresh(), fresh()
    log = scene.log_of(scene.run(STEP, state, records(*values_of(facts))))
    STEP.fold(folded, log[:cut])
    STEP.fold(folded, log[cut:])
    assert entries_of(folded) == entries_of(state)


@given(FACTS, FACTS)
def test_a_process_that_finds_nothing_but_what_was_told_goes_on_the_same(before: Facts, after: Facts) -> None:
    values = values_of([*before, *after])
    first, rest = records(*values[: len(before)]), records(*values[len(before) :])
    state, shelf = fresh(), Shelf()
    scene.run(STEP, state, first)
    shelf.keep(entries_of(state))
    restored = STEP.load_state(0, shelf)
    assert plain(scene.run(STEP, restored, rest)) == plain(scene.run(STEP, state, rest))
    assert shelf.keep(restored.changes()).values == entries_of(state)


@settings(max_examples=300)
@given(FACTS, st.integers(0, 100))
def test_the_labels_are_those_of_the_plain_rule(facts: Facts, on: int) -> None:
    state = fresh()
    outputs = scene.run(STEP, state, records(*values_of(facts)))
    end = {"time": (state.ledger.watermark.value or START) + on * MINUTE}
    outputs += scene.run(STEP, state, records(end))
    watermark = state.ledger.watermark.value
    assert watermark is not None
    expected = plainly(accepted(outputs), watermark)
    told = labels_of(outputs)
    assert told.items() <= expected.items()
    # those whose slot isn't over yet may be missing
    owed = plainly(accepted(outputs), watermark - 5_000_000)
    assert {name for name, (label, _) in owed.items() if label == 0.0 or name in told} <= told.keys()
    assert {name for name, (label, _) in expected.items() if label == 1.0} <= told.keys()


@given(FACTS, st.randoms())
def test_the_order_in_which_events_come_does_not_matter(facts: Facts, chance: Any) -> None:
    values = [value for value in values_of(facts) if "at" in value and value["amount"] > 0]
    values = list({value["id"]: value for value in values if value["at"] < START + 600 * MINUTE}.values())
    values.sort(key=lambda value: value["at"])
    mixed = sorted(values, key=lambda value: value["at"] + chance.random() * (LATENESS - 1))
    end = {"time": START + 100_000 * MINUTE}
    told = [labels_of(scene.run(STEP, fresh(), records(*some, end))) for some in (values, mixed)]
    assert {name: label for name, (label, _) in told[0].items()} == {name: one for name, (one, _) in told[1].items()}
    assert told[0].keys() == {value["id"] for value in values}


@given(FACTS)
def test_no_event_is_given_up_before_its_label_comes(facts: Facts) -> None:
    end = {"time": START + 100_000 * MINUTE}
    log = scene.log_of(scene.run(STEP, fresh(), records(*values_of(facts), end)))
    log = [record for record in log if record.topic == "events"]
    events = [record for record in log if record.kind == "driftmill.EventAccepted"]
    answers = [
        Record("predictions", 0, offset, 0, record.key, "driftmill.Prediction", answer_to(record))
        for offset, record in enumerate(events)
    ]
    told = run(OutcomesStep(labelled.pipeline()), {"events": log, "predictions": answers, "predictions.shadow": []}, 7)
    outcomes = [one.value for one in told.outputs if one.kind == "driftmill.Outcome" and one.value is not None]
    assert {value["status"] for value in outcomes} <= {"on_time"}
    assert len(outcomes) == len(events)
    assert [value["revision"] for value in outcomes] == [0] * len(outcomes)


def answer_to(event: Record) -> dict[str, Any]:
    answer = {name: event.value[name] for name in ("seq", "event_id", "event_time")}
    answer |= {"model": "m1", "feature_set": "f1", "status": "ok", "score": 0.2, "label": False}
    answer |= {"arm": "champion", "beside": None}
    return answer | {"explore": False, "propensity": 0.0, "numbers": b"", "categories": []}


@given(FACTS)
def test_labels_stand_where_they_became_known(facts: Facts) -> None:
    """Each after its event and after what fulfilled the rule; negative ones, before what moves the watermark."""
    outputs = scene.run(STEP, fresh(), records(*values_of(facts)))
    last, come = -1, {}
    for one in outputs:
        if one.value is None:
            continue
        if one.kind == "driftmill.EventAccepted":
            last = one.value["seq"]
            come[one.value["event_id"]] = one.value["event_time"]
        elif one.kind == "driftmill.LabelAccepted":
            assert one.value["after_seq"] == last
            assert one.value["revision"] == 0
            assert 0 < one.value["known_at"] - come[one.value["event_id"]] <= WITHIN + LATENESS
