"""The training step: list in, list out."""

from collections.abc import Mapping
from typing import Any

import orjson

from services.contracts.record import Record, Result
from services.training.domain.history import Value
from services.training.step import TrainingStep
from tests.unit.training.story import dataset, pipeline, request

FULL = "driftmill."


class NeverDone:
    """A workshop whose runs go on."""

    def result_of(self, _run: Value) -> Mapping[str, Any] | None:
        return None


def record(fact: tuple[str, dict[str, Any]], offset: int = 0) -> Record:
    kind, value = fact
    topic = {"DatasetExtended": "datasets", "RetrainRequested": "requests"}.get(kind.removeprefix(FULL), "alerts")
    return Record(topic, 0, offset, 77, "", kind, value)


class Training:
    """A step with its state, fed record by record."""

    def __init__(self, champion: str | None = "v1") -> None:
        self.step = TrainingStep(pipeline(), lambda: champion, NeverDone())
        self.state = self.step.new_state(0)

    def take(self, *facts: tuple[str, dict[str, Any]]) -> Result[Any]:
        result = self.step.process(self.state, [record(fact) for fact in facts])
        self.state.apply(result.staged)
        return result


def audits(result: Result[Any]) -> list[Any]:
    return [output.value for output in result.outputs if output.topic == "audit"]


def runs(result: Result[Any]) -> list[str]:
    return [output.kind.removeprefix(FULL) for output in result.outputs if output.topic == "runs"]


def test_who_asks_for_a_run_is_audited_even_where_none_can_start_yet() -> None:
    result = Training().take(request("r1"))
    (audit,) = audits(result)
    assert (audit["audit_id"], audit["actor"], audit["action"]) == ("request-r1", "ann", "run asked for")
    assert (audit["subject"], audit["reason"], audit["clock"]) == ("r1", "a try", 77)
    assert runs(result) == []


def test_a_run_is_told_of_what_was_acted_on_only_where_something_was() -> None:
    kind, value = dataset(5, 500, 100)
    for censored, told in ((0, None), (7, 7)):
        training = Training()
        training.take((kind, value | {"censored": censored}))
        (started,) = (one.value for one in training.take(request("r1")).outputs if one.topic == "runs")
        assert started is not None
        assert orjson.loads(started["dataset"]).get("censored") == told


def test_a_run_that_a_person_asked_for_is_audited_as_asked_for_and_as_started() -> None:
    training = Training()
    training.take(dataset(5, 500, 100))
    result = training.take(request("r1"))
    assert runs(result) == ["RunStarted"]
    assert [(audit["actor"], audit["action"]) for audit in audits(result)] == [
        ("ann", "run asked for"),
        ("training", "run started"),
    ]
