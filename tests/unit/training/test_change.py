"""What has changed since the last run learnt."""

import pytest

from services.contracts.pipeline import Pipeline
from services.training.domain.change import Change, change_of
from services.training.domain.history import History, Run
from services.training.domain.recipe import recipe
from tests.unit.training.story import pipeline


def applied(asked: str, learners: str = "[logistic]", inputs: str = "[amount]") -> Pipeline:
    """The pipeline with other learners and inputs, that asks for a run where these parts have changed."""
    model = f"model: {{inputs: {inputs}, optimise: roc_auc, learners: {learners}}}"
    return pipeline(model=model, retrain=f"retrain: {{when: [{{changed: {asked}}}]}}")


def ran(*runs: tuple[Pipeline, str]) -> History:
    """A run at each clock 0, 1, 2…: what it learnt by, and its outcome."""
    made = []
    for clock, (learnt_by, outcome) in enumerate(runs):
        digests = recipe(learnt_by)
        run = Run(
            f"r{clock}", "labels", None, None, clock, 0, 0, "v1", [], digests["features"], digests["model"], outcome
        )
        made.append(run)
    return History(runs=made)


@pytest.mark.parametrize(
    ("asked", "said", "parts"),
    [
        ("[features, model]", {}, ("features", "model")),
        ("features", {}, ("features",)),
        ("[model]", {}, ("model",)),
        ("features", {"inputs": "[amount, kind, shop.*]"}, None),
        ("model", {"learners": "[logistic, hist_boosting]"}, None),
    ],
)
def test_only_parts_that_are_named_and_differ_count(asked: str, said: dict[str, str], parts: tuple[str] | None) -> None:
    found = change_of(applied(asked, **said), ran((pipeline(), "candidate")))
    assert (found and found.parts) == parts


def test_nothing_has_changed_for_one_who_does_not_ask() -> None:
    other = pipeline(model="model: {inputs: [amount]}")
    assert change_of(other, ran((pipeline(), "candidate"))) is None


@pytest.mark.parametrize("outcome", ["candidate", "baseline_suffices", "failed"])
def test_a_change_is_over_with_the_first_run_that_learnt_by_it(outcome: str) -> None:
    now = applied("model")
    assert change_of(now, ran((pipeline(), "candidate"), (now, outcome))) is None


def test_runs_that_found_too_few_rows_leave_it_open_and_the_first_of_them_is_told() -> None:
    now = applied("model")
    tried = ran((pipeline(), "not_enough"), (now, "not_enough"), (pipeline(), "no_evidence"), (now, "not_enough"))
    assert change_of(now, tried) == Change(("model",), 1)


def test_what_runs_of_earlier_versions_learnt_by_is_not_guessed() -> None:
    history = History(runs=[Run("r", "labels", None, None, 0, 0, 0, "v1", outcome="candidate")])
    assert change_of(applied("model"), history) is None
    assert change_of(applied("model"), History()) is None
