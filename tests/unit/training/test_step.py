"""The training step: list in, list out."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest

from services.contracts.record import Record, Result
from services.contracts.topics import topic_named
from services.training.domain.history import Value
from services.training.step import TrainingStep
from tests.entries import Shelf
from tests.unit.training.story import alert, dataset, finished, pipeline, request

FULL = "driftmill."
OWN = ("runs", "yardsticks")


class Workshop:
    """One whose runs go on until they are said to be done."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.result: dict[str, Any] | None = None

    def result_of(self, _run: Value) -> Mapping[str, Any] | None:
        return self.result

    def steps_of(self, _run: Value) -> Sequence[str]:
        return self.steps


def record(fact: tuple[str, dict[str, Any]], offset: int = 0) -> Record:
    kind, value = fact
    topics = {"DatasetExtended": "datasets", "RetrainRequested": "requests", "AlertRaised": "alerts"}
    topics["YardstickMeasured"] = "yardsticks"
    topic = topics.get(kind.removeprefix(FULL), "runs")
    return Record(topic, 0, offset, 77, "", kind, value)


class Yardsticks:
    """One that has come to the values that it is given."""

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []

    def measured(self, after: int) -> Sequence[Value]:
        return [value for value in self.values if value["clock"] > after]


class Training:
    """A step with its state, fed record by record."""

    def __init__(self, champion: str | None = "v1", challenger: str | None = None) -> None:
        self.workshop, self.yardsticks = Workshop(), Yardsticks()
        self.step = TrainingStep(pipeline(), lambda: champion, lambda: challenger, self.workshop, self.yardsticks)
        self.state = self.step.new_state(0)
        self.log: list[Record] = []
        self.shelf = Shelf()

    def take(self, *facts: tuple[str, dict[str, Any]]) -> Result[Any]:
        batch = [record(fact) for fact in facts]
        return self.applied(self.step.process(self.state, batch), batch)

    def look(self) -> Result[Any]:
        """At the run, as when nothing has come."""
        return self.applied(self.step.idle(self.state, 0) or Result([], []), [])

    def applied(self, result: Result[Any], batch: list[Record]) -> Result[Any]:
        self.state.apply(result.staged)
        self.log += batch
        self.log += [record((one.kind, dict(one.value or {}))) for one in result.outputs if one.topic in OWN]
        return result

    def finish(self, day: float) -> None:
        run = self.state.open_run
        assert run is not None
        self.applied(Result([finished(run["run_id"], day)], []), [record(finished(run["run_id"], day))])

    def restart(self, replay: bool) -> None:
        """As a new process does: from what is stored, or from the log, its own records after all others."""
        if not replay:
            self.state = self.step.load_state(0, self.shelf.keep(self.state.changes()))
            return
        self.state = self.step.new_state(0)
        self.step.fold(self.state, sorted(self.log, key=lambda one: self.step.log.index(one.topic)))


def audits(result: Result[Any]) -> list[Any]:
    return [output.value for output in result.outputs if output.topic == "audit"]


def runs(result: Result[Any]) -> list[str]:
    return [output.kind.removeprefix(FULL) for output in result.outputs if output.topic == "runs"]


def test_who_asks_for_a_run_is_audited_even_where_none_can_start_yet() -> None:
    result = Training().take(request("r1"))
    (audit,) = audits(result)
    assert (audit["audit_id"], audit["actor"], audit["action"]) == ("requests-0", "ann", "run asked for")
    assert (audit["subject"], audit["reason"], audit["clock"]) == ("r1", "a try", 77)
    assert runs(result) == []


def test_while_the_first_model_is_in_flight_no_other_is_made_in_its_place_unless_asked_for() -> None:
    rows = dataset(0.1, 40, 12), dataset(3, 1_200, 360)
    assert runs(Training(None).take(*rows)) == ["RunStarted"]
    in_flight = Training(None, "v1")
    assert runs(in_flight.take(*rows)) == []
    assert runs(in_flight.take(request("r1"))) == ["RunStarted"]


