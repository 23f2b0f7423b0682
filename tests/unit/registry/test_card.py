"""The card tells what was recorded, all of it, and nothing else."""

from services.contracts.pipeline import Pipeline
from services.registry.domain.acceptance import Verdict
from services.registry.domain.card import card
from services.registry.domain.operation import Operation
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.registry.facts import DAY, FAILS, GRAPH, HOLDS, facts, of, of_numbers

SMALL = pipeline_named("small")


def test_it_tells_what_was_recorded() -> None:
    text = of(pipeline_named("payments", PAYMENTS))
    for told in (
        "# payments v1\n",
        "- purpose: Hold card payments likely to be fraud before they settle",
        "- owner: risk, mailto:risk@example.org",
        "- dataset `d1`: 12,000 labelled, 1,100 of them positive (9.17%)",
        "| 1 | `amount` | number | `a` | 0.9123 | 0.9 to 0.95 | 0.21 |\n"
        "| 2 | `country` | text | `c` | 0.9123 | – | – |\n",
        "joined = Concat(amount, country)\nprobability = LinearClassifier(joined)  # 2 coefficients\n"
        "decision = probability of the positive class >= 0.5\n",
        "- outcomes of partition 0: offsets 0 to 900, matured up to event 850",
        "- run `r`, compared with v0",
        "`driftmill rebuild v1`",
        "- numpy 2",
    ):
        assert told in text, told


def test_every_part_stands_there_once_and_in_order() -> None:
    heads = [line for line in of(SMALL).splitlines() if line.startswith("#")]
    assert heads == [
        "# small v1",
        "## What it is for",
        "## Selection",
        "## Data and labels",
        "## Design of the experiment",
        "## How it was made",
        "## Inputs",
        "## What the file computes",
        "## Measured on the hold-out",
        "## Fairness",
        "## Limits",
        "## Lineage and environment",
    ]


def test_what_is_not_stated_is_said_to_be_so() -> None:
    text = of(SMALL)
    assert "- purpose: not stated\n- owner: not stated\n" in text
    assert "- cost of errors: not stated\n" in text
    assert "- sources: not stated\n" in text


def test_the_verdict_of_the_day_is_told() -> None:
    assert "**accepted**.\n\n- holds: roc_auc above champion: holds\n" in of(SMALL)
    refused = card(facts(), SMALL, GRAPH, Verdict(False, (HOLDS, FAILS)), {})
    assert "**rejected**.\n\n- holds: roc_auc above champion: holds\n- fails: recall at least 0.5: fails" in refused
    assert "It was offered, and not judged yet." in card(facts(), SMALL, GRAPH, None, {})


def test_what_an_error_costs_is_told() -> None:
    texts = dict(SMALL.texts)
    decide = "model: {decide: {cost: {missed: amount, false_alarm: 3.0}}, "
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("model: {", decide)
    text = of(Pipeline.from_texts(texts))
    assert "- cost of an error: `amount` for a positive that is missed, `3.0` for a false alarm" in text
    assert "where validation costs least: missed amount, false alarm 3.0" in text


def test_a_version_from_before_inputs_were_measured_has_a_card_too() -> None:
    since = ("importance", "robustness", "share_of_negatives")
    old = {name: value for name, value in facts().items() if name not in since}
    text = card(old, SMALL, GRAPH, None, {})  # type: ignore[arg-type]
    assert "| 1 | `amount` | number | `a` | – | – | – |" in text


def test_an_input_that_may_be_the_truth_in_disguise_is_pointed_at() -> None:
    assert "without fail" not in of(SMALL)
    text = of(SMALL, leakage=[{"input": "refunded", "roc_auc": 0.99977}])
    assert "**`refunded` alone tells the label almost without fail:** ROC AUC 0.9998." in text


