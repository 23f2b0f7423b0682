"""A version in flight answers its share beside the champion, and outcomes tell how both did, through a restart."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.broker.local import Endpoints
from services.chassis.step import Waiting
from services.chassis.store import Store
from services.cli.verification import Verification
from services.contracts.partition import partition_of
from services.contracts.record import Record
from services.inference.app import stage
from services.inference.domain.challenger import Challenger
from services.outcomes.domain.state import OutcomesState
from services.outcomes.step import OutcomesStep
from tests.eventually import eventually
from tests.integration.loop_thread import context_of, looping
from tests.integration.test_state import MINUTE, START, publish, step
from tests.model import published
from tests.platform import Platform, pipeline_named
from tests.unit.inference.test_step import Amounts

BEFORE, COUNT, AFTER = 30, 150, 50
EVENTS = BEFORE + COUNT + AFTER
SHARE = 0.5
SHOPS = [shop for shop in (f"shop{number}" for number in range(40)) if partition_of(shop.encode(), 2) == 0][:12]


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


class Former(OutcomesStep):
    """Of a release that knew of no shadows."""

    inputs = log = ("events", "predictions")

    def take(self, state: OutcomesState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        return super().take(state, {**waiting, "predictions.shadow": Waiting()}, limit)


def answer_with_a_version_in_flight(platform: Platform) -> None:
    """First some without, and some more once it is gone."""
    store, keys = Store(platform.settings.store_url), platform.settings.home / "keys"
    first, second = (published(platform.pipeline, store, keys, f"v{n}", n, seed=n) for n in (1, 2))
    models = [("champion", first), ("challenger", second | {"state": "canary", "share": SHARE})]
    publish(platform, 0, BEFORE, SHOPS)
    context = context_of(platform, "inference")
    with looping(platform, "features", step(platform), stage(context)):
        platform.drained("features", "inference")
        join(platform, Former(platform.pipeline))
        platform.publish("models", "driftmill.ModelPublished", models)
        platform.followed()
        publish(platform, BEFORE, COUNT, SHOPS)
        platform.drained("features", "inference")
        platform.publish_tombstone("models", "challenger")
        platform.followed()
        publish(platform, BEFORE + COUNT, AFTER, SHOPS)
        platform.drained("features", "inference")
    context.stop.set()


def join(platform: Platform, step: OutcomesStep) -> None:
    with looping(platform, "outcomes", step):
        platform.drained("outcomes")


def label_all(platform: Platform) -> None:
    """Then time passes."""
    labels, end = [], START + EVENTS * MINUTE
    for number in range(EVENTS):
        payload = {"order_id": f"o{number}", "shop": SHOPS[0], "returned": number % 3 == 0, "known_at": end}
        said = {"after_seq": EVENTS - 1, "event_id": f"o{number}", "known_at": end, "revision": 0}
        labels.append((SHOPS[0], said | {"label": float(number % 3 == 0), "payload": payload}))
    platform.publish("events", "driftmill.LabelAccepted", labels)
    platform.publish("events", "driftmill.Tick", [(SHOPS[0], {"time": end + 600 * MINUTE})])


def costs_of(platform: Platform) -> dict[str, tuple[int, bool]]:
    """By version how many rows were scored, and whether that took any time."""
    rows, took = Counter[str](), Counter[str]()
    for one in platform.read("costs"):
        rows[one.value["version"]] += one.value["rows"]
        took[one.value["version"]] += one.value["milliseconds"]
    return {version: (rows[version], took[version] > 0) for version in rows}


def pairs_of(platform: Platform, stream: str) -> list[dict[str, Any]]:
    """Sums over pairs, as they stand at last."""
    profiles = {one.key: one.value for one in platform.read("profiles") if one.value["stream"] == stream}
    return [pair for profile in profiles.values() if profile["version"] == "v2" for pair in profile["pairs"]]


def test_both_answer_and_what_came_of_it_is_told(platform: Platform) -> None:
    answer_with_a_version_in_flight(platform)
    answers = [dict(one.value) | {"shop": one.key} for one in platform.read("predictions", "driftmill.Prediction")]
    arms = Challenger(Amounts("v2"), SHARE).arms([one["shop"] for one in answers]).tolist()
    flown = arms[BEFORE : BEFORE + COUNT]
    expected: list[tuple[str, str, str | None]] = [("baseline", "champion", None)] * BEFORE
    expected += [("v2", "challenger", "v1") if arm else ("v1", "champion", "v2") for arm in flown]
    expected += [("v1", "champion", None)] * AFTER
    assert [(one["model"], one["arm"], one["beside"]) for one in answers] == expected
    shadows = platform.read("predictions.shadow")
    assert [(one.key, one.value["seq"], one.value["model"]) for one in shadows] == [
        (one["shop"], one["seq"], one["beside"]) for one in answers[BEFORE : BEFORE + COUNT]
    ]
    flights = [
        (one.value["challenger"], one.value["share"])
        for one in platform.read("predictions", "driftmill.ModelActivated")
    ]
    assert flights == [("", 0.0), ("v2", SHARE), ("", 0.0)]

    eventually(lambda: costs_of(platform).keys() == {"v1", "v2"})
    costs = costs_of(platform)
    # a batch whose transaction was aborted is scored again
    assert (costs["v1"][0] >= COUNT + AFTER, costs["v2"][0] >= COUNT) == (True, True)
    assert (costs["v1"][1], costs["v2"][1]) == (True, True)
    verified = Verification(platform.settings, platform.pipeline, platform.codec, lambda _topic, _count: None).run()
    assert (verified.paired.holds, verified.paired.checked, verified.paired.pending) == (True, COUNT, 0)

    join(platform, OutcomesStep(platform.pipeline))
    label_all(platform)
    join(platform, OutcomesStep(platform.pipeline))
    outcomes = [one.value for one in platform.read("outcomes", "driftmill.Outcome")]
    assert len(outcomes) == EVENTS
    said = {one.value["seq"]: (one.value["model"], one.value["score"]) for one in shadows}
    paired = [one for one in outcomes if one["beside"] is not None]
    assert {one["seq"]: (one["beside"]["model"], one["beside"]["score"]) for one in paired} == said

    shadow, judged = pairs_of(platform, "shadow"), pairs_of(platform, "paired")
    for sums in (shadow, judged):
        assert {pair["other"] for pair in sums} == {"v1"}
        assert sum(pair["rows"] for pair in sums) == COUNT
        assert sum(pair["answered"] for pair in sums) == sum(flown)
    loss = [((one if one["arm"] == "challenger" else one["beside"])["score"] - one["label"]) ** 2 for one in paired]
    assert math.fsum(pair["error"] for pair in judged) == pytest.approx(math.fsum(loss))
    assert {pair["error"] for pair in shadow} == {0.0}
