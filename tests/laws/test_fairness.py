"""A model that treats groups differently is not released where the file asks for fairness, and another is."""

from dataclasses import replace

import numpy as np

from services.contracts.pipeline.evaluate import Criterion as Asked
from services.registry.domain.acceptance import Case, Verdict, judge
from services.training.domain.cohort import Rows
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.measurement import Wanted
from tests.learning.test_candidate import prior
from tests.unit.training.rows import DAY, made_rows, made_task, relabelled

FAIR = Asked.model_validate({"metric": "equalised_odds", "by": "country", "at_most": 0.2, "min_positives": 20})
FOUND = Asked.model_validate({"metric": "recall", "by": "country", "at_least": 0.4, "min_positives": 20})


def verdict(rows: Rows, asked: Asked) -> Verdict:
    grouped = replace(rows, groups={"country": rows.inputs["country"].to_numpy(object)})
    task = made_task()
    wanted = Wanted(asked.metric, asked.confidence, DAY, "country", 20)
    found = evaluate(grouped, replace(task, wanted=(*task.wanted, wanted)), prior(rows), None)
    assert isinstance(found, Evaluation)
    return judge((asked,), Case(found.measured.to_dict(), None))


def test_who_suspects_a_group_for_what_it_is_is_refused() -> None:
    rows = made_rows(a_day=120)
    suspected = (rows.inputs["country"] == "NO") & (np.random.default_rng(1).random(len(rows)) < 0.7)
    biased = relabelled(rows, np.where(suspected, 1, rows.label).astype(np.int8))
    assert not verdict(biased, FAIR).accepted
    assert "equalised_odds by country at most 0.2: fails" in verdict(biased, FAIR).criteria[0].detail


def test_who_decides_of_all_groups_alike_is_accepted() -> None:
    rows = made_rows(a_day=120)
    anyone = rows.inputs.assign(country=np.random.default_rng(1).permutation(rows.inputs["country"].to_numpy(object)))
    assert verdict(replace(rows, inputs=anyone), FAIR).accepted


def test_who_overlooks_a_group_is_refused_however_good_it_is_of_the_others() -> None:
    rows = made_rows(a_day=120, strength=4.0)
    rare = np.random.default_rng(1).random(len(rows)) < 0.1
    unforeseeable = np.where(rows.inputs["country"] == "FR", rare, rows.label).astype(np.int8)
    assert verdict(rows, FOUND).accepted
    refused = verdict(relabelled(rows, unforeseeable), FOUND)
    assert not refused.accepted
    assert "of FR, the worst of 3 groups" in refused.criteria[0].detail
