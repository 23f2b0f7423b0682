"""What wrong decisions cost, from the features that were answered with."""

import numpy as np

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.layout import Layout
from services.contracts.pipeline.model import Cost
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.pricing import Pricing
from tests.unit.outcomes.log import pipeline

LAYOUT = Layout(("age", "amount"), ("region",), {})


def wrong(label: float, amount: float, feature_set: str = "f1", weight: int = 1) -> Answer:
    numbers = np.array([40, amount], "<f4").tobytes()
    open_one = Answer(0, "e", "p", 0, (), 0.2, False, "m1", feature_set, numbers, ("north",), weight)
    return open_one.restated("on_time", label, 5)


def test_a_cost_is_a_number_or_follows_from_the_features() -> None:
    pricing = Pricing(Cost(missed="amount * 2", false_alarm=3.0), LAYOUT, "f1")
    answers = [wrong(1.0, 50), wrong(0.0, 50), wrong(1.0, np.nan), wrong(1.0, -4), wrong(1.0, 7, weight=10)]
    assert pricing.amounts(answers) == [100.0, 3.0, 0.0, 0.0, 140.0]
    assert pricing.amounts([]) == []


def test_a_cost_may_follow_from_a_category() -> None:
    pricing = Pricing(Cost(missed=1.0, false_alarm="region == 'north'"), LAYOUT, "f1")
    assert pricing.amounts([wrong(0.0, 50)]) == [1.0]


def test_what_was_answered_with_other_features_has_no_price_unless_it_is_a_number() -> None:
    pricing = Pricing(Cost(missed="amount", false_alarm=3.0), LAYOUT, "f1")
    assert pricing.amounts([wrong(1.0, 50, "f0"), wrong(0.0, 50, "f0")]) == [None, 3.0]


def test_where_the_file_does_not_say_it_there_is_no_price() -> None:
    assert Pricing.of(pipeline()) is None
    texts = dict(pipeline().texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(
        "model: {", "model: {decide: {cost: {missed: amount, false_alarm: 3}}, "
    )
    said = Pipeline.from_texts(texts)
    found = Pricing.of(said)
    assert found is not None
    assert (found.cost.missed, found.feature_set) == ("amount", said.resolved.feature_set)
