"""Who takes a partition over lives up to what its last owner told, before it works."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.broker.local import Endpoints
from services.chassis.errors import TransientError
from services.chassis.loop import Loop
from services.chassis.stage import Stage
from services.chassis.succession import Succession
from services.inference.domain.baseline import BaselineScorer
from services.inference.step import InferenceStep
from tests.eventually import eventually
from tests.integration.loop_thread import LoopThread
from tests.integration.test_loop import answered, vectors
from tests.platform import Platform, pipeline_named


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


class Owner(Succession):
    """An owner of all partitions that has followed `models` up to `position`."""

    def __init__(self, platform: Platform, position: int) -> None:
        self.position, self.heard, self.may = position, list[str](), threading.Event()
        scorer = BaselineScorer(platform.pipeline)
        step = InferenceStep(platform.pipeline, lambda: scorer)
        self.thread = LoopThread(platform, "inference", step)
        self.thread.loop = Loop(self.thread.context, [Stage("inference", step, self)])
        self.thread.start()

    def told(self) -> str:
        return f"models={self.position}"

    def heed(self, told: str) -> None:
        self.heard.append(told)
        if told and not self.may.is_set():
            raise TransientError(f"not as far as {told}")

    def end(self) -> None:
        self.thread.context.stop.set()
        assert self.thread.end() is None


def test_nothing_is_answered_before_the_new_owner_is_as_far_as_the_last(platform: Platform) -> None:
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 50))
    first = Owner(platform, 7)
    platform.drained("inference")
    first.end()
    assert set(first.heard) == {""}
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 50, 50))
    second = Owner(platform, 9)
    eventually(lambda: len(second.heard) > 1, 30)
    assert set(second.heard) == {"models=7"}
    assert second.thread.context.health.reason == "not as far as models=7"
    assert len(answered(platform)) == 50
    second.may.set()
    platform.drained("inference")
    second.end()
    assert len(answered(platform)) == 100
