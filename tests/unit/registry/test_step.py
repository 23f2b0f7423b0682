"""The registry step: list in, list out."""

from typing import Any

import orjson
import pytest

from services.contracts.record import Output, Record, Result
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.offer import Offer
from services.registry.domain.plan import Plan
from services.registry.domain.versions import Versions
from services.registry.step import RegistryStep
from tests.entries import Shelf, entries_of

GOOD = Criterion("better", True, 0.1, 0.0, 0.05, 0.2, 100, "better: holds")
BAD = Criterion("better", False, -0.1, 0.0, -0.2, -0.05, 100, "better: fails")


def candidate(version: str) -> Record:
    value = {
        "version": version,
        "run_id": f"run-{version}",
        "clock": 1_000,
        "model_uri": f"models/{version}.onnx",
        "model_digest": version * 8,
        "manifest": b"{}",
        "signature": b"s",
        "key_id": "signing",
    }
    return Record("candidates", 0, int(version[1:]), 0, version, "driftmill.CandidateProposed", value)


def rollback(request_id: str, to_version: str | None = None) -> Record:
    value = {"request_id": request_id, "to_version": to_version, "by": "ann", "reason": "it misbehaves"}
    return Record("requests", 0, 0, 77, request_id, "driftmill.RollbackRequested", value)


def decided(version: str, approved: bool = True) -> Record:
    value = {"request_id": f"of-{version}", "version": version, "approved": approved, "by": "ann", "reason": "seen"}
    return Record("requests", 0, 0, 77, "of", "driftmill.ReleaseDecided", value)


class Registry:
    """A step with its state, fed record by record; accepts all but the versions in `worse`."""

    def __init__(self, worse: tuple[str, ...] = (), approval: bool = False) -> None:
        self.worse, self.attempts, self.champions = worse, list[int](), list[str | None]()
        self.step = RegistryStep(self._judge, Plan(approval))
        self.state = self.step.new_state(0)

    def _judge(self, offer: Offer) -> Verdict:
        self.attempts.append(offer.attempt)
        self.champions.append(offer.champion.name if offer.champion else None)
        return Verdict(False, (BAD,)) if offer.candidate["version"] in self.worse else Verdict(True, (GOOD,))

    def take(self, record: Record) -> Result[Any]:
        result = self.step.process(self.state, [record])
        self.state.apply(result.staged)
        return result


def moves(result: Result[Any]) -> list[tuple[str, str, str]]:
    return [
        (o.value["version"], o.value["from_state"], o.value["to_state"])
        for o in result.outputs
        if o.topic == "models.history" and o.value is not None
    ]


def champion_view(result: Result[Any]) -> list[Output]:
    return [output for output in result.outputs if output.topic == "models" and output.key == "champion"]


def test_an_accepted_candidate_becomes_champion_and_the_one_before_retires() -> None:
    registry = Registry()
    first, second = registry.take(candidate("v1")), registry.take(candidate("v2"))
    assert moves(first) == [("v1", "candidate", "champion")]
    assert moves(second) == [("v1", "champion", "retired"), ("v2", "candidate", "champion")]
    (view,) = champion_view(second)
    assert view.value is not None
    assert (view.value["version"], view.value["sequence"]) == ("v2", 3)


def test_a_refused_candidate_moves_nobody_and_says_why() -> None:
    registry = Registry(worse=("v2",))
    registry.take(candidate("v1"))
    result = registry.take(candidate("v2"))
    assert moves(result) == [("v2", "candidate", "rejected")]
    assert champion_view(result) == []
    (move,) = [o.value for o in result.outputs if o.topic == "models.history"]
    assert move is not None
    assert move["reason"] == "better: fails"
    assert [c["passed"] for c in move["criteria"]] == [False]
    assert registry.state.champion is not None
    assert registry.state.champion.name == "v1"


def test_a_candidate_that_comes_twice_is_judged_once() -> None:
    registry = Registry()
    registry.take(candidate("v1"))
    assert registry.take(candidate("v1")).outputs == []


def test_attempts_count_since_the_last_acceptance() -> None:
    registry = Registry(worse=("v2", "v3"))
    for version in ("v1", "v2", "v3", "v4", "v5"):
        registry.take(candidate(version))
    assert registry.attempts == [1, 1, 2, 3, 1]


