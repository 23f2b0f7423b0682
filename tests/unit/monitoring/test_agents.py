from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from services.contracts.record import Output, Record
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.reference import Model
from tests.unit.monitoring.story import Profile, at, model, policy, story


def told(offset: int, profile: Profile) -> Record:
    return Record("profiles", 0, offset, 0, "key", "driftmill.ProfileClosed", profile, raw_value=b"x")


def published(champion: Model | None, key: str = "champion") -> Record:
    """A record of `models`, without a model one that isn't to be believed."""
    return Record("models", 0, 0, 0, key, "driftmill.ModelPublished", {"model": champion}, raw_value=b"x")


def believed(record: Record) -> Model | None:
    champion: Model | None = record.value["model"]
    return champion


def alerts(outputs: Sequence[Output]) -> list[Record]:
    return [
        Record("alerts", 0, n, 0, one.key, one.kind, one.value or {}, one.headers, raw_value=b"x")
        for n, one in enumerate(outputs)
    ]


def profiles() -> list[Record]:
    return [told(n, one) for n, one in enumerate(one for day in story(40, inputs_change=30) for one in day)]


def started(
    alerts_told: Sequence[Record], *models: Record, runs: Sequence[Record] = (), yardsticks: Sequence[Record] = ()
) -> MonitoringAgents:
    agents = MonitoringAgents(policy(), believed)
    agents.view({"alerts": alerts_told, "models": models, "runs": runs, "yardsticks": yardsticks})
    return agents


def run(agents: MonitoringAgents, records: Sequence[Record]) -> list[Output]:
    return [output for record in records for output in agents.on_profile(record)]


def test_outputs_are_alerts_keyed_by_their_id() -> None:
    output, known = run(started([], published(model())), profiles())
    assert (output.topic, output.kind) == ("alerts", "driftmill.AlertRaised")
    assert output.value is not None
    assert known.value is not None
    assert known.kind == "driftmill.AlertClassified"
    assert output.key == known.key == output.value["alert_id"] == known.value["alert_id"]


def test_wherever_it_is_interrupted_the_same_alerts_are_told_once() -> None:
    records, champion = profiles(), published(model())
    first = started([], champion)
    said = [first.on_profile(record) for record in records]
    wanted = [dict(one.value or {}) for one in chain(*said)]
    for committed, died in ((0, len(records)), (150, 190), (len(records), len(records)), (180, 181), (60, 120)):
        before = list(chain(*said[:died]))
        second = started(alerts(before), champion)
        for record in records[:committed]:
            second.fold(record)
        after = [*second.missing(), *run(second, records[committed:])]
        assert [dict(one.value or {}) for one in [*before, *after]] == wanted


def test_an_alert_that_nothing_supports_any_more_is_cleared() -> None:
    records = profiles()
    before = run(started([]), records)
    agents = started(alerts(before), published(model(day=38, trained=(0, 36))))
    for record in records:
        agents.fold(record)
    missing: dict[str, list[dict[str, Any]]] = {}
    for output in agents.missing():
        missing.setdefault(output.kind, []).append(dict(output.value or {}))
    assert [one["alert_id"] for one in missing["driftmill.AlertCleared"]] == [before[0].key]
    assert missing["driftmill.AlertCleared"][0]["reason"] == "superseded"


@pytest.mark.parametrize("lives", ["on", "again"])
def test_alerts_end_in_the_order_in_which_they_began_also_after_a_kill(lives: str) -> None:
    days = story(50, inputs_change=30, recall_change=36)
    records = [told(n, one) for n, one in enumerate(one for day in days for one in day)]
    first, second = published(model()), published(model("m2", day=46, sequence=2, trained=(30, 43)))
    agents = started([], first)
    before = run(agents, records[:-1])
    began = [one.key for one in before if one.kind == "driftmill.AlertRaised"]
    assert len(began) > 1
    if lives == "on":
        ended = [*agents.on_model(second), *run(agents, records[-1:])]
    else:
        agents = started(alerts(before), first, second)
        for record in records:
            agents.fold(record)
        ended = agents.missing()
    assert [one.key for one in ended if one.kind == "driftmill.AlertCleared"] == began


def test_only_the_champion_counts_and_its_tombstone_dismisses_it() -> None:
    agents = started([])
    assert agents.on_model(published(model(), key="m1")) == []
    run(agents, profiles())
    agents.on_model(published(model()))
    gone = Record("models", 0, 1, 0, "champion", "poison", {"reason": "undecodable", "detail": ""})
    outputs = agents.on_model(gone)
    assert {output.kind for output in outputs} <= {"driftmill.AlertRaised", "driftmill.AlertCleared"}


def test_a_model_that_is_not_to_be_believed_changes_nothing() -> None:
    records, champion = profiles(), published(model())
    usual = [dict(one.value or {}) for one in run(started([], champion), records)]
    agents = started([], champion, published(None))
    assert agents.on_model(published(None)) == []
    assert [dict(one.value or {}) for one in run(agents, records)] == usual


def refusing(offset: int) -> Record:
    value = {"run_id": f"r{offset}", "clock": offset, "report": b'{"refused": {"forest": "differs"}}'}
    return Record("runs", 0, offset, 0, "r", "driftmill.RunFinished", value, raw_value=b"x")