def test_a_run_is_told_of_what_was_acted_on_only_where_something_was() -> None:
    kind, value = dataset(5, 500, 100)
    for censored, told in ((0, None), (7, 7)):
        training = Training()
        training.take((kind, value | {"censored": censored}))
        (started,) = (one.value for one in training.take(request("r1")).outputs if one.topic == "runs")
        assert started is not None
        assert orjson.loads(started["dataset"]).get("censored") == told


def test_what_is_asked_of_others_leads_to_nothing() -> None:
    training = Training()
    training.take(dataset(5, 500, 100))
    records = {kind for topic in ("requests", "alerts") for kind in topic_named(topic).records}
    others = records - {FULL + "RetrainRequested", FULL + "AlertRaised", FULL + "AlertCleared"}
    assert len(others) >= 9
    for kind in others:
        assert training.take((kind, {"request_id": "r1", "clock": 1})).outputs == []


def test_an_alert_that_was_taken_on_or_silenced_asks_for_a_run_all_the_same() -> None:
    heard, unheard = Training(), Training()
    quiet = [(FULL + kind, {"alert_id": "a1", "clock": 1}) for kind in ("AlertAcknowledged", "AlertsSilenced")]
    for training, more in ((heard, []), (unheard, quiet)):
        for record in (dataset(5, 500, 100), alert("a1", 6, None), *more):
            training.take(record)
    left, right = (runs(training.take(dataset(9, 900, 300))) for training in (heard, unheard))
    assert left == right
    assert left[0] in ("RunStarted", "RunWaiting")


def test_a_run_that_a_person_asked_for_is_audited_as_asked_for_and_as_started() -> None:
    training = Training()
    training.take(dataset(5, 500, 100))
    result = training.take(request("r1"))
    assert runs(result) == ["RunStarted"]
    assert [(audit["actor"], audit["action"]) for audit in audits(result)] == [
        ("ann", "run asked for"),
        ("training", "run started"),
    ]


@pytest.mark.parametrize("replay", [False, True])
def test_a_thousand_requests_make_one_run_and_those_that_come_meanwhile_one_more(replay: bool) -> None:
    training = Training()
    training.take(*(request(f"r{number}") for number in range(1_000)))
    training.take(dataset(5, 500, 100))
    assert training.state.runs[0].request_id == "r0"
    for number in range(1_000, 2_000):
        assert runs(training.take(request(f"r{number}"))) == []
    training.finish(5)
    training.restart(replay)
    again = training.take(dataset(5.1, 510, 102))
    (started,) = (one.value for one in again.outputs if one.kind == "driftmill.RunStarted" and one.value)
    assert started["reason"] == "ann asks: a try (and 999 more)"
    assert started["requests"] == [f"r{number}" for number in range(1_000, 2_000)]
    training.finish(5.1)
    training.restart(replay)
    assert runs(training.take(dataset(5.2, 520, 104))) == []


