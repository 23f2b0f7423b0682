"""A model that replaces another without an alert is watched on from where its predecessor was."""

import numpy as np

from services.monitoring.domain.alert import Fact, Raised
from services.monitoring.domain.watch import Watch
from tests.unit.monitoring.story import MATURITY, at, errors, model, policy, profile

SECOND = 40
"""Day at whose end m2 takes over from m1, which has answered since day 16."""


def told(days: int, change: int, seed: int = 0, second: int = SECOND) -> list[Fact]:
    """Facts on quality: both models find three of four positives, from `change` on one in five."""
    rng, watch = np.random.default_rng(seed), Watch(policy())
    facts: list[Fact] = watch.adopt(model())
    for day in range(17, days):
        if day == second + 1:
            facts += watch.adopt(model("m2", second, 2))
        matured = day - MATURITY
        for partition in (0, 1):
            facts += watch.update(profile("inputs", day, "", partition, 400))
            if matured > 16:
                version, recall = "m2" if matured > second else "m1", 0.2 if matured >= change else 0.75
                sums = errors(rng, matured, 400, recall)
                known = profile("quality", matured, version, partition, 400, errors=sums, closed_at=at(day + 1))
                facts += watch.update(known)
    return [fact for fact in facts if not isinstance(fact, Raised) or fact.kind == "quality"]


def test_a_change_on_the_day_of_a_release_is_found_before_the_new_model_has_a_season_of_its_own() -> None:
    (alert,) = told(SECOND + 10, change=SECOND)
    assert isinstance(alert, Raised)
    assert alert.version == "m2"
    assert alert.change is not None
    assert abs(alert.change.point - at(SECOND)) < at(1) - at(0)


def test_a_model_that_comes_while_an_alert_stands_is_judged_by_what_it_does_itself() -> None:
    facts = told(SECOND + 25, change=SECOND - 10)
    assert [fact.version for fact in facts if isinstance(fact, Raised)] == ["m1"]
