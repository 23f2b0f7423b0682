"""What a file says fits the kind of its target: a measure or a key of another kind is a mistake, with what to do."""

import json

import pytest

from services.contracts.pipeline import Pipeline, explain
from services.contracts.pipeline.learning_task import BINARY, LEARNING_TASKS, REGRESSION
from tests.unit.contracts.cards import EVENT, LABEL, changed, mistakes_of

TWELVE_LINES = """\
driftmill: 1
name: payments
entities: {customer: {key: customer_id}}
event: {schema: event.avsc, id: payment_id, time: {field: paid_at, lateness: 10m}}
label:
  schema: label.avsc
  target: {field: loss, kind: regression}
  known: {time: known_at}
model:
  inputs: [amount, country]
"""
LOSS = LABEL.replace('"is_fraud", "type": "boolean"', '"loss", "type": "double"')


def texts(file: str = TWELVE_LINES) -> dict[str, str]:
    return {"pipeline.yaml": file, "event.avsc": EVENT, "label.avsc": LOSS}


def regression(old: str = "", new: str = "") -> Pipeline:
    return Pipeline.from_texts(texts(TWELVE_LINES.replace(old, new)))


def test_a_few_lines_are_a_regression() -> None:
    found = regression()
    assert found.label.target.task is REGRESSION
    assert (found.label.target.positive, found.label.target.prior) == (None, 0.0)
    assert (found.model.learners, found.model.optimise) == (("linear", "hist_boosting"), "mae")
    assert (found.model.imbalance, found.evaluate.split.min_positives, found.model.interval) == (None, None, 0.9)
    assert found.evaluate.accept is not None
    assert [(one.metric, one.above) for one in found.evaluate.accept] == [("mae", ("baseline", "champion"))]
    alert, labels = found.retrain.when
    assert alert.wait is not None
    assert labels.labels is not None
    assert (alert.wait.rows, alert.wait.positives) == (500, None)
    assert (labels.labels.rows, labels.labels.positives) == (1_000, None)


def test_what_a_regression_means_is_explained_and_read_again() -> None:
    found = regression()
    again = Pipeline.from_texts(texts(explain(found)))
    assert again.digest == found.digest
    assert not {"positive", "imbalance"} & set(explain(found).replace(":", " ").replace("{", " ").split())


@pytest.mark.parametrize("prior", ["-40", "0", "2.5", "1e6"])
def test_the_prior_of_a_regression_is_any_number(prior: str) -> None:
    assert regression("kind: regression", f"kind: regression, prior: {prior}").label.target.prior == float(prior)


@pytest.mark.parametrize("type_", ["boolean", "string"])
def test_what_is_no_number_is_not_predicted_as_one(type_: str) -> None:
    label = json.loads(LOSS)
    label["fields"][2]["type"] = type_
    (mistake,) = mistakes_of(texts() | {"label.avsc": json.dumps(label)})
    assert f"field 'loss' has type {type_}" in str(mistake)
    assert "int or long or float or double" in str(mistake)


SAID = [
    ("kind: regression", "kind: regression, positive: false", "label.target.positive", "the number is predicted"),
    ("time: known_at", "time: known_at, silence: negative", "label.known.silence", "write 'silence: missing'"),
    ("country]", "country]\n  calibrate: sigmoid", "model.calibrate", "scores are numbers"),
    ("country]", "country]\n  imbalance: {keep_negatives: 5}", "model.imbalance", "no negatives to thin"),
    ("country]", "country]\n  decide: {cost: {missed: 1, false_alarm: 1}}", "model.decide", "nothing is decided"),
    ("model:", "evaluate: {split: {min_positives: 5}}\nmodel:", "evaluate.split.min_positives", "'min_rows'"),
    (
        "model:",
        "evaluate: {accept: [{metric: mae, by: country, at_most: 9, min_positives: 5}]}\nmodel:",
        "evaluate.accept[0].min_positives",
        "groups of 20 rows",
    ),
    (
        "model:",
        "retrain: {when: [{alert: quality, wait: {positives: 5}}]}\nmodel:",
        "retrain.when[0].wait.positives",
        "count rows",
    ),
    ("model:", "retrain: {when: [{labels: {positives: 5}}]}\nmodel:", "retrain.when[0].labels.positives", "count rows"),
    ("model:", "retrain: {when: [{policy: 7d}]}\nmodel:", "retrain.when[0].policy", "nothing is decided of a number"),
]


