from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline, load
from services.kernel.computer import FeatureComputer, Records
from services.kernel.rows import EntityRows
from tests.entries import Shelf, entries_of

SECOND, DAY = 1_000_000, 86_400_000_000
YAML = """\
driftmill: 1
name: cards
entities: {card: {key: card}}
event: {schema: event.avsc, id: id, time: {field: at}}
label: {schema: label.avsc, target: {field: bad, prior: 0.5}, known: {time: known_at}}
features:
  default: {windows: [1d]}
  card:
    spend: {value: amount, agg: [count, mean, std]}
    online: {value: channel == 'online', agg: mean}
    first: {value: amount * 2, agg: [last, lag], lags: [1], current_event: included}
    risk: {of: labels, value: bad, agg: [count, mean], smooth: 2}
    loss: {of: labels, value: refund or bad, agg: last}
    places: {value: channel, agg: distinct}
    habit: {value: amount, agg: [count, sum], half_life: 1s}
  row:
    ratio: amount / card.spend.mean.1d
    size: log1p(amount) * log(card.spend.count.1d + 1)
    hour: hour(at)
    weekend: day_of_week(at) >= 5
model:
  inputs: [amount, channel, mcc, present, card.*, row.*]
  learners: [logistic]
  baseline: {rule: amount > 100}
evaluate: {accept: [{metric: roc_auc, above: baseline}]}
retrain: {when: [{labels: {rows: 100}}]}
"""
EVENT = """\
{"type": "record", "name": "Payment", "fields": [
  {"name": "id", "type": "string"},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
  {"name": "card", "type": "string"},
  {"name": "amount", "type": ["null", "double"], "default": null},
  {"name": "channel", "type": ["null", "string"], "default": null},
  {"name": "present", "type": ["null", "boolean"], "default": null},
  {"name": "mcc", "type": {"type": "enum", "name": "Mcc", "symbols": ["food", "fuel"]}}
]}
"""
LABEL = """\
{"type": "record", "name": "Judged", "fields": [
  {"name": "id", "type": "string"},
  {"name": "card", "type": "string"},
  {"name": "bad", "type": "boolean"},
  {"name": "refund", "type": ["null", "boolean"], "default": null},
  {"name": "known_at", "type": {"type": "long", "logicalType": "timestamp-micros"}}
]}
"""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.from_texts({"pipeline.yaml": YAML, "event.avsc": EVENT, "label.avsc": LABEL})


@pytest.fixture(scope="module")
def computer(pipeline: Pipeline) -> FeatureComputer:
    return FeatureComputer(pipeline)


def payment(at: int, amount: float | None, **more: Any) -> dict[str, Any]:
    return {"at": at, "amount": amount, "channel": None, "present": None, "mcc": "food", **more}


