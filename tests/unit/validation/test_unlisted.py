"""A label of a class that isn't listed is refused with its reason, counted, and told of."""

from typing import Any

import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.profile import profile_key
from services.validation.domain.unlisted import RESULT, unlisted_profile
from services.validation.step import ValidationStep
from tests.unit.validation.scene import HOUR, START, judged, pipeline, records


def several(type_: str, classes: str) -> ValidationStep:
    texts = dict(pipeline().texts)
    target = "{field: bad, positive: true}"
    assert target in texts["pipeline.yaml"]
    kind = f"{{field: bad, kind: multiclass, classes: {classes}}}"
    label = texts["label.avsc"].replace('"boolean"', f'"{type_}"')
    files = {"pipeline.yaml": texts["pipeline.yaml"].replace(target, kind), "label.avsc": label}
    return ValidationStep(Pipeline.from_texts(texts | files), 1)


@pytest.mark.parametrize(
    ("type_", "classes", "given", "expected"),
    [
        ("string", "[good, bad, odd]", ("odd", "new"), "one of bad, good, odd"),
        ("int", "[1, 2, 3]", (3, 4), "one of 1, 2, 3"),
    ],
)
def test_it_is_refused_counted_and_told_of(type_: str, classes: str, given: Any, expected: str) -> None:
    step = several(type_, classes)
    batch = records(judged(0, bad=given[0]), judged(1, bad=given[1]), topic="labels")
    result = step.process(step.new_state(0), batch)
    accepted, refused, told = (output.value or {} for output in result.outputs)
    assert accepted["label"] == 2.0
    [reason] = refused["reasons"]
    assert (reason["field"], reason["rule"], reason["expected"]) == ("bad", "set", expected)
    assert (told["stream"], told["slice"], told["rows"]) == ("classes", f"class={given[1]}", 1)
    assert result.labels == {RESULT: 1}


def test_labels_of_two_classes_count_nothing() -> None:
    step = ValidationStep(pipeline(), 1, b"k" * 32)
    result = step.process(step.new_state(0), records(judged(0), topic="labels"))
    assert result.labels == {}


def test_all_of_a_window_say_the_same_under_one_key() -> None:
    first, later = (unlisted_profile("x" * 99, START + minute, HOUR, 3, 5 * HOUR + 7) for minute in (1, HOUR - 1))
    assert first == later
    assert profile_key(first) == f"classes/{START}//class={'x' * 64}/3"
    assert (first["window_end"] - first["window_start"], first["closed_at"]) == (HOUR, 5 * HOUR)
