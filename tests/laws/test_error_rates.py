"""Where nothing has changed and nothing can be learnt, alarms and releases are as rare as stated."""

import numpy as np

from services.monitoring.domain.alert import Raised
from services.registry.domain.acceptance import Case, judge
from services.training.adapters.candidate import Candidate
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Rows
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion
from tests.learning.test_candidate import ABOVE_BASELINE, ABOVE_BOTH, FRESH, learnt, prior
from tests.unit.monitoring.story import model, story, watched
from tests.unit.monitoring.test_line import told
from tests.unit.monitoring.test_watch import raised
from tests.unit.training.rows import DAY, made_rows, made_task, relabelled


def test_stationary_streams_alarm_far_less_often_than_stated() -> None:
    # one a week is stated: 28 in four times 50 days
    alarms = [alert for seed in range(4) for alert in raised(watched(story(50, seed=seed), model()))]
    assert len(alarms) <= 2


def test_without_a_change_a_release_raises_nothing() -> None:
    told_of = [fact for seed in range(5) for fact in told(80, change=1000, seed=seed)]
    assert [fact for fact in told_of if isinstance(fact, Raised) and fact.version == "m2"] == []


def blurred(true: Candidate, rows: Rows) -> Champion:
    """A model that knows the truth, and doesn't see it well."""
    noise = np.random.default_rng(1).normal(0, 0.7, len(rows))
    return Champion("v1", 46 * DAY, Answers(OnnxScorer(true.content).scores(rows.inputs) + noise, 0.5))


def test_twenty_retrains_on_shuffled_labels_release_nothing_and_then_a_true_improvement_passes() -> None:
    """Neither by the baseline alone, nor against a champion; the allowed error is spent over all of them, and what is
    left is enough for a model that ranks a fifth better than the champion."""
    rows, true = made_rows(a_day=15), learnt(made_rows(a_day=15, seed=5))
    champion = blurred(true, rows)
    released = []
    for seed in range(20):
        label = np.random.default_rng(seed).permutation(rows.label)
        found = evaluate(relabelled(rows, label), made_task(), prior(rows), champion)
        if isinstance(found, Evaluation):
            measured = found.measured.to_dict()
            case = Case(measured, measured["champion"], seed + 1)
            released += [judge(accept, case).accepted for accept in (ABOVE_BASELINE, FRESH)]
    assert released
    assert not any(released)
    rows = made_rows(a_day=60)
    improved = evaluate(rows, made_task(), prior(rows), blurred(true, rows))
    assert isinstance(improved, Evaluation)
    measured = improved.measured.to_dict()
    values = {one["who"]: one["value"] for one in measured["findings"] if not one["against"]}
    assert values["model"] / values["champion"] > 1.2
    assert judge(ABOVE_BOTH, Case(measured, measured["champion"], 21)).accepted