def stream(records: int) -> Records:
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.integers(0, DAY // 20, records))
    kinds = (rng.random(records) < 0.3).astype(np.int8)
    events = [
        payment(
            int(at), None if rng.random() < 0.1 else float(rng.gamma(2, 50)), channel=rng.choice(["online", "chip"])
        )
        for at in times[kinds == 0]
    ]
    labels = [{"bad": bool(rng.random() < 0.3), "refund": None} for _ in range(int(kinds.sum()))]
    return Records([f"card-{n}" for n in rng.integers(0, 7, records)], kinds, times, events, labels)


def part(records: Records, start: int, end: int) -> Records:
    first, last = int(records.kinds[:start].sum()), int(records.kinds[:end].sum())
    events, labels = records.events[start - first : end - last], records.labels[first:last]
    return Records(records.keys[start:end], records.kinds[start:end], records.times[start:end], events, labels)


def one_by_one(computer: FeatureComputer, state: EntityRows, records: Records, bounds: list[int]) -> list[bytes]:
    """The vectors of the batches between the bounds."""
    vectors = []
    for start, end in pairwise(bounds):
        computed = computer.compute(state, part(records, start, end))
        state.scatter(computed.staged)
        vectors.append(computed.numbers.tobytes())
    return vectors


def test_vectors_hold_fields_aggregates_and_row_features_in_the_order_of_the_feature_set(
    pipeline: Pipeline, computer: FeatureComputer
) -> None:
    events = [
        payment(0, 10.0, channel="online", present=True),
        payment(SECOND, None, mcc="fuel"),
        payment(2 * SECOND, 30.0, channel="chip", present=False),
        payment(3 * DAY, 5.0),
    ]
    kinds = np.array([0, 1, 0, 0, 0], np.int8)
    times = np.array([0, 0, SECOND, 2 * SECOND, 3 * DAY])
    computed = computer.compute(
        computer.new_state(), Records(["a"] * 5, kinds, times, events, [{"bad": True, "refund": None}])
    )
    nan, log = np.nan, np.log
    expected: dict[str, list[float]] = {
        "amount": [10, nan, 30, 5],
        "present": [1, nan, 0, nan],
        "card.spend.count.1d": [0, 1, 1, 0],
        "card.spend.mean.1d": [nan, 10, 10, nan],
        "card.spend.std.1d": [nan, nan, nan, nan],
        "card.online.mean.1d": [nan, 1, 0.5, nan],
        "card.first.last": [20, 20, 60, 10],
        "card.first.lag.1": [20, 20, 60, 10],
        "card.risk.count.1d": [0, 1, 1, 0],
        "card.risk.mean.1d": [0.5, 2 / 3, 2 / 3, 0.5],
        "card.loss.last": [nan, 1, 1, 1],
        "card.places.distinct.1d": [0, 1, 1, 0],
        "card.habit.count.half_life.1s": [0, 0.5, 0.25, 0],
        "card.habit.sum.half_life.1s": [0, 5, 2.5, 0],
        "row.ratio": [nan, nan, 3, nan],
        "row.size": [0, nan, log(31) * log(2), 0],
        "row.hour": [0, 0, 0, 0],
        "row.weekend": [0, 0, 0, 1],
    }
    assert set(expected) == set(pipeline.resolved.numbers)
    for place, name in enumerate(pipeline.resolved.numbers):
        np.testing.assert_allclose(computed.numbers[:, place], expected[name], rtol=1e-6, err_msg=name)
    assert pipeline.resolved.categories == ("channel", "mcc")
    assert computed.categories == [["online", "food"], ["", "fuel"], ["chip", "food"], ["", "food"]]


def test_vectors_and_rows_do_not_depend_on_the_batches(computer: FeatureComputer) -> None:
    records = stream(900)
    whole, batched = computer.new_state(), computer.new_state()
    bounds = [0, *sorted(np.random.default_rng(1).integers(0, 900, 60).tolist()), 900]
    vectors = one_by_one(computer, whole, records, [0, 900])
    assert b"".join(one_by_one(computer, batched, records, bounds)) == b"".join(vectors)
    assert entries_of(batched) == entries_of(whole)


def test_state_and_batch_are_left_as_they_were(computer: FeatureComputer) -> None:
    records, state = stream(300), computer.new_state()
    one_by_one(computer, state, records, [0, 200])
    copy, before = deepcopy(records), entries_of(state)
    computer.compute(state, part(records, 200, 300))
    assert entries_of(state) == before
    assert (records.keys, records.events, records.labels) == (copy.keys, copy.events, copy.labels)
    assert records.kinds.tobytes() + records.times.tobytes() == copy.kinds.tobytes() + copy.times.tobytes()


def test_a_silent_replay_gives_the_same_rows_and_state_survives_a_restart(computer: FeatureComputer) -> None:
    records, replayed, straight = stream(600), computer.new_state(), computer.new_state()
    one_by_one(computer, straight, records, [0, 300, 600])
    replayed.scatter(computer.fold(replayed, part(records, 0, 450)))
    shelf = Shelf().keep(replayed.changes())
    replayed = computer.new_state(shelf)
    replayed.scatter(computer.fold(replayed, part(records, 450, 600)))
    assert shelf.keep(replayed.changes()).values == entries_of(straight)


def test_a_batch_of_labels_gives_no_vectors(computer: FeatureComputer) -> None:
    records = Records(["a"], np.ones(1, np.int8), np.zeros(1, np.int64), [], [{"bad": True, "refund": None}])
    computed = computer.compute(computer.new_state(), records)
    assert computed.numbers.shape == (0, 18)
    assert computed.categories == []


def test_numbers_beyond_single_precision_are_missing(computer: FeatureComputer) -> None:
    records = Records(["a"], np.zeros(1, np.int8), np.zeros(1, np.int64), [payment(0, 1e300)])
    assert np.isnan(computer.compute(computer.new_state(), records).numbers[0, 0])


@pytest.mark.parametrize("name", ["payments", "electricity", "flights"])
def test_the_shipped_pipelines_compile(name: str) -> None:
    pipeline = load(Path("pipelines") / name)
    plans = [FeatureComputer(pipeline, place).plan for place in range(len(pipeline.resolved.chain))]
    assert {name for plan in plans for name in plan.names} == {one.name for one in pipeline.resolved.features}
    assert max(plan.row_bytes for plan in plans) <= 1_200
