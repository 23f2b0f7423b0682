import numpy as np
import pytest

from services.contracts.baseline import BASELINE, BASELINE_THRESHOLD
from services.contracts.pipeline import Pipeline
from services.inference.domain.baseline import BaselineScorer
from tests.unit.inference.scene import pipeline, vectors

PRIOR = 0.25


def scores(baseline: str, *amounts: float, country: str = "DE") -> list[float]:
    return list(BaselineScorer(pipeline(baseline)).scores(vectors(*amounts, country=country)))


def test_the_prior_is_the_same_score_for_every_row() -> None:
    assert scores("prior", 1.0, -5.0, np.nan) == [PRIOR] * 3


def test_a_rule_says_yes_or_no() -> None:
    assert scores("{rule: amount > 100}", 99.0, 100.0, 101.0) == [0.0, 0.0, 1.0]


def test_a_rule_may_ask_for_a_category() -> None:
    assert scores("{rule: country == 'NO'}", 1.0, 2.0, country="NO") == [1.0, 1.0]
    assert scores("{rule: country == 'NO'}", 1.0, country="DE") == [0.0]


def test_a_rule_that_gives_a_number_is_the_score_held_between_0_and_1() -> None:
    assert scores("{rule: amount / 200}", 50.0, 400.0, -400.0) == [0.25, 1.0, 0.0]


def test_a_rule_is_calculated_in_double_precision() -> None:
    found = scores("{rule: amount / 3}", 1.0)
    assert found == [1 / 3]
    assert found != [float(np.float32(1 / 3))]


def test_the_last_value_of_a_number_is_the_score() -> None:
    assert scores("{last: amount}", 0.0, 0.5, 1.0, 7.0) == [0.0, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("baseline", ["{last: amount}", "{rule: amount / 200}"])
def test_where_the_baseline_has_nothing_to_go_by_the_prior_answers(baseline: str) -> None:
    first, second = scores(baseline, np.nan, 1000.0)
    assert (first, second) == (PRIOR, 1.0)


@pytest.mark.parametrize("baseline", ["prior", "{last: amount}", "{rule: amount > 100}"])
def test_no_rows_have_no_scores(baseline: str) -> None:
    assert scores(baseline) == []


def test_it_answers_under_its_own_name_and_without_a_file() -> None:
    scorer = BaselineScorer(pipeline())
    assert (scorer.version, scorer.digest, scorer.threshold) == (BASELINE, "", BASELINE_THRESHOLD)


def test_of_a_regression_the_value_is_the_answer_and_nothing_is_decided() -> None:
    texts = dict(pipeline("{last: amount}").texts)
    target, number = "{field: bad, positive: true, prior: 0.25}", "{field: loss, kind: regression, prior: 9}"
    said = texts["pipeline.yaml"].replace(target, number)
    label = texts["label.avsc"].replace('"bad", "type": "boolean"', '"loss", "type": "double"')
    scorer = BaselineScorer(Pipeline.from_texts(texts | {"pipeline.yaml": said, "label.avsc": label}))
    assert list(scorer.scores(vectors(412.0, -3.0, np.nan))) == [412.0, -3.0, 9.0]
    assert scorer.threshold is None
