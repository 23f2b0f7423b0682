from typing import Any

from services.cli.domain.card import card
from services.contracts.pipeline import Pipeline
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.contracts.test_manifest import manifest

DAY = 86_400_000_000
ESTIMATE = {"value": 0.91234, "low": 0.9, "high": None, "error": None, "blocks": 7, "rows": 800}


def facts(**changes: Any) -> dict[str, Any]:
    """A signed manifest with all that training writes."""
    found = {"metric": "roc_auc", "who": "model", "against": "champion", "confidence": 0.95} | ESTIMATE | {"high": 0.92}
    measured = {
        "rows": 800,
        "positives": 90,
        "holdout_from": 20 * DAY,
        "holdout_through": 27 * DAY,
        "findings": [found],
    }
    losses = [{"input": "country"} | ESTIMATE | {"low": None}, {"input": "amount"} | ESTIMATE | {"high": 0.95}]
    more: dict[str, Any] = {
        "dataset": {"dataset_id": "d1", "rows": 12_000, "positives": 1_100},
        "trained_through": 27 * DAY,
        "trials": [{"family": "logistic", "settings": {"C": 0.1}, "value": None}],
        "measured": measured,
        "importance": losses,
        "robustness": [
            {"input": "amount", "value": 0.7, "loss": 0.21},
            {"input": "country", "value": None, "loss": None},
        ],
        "parity": {"distance": 1e-7, "hostile_distance": 0.0},
    }
    return dict(manifest()) | more | changes


def moved(state: str, passed: bool) -> dict[str, Any]:
    criterion = {
        "name": "roc_auc above champion",
        "passed": passed,
        "detail": "roc_auc above champion: holds, advantage 0.02",
    }
    return {"clock": 28 * DAY, "to_state": state, "by": "registry", "reason": "judged", "criteria": [criterion]}


def of(pipeline: Pipeline, **changes: Any) -> str:
    return card(facts(**changes), pipeline, [moved("champion", True)], {})


def test_it_tells_what_was_recorded() -> None:
    text = of(pipeline_named("payments", PAYMENTS))
    for told in (
        "# payments v1\n",
        "- purpose: Hold card payments likely to be fraud before they settle",
        "- owner: risk, mailto:risk@example.org",
        "- 1970-01-29 champion, by registry: judged\n  - roc_auc above champion: holds, advantage 0.02",
        "- dataset `d1`: 12,000 labelled, 1,100 of them positive (9.17%)",
        "| logistic | C=0.1 | all | – |",
        "| `amount` | `a` | 0.9123 | 0.9 to 0.95 | 0.21 |\n| `country` | `c` | 0.9123 | – | – |",
        "| roc_auc | model | champion | 0.9123 | 0.9 to 0.92 | 0.95 | 7 | 800 |",
        "`driftmill rebuild v1`",
        "- numpy 2",
    ):
        assert told in text, told


def test_it_is_the_same_whenever_it_is_made() -> None:
    assert of(pipeline_named("small")) == of(pipeline_named("small"))


def test_what_is_not_stated_is_said_to_be_so() -> None:
    text = of(pipeline_named("small"))
    assert "- purpose: not stated\n- owner: not stated\n" in text
    assert "It was offered, and not judged yet." in card(facts(), pipeline_named("small"), [], {})


def test_it_tells_which_inputs_have_moved_since_the_last_dataset() -> None:
    found = {"amount": 0.312, "country": 0.04}
    text = card(facts(), pipeline_named("small"), [], found)
    assert "- rows new since the last dataset that was learnt from: `amount` 0.312 moved" in text
    assert "no column moved" in card(facts(), pipeline_named("small"), [], {"amount": 0.01})
    assert "new since" not in of(pipeline_named("small"))


def test_thinned_negatives_are_told() -> None:
    assert "of the negatives" not in of(pipeline_named("small")).lower()
    assert "Of the negatives 12.5% were learnt from" in of(pipeline_named("small"), share_of_negatives=0.125)


def test_a_version_from_before_inputs_were_measured_has_a_card_too() -> None:
    since = ("importance", "robustness", "share_of_negatives")
    old = {name: value for name, value in facts().items() if name not in since}
    assert "| `amount` | `a` | – | – | – |" in card(old, pipeline_named("small"), [], {})