def test_a_candidate_is_judged_by_who_answers_when_it_comes() -> None:
    registry = Registry(worse=("v3",))
    for record in (candidate("v1"), candidate("v2"), candidate("v3"), rollback("r1"), candidate("v4")):
        registry.take(record)
    assert registry.champions == [None, "v1", "v2", "v1"]


def test_each_rollback_goes_one_release_back_and_at_last_to_the_baseline() -> None:
    registry = Registry()
    for version in ("v1", "v2", "v3"):
        registry.take(candidate(version))
    assert moves(registry.take(rollback("r1"))) == [("v3", "champion", "retired"), ("v2", "retired", "champion")]
    assert moves(registry.take(rollback("r2"))) == [("v2", "champion", "retired"), ("v1", "retired", "champion")]
    assert moves(registry.take(rollback("r3"))) == [("v1", "champion", "retired")]


def test_a_rollback_by_name_returns_to_any_former_champion() -> None:
    registry = Registry()
    for version in ("v1", "v2"):
        registry.take(candidate(version))
    registry.take(rollback("r1"))
    again = registry.take(rollback("r2", "v2"))
    assert moves(again) == [("v1", "champion", "retired"), ("v2", "retired", "champion")]


def test_rollback_of_the_only_champion_lets_the_baseline_answer() -> None:
    registry = Registry()
    registry.take(candidate("v1"))
    result = registry.take(rollback("r1"))
    assert moves(result) == [("v1", "champion", "retired")]
    (view,) = champion_view(result)
    assert view.value is None


def test_an_impossible_rollback_is_told_in_the_audit() -> None:
    registry = Registry(worse=("v2",))
    assert _refusal(registry.take(rollback("r0"))) == "no model is champion: the baseline answers already"
    registry.take(candidate("v1"))
    registry.take(candidate("v2"))
    assert _refusal(registry.take(rollback("r1", "v9"))) == "there is no version v9"
    assert _refusal(registry.take(rollback("r2", "v2"))) == "v2 is rejected: only a former champion can return"


def audits(result: Result[Any]) -> list[Any]:
    return [output.value for output in result.outputs if output.topic == "audit"]


def test_every_move_is_audited_with_its_evidence() -> None:
    (audit,) = audits(Registry().take(candidate("v1")))
    assert (audit["actor"], audit["action"], audit["subject"]) == ("registry", "candidate → champion", "v1")
    evidence = orjson.loads(audit["evidence"])
    assert (evidence["model_digest"], evidence["criteria"][0]["name"]) == ("v1" * 8, "better")


def test_what_a_person_moves_is_audited_under_their_name() -> None:
    registry = Registry()
    registry.take(candidate("v1"))
    registry.take(candidate("v2"))
    found = audits(registry.take(rollback("r1")))
    assert {(audit["actor"], audit["reason"]) for audit in found} == {("ann", "it misbehaves")}
    assert [orjson.loads(audit["evidence"])["model_digest"] for audit in found] == ["v2" * 8, "v1" * 8]


def test_who_applied_which_configuration_is_audited_and_moves_nobody() -> None:
    registry = Registry()
    value = {"pipeline": "shop", "digest": "abc", "texts": {}, "by": "ann", "replaces": "ab"}
    result = registry.take(Record("configs", 0, 4, 77, "shop", "driftmill.ConfigApplied", value))
    (audit,) = audits(result)
    assert (len(result.outputs), audit["audit_id"], audit["clock"]) == (1, "configs-4", 77)
    assert (audit["actor"], audit["action"], audit["subject"]) == ("ann", "configuration applied", "shop")
    assert (audit["before"], audit["after"]) == ("ab", "abc")
    assert orjson.loads(audit["evidence"])["cause"] == {"topic": "configs", "offset": 4}


def test_the_state_is_a_fold_of_its_own_history() -> None:
    registry = Registry(worse=("v2",))
    history = []
    for record in (candidate("v1"), candidate("v2"), candidate("v3"), rollback("r1")):
        outputs = registry.take(record).outputs
        history += [
            Record("models.history", 0, i, 0, o.key, o.kind, o.value)
            for i, o in enumerate(outputs)
            if o.topic == "models.history" and o.value is not None
        ]
    rebuilt = registry.step.new_state(0)
    registry.step.fold(rebuilt, history)
    assert rebuilt == registry.state
    assert Versions.load(Shelf(entries_of(rebuilt))) == registry.state


