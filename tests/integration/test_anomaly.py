"""Without labels all services go the whole way: a clean stretch, a model that is tried and released, what it flags."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.broker.local import Endpoints
from services.contracts.partition import partition_of
from services.contracts.record import Value
from tests.eventually import eventually
from tests.laws.pumps import ALL, CLEAN, EVENTS, EVERY, START, reading
from tests.platform import ROOT, Platform, pipeline_named

SERVICES = ("validation", "features", "inference", "outcomes", "lake", "monitoring", "training", "registry")
ANSWERING = SERVICES[:4]
STRETCHES = (CLEAN + 40, CLEAN + 320, CLEAN + 600, EVENTS)
"""Ends of them: the clean time, two in which the version is tried, and one with odd readings."""
PUMPS = sorted(ALL, key=lambda name: partition_of(name.encode(), 2))
ENDS = PUMPS[0], PUMPS[-1]
"""One in each partition."""

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix, ROOT / "tests" / "pipelines" / "pumps"), tmp_path / "home")
    yield made
    made.close()


def is_odd(number: int) -> bool:
    return number >= STRETCHES[2] and number % 20 == 7


def play(platform: Platform, stretch: int, chance: random.Random) -> None:
    """A stretch; then it is told in each partition how far time has come."""
    first, end = (0, *STRETCHES)[stretch], STRETCHES[stretch]
    readings = [reading(number, chance, is_odd(number), PUMPS) for number in range(first, end)]
    platform.publish("events.raw", "pumps.Reading", [(one["pump"], one) for one in readings])
    time = {"time": START + end * EVERY}
    platform.publish("events.raw", "driftmill.Tick", [(pump, time) for pump in ENDS])
    platform.drained(*ANSWERING, within=300)


def moves(platform: Platform) -> list[str]:
    return [one.value["to_state"] for one in platform.read("models.history", "driftmill.ModelMoved")]


def answers_of(platform: Platform) -> dict[int, Value]:
    return {int(one.value["event_id"][1:]): one.value for one in platform.read("predictions", "driftmill.Prediction")}


def test_a_clean_stretch_makes_a_model_that_is_released_and_flags_what_is_odd(platform: Platform) -> None:
    for service in SERVICES:
        platform.start(service)
    chance = random.Random(5)
    play(platform, 0, chance)
    eventually(lambda: moves(platform)[-1:] == ["shadow"], 300)
    platform.followed(60)
    play(platform, 1, chance)
    eventually(lambda: moves(platform)[-1:] == ["canary"], 300)
    platform.followed(60)
    play(platform, 2, chance)
    eventually(lambda: moves(platform)[-1:] == ["champion"], 300)
    platform.followed(60)
    play(platform, 3, chance)

    answers = answers_of(platform)
    assert len(answers) == EVENTS
    assert {answers[number]["model"] for number in range(STRETCHES[1])} == {"baseline"}
    assert not any(answers[number]["label"] for number in range(STRETCHES[1]))
    by_version = range(STRETCHES[1], EVENTS)
    assert {answers[number]["model"] for number in by_version} == {"v1"}
    clean = [answers[number]["label"] for number in range(STRETCHES[1], STRETCHES[2])]
    odd = [answers[number]["label"] for number in by_version if is_odd(number)]
    assert sum(clean) / len(clean) < 0.05
    assert sum(odd) / len(odd) > 0.6
    (released,) = [
        one for one in platform.read("models.history", "driftmill.ModelMoved") if one.value["to_state"] == "champion"
    ]
    assert {one["name"] for one in released.value["criteria"]} >= {"errors", "score_shift", "decision_rate"}
    assert [one.value["outcome"] for one in platform.read("runs", "driftmill.RunFinished")] == ["candidate"]
    outcomes = platform.read("outcomes", "driftmill.Outcome")
    assert {(one.value["status"], one.value["label"]) for one in outcomes} == {("missing", None)}
    assert not any(platform.read(f"deadletters.{service}") for service in (*ANSWERING, "training", "registry"))