@pytest.mark.parametrize(("old", "new", "path", "hint"), SAID, ids=[path for _, _, path, _ in SAID])
def test_what_only_classes_have_is_refused_with_what_to_do(old: str, new: str, path: str, hint: str) -> None:
    slices = ", fields: {country: {slice: true}}}"
    found = mistakes_of(texts(TWELVE_LINES.replace("lateness: 10m}}", "lateness: 10m}" + slices).replace(old, new)))
    (mistake,) = [one for one in found if one.path == path]
    assert "regression has no classes" in str(mistake)
    assert hint in str(mistake)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("country]", "country]\n  optimise: roc_auc", "model.optimise"),
        ("country]", "country]\n  learners: [logistic]", "model.learners[0]"),
        ("country]", "country]\n  learners: [linear, {voting: [forest, mlp]}]", "model.learners[1]"),
        ("model:", "evaluate: {accept: [{metric: recall, at_least: 0.5}]}\nmodel:", "evaluate.accept[0].metric"),
        ("model:", "monitor: {floors: [{metric: recall, below: 0.5}]}\nmodel:", "monitor.floors[0].metric"),
    ],
)
def test_a_regression_has_no_measures_and_learners_of_classes(old: str, new: str, path: str) -> None:
    (mistake,) = mistakes_of(texts(TWELVE_LINES.replace(old, new)))
    assert mistake.path == path
    assert "regression; expected one of" in str(mistake)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("learners: [logistic]", "learners: [logistic, linear]", "model.learners[1]"),
        ("learners: [logistic]", "learners: [logistic]\n  optimise: mae", "model.optimise"),
        ("{metric: roc_auc, above: baseline}", "{metric: rmse, above: baseline}", "evaluate.accept[0].metric"),
        ("false_alarms: 1/week", "floors: [{metric: mae, above: 3}]", "monitor.floors[0].metric"),
    ],
)
def test_classes_have_no_measures_and_learners_of_numbers(old: str, new: str, path: str) -> None:
    (mistake,) = mistakes_of(changed(old, new))
    assert mistake.path == path
    assert "binary; expected one of" in str(mistake)


@pytest.mark.parametrize(
    ("floor", "needs"),
    [
        ("{metric: mae, below: 0.5}", "mae needs above"),
        ("{metric: rmse, above: 3, below: 0.5}", "rmse needs above"),
        ("{metric: recall, above: 0.5}", "recall needs below"),
        ("{metric: recall}", "recall needs below"),
    ],
)
def test_a_floor_lies_on_the_side_that_is_worse(floor: str, needs: str) -> None:
    found = mistakes_of(changed("false_alarms: 1/week", f"floors: [{floor}]"))
    assert any(needs in str(one) for one in found)


def test_what_was_decided_of_a_number_is_nothing_to_act_on() -> None:
    acted = "known_at}\n  acted: {when: decision, label: censored}"
    (mistake,) = mistakes_of(texts(TWELVE_LINES.replace("known_at}", acted)))
    assert mistake.path == "label.acted.when"
    assert "nothing is decided of a number" in str(mistake)


def test_an_interval_is_of_numbers_only() -> None:
    assert regression("country]", "country]\n  interval: 0.5").model.interval == 0.5
    (mistake,) = mistakes_of(changed("learners: [logistic]", "learners: [logistic]\n  interval: 0.9"))
    assert mistake.path == "model.interval"
    assert "binary predicts no number" in str(mistake)


def test_labels_become_numbers_by_their_kind() -> None:
    assert [BINARY.label(value, "bad") for value in ("bad", "good")] == [1.0, 0.0]
    assert REGRESSION.label(7, None) == 7.0


def test_every_kind_has_learners_that_it_learns_by_default_and_measures_of_its_own() -> None:
    for task in LEARNING_TASKS.values():
        assert set(task.learners_by_default) <= set(task.learners)
    assert not BINARY.metrics & REGRESSION.metrics
