"""Stages that share a loop: what they refuse, what ends them, and where their dead letters point."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.broker.local import Endpoints
from services.chassis.errors import TwinRunning
from services.chassis.stage import Stage
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from tests.eventually import eventually
from tests.integration.loop_thread import LoopThread, looping, refusal
from tests.integration.test_loop import answered
from tests.integration.test_state import assert_right, publish, step, vectors, worked
from tests.platform import Platform, pipeline_named


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


class Picky(BaselineScorer):
    """A model that has no score for odd rows."""

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        scores = super().scores(vectors).copy()
        scores[1::2] = np.nan
        return scores


def inference(platform: Platform, scorer: type[BaselineScorer] = BaselineScorer) -> Stage:
    made = scorer(platform.pipeline)
    return Stage("inference", InferenceStep(platform.pipeline, lambda: made))


def test_a_dead_letter_between_stages_names_the_record_that_came_with_it(platform: Platform) -> None:
    publish(platform, 0, 100)
    with looping(platform, "features", step(platform), inference(platform, Picky)):
        platform.drained("features", "inference")
    assert_right(platform, 100)
    lain = {(one.partition, one.offset): one for one in vectors(platform)}
    letters = platform.read("deadletters.inference")
    assert len(letters) > 30
    for letter in (one.value for one in letters):
        named = lain[letter["source_partition"], letter["source_offset"]]
        assert letter["source_topic"] == "features"
        assert (letter["raw_key"], letter["raw_value"]) == (named.raw_key, named.raw_value)
        assert letter["appended_at"] == named.timestamp


def test_what_a_later_stage_has_not_worked_off_is_refused(platform: Platform) -> None:
    publish(platform, 0, 3)
    worked(platform)
    told = refusal(platform, "features", step(platform), inference(platform))
    assert told.startswith("Refused")
    assert "inference has not processed. Run inference by itself" in told
    assert answered(platform) == []


def test_a_service_beside_it_ends_it_before_anything_is_doubled(platform: Platform) -> None:
    publish(platform, 0, 200)
    together = LoopThread(platform, "features", step(platform), inference(platform))
    together.start()
    platform.drained("features", "inference")
    alone = LoopThread(platform, "inference", inference(platform).step)
    alone.start()
    assert isinstance(together.end(), TwinRunning)
    with looping(platform, "features", step(platform)):
        publish(platform, 200, 200)
        platform.drained("features", "inference")
    alone.context.stop.set()
    assert alone.end() is None
    assert sorted(answered(platform)) == sorted(f"o{number}" for number in range(400))


def test_a_partition_that_another_process_holds_for_a_stage_waits(platform: Platform) -> None:
    publish(platform, 0, 100)
    with looping(platform, "features", step(platform), inference(platform)) as together:
        platform.drained("features", "inference")
        child = platform.start("inference", 1)
        eventually(lambda: "another process" in together.context.health.reason, 60)
        publish(platform, 100, 100)
        platform.kill(child)
        platform.drained("features", "inference")
        eventually(lambda: together.context.health.is_ready, 60)
    assert sorted(answered(platform)) == sorted(f"o{number}" for number in range(200))
