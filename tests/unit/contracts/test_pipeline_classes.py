"""A list of several classes fits the field that holds them, and what needs one positive class is refused by name."""

import json

import pytest

from services.contracts.pipeline import Pipeline, explain
from services.contracts.pipeline.label import Target
from services.contracts.pipeline.learning_task import MULTICLASS
from tests.unit.contracts.cards import EVENT, LABEL, changed, mistakes_of

FILE = """\
driftmill: 1
name: payments
entities: {customer: {key: customer_id}}
event: {schema: event.avsc, id: payment_id, time: {field: paid_at, lateness: 10m}, fields: {country: {slice: true}}}
label:
  schema: label.avsc
  target: {field: verdict, kind: multiclass, classes: [fine, theft, error]}
  known: {time: known_at}
model:
  inputs: [amount, country]
"""
ENUM = {"type": "enum", "name": "Verdict", "symbols": ["error", "fine", "theft", "other"]}


def texts(file: str = FILE, type_: object = "string") -> dict[str, str]:
    label = json.loads(LABEL)
    label["fields"][2] = {"name": "verdict", "type": type_}
    return {"pipeline.yaml": file, "event.avsc": EVENT, "label.avsc": json.dumps(label)}


def said(old: str, new: str, type_: object = "string") -> dict[str, str]:
    assert old in FILE
    return texts(FILE.replace(old, new), type_)


def test_a_few_lines_are_several_classes() -> None:
    found = Pipeline.from_texts(texts())
    task = found.label.target.task
    assert (task.kind, task.classes, task.width, task.classifies) == ("multiclass", ("fine", "theft", "error"), 3, True)
    assert (found.model.learners, found.model.optimise) == (("logistic", "hist_boosting"), "log_loss")
    assert (found.model.imbalance, found.model.interval, found.evaluate.split.min_positives) == (None, None, 100)
    alert, labels = found.retrain.when
    assert alert.wait is not None
    assert labels.labels is not None
    assert (alert.wait.rows, alert.wait.positives, labels.labels.rows) == (500, None, 1_000)


def test_what_several_classes_mean_is_explained_and_read_again() -> None:
    found = Pipeline.from_texts(texts())
    assert "classes: [fine, theft, error]" in explain(found)
    assert Pipeline.from_texts(texts(explain(found))).digest == found.digest


@pytest.mark.parametrize(
    ("type_", "classes"),
    [("string", "[a, b, c]"), (ENUM, "[theft, fine, error]"), ("int", "[3, 1, 2]"), ("long", "[0, 1, 2]")],
)
def test_labels_are_texts_symbols_or_whole_numbers(type_: object, classes: str) -> None:
    task = Pipeline.from_texts(said("[fine, theft, error]", classes, type_)).label.target.task
    assert [task.label(one, None) for one in task.classes] == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="not in tuple"):
        task.label("unheard of", None)


@pytest.mark.parametrize(
    ("new", "type_", "path", "message"),
    [
        ("[fine, theft]", "string", "label.target.classes", "there are 2 classes; expected at least 3"),
        ("[fine, theft, fine, error]", "string", "label.target.classes[2]", "'fine' stands twice"),
        ("[fine, theft, 3]", "string", "label.target.classes[2]", "3 doesn't fit 'verdict' of type string"),
        ("[1, 2, three]", "int", "label.target.classes[2]", "three doesn't fit 'verdict' of type int"),
        ("[fine, theft, eror]", ENUM, "label.target.classes[2]", "no symbol 'eror'; did you mean 'error'?"),
        ("[fine, theft, '']", "string", "label.target.classes[2]", "is an empty text"),
        ("[fine, theft, error, true]", "string", "label.target.classes[3]", "expected"),
    ],
)
def test_a_class_that_the_field_cannot_be_is_a_mistake(new: str, type_: object, path: str, message: str) -> None:
    found = mistakes_of(said("[fine, theft, error]", new, type_))
    assert any(one.path.startswith(path) and message in str(one) for one in found), "\n".join(map(str, found))


