"""What is worse than the model that answers never takes its place."""

import numpy as np
import pytest

from services.registry.domain.acceptance import Case, judge
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Floats, Rows
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.interval import Answers
from services.training.domain.measurement import Champion, Measured, Wanted, measure
from tests.learning.test_candidate import ABOVE_BASELINE, ABOVE_BOTH, FRESH, learnt, prior
from tests.unit.training.rows import DAY, NUMBERS, made_rows, made_task, relabelled

HOLDOUT = 46 * DAY


def accepted(measured: Measured) -> dict[str, bool]:
    """By the gate that asks for a better model, and by the one that asks for no worse one."""
    case = Case(measured.to_dict(), measured.champion)
    return {"better": judge(ABOVE_BOTH, case).accepted, "fresh": judge(FRESH, case).accepted}


def known(rows: Rows) -> Floats:
    """What the label of these rows depends on, as odds."""
    number = np.nan_to_num(rows.inputs[NUMBERS[0]].to_numpy(np.float64))
    country = (rows.inputs["country"] == "NO").to_numpy(np.float64)
    odds: Floats = 2 * (number + 0.5 * country - 0.5)
    return odds


def chance(odds: Floats) -> Floats:
    scores: Floats = 1 / (1 + np.exp(-odds))
    return scores


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_worse_model_never_passes(seed: int) -> None:
    rows, rng = made_rows(days=14, a_day=30, seed=seed), np.random.default_rng(seed)
    odds = known(rows)
    champion = Champion("v1", 0, Answers(chance(odds), 0.5))
    worse = Answers(chance(odds + rng.normal(0, 2, len(rows))), 0.5)
    rivals = {name: Answers(prior(rows), 0.5) for name in ("baseline", "prior")}
    measured = measure(rows, worse, rivals, champion, (Wanted("roc_auc", 0.95, DAY),), seed)
    assert judge(ABOVE_BASELINE, Case(measured.to_dict(), "v1")).accepted
    assert accepted(measured) == {"better": False, "fresh": False}


def test_of_twenty_equals_those_that_win_by_noise_are_refused() -> None:
    """Champion and challengers know the same, each with errors of its own: half of them seem better."""
    rows, rng = made_rows(days=28, a_day=30, seed=1), np.random.default_rng(4)
    rivals = {name: Answers(prior(rows), 0.5) for name in ("baseline", "prior")}
    seemed, accepted = [], []
    for attempt in range(1, 21):
        champion, equal = (Answers(chance(known(rows) + rng.normal(0, 0.5, len(rows))), 0.5) for _ in range(2))
        asked = (Wanted("roc_auc", 0.95, DAY),)
        told = measure(rows, equal, rivals, Champion("v1", 0, champion), asked, attempt).to_dict()
        verdict = judge(ABOVE_BOTH, Case(told, "v1", attempt))
        (advantage,) = [one for one in verdict.criteria if one.name == "roc_auc above champion"]
        seemed.append(advantage.value is not None and advantage.value > 0)
        accepted.append(verdict.accepted)
    assert sum(seemed) >= 5
    assert not any(accepted)


@pytest.fixture(scope="module")
def clean() -> tuple[Rows, Champion]:
    """Rows, and a champion that learnt from others like them."""
    rows = made_rows(a_day=20)
    scores = OnnxScorer(learnt(made_rows(a_day=20, seed=5)).content).scores(rows.inputs)
    return rows, Champion("v1", HOLDOUT, Answers(scores, 0.5))


@pytest.mark.parametrize("until", [HOLDOUT, 60 * DAY])
@pytest.mark.parametrize("seed", range(3))
def test_what_learns_from_poisoned_labels_never_replaces_what_learnt_from_clean_ones(
    clean: tuple[Rows, Champion], seed: int, until: int
) -> None:
    """A fifth of the labels is turned round: of what is learnt from, or of all rows, those that measure too."""
    rows, champion = clean
    flipped = (np.random.default_rng(seed).random(len(rows)) < 0.2) & (rows.event_time < until)
    poisoned = relabelled(rows, np.where(flipped, 1 - rows.label, rows.label).astype(np.int8))
    verdicts = {}
    for family in ("logistic", "hist_boosting"):
        found = evaluate(poisoned, made_task((family,)), prior(rows), champion)
        assert isinstance(found, Evaluation)
        verdicts[family] = accepted(found.measured)
    assert not any(verdict["better"] for verdict in verdicts.values())
    assert not verdicts["hist_boosting"]["fresh"]  # a line hardly minds labels turned at random, trees do
