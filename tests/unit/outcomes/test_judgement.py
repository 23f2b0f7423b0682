"""Sums of errors by what a task makes of an answer and its label."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.judgement import JUDGES, RUN, Judgement
from services.outcomes.domain.rows import LABEL, NO, ROW, SCORE, YES, Rows
from services.outcomes.domain.state import OutcomesState
from services.outcomes.step import OutcomesStep
from tests.entries import Shelf
from tests.unit.outcomes.log import Log, outcomes, pipeline, run, values


def rows(*judged: tuple[float, float]) -> Rows:
    """Score and label of each, decided at one half."""
    found = np.zeros(len(judged), ROW)
    found["time"], found["present"] = np.arange(len(judged)), SCORE | LABEL
    found["score"], found["label"] = np.array(judged).T
    found["weight"] = 1
    found["decision"] = np.where(found["score"] >= 0.5, YES, NO)
    return found


def told(kind: str, *parts: Rows) -> dict[str, Any]:
    judgement = Judgement(JUDGES[kind], price=_an_euro, has_classes=kind == "binary")
    for part in parts:
        judgement.update(np.arange(len(part)), part)
    return judgement.to_record()


def _an_euro(_seqs: Seqs, its: Rows) -> list[float | None]:
    """Each mistake costs one, and an awkward bit more."""
    return [1 + 1 / (3 + time) for time in its["time"].tolist()]


def test_mistakes_have_their_price_and_where_one_has_none_nothing_is_told() -> None:
    its = rows((0.9, 1), (0.2, 1), (0.6, 0))
    assert told("binary", its)["cost"] == 2 + 1 / 4 + 1 / 5
    assert told("regression", its)["cost"] == 0
    judgement = Judgement(JUDGES["binary"], price=lambda _seqs, _its: [2.0, None])
    judgement.update(np.arange(3), its)
    assert judgement.to_record()["cost"] is None
    judgement = Judgement(JUDGES["binary"])
    judgement.update(np.arange(3), its)
    assert judgement.to_record()["cost"] is None


def test_numbers_are_judged_by_how_far_off_they_are() -> None:
    record = told("regression", rows((10, 13), (5, 1), (2, 2)))
    assert (record["rows"], record["positives"], record["correct"]) == (3, 0, 0)
    [errors] = record["errors"]
    assert (errors["absolute"], errors["total"]) == (7, 25)
    assert (errors["wrong"], errors["positives"], errors["missed"], errors["positive_total"]) == (0, 0, 0, 0)


def test_decisions_are_judged_by_what_was_decided() -> None:
    record = told("binary", rows((0.9, 1), (0.2, 1), (0.6, 0)))
    assert (record["rows"], record["positives"], record["correct"]) == (3, 2, 1)
    [errors] = record["errors"]
    assert (errors["wrong"], errors["missed"], errors["absolute"]) == (2, 1, 0)


def test_classes_are_judged_by_the_one_that_was_decided() -> None:
    its = rows((0.9, 2), (0.5, 2), (0.7, 0))
    its["decision"] = 3, 1, 1
    record = told("multiclass", its)
    assert (record["rows"], record["positives"], record["correct"]) == (3, 0, 2)
    [errors] = record["errors"]
    assert (errors["wrong"], errors["missed"]) == (1, 0)
    assert errors["total"] == pytest.approx(0.1**2 + 0.5**2 + 0.3**2)


@pytest.mark.parametrize("kind", JUDGES)
def test_the_batches_in_which_answers_come_make_no_difference(kind: str) -> None:
    rng = np.random.default_rng(1)
    its = rows(*zip(rng.random(100).tolist(), rng.integers(0, 2, 100).astype(float).tolist(), strict=True))
    assert told(kind, its) == told(kind, its[:7], its[7:70], its[70:])
    assert [one["rows"] for one in told(kind, its)["errors"]] == [RUN, RUN, RUN, 100 - 3 * RUN]


def test_the_greatest_numbers_there_are_leave_sums_finite() -> None:
    record = told("regression", rows((-1.7e308, 1.7e308), (1e200, 0), (1, 2)))
    assert np.isfinite([record["errors"][0][name] for name in ("absolute", "total")]).all()


def numbers() -> Pipeline:
    """The loans, of which the loss is predicted."""
    texts = dict(pipeline().texts)
    said = texts["pipeline.yaml"].replace("{field: defaulted, positive: true}", "{field: loss, kind: regression}")
    label = texts["label.avsc"].replace('"defaulted", "type": "boolean"', '"loss", "type": "double"')
    return Pipeline.from_texts(texts | {"pipeline.yaml": said, "label.avsc": label})


def test_numbers_are_joined_as_decisions_are_and_nothing_of_them_is_positive() -> None:
    log = Log().event("a", 0.1, score=40.0).event("b", 0.2, score=7.5).event("c", 0.3, score=0.0)
    for answer in log.predictions:
        answer.value["label"] = None  # type: ignore[index]
    log.label("a", 43.0, 0.8).label("b", 7.0, 0.9).label("b", 7.5, 0.95).tick(1).tick(5)
    outputs, state = run(log, OutcomesStep(numbers()))
    assert outcomes(outputs) == [
        ("a", "on_time", 0, 43.0),
        ("b", "on_time", 0, 7.0),
        ("b", "corrected", 1, 7.5),
        ("c", "missing", 0, None),
    ]
    assert {value["decision"] for value in values(outputs, "Outcome")} == {None}
    [quality] = values(outputs, "ProfileClosed", stream="quality", version="m1")
    assert (quality["rows"], quality["positives"], quality["correct"]) == (2, 0, 0)
    assert (quality["errors"][0]["absolute"], quality["errors"][0]["total"]) == (3.0, 9.0)
    assert (state.progress.rows, state.progress.positives) == (2, 0)
    marks = values(outputs, "CohortMatured")
    assert (marks[-1]["rows"], marks[-1]["positives"]) == (2, 0)


def test_numbers_are_profiled_in_bins_of_any_size() -> None:
    log = Log().event("a", 0.1, score=40.0).event("b", 0.2, score=400.0).tick(1)
    [profile] = values(run(log, OutcomesStep(numbers()))[0], "ProfileClosed", stream="scores")
    [field] = profile["fields"]
    assert (field["name"], len(field["bins"])) == ("prediction", 2)


def test_the_kind_of_task_is_part_of_what_a_state_is_of() -> None:
    assert OutcomesStep(numbers()).digest != OutcomesStep(pipeline()).digest


def test_labels_outside_the_intervals_of_their_version_are_counted() -> None:
    log = Log().event("a", 0.1, score=10.0).event("b", 0.2, score=10.0).event("c", 0.3, score=10.0, model="baseline")
    for answer in log.predictions:
        value: Any = answer.value
        value |= {"label": None, "high": 12.5 if value["model"] == "m1" else None}
    for event_id, label in (("a", 12.5), ("b", 7.0), ("c", 99.0)):
        log.label(event_id, label, 0.8)
    log.tick(1)
    for limit in (1, 1000):
        shelf = Shelf()
        again = partial(restarted, shelf)
        outputs, state = run(log, OutcomesStep(numbers()), limit, again)
        told_of = [one for one in values(outputs, "ProfileClosed", stream="quality") if one["rows"]]
        sums = {one["version"]: one["errors"][0] for one in told_of}
        found = {version: (one["intervals"], one["outside"]) for version, one in sums.items()}
        assert found == {"m1": (2, 1), "baseline": (0, 0)}
        assert state.intervals.widths == {"m1": 2.5}


def restarted(shelf: Shelf, step: OutcomesStep, state: OutcomesState) -> OutcomesState:
    """The state after its process has ended and another has begun."""
    shelf.keep(state.changes())
    return step.load_state(1, shelf)
