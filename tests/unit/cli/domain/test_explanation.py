"""Why an answer has its score, in words."""

from typing import Any

from services.cli.domain.explanation import explanation
from services.contracts.page import bars, page

MODEL: dict[str, Any] = {
    "prediction": "p1",
    "model": "v3",
    "model_digest": "ab12",
    "served": 0.75,
    "score": 0.75,
    "decision": True,
    "threshold": 0.31,
    "base": 0.0125,
    "rows": 64,
    "exact": False,
    "features": [
        {
            "feature": "terminal.risk",
            "adds": 0.8,
            "values": {"terminal.risk.mean.1d": 0.5, "terminal.risk.mean.7d": None},
        },
        {"feature": "country", "adds": -0.0625, "values": {"country": "N|O"}},
        {"feature": "row.hour", "adds": 0.0, "values": {"row.hour": 23.0}},
    ],
}
BASELINE: dict[str, Any] = {
    "prediction": "p2",
    "model": "baseline",
    "served": 1.0,
    "score": 1.0,
    "decision": True,
    "threshold": 0.5,
    "baseline": {"rule": "amount > 220"},
    "features": [{"feature": "amount", "values": {"amount": 912.5}}],
}


def test_each_feature_is_told_with_what_it_adds_and_its_values() -> None:
    text = explanation(MODEL)
    assert text.startswith("# Prediction p1\n\n- score 0.75, decided positive: positive from 0.31 on\n")
    assert "- by v3, SHA-256 `ab12`\n" in text
    assert "| `terminal.risk` | +0.8000 | mean.1d = 0.5, mean.7d = missing |\n" in text
    assert "| `country` | -0.0625 | country = `N\\|O` |\n" in text
    assert "| `row.hour` | +0.0000 | row.hour = 23 |\n" in text
    assert "The base, 0.0125, is the mean score of 64 rows of the hold-out" in text
    assert "mean over 128 orders in which" in text
    assert "mean over all orders in which" in explanation(MODEL | {"exact": True})


def test_a_score_that_comes_out_otherwise_is_told() -> None:
    assert "now the score" not in explanation(MODEL)
    assert "**now the score comes out as 0.5, not as 0.75**" in explanation(MODEL | {"score": 0.5})


def test_the_answer_of_a_baseline_is_its_rule() -> None:
    text = explanation(BASELINE)
    assert "- by baseline\n" in text
    assert "the baseline, the rule `amount > 220`, where:\n\n- amount = 912.5\n" in text


def test_a_prior_and_a_last_value_are_told_as_such() -> None:
    prior = {"baseline": {"prior": 0.25}, "features": [], "served": 0.25, "score": 0.25, "decision": False}
    assert "decided negative: positive from 0.5 on" in explanation(BASELINE | prior)
    assert "the baseline: 0.25 for every event." in explanation(BASELINE | prior)
    last = {"baseline": {"last": "market.up.last"}, "features": [{"feature": "u", "values": {"market.up.last": None}}]}
    assert "the value of `market.up.last`, where:\n\n- market.up.last = missing" in explanation(BASELINE | last)


def test_a_page_shows_it_with_a_plot() -> None:
    rows = [{"input": one["feature"], "value": one["adds"]} for one in MODEL["features"]]
    text = page(explanation(MODEL), [("What each feature adds", bars(rows))])
    assert text.count("<svg") == 1
    assert text.count("<td><code>") == 3
    assert "<code>N|O</code>" in text


def test_of_a_number_nothing_is_decided() -> None:
    text = explanation(MODEL | {"threshold": None, "decision": None, "served": 61.5, "score": 61.5})
    assert "- score 61.5\n" in text
    assert "decided" not in text