@pytest.mark.parametrize("replay", [False, True])
def test_cooldown_and_daily_budget_hold_after_a_restart(replay: bool) -> None:
    """The cooldown is six hours, the budget three runs a day; a thousand new rows ask for each."""
    training, begun = Training(), []
    for hour in range(48):
        training.restart(replay)
        day, rows = 5 + hour / 24, 2_000 * (hour + 1)
        if "RunStarted" in runs(training.take(dataset(day, rows, rows // 3))):
            begun.append(hour)
            training.restart(replay)
            training.finish(day)
    assert begun == [0, 6, 12, 24, 30, 36]


@pytest.mark.parametrize("replay", [False, True])
def test_what_a_limit_holds_back_is_told_and_audited_once_after_each_run(replay: bool) -> None:
    """An alert with its evidence, and rows enough for its own sake, each hour after the run before it."""
    training, told, begun = Training(), [], []
    for hour in range(26):
        training.restart(replay)
        day, rows = 5 + hour / 24, 2_000 * (hour + 1)
        facts = [alert("a1", day - 0.01, None)] if hour == 15 else []
        result = training.take(*facts, dataset(day, rows, rows // 3))
        told += [(hour, one["reason"]) for one in audits(result) if one["action"] == "run held back"]
        if "RunStarted" in runs(result):
            begun.append(hour)
            training.restart(replay)
            training.finish(day)
    assert begun == [0, 6, 12, 24]
    cooldown, budget, rows_of = "the cooldown of 6h", "3 runs a day", "2,000 new labelled rows with 667 positives"
    later = "8,000 new labelled rows with 2,667 positives"
    assert told == [
        (4, f"held back by {cooldown} until 2023-11-20 04:13: {later}"),  # known of events since v1 was trained
        (7, f"held back by {cooldown} until 2023-11-20 10:13: {rows_of}"),
        (13, f"held back by {budget} until 2023-11-20 22:13: {rows_of}"),
        (18, f"held back by {budget} until 2023-11-20 22:13: brier rose"),
        (25, f"held back by {cooldown} until 2023-11-21 04:13: {rows_of}"),
    ]


@pytest.mark.parametrize("replay", [False, True])
def test_every_step_and_the_end_of_a_run_are_told_once_whatever_is_killed(replay: bool) -> None:
    training = Training()
    training.take(dataset(5, 2_000, 600), request("r1"))
    told: list[str] = []
    for steps in (["a"], ["a", "b"], [], ["a"], ["a", "b", "c"]):
        training.workshop.steps = steps
        lost = training.step.idle(training.state, 0)  # what is killed before its commit comes again, the same
        result = training.look()
        assert lost is None or list(lost.outputs) == list(result.outputs)
        told += [one.value["step"] for one in result.outputs if one.value]
        training.restart(replay)
    assert told == ["a", "b", "c"]
    training.workshop.result = {"outcome": "failed", "reason": "why", "report": {"refused": {"forest": "differs"}}}
    result = training.look()
    assert (runs(result), result.refused) == (["RunFinished"], {"forest": 1})
    training.restart(replay)
    assert training.step.idle(training.state, 0) is None


@pytest.mark.parametrize("outcome", ["baseline_suffices", "not_enough", "failed"])
def test_an_end_without_a_model_is_told_and_audited_with_its_reason_and_offers_nothing(outcome: str) -> None:
    training = Training()
    training.take(dataset(5, 2_000, 600), request("r1"))
    training.workshop.result = {"outcome": outcome, "reason": "why", "report": {}}
    result = training.look()
    (audit,) = audits(result)
    assert (audit["action"], audit["reason"]) == (f"run ended: {outcome}", "why")
    assert [output.topic for output in result.outputs] == ["runs", "audit"]


@pytest.mark.parametrize("replay", [False, True])
def test_a_run_that_is_begun_anew_by_another_file_is_known_by_what_it_learnt_by(replay: bool) -> None:
    training = Training()
    training.take(dataset(5, 2_000, 600), request("r1"))
    accepted = training.state.runs[-1].model
    training.workshop.result = {"outcome": "baseline_suffices", "reason": "why", "report": {}}
    training.workshop.result |= {"recipe": {"features": training.state.runs[-1].features, "model": "of now"}}
    training.look()
    training.restart(replay)
    assert (accepted != "of now", training.state.runs[-1].model) == (True, "of now")


@pytest.mark.parametrize("replay", [True, False], ids=["log", "stored"])
def test_what_a_yardstick_was_measured_by_is_told_once_also_after_a_restart(replay: bool) -> None:
    training = Training()
    assert training.step.idle(training.state, 0) is None
    for clock in (1, 2, 3):
        training.yardsticks.values.append({"dataset_id": f"d{clock}", "clock": clock, "learner": "logistic"})
        result = training.step.idle(training.state, 0)
        assert result is not None
        # not applied: the transaction was aborted
        assert [one.key for one in result.outputs] == [f"d{clock}"]
        told = training.look().outputs
        assert [(one.topic, one.key, one.kind) for one in told] == [
            ("yardsticks", f"d{clock}", FULL + "YardstickMeasured")
        ]
        training.restart(replay)
        assert training.step.idle(training.state, 0) is None


def test_a_yardstick_is_told_of_beside_what_a_run_has_come_to() -> None:
    training = Training()
    training.take(dataset(5, 500, 100), request("r1"))
    training.yardsticks.values.append({"dataset_id": "d5", "clock": 1, "learner": "logistic"})
    training.workshop.steps = ["learning"]
    told = training.look().outputs
    assert [one.kind.removeprefix(FULL) for one in told] == ["YardstickMeasured", "RunProgressed"]
    assert training.look().outputs == []