def test_numbers_of_groups_stand_apart_from_those_of_all() -> None:
    plain = facts()
    (whole,) = plain["measured"]["findings"]
    by = {"metric": "recall", "against": "", "by": "country", "min_positives": 20, "rows": 300}
    group, unnamed = whole | by | {"group": "FR"}, whole | by | {"group": ""}
    apart = group | {"metric": "equalised_odds", "by": "age_band", "group": "", "rows": 800}
    everything = unnamed | {"by": "age_band", "rows": 800}
    found = [whole, group, unnamed, apart, everything]
    text = of(pipeline_named("small"), measured=plain["measured"] | {"findings": found})
    assert text.count("| recall | ") == 2
    assert "| `country` | FR | recall | 0.9123 | 0.9 to 0.92 | 300 |" in text
    assert "| `country` | no value | recall | 0.9123 | 0.9 to 0.92 | 300 |" in text
    assert "| `age_band` | *between* | equalised_odds | 0.9123 | 0.9 to 0.92 | 800 |" in text
    assert "By group" not in of(pipeline_named("small"))


def test_decisions_are_counted_and_scores_stand_beside_what_came_true() -> None:
    counts = {"true_positives": 60, "false_positives": 1_200, "false_negatives": 30, "true_negatives": 510}
    bins = [{"bin": 3, "rows": 1_800, "score": 0.05, "positive_rate": 0.0625}]
    text = of(pipeline_named("small"), measured=facts()["measured"] | {"confusion": counts, "reliability": bins})
    assert "| true positives | false positives | false negatives | true negatives |" in text
    assert "| 60 | 1,200 | 30 | 510 |" in text
    assert "| 1,800 | 0.05 | 0.0625 |" in text
    assert "came true" not in of(pipeline_named("small"))


def test_an_input_that_may_be_the_truth_in_disguise_is_pointed_at() -> None:
    assert "without fail" not in of(pipeline_named("small"))
    text = of(pipeline_named("small"), leakage=[{"input": "refunded", "roc_auc": 0.99977}])
    assert "**`refunded` alone tells the label almost without fail:** ROC AUC 0.9998." in text


def test_it_tells_that_entities_were_kept_apart() -> None:
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("split: {", "split: {by: shop, ")
    text = of(Pipeline.from_texts(texts))
    assert "A fifth of all shop entities only measures and is never learnt from; another fifth chooses." in text
    assert "4. It is fitted again on all rows of the other shop entities, and" in text
    assert "4. It is fitted again on all rows, the hold-out included, and" in of(pipeline_named("small"))


def test_it_tells_of_a_search_of_history_and_of_calibration() -> None:
    model = "model: {search: {trials: 9, seconds: 60}, calibrate: sigmoid, "
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("model: {", model)
    learner = {"family": "logistic", "settings": {"C": 0.2}, "history": "56d", "calibrate": "sigmoid"}
    trials = [learner | {"value": 0.7}, learner | {"value": 0.6, "given_up": True}]
    text = of(Pipeline.from_texts(texts), learner=learner, trials=trials)
    for told in (
        "| logistic | C=0.2 | 56d | 0.7 |\n| logistic | C=0.2 | 56d | 0.6, given up |",
        "at most 9 configurations or 60 seconds: 2 were\n   tried, 1 of them given up after a part of the rows",
        "The best, logistic (C=0.2; history: 56d), is fitted",
        "Scores are mapped to probabilities by a sigmoid",
    ):
        assert told in text


def test_an_ensemble_s_members_have_their_weights_and_files() -> None:
    members = [{"family": "logistic", "settings": {"C": 0.1}}, {"family": "mlp", "settings": {"alpha": 0.001}}]
    learner = {"family": "stacking", "settings": {}, "members": members}
    made = [{"weight": 0.75, "digest": "a" * 64}, {"weight": 0.25, "digest": "b" * 64}]
    text = of(pipeline_named("payments", PAYMENTS), learner=learner, members=made)
    assert "The best, stacking (logistic, mlp; history: all)" in text
    assert "| mlp | alpha=0.001 | all | 0.25 | `bbbbbbbbbbbbbbbb` |" in text


