"""Where nothing has changed and nothing can be learnt, alarms and releases are as rare as stated."""

import numpy as np

from services.monitoring.domain.alert import Raised
from services.registry.domain.acceptance import Case, judge
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion
from tests.unit.monitoring.story import model, story, watched
from tests.unit.monitoring.test_line import told
from tests.unit.monitoring.test_watch import raised
from tests.unit.training.rows import DAY, made_rows, made_task, relabelled
from tests.unit.training.test_candidate import ABOVE_BASELINE, FRESH, learnt, prior


def test_stationary_streams_alarm_far_less_often_than_stated() -> None:
    # one a week is stated: 28 in four times 50 days
    alarms = [alert for seed in range(4) for alert in raised(watched(story(50, seed=seed), model()))]
    assert len(alarms) <= 2


def test_without_a_change_a_release_raises_nothing() -> None:
    told_of = [fact for seed in range(5) for fact in told(80, change=1000, seed=seed)]
    assert [fact for fact in told_of if isinstance(fact, Raised) and fact.version == "m2"] == []


def test_twenty_retrains_on_shuffled_labels_release_nothing() -> None:
    """Neither by the baseline alone, nor against a champion; the allowed error is spent over all of them."""
    rows = made_rows(a_day=15)
    true = learnt(made_rows(a_day=15, seed=5))
    scores = OnnxScorer(true.content).scores(rows.inputs)
    champion = Champion("v1", 46 * DAY, Answers(scores, 0.5))
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