def test_limits_say_where_the_model_has_not_been() -> None:
    text = of(SMALL)
    assert "- it has seen no event from 1970-01-28 00:00 on, and none before 1970-01-01 00:00\n" in text
    assert "- its scores are not calibrated" in text
    learner = {"family": "logistic", "settings": {}, "calibrate": "sigmoid"}
    assert "not calibrated" not in of(SMALL, learner=learner)


def test_it_tells_which_inputs_have_moved_since_the_last_dataset() -> None:
    text = card(facts(), SMALL, GRAPH, None, {"amount": 0.312, "country": 0.04})
    assert "- rows new since the last dataset that was learnt from: `amount` 0.312 moved" in text
    assert "no column moved" in card(facts(), SMALL, GRAPH, None, {"amount": 0.01})
    assert "new since" not in of(SMALL)


def test_it_tells_how_much_was_acted_on_and_how_much_of_that_was_explored() -> None:
    section = "label:\n  acted: {when: decision, label: censored, explore: 2%}\n"
    texts = {path.name: path.read_text() for path in PAYMENTS.iterdir() if path.suffix in (".yaml", ".avsc", ".py")}
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label:\n", section, 1)
    dataset = facts()["dataset"] | {"rows": 9_900, "censored": 100}
    text = of(Pipeline.from_texts(texts), dataset=dataset)
    assert "- acted on, so that their truth isn't known: 100 (1.0% of the outcomes), left out\n" in text
    explored = (
        "- left alone to explore: 2% of the events; a row of these that would have been acted on\n  stands for 50\n"
    )
    assert explored in text
    assert "acted on" not in of(pipeline_named("payments", PAYMENTS))


def test_where_it_errs_most_is_told() -> None:
    region = {"conditions": ["amount > 3", "country is NO"], "rows": 90, "loss": 0.693}
    text = of(SMALL, errors=[region | {"value": 0.5, "low": 0.4, "high": 0.6}])
    assert "| `amount > 3` and `country is NO` | 90 | 0.693 | 0.5 | 0.4 to 0.6 |" in text
    assert "Where it errs most" not in of(SMALL, errors=[])


def test_the_card_of_numbers_tells_errors_and_no_decisions() -> None:
    bikes = pipeline_named("bikes", PAYMENTS.parent / "bikes")
    origin = {"begin": 0, "end": DAY, "trained": 1_200, "rows": 300, "positives": 0, "lacking": ""}
    origin |= {"value": 40.5, "baseline": 60.0, "prior": 90.0}
    told = of_numbers(backtest=[origin], leakage=[{"input": "total", "r2": 0.9999}])
    operations = (Operation("LinearRegressor", ("amount",), ("prediction",)),)
    text = card(told, bikes, operations, Verdict(True, (HOLDS,)), {})
    for part in (
        "- answers: what `count` is expected to be",
        "- dataset `d1`: 12,000 labelled\n",
        "that was chosen: 800 rows, 1970-01-21 00:00 to",
        "prediction = LinearRegressor(amount)",
        "    threshold = none: nothing is decided",
        "| rows | mean score | mean label | mean absolute error |",
        "| 40 | 12.5 | 14 | 3.25 |",
        "| mean | p05 | p95 |",
        "| 1.5 | -20 | 31.25 |",
        "counted in standard deviations of the label, 180.5.",
        "almost without fail:** R² 0.9999.",
        "| 1970-01-01 00:00 | 1970-01-02 00:00 | 1,200 | 300 | 40.5 | 60 | 90 |",
        "Intervals of ±61.25 around its answers held 90% of the labels.",
        "- it was measured on 800 rows, and nowhere else",
    ):
        assert part in text, part
    assert "positive" not in text


def test_it_says_by_what_rule_labels_were_made() -> None:
    texts = dict(SMALL.texts)
    rule = "label: {rule: {when: amount > 40, within: 2h}, "
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", rule, 1)
    text = of(Pipeline.from_texts(texts))
    assert "- labelled by rule: positive if a later event of its shop, within 2h,\n  fulfils `amount > 40`\n" in text
    assert "by rule" not in of(SMALL)