def test_a_list_that_is_missing_is_asked_for() -> None:
    (mistake,) = mistakes_of(said(", classes: [fine, theft, error]", ""))
    assert mistake.path == "label.target"
    assert "multiclass needs classes" in str(mistake)


def test_two_classes_and_numbers_have_no_list() -> None:
    (mistake,) = mistakes_of(changed("positive: true, prior: 0.02", "positive: true, classes: [a, b, c]"))
    assert (mistake.path, "binary has no list of classes" in str(mistake)) == ("label.target.classes", True)


SAID = [
    ("kind: multiclass", "kind: multiclass, positive: fine", "label.target.positive"),
    ("kind: multiclass", "kind: multiclass, prior: 0.5", "label.target.prior"),
    ("time: known_at", "time: known_at, silence: negative", "label.known.silence"),
    ("country]\n", "country]\n  calibrate: sigmoid\n", "model.calibrate"),
    ("country]\n", "country]\n  imbalance: {keep_negatives: 5}\n", "model.imbalance"),
    ("country]\n", "country]\n  decide: {cost: {missed: 1, false_alarm: 1}}\n", "model.decide"),
    ("country]\n", "country]\n  baseline: {rule: amount > 3}\n", "model.baseline"),
    ("country]\n", "country]\n  interval: 0.9\n", "model.interval"),
    ("country]\n", "country]\n  optimise: roc_auc\n", "model.optimise"),
    ("country]\n", "country]\n  learners: [linear]\n", "model.learners[0]"),
    ("model:", "monitor: {explain: 1%}\nmodel:", "monitor.explain"),
    ("model:", "monitor: {floors: [{metric: recall, below: 0.5}]}\nmodel:", "monitor.floors[0].metric"),
    ("model:", "retrain: {when: [{policy: 7d}]}\nmodel:", "retrain.when[0].policy"),
    ("model:", "retrain: {when: [{labels: {positives: 5}}]}\nmodel:", "retrain.when[0].labels.positives"),
    (
        "model:",
        "evaluate: {accept: [{metric: accuracy, by: country, at_least: 0.1, min_positives: 5}]}\nmodel:",
        "evaluate.accept[0].min_positives",
    ),
    (
        "model:",
        "evaluate: {accept: [{metric: equalised_odds, by: country, at_most: 0.1}]}\nmodel:",
        "evaluate.accept[0].metric",
    ),
    ("known_at}", "known_at}\n  acted: {when: decision, label: censored}", "label.acted.when"),
    ("known_at}", "known_at}\n  rule: {when: amount > 3, within: 1h}", "label.rule"),
]


@pytest.mark.parametrize(("old", "new", "path"), SAID, ids=[path for _, _, path in SAID])
def test_what_needs_one_positive_class_or_one_score_is_refused_by_name(old: str, new: str, path: str) -> None:
    found = mistakes_of(said(old, new))
    assert path in [one.path for one in found]
    assert any("multiclass" in str(one) or "class" in str(one) for one in found if one.path == path)


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        (("a", "b", "c"), True),
        (("a", "b", "c", "d"), True),
        (("a", "c", "b"), False),
        (("a", "b"), False),
        (("z", "a", "b", "c"), False),
        (None, False),
    ],
)
def test_classes_keep_their_places(later: tuple[str, ...] | None, kept: bool) -> None:
    before = Target(field="verdict", kind="multiclass", classes=("a", "b", "c"))
    kind = "binary" if later is None else "multiclass"
    assert Target.model_validate({"field": "verdict", "kind": kind, "classes": later}).keeps(before) == kept
    assert before.keeps(Target(field="verdict"))


def test_the_kind_alone_names_no_class() -> None:
    assert (MULTICLASS.width, MULTICLASS.names) == (0, ())
