"""What is not to be acted on says so on the wire, and outcomes tell acted on, spared and untouched apart."""

import numpy as np
from numpy.typing import NDArray

from services.chassis.stage import Stage
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.exploration import Exploration
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from services.outcomes.step import OutcomesStep
from tests.integration.conftest import MakePlatform
from tests.integration.loop_thread import looping
from tests.integration.test_state import MINUTE, SHOPS, START, publish, step

COUNT = 300
SHOP = '"shop", "type": "string", "doc": "Which shop."},\n    {"name": "returned"'
ACTED = {
    "label: {": "label: {join: label_key, acted: {when: decision, label: censored, explore: 25%}, ",
    SHOP: SHOP.replace("shop", "label_key", 1),
}
"""Labels bring back the key of their answer, too."""


class Alternating(BaselineScorer):
    """Every other event, by its amount, is decided positive."""

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        return np.where(vectors.columns["amount"] % 3 == 0, 0.9, 0.1)


def label(number: int) -> tuple[str, dict[str, object]]:
    at = START + (COUNT + number) * MINUTE
    payload = {"order_id": f"o{number}", "label_key": SHOPS[0], "returned": True, "known_at": at}
    said = {"after_seq": COUNT - 1, "event_id": f"o{number}", "known_at": at, "label": 1.0, "revision": 0}
    return SHOPS[0], said | {"payload": payload}


def test_answers_and_outcomes_tell_what_was_spared(make_platform: MakePlatform) -> None:
    platform = make_platform(ACTED)
    publish(platform, 0, COUNT, SHOPS[:1])
    scorer = Alternating(platform.pipeline)
    with looping(
        platform, "features", step(platform), Stage("inference", InferenceStep(platform.pipeline, lambda: scorer))
    ):
        platform.drained("features", "inference")
    platform.publish("events", "driftmill.LabelAccepted", [label(number) for number in range(COUNT)])
    with looping(platform, "outcomes", OutcomesStep(platform.pipeline)):
        platform.drained("outcomes")
    answers = [one.value for one in platform.read("predictions", "driftmill.Prediction")]
    marks = Exploration(platform.pipeline.name, 4).marks(answer["event_id"] for answer in answers)
    assert [answer["explore"] for answer in answers] == marks
    assert {(answer["propensity"], answer["label_key"]) for answer in answers} == {(0.25, SHOPS[0])}
    told = {one.value["event_id"]: one.value for one in platform.read("outcomes", "driftmill.Outcome")}
    found = [(told[answer["event_id"]]["status"], told[answer["event_id"]]["propensity"]) for answer in answers]
    acted_on, spared, untouched = ("censored", 1.0), ("on_time", 0.25), ("on_time", 1.0)
    expected = [(spared if answer["explore"] else acted_on) if answer["label"] else untouched for answer in answers]
    assert found == expected
    assert {acted_on, spared, untouched} == set(found)
