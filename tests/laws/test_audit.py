"""Every action of a played history stands in the audit trail once, whatever is killed and read again."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from services.chassis.step import Step
from services.contracts.record import Output, Record
from tests.entries import Shelf
from tests.laws import flow
from tests.laws.case import CASES, Case
from tests.laws.flow import PARTITION, Topics, run

ACTING = [case for case in CASES if case.stage in ("registry", "training")]
FACTS = {
    "driftmill.ModelMoved": "moved",
    "driftmill.RunStarted": "run started",
    "driftmill.RunFinished": "run ended",
    "driftmill.RunWaiting": "run waits",
    "driftmill.RunHeld": "run held back",
}
"""What a service does of itself, by the record that shows it."""
PEOPLE = {
    "driftmill.ConfigApplied": "configuration applied",
    "driftmill.ErasureRequested": "rows erased from the lake",
    "driftmill.ImageBuilt": "image built",
    "driftmill.RetrainRequested": "run asked for",
}
"""What people do that others carry out, by its record."""


def history(case: Case) -> Topics:
    """What the laws play, and more that people do."""
    topics = {topic: list(records) for topic, records in case.topics().items()}
    if case.stage == "registry":
        config = {"pipeline": "small", "digest": "d1", "texts": {}, "by": "ann", "replaces": ""}
        erasure = {"request_id": "e", "by": "ann", "reason": "left", "entity": "shop", "salt": "s", "digest": "d" * 64}
        topics["configs"] = [_record("configs", 0, "ConfigApplied", config)]
        topics["requests"] += [
            _record("requests", 90, "ErasureRequested", {**erasure, "log_id": "l", "end_seq": 3, "ends": []}),
            _record("requests", 94, "ImageBuilt", _asked("v3", image="small:v3", digest="d2")),
            _record("requests", 91, "ReleaseDecided", _asked("v9", approved=True)),
            _record("requests", 92, "MoveRequested", _asked("v9", to_state="champion")),
            _record("requests", 93, "MoveRequested", {**_asked("v3", to_state="champion"), "by": ""}),
        ]
        spoiled = {**topics["candidates"][0].value, "manifest": b"[]"}
        topics["candidates"].append(_record("candidates", 90, "CandidateProposed", spoiled))
    else:
        nameless = {"request_id": "r9", "by": "", "reason": "a try"}
        topics["requests"].append(_record("requests", 90, "RetrainRequested", nameless))
    return topics


def _record(topic: str, offset: int, kind: str, value: dict[str, Any]) -> Record:
    return Record(topic, 0, offset, 77, "", f"driftmill.{kind}", value)


def _asked(version: str, **more: Any) -> dict[str, Any]:
    return {"request_id": f"of {version}", "version": version, "by": "ann", "reason": "seen", **more}


def told(outputs: Sequence[Output]) -> list[Any]:
    return [output.value for output in outputs if output.topic == "audit"]


def species(action: str) -> str:
    """An action without what differs from one to the next."""
    return "moved" if "→" in action else action.partition(":")[0]


def expected(case: Case, outputs: Sequence[Output]) -> Counter[str]:
    """What was done by the records that show it: of the run that waits, the first."""
    shown = [output for output in outputs if output.kind in FACTS]
    first = {(one.kind, one.key): one for one in shown if one.kind == "driftmill.RunWaiting"}
    done = [FACTS[one.kind] for one in shown if one.kind != "driftmill.RunWaiting"] + ["run waits"] * len(first)
    asked = [one for records in history(case).values() for one in records if one.kind in PEOPLE]
    return Counter(done) + Counter(PEOPLE[one.kind] for one in asked if one.value["by"])


REFUSED = {
    "registry": {"rollback refused", "approval refused", "promotion refused", "MoveRequested refused"}
    | {"candidate refused"},
    "training": {"run refused"},
}
"""What nothing followed from, each by its own record."""


@pytest.mark.parametrize("case", ACTING, ids=lambda case: case.stage)
def test_each_action_is_told_once_with_who_what_why_and_what_shows_it(case: Case) -> None:
    outputs = run(case.make(), history(case)).outputs
    found = told(outputs)
    counts = Counter(species(one["action"]) for one in found)
    refused = {name: count for name, count in counts.items() if name in REFUSED[case.stage]}
    assert counts - Counter(refused) == expected(case, outputs)
    assert refused.keys() == REFUSED[case.stage]
    assert len({one["audit_id"] for one in found}) == len(found)
    for one in found:
        assert one["actor"].strip()
        assert one["subject"]
        assert one["reason"] or one["action"] in ("configuration applied", "image built")
        assert '"record":{"topic":' in one["evidence"]
        assert one["after"] or species(one["action"]) in REFUSED[case.stage]


def _from_what_is_stored(shelf: Shelf) -> Callable[[Step[Any, Any], Any], Any]:
    def restart(step: Step[Any, Any], state: Any) -> Any:
        return step.load_state(PARTITION, shelf.keep(state.changes()))

    return restart


@pytest.mark.parametrize("case", ACTING, ids=lambda case: case.stage)
@pytest.mark.parametrize("limit", [1, 40])
def test_a_kill_after_every_batch_tells_the_same_and_no_more(case: Case, limit: int) -> None:
    whole = run(case.make(), history(case))
    parts = run(case.make(), history(case), limit, _from_what_is_stored(Shelf()))
    assert told(parts.outputs) == told(whole.outputs)


@pytest.mark.parametrize("case", ACTING, ids=lambda case: case.stage)
def test_a_record_that_is_read_again_after_an_abort_is_told_under_the_same_id(case: Case) -> None:
    step, sides = case.make(), flow.waiting(history(case))
    state = step.new_state(PARTITION)
    while batch := step.take(state, sides, 17):
        lost, result = step.process(state, batch), step.process(state, batch)
        assert told(lost.outputs) == told(result.outputs)
        state.apply(result.staged)