def begun(offset: int) -> Record:
    return Record("runs", 0, offset, 0, "r", "driftmill.RunStarted", {"run_id": "r"}, raw_value=b"x")


@pytest.mark.parametrize("seen", range(4))
def test_what_runs_refuse_is_told_once_wherever_it_is_interrupted(seen: int) -> None:
    """seen: so many runs had ended when the process began, of which the group had committed none."""
    ends = [begun(0), *map(refusing, range(1, 4))]
    agents = started([], runs=ends[: seen + 1])
    said = [*agents.missing(), *(output for record in ends for output in agents.on_run(record))]
    assert [output.value["name"] for output in said if output.value] == ["forest"]
    again = started(alerts(said), runs=ends)
    assert again.missing() == []
    assert [output for record in ends for output in again.on_run(record)] == []


@pytest.mark.parametrize("seen", [0, 5, 25])
def test_a_yardstick_that_is_better_is_told_of_once_wherever_it_is_interrupted(seen: int) -> None:
    """seen: so many datasets had been measured when the process began, of which the group had committed none."""
    champion = published(replace(model(day=-1), loss=0.1))
    sums = {"version": "m1", "rows": 500, "loss": 30.0, "other_loss": 50.0}
    values = [{"clock": at(day + 1), "learner": "logistic", "pairs": [sums]} for day in range(25)]
    measured = [
        Record("yardsticks", 0, day, 0, "d", "driftmill.YardstickMeasured", value, raw_value=b"x")
        for day, value in enumerate(values)
    ]
    agents = started([], champion, yardsticks=measured[:seen])
    said = [*agents.missing(), *(output for record in measured for output in agents.on_yardstick(record))]
    (alert,) = [output.value for output in said]
    assert alert is not None
    assert (alert["kind"], alert["name"], alert["cause"]) == ("yardstick", "logistic", alert["alert_id"])
    again = started(alerts(said), champion, yardsticks=measured)
    assert again.missing() == []
    (over,) = again.on_model(published(model("m2", day=30, sequence=2)))
    assert (over.kind, over.key) == ("driftmill.AlertCleared", alert["alert_id"])
    assert (
        started(alerts([*said, over]), published(model("m2", day=30, sequence=2)), yardsticks=measured).missing() == []
    )


def asked(offset: int, record: str, **value: Any) -> Record:
    request = {"request_id": f"q{offset}", "by": "ann", "reason": "mine"} | value
    return Record("requests", 0, offset, 77, "q", f"driftmill.{record}", request, raw_value=b"x")


def test_alerts_of_one_cause_share_it_also_after_a_kill_between_them() -> None:
    days = story(50, inputs_change=30, recall_change=30)
    records = [told(n, one) for n, one in enumerate(one for day in days for one in day)]
    said = run(started([], published(model())), records)
    raised = [dict(one.value or {}) for one in said if one.kind == "driftmill.AlertRaised"]
    assert {one["kind"] for one in raised} == {"inputs", "quality"}
    assert {one["cause"] for one in raised} == {raised[0]["alert_id"]}
    for kept in range(1, len(said)):
        again = started(alerts(said[:kept]), published(model()))
        rest = [*again.missing(), *run(again, records)]
        assert [dict(one.value or {}) for one in rest] == [dict(one.value or {}) for one in said[kept:]]


def test_what_people_ask_is_answered_once_and_recorded_and_a_refusal_is_audited() -> None:
    agents = started([], published(model()))
    (alert, *_) = run(agents, profiles())
    request = asked(1, "AcknowledgementRequested", alert_id=alert.key)
    (taken,) = agents.on_request(request)
    assert (taken.topic, taken.key, taken.kind) == ("alerts", alert.key, "driftmill.AlertAcknowledged")
    assert agents.on_request(request) == []
    again = started(alerts([alert, taken]), published(model()))
    assert again.on_request(request) == []
    (refused,) = again.on_request(asked(2, "AcknowledgementRequested", alert_id="nonsense"))
    assert refused.value is not None
    assert (refused.topic, refused.value["actor"], refused.value["clock"]) == ("audit", "ann", 77)
    assert refused.value["action"] == "acknowledgement refused"
    (silenced,) = again.on_request(asked(3, "SilenceRequested", kind="inputs", name="amount", length=5))
    assert silenced.key == "q3"
    assert again.on_request(asked(4, "RetrainRequested")) == []


def test_an_update_that_was_lost_is_told_at_the_start() -> None:
    days = story(50, inputs_change=30)
    worse = story(50, inputs_change=20)
    records = [told(n, one) for n, one in enumerate(one for day in [*days[:34], *worse[34:]] for one in day)]
    agents = started([], published(model()))
    said = run(agents, records)
    (alert, *_) = said
    agents._watch._term._inputs._standing["amount"].seen(alert.value["clock"] + 1, 1e3)  # type: ignore[union-attr,index]
    (update,) = agents.missing()
    assert (update.kind, update.key) == ("driftmill.AlertUpdated", alert.key)
    assert agents.missing() == []
