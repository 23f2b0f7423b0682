"""Where numbers are predicted, rows are what starts runs and what they wait for."""

from services.contracts.pipeline import Pipeline
from services.training.domain.next_run import Start, Wait
from services.training.domain.trigger import decide
from tests.laws.pumps import pumps
from tests.unit.training.story import PIPELINE, after_a_run, alert, dataset, told


def of_numbers() -> Pipeline:
    """The small pipeline, of which a number is predicted."""
    texts = dict(PIPELINE.texts)
    said = texts["pipeline.yaml"].replace("{field: returned, prior: 0.3}", "{field: returned, kind: regression}")
    for old, new in ((", min_positives: 20", ""), ("wait: {positives: 50,", "wait: {rows: 300,"), ("roc_auc", "mae")):
        said = said.replace(old, new)
    label = texts["label.avsc"].replace('"boolean"', '"double"')
    return Pipeline.from_texts(texts | {"pipeline.yaml": said, "label.avsc": label})


def test_of_numbers_rows_alone_start_the_first_run_and_what_an_alert_waits_for() -> None:
    numbers, began = of_numbers(), dataset(0.1, 40, 0)
    assert decide(numbers, told(began, dataset(0.6, 240, 0)), champion=None) is None
    first = decide(numbers, told(began, dataset(3, 1_200, 0)), champion=None)
    assert isinstance(first, Start)
    assert first.reason == "1,200 labelled rows, and no model yet"
    waiting = decide(numbers, after_a_run(alert("a1", 6, 5.5), dataset(6.5, 2_200, 0)), champion="v1")
    assert isinstance(waiting, Wait)
    assert (waiting.need, waiting.reason.partition(" labelled")[2]) == (300, " rows after the change")
    begun = decide(numbers, after_a_run(alert("a1", 6, 5.5), dataset(6.5, 2_400, 0)), champion="v1")
    assert isinstance(begun, Start)
    assert begun.trigger == "alert"


def test_without_labels_an_alert_of_scores_waits_for_rows() -> None:
    texts = dict(pumps().texts)
    asked = "retrain: {when: {alert: scores, wait: {rows: 300, at_most: 2d}}}"
    said = texts["pipeline.yaml"].replace(", to: 2022-01-13", "") + f"{asked}\n"
    unlabelled = Pipeline.from_texts(texts | {"pipeline.yaml": said})
    waiting = decide(unlabelled, after_a_run(alert("a1", 6, 5.5, "scores"), dataset(6.5, 2_200, 0)), champion="v1")
    assert isinstance(waiting, Wait)
    assert (waiting.need, waiting.reason) == (300, "200 of 300 matured rows after the change")