def _refusal(result: Result[Any]) -> str:
    (note,) = result.outputs
    assert note.topic == "audit"
    assert note.value is not None
    return str(note.value["reason"])


def test_where_approval_is_asked_for_an_accepted_version_answers_only_after_a_person_s_word() -> None:
    registry = Registry(approval=True)
    result = registry.take(candidate("v1"))
    assert moves(result) == [("v1", "candidate", "accepted")]
    assert champion_view(result) == []
    (move,) = [o.value for o in result.outputs if o.topic == "models.history"]
    assert move is not None
    assert move["reason"] == "every criterion holds; it waits for approval"
    assert [c["passed"] for c in move["criteria"]] == [True]
    approved = registry.take(decided("v1"))
    assert moves(approved) == [("v1", "accepted", "champion")]
    (view,) = champion_view(approved)
    assert view.value is not None
    assert (view.value["version"], view.value["model_uri"]) == ("v1", "models/v1.onnx")
    (told,) = [o.value for o in approved.outputs if o.topic == "audit"]
    assert told is not None
    assert (told["actor"], told["action"], told["reason"]) == ("ann", "accepted → champion", "seen")


def test_the_champion_answers_on_until_another_is_approved() -> None:
    registry = Registry(approval=True)
    for record in (candidate("v1"), decided("v1"), candidate("v2")):
        registry.take(record)
    assert registry.state.champion is not None
    assert registry.state.champion.name == "v1"
    found = registry.take(decided("v2"))
    assert moves(found) == [("v1", "champion", "retired"), ("v2", "accepted", "champion")]


def test_a_person_may_say_no() -> None:
    registry = Registry(approval=True)
    registry.take(candidate("v1"))
    assert moves(registry.take(decided("v1", approved=False))) == [("v1", "accepted", "rejected")]
    assert registry.state.champion is registry.state.waiting is None


def test_a_newer_accepted_version_takes_the_place_of_one_that_waits() -> None:
    registry = Registry(approval=True)
    registry.take(candidate("v1"))
    found = registry.take(candidate("v2"))
    assert moves(found) == [("v1", "accepted", "rejected"), ("v2", "candidate", "accepted")]
    assert registry.state.waiting is not None
    assert registry.state.waiting.name == "v2"


@pytest.mark.parametrize(
    ("version", "approved", "action", "why"),
    [
        ("v9", True, "approval refused", "there is no such version"),
        ("v1", True, "approval refused", "it is champion, and waits for nobody"),
        ("v1", False, "rejection refused", "it is champion, and waits for nobody"),
        ("v2", True, "approval refused", "it is rejected, and waits for nobody"),
    ],
)
def test_a_word_on_what_does_not_wait_is_told_in_the_audit_trail(
    version: str, approved: bool, action: str, why: str
) -> None:
    registry = Registry(worse=("v2",), approval=True)
    for record in (candidate("v1"), decided("v1"), candidate("v2")):
        registry.take(record)
    (told,) = registry.take(decided(version, approved)).outputs
    assert told.value is not None
    assert (told.topic, told.value["action"], told.value["subject"], told.value["reason"]) == (
        "audit",
        action,
        version,
        why,
    )


def test_what_a_person_refuses_or_another_replaces_counts_as_no_refusal_of_the_gate() -> None:
    registry = Registry(worse=("v2", "v5"), approval=True)
    for record in (candidate("v1"), candidate("v2"), candidate("v3"), decided("v3", approved=False)):
        registry.take(record)
    for record in (candidate("v4"), candidate("v5"), decided("v4"), candidate("v6")):
        registry.take(record)
    assert registry.attempts == [1, 1, 2, 1, 1, 2]


def test_going_back_to_what_was_approved_needs_no_further_word() -> None:
    registry = Registry(approval=True)
    for record in (candidate("v1"), decided("v1"), candidate("v2"), decided("v2")):
        registry.take(record)
    assert moves(registry.take(rollback("r1"))) == [("v2", "champion", "retired"), ("v1", "retired", "champion")]


def test_what_waits_is_superseded_too_once_approval_is_asked_for_no_more() -> None:
    registry = Registry(approval=True)
    registry.take(candidate("v1"))
    registry.step = RegistryStep(registry._judge, Plan())
    assert moves(registry.take(candidate("v2"))) == [("v1", "accepted", "rejected"), ("v2", "candidate", "champion")]
    assert registry.state.waiting is None