def test_what_it_would_have_been_at_earlier_times_is_told_where_that_was_asked_for() -> None:
    counts = {"begin": 0, "end": DAY, "trained": 1_200, "rows": 300, "positives": 40}
    none = dict.fromkeys(("value", "baseline", "prior"))
    tried = counts | {"value": 0.81, "baseline": 0.7, "prior": 0.5, "lacking": ""}
    text = of(pipeline_named("small"), backtest=[counts | none | {"lacking": "3 of 20 rows"}, tried])
    span = "| 1970-01-01 00:00 | 1970-01-02 00:00 | 1,200 | 300 | 40 |"
    assert f"{span} 3 of 20 rows | – | – |\n{span} 0.81 | 0.7 | 0.5 |" in text
    assert "At earlier times" not in of(pipeline_named("small"))


def test_a_budget_of_decisions_is_told_with_what_it_came_to() -> None:
    text = of(pipeline_named("small"), budget={"at_most": "200/day", "decided": 187.25})
    assert "At most 200/day may be; on the hold-out 187.2 were in such a period, in the mean." in text
    assert "At most" not in of(pipeline_named("small"))


def test_it_tells_how_much_was_acted_on_and_how_much_of_that_was_explored() -> None:
    section = "label:\n  acted: {when: decision, label: censored, explore: 2%}\n"
    texts = {path.name: path.read_text() for path in PAYMENTS.iterdir() if path.suffix in (".yaml", ".avsc", ".py")}
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label:\n", section, 1)
    dataset = {"dataset_id": "d1", "rows": 9_900, "positives": 1_100, "censored": 100}
    text = of(Pipeline.from_texts(texts), dataset=dataset)
    assert "- acted on, so that their truth isn't known: 100 (1.0% of the outcomes), left out\n" in text
    assert (
        "- left alone to explore: 2% of the events; a row of these that would have been acted on\n  stands for 50\n"
        in text
    )
    assert "acted on" not in of(pipeline_named("payments", PAYMENTS))


def of_numbers() -> dict[str, Any]:
    """What training writes of a model that predicts numbers."""
    tenths = [
        {"bin": 0, "rows": 40, "score": 12.5, "label": 14.0, "mae": 3.25},
        {"bin": 1, "rows": 40, "score": 80.0, "label": 79.0, "mae": 9.0},
    ]
    more = {
        "positives": 0,
        "confusion": {},
        "reliability": tenths,
        "residuals": {"mean": 1.5, "p05": -20.0, "p95": 31.25},
    }
    interval = {"coverage": 0.9, "half_width": 61.25}
    return facts(threshold=None, unit=180.5, interval=interval, measured=facts()["measured"] | more)


def test_the_card_of_numbers_tells_errors_and_no_decisions() -> None:
    bikes = pipeline_named("bikes", PAYMENTS.parent / "bikes")
    origin = {"begin": 0, "end": DAY, "trained": 1_200, "rows": 300, "positives": 0, "lacking": ""}
    origin |= {"value": 40.5, "baseline": 60.0, "prior": 90.0}
    text = card(of_numbers() | {"backtest": [origin]} | {"leakage": [{"input": "total", "r2": 0.9999}]}, bikes, [], {})
    for told in (
        "- answers: what `count` is expected to be",
        "- dataset `d1`: 12,000 labelled\n",
        "800 rows, 1970-01-21 00:00 to",
        "| rows | mean score | mean label | mean absolute error |",
        "| 40 | 12.5 | 14 | 3.25 |",
        "| mean | p05 | p95 |",
        "| 1.5 | -20 | 31.25 |",
        "counted in standard deviations of the label, 180.5.",
        "almost without fail:** R² 0.9999.",
        "| 1970-01-01 00:00 | 1970-01-02 00:00 | 1,200 | 300 | 40.5 | 60 | 90 |",
        "Intervals of ±61.25 around its answers held 90% of the labels.",
    ):
        assert told in text, told
    assert "positive" not in text
