"""When offsets are lost, and when an input is only new."""

import pytest

from services.chassis.restore import are_lost

REGISTRY = ("candidates", "requests", "configs", "profiles")
OUTCOMES = ("events", "predictions", "predictions.shadow")


@pytest.mark.parametrize(("service", "inputs"), [("registry", REGISTRY), ("outcomes", OUTCOMES)])
def test_offsets_are_lost_where_none_is_left(service: str, inputs: tuple[str, ...]) -> None:
    assert are_lost({}, inputs, service)
    assert not are_lost(dict.fromkeys(inputs, 7), inputs, service)


@pytest.mark.parametrize(("service", "inputs"), [("registry", REGISTRY), ("outcomes", OUTCOMES)])
def test_an_input_that_is_new_to_a_step_is_none_that_was_lost(service: str, inputs: tuple[str, ...]) -> None:
    assert not are_lost(dict.fromkeys(inputs[:-1], 7), inputs, service)


def test_what_a_service_tells_itself_says_nothing_of_the_others() -> None:
    inputs = ("events.raw", "labels", "labels.index")
    assert are_lost({"labels.index": 3}, inputs, "validation")
    assert not are_lost({"labels": 3}, inputs, "validation")
