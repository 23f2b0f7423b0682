"""Inference follows `models`: what isn't signed, whole and about itself is never served."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.broker.local import Endpoints
from services.chassis.store import Store
from tests.eventually import eventually
from tests.integration.test_loop import vectors
from tests.model import decided_otherwise, published
from tests.platform import Platform, pipeline_named

Value = dict[str, Any]


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def say(platform: Platform, value: Value) -> None:
    platform.publish("models", "driftmill.ModelPublished", [("champion", value)])


def models_of(platform: Platform) -> list[str]:
    answers = platform.read("predictions", "driftmill.Prediction")
    return [record.value["model"] for record in sorted(answers, key=lambda record: record.value["seq"])]


def answer(platform: Platform, first: int, count: int = 20) -> set[str]:
    """Versions that answer the next vectors, once inference has followed everything said so far."""
    platform.followed()
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, first, count))
    platform.drained("inference")
    return set(models_of(platform)[first:])


def unsigned(value: Value) -> Value:
    return value | {"signature": b""}


def foreign(value: Value) -> Value:
    return value | {"signature": Ed25519PrivateKey.generate().sign(value["manifest"])}


def edited(value: Value) -> Value:
    return value | {"manifest": value["manifest"].replace(b'"threshold":0.5', b'"threshold":0.9')}


def swapped(value: Value) -> Value:
    return value | {"version": "v9"}


def absent(value: Value) -> Value:
    return value | {"model_uri": "models/nowhere.onnx"}


def test_only_a_signed_whole_model_is_served_and_the_last_good_one_goes_on(platform: Platform) -> None:
    store, keys = Store(platform.settings.store_url), platform.settings.home / "keys"
    first = published(platform.pipeline, store, keys, "v1", 1)
    child = platform.start("inference")
    assert answer(platform, 0) == {"baseline"}

    spoiled: list[Callable[[Value], Value]] = [unsigned, foreign, edited, swapped, absent]
    for spoil in spoiled:
        say(platform, spoil(first))
    assert answer(platform, 20) == {"baseline"}

    say(platform, first)
    assert answer(platform, 40) == {"v1"}

    second = published(platform.pipeline, store, keys, "v2", 2, seed=1)
    store.put(second["model_uri"], b"cut off")
    say(platform, second)
    assert answer(platform, 60) == {"v1"}

    platform.kill(child)
    say(platform, first)
    platform.start("inference")
    assert answer(platform, 80) == {"v1"}

    decided = decided_otherwise(first, keys, 2, 0.9)
    say(platform, decided | {"policy": decided["policy"].replace(b":0.9", b":0.1")})
    assert answer(platform, 100) == {"v1"}
    say(platform, decided)
    assert answer(platform, 120) == {"v1"}

    platform.publish_tombstone("models", "champion")
    assert answer(platform, 140) == {"baseline"}
    activations = [r.value for r in platform.read("predictions", "driftmill.ModelActivated")]
    assert {(one["model"], one["policy"]) for one in activations} == {("baseline", ""), ("v1", "p1"), ("v1", "p2")}
    assert eventually(lambda: len(models_of(platform)) == 160)
    policies = {r.value["seq"]: r.value["policy"] for r in platform.read("predictions", "driftmill.Prediction")}
    assert {policies[seq] for seq in range(40, 120)} == {"p1"}
    assert {policies[seq] for seq in range(120, 140)} == {"p2"}
