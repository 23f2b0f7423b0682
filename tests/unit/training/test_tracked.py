"""A run as trackers hold it."""

from services.training.domain.tracked import Measure, tracked
from tests.mlflow.story import LOG, finished, started
from tests.unit.registry.facts import facts

PLAIN = facts()["measured"]
(OVER,) = PLAIN["findings"]
OWN = OVER | {"against": "", "value": 0.8, "low": None, "high": None}


def test_parameters_tell_what_it_was_made_of_and_by() -> None:
    run = tracked(started("r1", "v1"), finished("r1", "v1"), {}, facts())
    assert (run.run_id, run.name, run.failed) == ("r1", "v1", False)
    told = {"trigger": "labels", "rows": "900", "learner.family": "logistic", "learner.C": "0.1", "seed": "7"}
    assert told.items() <= run.params.items()
    assert run.params["trained_through"] == "1970-01-28T00:00:00+00:00"
    assert "champion" not in run.params
    assert run.tags == {"driftmill.outcome": "candidate", "driftmill.reason": "because"}


def test_each_measure_is_named_by_whose_it_is_and_has_its_interval() -> None:
    group = OWN | {"by": "country", "group": "Côte d'Ivoire: all"}
    between = OWN | {"metric": "equalised_odds", "by": "country", "group": ""}
    found = [OWN, OWN | {"value": 0.1}, OVER, OWN | {"who": "baseline", "value": None}, group, between]
    run = tracked(started("r1", "v1"), finished("r1", "v1"), {"measured": PLAIN | {"findings": found}}, None)
    assert [(one.name, one.value) for one in run.measures] == [
        ("roc_auc", 0.8),
        ("roc_auc.over.champion", 0.91234),
        ("roc_auc.over.champion.low", 0.9),
        ("roc_auc.over.champion.high", 0.92),
        ("roc_auc.country.Côte d_Ivoire_ all", 0.8),
        ("equalised_odds.country.between", 0.8),
    ]


def test_trials_are_a_series() -> None:
    run = tracked(started("r1", "v1"), finished("r1", "v1"), {"trials": LOG}, None)
    assert run.measures == (Measure("validation", 0.7, 0), Measure("validation", 0.8, 2))


def test_a_failed_run_has_what_there_is() -> None:
    run = tracked(started("r2", "v2"), finished("r2", None), {"log": ["no"]}, None)
    assert (run.name, run.failed, run.measures) == ("r2", True, ())
