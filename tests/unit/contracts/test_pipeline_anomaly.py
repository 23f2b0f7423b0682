"""A pipeline without labels says which time was clean, and nothing that needs labels."""

import json

import pytest

from services.contracts.pipeline import Pipeline, explain
from services.contracts.pipeline.units import Moment
from tests.unit.contracts.cards import EVENT, LABEL, mistakes_of

FILE = """\
driftmill: 1
name: payments
entities: {customer: {key: customer_id}}
event: {schema: event.avsc, id: payment_id, time: {field: paid_at, lateness: 10m}, fields: {country: {slice: true}}}
model:
  task: anomaly
  clean: {from: 2026-03-01, to: 2026-03-15T06:00}
  inputs: [amount, country]
"""


def texts(file: str = FILE) -> dict[str, str]:
    return {"pipeline.yaml": file, "event.avsc": EVENT}


def said(old: str, new: str) -> dict[str, str]:
    assert old in FILE
    return texts(FILE.replace(old, new))


def test_eight_lines_without_labels_are_enough() -> None:
    found = Pipeline.from_texts(texts())
    task, model = found.label.target.task, found.model
    assert (task.kind, task.labelled, task.width, task.output) == ("anomaly", False, 1, "anomaly_score")
    assert (model.learners, model.optimise, model.alert_rate) == (("isolation_forest",), "average_precision", 0.01)
    assert (model.imbalance, model.interval, found.evaluate.split.min_positives) == (None, None, None)
    better, quiet = found.evaluate.accept or ()
    assert (better.metric, better.above) == ("average_precision", ("baseline", "champion"))
    assert (quiet.metric, quiet.at_most) == ("alert_rate", 0.02)
    assert [trigger.changed for trigger in found.retrain.when] == [("features", "model")]
    assert model.clean is not None
    assert (str(model.clean.since), str(model.clean.to)) == ("2026-03-01", "2026-03-15T06:00")
    assert model.clean.to == model.clean.since + (14 * 24 + 6) * 3_600_000_000


def test_what_it_means_is_explained_and_read_again() -> None:
    found = Pipeline.from_texts(texts())
    assert "label" not in json.loads(json.dumps(found.settled()))
    assert "clean: {from: '2026-03-01', to: 2026-03-15T06:00}" in explain(found)
    assert Pipeline.from_texts(texts(explain(found))).digest == found.digest


def test_an_event_is_given_up_once_none_comes_late_any_more() -> None:
    found = Pipeline.from_texts(texts())
    assert found.label.known.maturity == found.event.time.lateness
    assert found.texts.keys() == {"pipeline.yaml", "event.avsc"}


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("  task: anomaly\n", "", "label", "is required; or, where events have none, write 'task: anomaly'"),
        ("  clean: {from: 2026-03-01, to: 2026-03-15T06:00}\n", "", "model.clean", "is required where there are no"),
        ("to: 2026-03-15T06:00", "to: 2026-03-01", "model.clean", "ends at 2026-03-01, which isn't after 2026-03-01"),
        ("from: 2026-03-01", "from: yesterday", "model.clean.from", "a time is a date"),
        ("from: 2026-03-01", "from: 2026-13-01", "model.clean.from", "month must be in 1..12"),
        ("  inputs", "  calibrate: sigmoid\n  inputs", "model.calibrate", "there are no labels"),
        ("  inputs", "  imbalance: {keep_negatives: 3}\n  inputs", "model.imbalance", "there are no labels"),
        ("  inputs", "  interval: 0.9\n  inputs", "model.interval", "anomaly predicts no number"),
        ("  inputs", "  optimise: alert_rate\n  inputs", "model.optimise", "decide.alert_rate sets how many"),
        ("  inputs", "  optimise: f1\n  inputs", "model.optimise", "f1 doesn't measure anomaly"),
        ("  inputs", "  learners: forest\n  inputs", "model.learners", "forest doesn't learn anomaly"),
        ("  inputs", "  decide: {at_most: 3/day}\n  inputs", "model.decide.at_most", "there are no labels"),
        ("  inputs", "  decide: {alert_rate: 0.01}\n  inputs", "model.decide.alert_rate", "a percent sign"),
        ("model:", "release: {shadow: {for: 1d}, confirm: {within: 30d}}\nmodel:", "release.confirm", "there are no"),
        ("model:", "monitor: {floors: {metric: f1, below: 0.3}}\nmodel:", "monitor.floors", "there are no labels"),
        ("model:", "retrain: {when: {labels: {rows: 9}}}\nmodel:", "retrain.when.labels", "there are no labels"),
        ("model:", "retrain: {when: {alert: quality}}\nmodel:", "retrain.when.alert", "there are no labels"),
        ("model:", "retrain: {when: {alert: yardstick}}\nmodel:", "retrain.when.alert", "there are no labels"),
        ("model:", "monitor: {yardsticks: true}\nmodel:", "monitor.yardsticks", "there are no labels"),
        ("model:", "retrain: {when: {policy: 7d}}\nmodel:", "retrain.when.policy", "there are no labels"),
        ("model:", "evaluate: {backtest: 2}\nmodel:", "evaluate.backtest", "into the hold-out only"),
        ("model:", "evaluate: {split: {min_positives: 2}}\nmodel:", "evaluate.split.min_positives", "no labels"),
        (
            "model:",
            "features: {customer: {past: {of: labels, agg: count}}}\nmodel:",
            "features.customer.past.of",
            "there are no labels",
        ),
    ],
)
def test_what_needs_labels_or_is_missing_is_told(old: str, new: str, path: str, message: str) -> None:
    (found,) = mistakes_of(said(old, new))
    assert (found.path.replace("[0]", ""), message in str(found)) == (path, True), str(found)


SECTION = "label: {schema: label.avsc, target: {field: is_fraud}, known: {time: known_at}}"


def told_of(file: str, section: str = SECTION) -> str:
    """What is wrong with a file that has labels too."""
    found = mistakes_of({**texts(file.replace("model:", f"{section}\nmodel:")), "label.avsc": LABEL})
    return "\n".join(map(str, found))


def test_labels_and_no_labels_at_once_are_a_mistake() -> None:
    assert "model.task: anomaly learns without labels" in told_of(FILE)
    kind = SECTION.replace("is_fraud}", "is_fraud, kind: anomaly}")
    assert "label.target.kind: anomaly has no labels: leave the section" in told_of(FILE, kind)


@pytest.mark.parametrize("new", ["clean: {from: 2026-03-01}", "decide: {alert_rate: 1%}"])
def test_with_labels_what_is_of_anomalies_alone_is_told(new: str) -> None:
    old = "  task: anomaly\n  clean: {from: 2026-03-01, to: 2026-03-15T06:00}"
    assert "only 'task: anomaly'" in told_of(FILE.replace(old, f"  {new}"))


def test_a_time_is_in_utc_and_keeps_its_text() -> None:
    assert Moment("1970-01-02T00:00Z") == Moment("1970-01-02") == 24 * 3_600_000_000
    assert str(Moment("2026-03-01 06:30:15")) == "2026-03-01 06:30:15"
    with pytest.raises(ValueError, match="in UTC"):
        Moment("2026-03-01T06:00+02:00")
