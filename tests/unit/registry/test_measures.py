"""The numbers of a card."""

from typing import Any

from services.registry.domain.measures import backtest, fairness, measures
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.registry.facts import DAY, facts

PLAIN = facts()["measured"]
(WHOLE,) = PLAIN["findings"]
BY = WHOLE | {"metric": "recall", "against": "", "by": "country", "min_positives": 20, "rows": 300}
APART = BY | {"metric": "equalised_odds", "by": "age_band", "group": "", "rows": 800}


def told(**changes: Any) -> str:
    return "\n".join(measures(facts(measured=PLAIN | changes)))


def test_the_models_measure_and_its_advantage_have_their_intervals() -> None:
    assert "| roc_auc | model | champion | 0.9123 | 0.9 to 0.92 | 0.95 | 7 | 800 |" in told()
    assert "It decides positive from 0.5 on." in told()


def test_numbers_of_groups_stand_apart_from_those_of_all() -> None:
    everything = BY | {"group": "", "by": "age_band", "rows": 800}
    text = told(findings=[WHOLE, BY | {"group": "FR"}, BY | {"group": ""}, APART, everything])
    assert text.count("| recall | ") == 2
    assert "| `country` | FR | recall | 0.9123 | 0.9 to 0.92 | 300 |" in text
    assert "| `country` | no value | recall | 0.9123 | 0.9 to 0.92 | 300 |" in text
    assert "By group" not in told()


def test_decisions_are_counted_and_scores_stand_beside_what_came_true() -> None:
    counts = {"true_positives": 60, "false_positives": 1_200, "false_negatives": 30, "true_negatives": 510}
    bins = [{"bin": 3, "rows": 1_800, "score": 0.05, "positive_rate": 0.0625}]
    text = told(confusion=counts, reliability=bins)
    assert "| true positives | false positives | false negatives | true negatives |" in text
    assert "| 60 | 1,200 | 30 | 510 |" in text
    assert "| 1,800 | 0.05 | 0.0625 |" in text
    assert "came true" not in told()


def test_fairness_is_measured_between_declared_groups_or_said_not_to_be() -> None:
    declared = pipeline_named("payments", PAYMENTS)
    measured = facts(measured=PLAIN | {"findings": [WHOLE, APART]})
    text = "\n".join(fairness(measured, declared))
    assert "Never inputs, and measured by: `age_band`." in text
    assert "| `age_band` | equalised_odds | 0.9123 | 0.9 to 0.92 | 800 |" in text
    assert "No two of their groups had enough rows" in "\n".join(fairness(facts(), declared))
    assert "No field is declared" in "\n".join(fairness(facts(), pipeline_named("small")))


def test_what_it_would_have_been_at_earlier_times_is_told_where_that_was_asked_for() -> None:
    small = pipeline_named("small")
    counts = {"begin": 0, "end": DAY, "trained": 1_200, "rows": 300, "positives": 40}
    none = dict.fromkeys(("value", "baseline", "prior"))
    tried = counts | {"value": 0.81, "baseline": 0.7, "prior": 0.5, "lacking": ""}
    text = "\n".join(backtest(facts(backtest=[counts | none | {"lacking": "3 of 20 rows"}, tried]), small))
    cells = "| 1970-01-01 00:00 | 1970-01-02 00:00 | 1,200 | 300 | 40 |"
    assert f"{cells} 3 of 20 rows | – | – |\n{cells} 0.81 | 0.7 | 0.5 |" in text
    assert list(backtest(facts(), small)) == []


def test_a_budget_of_decisions_is_told_with_what_it_came_to() -> None:
    text = "\n".join(measures(facts(budget={"at_most": "200/day", "decided": 187.25})))
    assert "At most 200/day may be; on the hold-out 187.2 were in such a period, in the mean." in text
    assert "At most" not in told()
