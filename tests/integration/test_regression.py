"""A number is answered, joined with its label and learnt from, each time by what Kafka kept."""

import math
from collections.abc import Sequence

from services.chassis.stage import Stage
from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.inference.domain.baseline import BaselineScorer
from services.inference.step import InferenceStep
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable
from services.outcomes.step import OutcomesStep
from services.training.work import work
from tests.integration.conftest import MakePlatform
from tests.integration.loop_thread import looping
from tests.integration.test_rebuild import tell_of_run, uri_of
from tests.integration.test_state import MINUTE, SHOPS, START, publish, step
from tests.learning.test_rebuild import OF_NUMBERS
from tests.platform import Platform

COUNT, LATER = 1_400, 100
"""Orders, one a minute; their truth comes so many orders later, and of the last never."""
SMALLER = {
    **OF_NUMBERS,
    "boolean": "double",
    "holdout: 1d": "holdout: 4h",
    ", min_positives: 20}": "}",
    "optimise: roc_auc": "optimise: mae, learners: [linear], interval: 0.9",
}


def cost(number: int) -> float:
    """What an order costs to take back: mostly what its amount tells."""
    return 30.0 + 4.5 * number + 5.0 * math.sin(number)


def label(number: int) -> tuple[str, dict[str, object]]:
    after = number + LATER
    at = START + after * MINUTE
    payload = {"order_id": f"o{number}", "shop": SHOPS[0], "returned": cost(number), "known_at": at}
    said = {"after_seq": after, "event_id": f"o{number}", "known_at": at, "label": cost(number), "revision": 0}
    return SHOPS[0], said | {"payload": payload}


def publish_all(platform: Platform) -> None:
    """Orders, and between them what became of earlier ones; then so much time passes that all are judged."""
    for first in range(0, COUNT, LATER):
        publish(platform, first, LATER, SHOPS[:1])
        known = [label(number) for number in range(first - LATER, first) if number >= 0]
        platform.publish("events", "driftmill.LabelAccepted", known)
    platform.publish("events", "driftmill.Tick", [(SHOPS[0], {"time": START + 4 * COUNT * MINUTE})])


def worked_on(platform: Platform, outcomes: Sequence[Record]) -> None:
    """A run on outcomes, told as the lake and training tell."""
    partition, end = outcomes[0].partition, outcomes[-1].offset + 1
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    uri = uri_of(platform.settings.store_url, platform)
    AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0).append(outcomes, {partition: end})
    ranges = [{"partition": partition, "from_offset": 0, "to_offset": end, "matured_seq": COUNT - 1}]
    job = {
        "texts": dict(platform.pipeline.texts),
        "store": platform.settings.store_url,
        "keys": str(platform.settings.home / "keys"),
        "seed": 7,
        "run": {"run_id": "run-v1", "version": "v1", "change_point": None},
        "dataset": {
            "dataset_id": "d",
            "clock": START + (3 * COUNT) * MINUTE,
            "feature_set": platform.pipeline.resolved.feature_set,
            "label_policy": "l",
            "ranges": ranges,
            "rows": len(outcomes),
            "positives": 0,
        },
        "champion": None,
    }
    result = work(job)
    assert result["candidate"] is not None, result["reason"]
    candidate = {"version": "v1", "run_id": "run-v1", "clock": START} | result["candidate"]
    platform.publish("candidates", "driftmill.CandidateProposed", [("v1", candidate)])
    tell_of_run(platform, job, result)


def test_numbers_are_answered_joined_and_learnt(make_platform: MakePlatform) -> None:
    platform = make_platform(SMALLER)
    publish_all(platform)
    baseline = BaselineScorer(platform.pipeline)
    inference = Stage("inference", InferenceStep(platform.pipeline, lambda: baseline))
    with looping(platform, "features", step(platform), inference):
        platform.drained("features", "inference")
    with looping(platform, "outcomes", OutcomesStep(platform.pipeline)):
        platform.drained("outcomes")
    answers = platform.read("predictions", "driftmill.Prediction")
    assert {(one.value["label"], one.value["score"]) for one in answers} == {(None, 0.0)}
    outcomes = platform.read("outcomes", "driftmill.Outcome")
    told = {one.value["event_id"]: one.value for one in outcomes}
    assert {one.partition for one in outcomes} == {partition_of(SHOPS[0].encode(), platform.settings.partitions)}
    assert {name: value["label"] for name, value in told.items() if value["label"] is not None} == {
        f"o{number}": cost(number) for number in range(COUNT - LATER)
    }
    assert {value["decision"] for value in told.values()} == {None}
    worked_on(platform, outcomes)
    (candidate,) = platform.read("candidates")
    (finished,) = platform.read("runs", "driftmill.RunFinished")
    assert (candidate.value["version"], finished.value["outcome"]) == ("v1", "candidate")
