"""A candidate is served a recorded stretch before any live event: what answers otherwise, or takes more, is refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.chassis.store import Store
from services.contracts.manifest import Cost
from services.contracts.record import Record
from services.registry.adapters.admission import Admission
from services.registry.adapters.sandbox import Limits
from services.registry.adapters.trial import Answer, Question, tried
from services.registry.app import judge_of
from services.registry.domain.acceptance import Verdict
from services.registry.domain.offer import Offer
from services.registry.domain.staging import SPARE, TIMES, Staged, apart, least, limit, unequal
from services.registry.step import RegistryStep
from tests.unit.registry.files import LIMITS, model, node, plain, tensor, try_here
from tests.unit.registry.offered import COST, STRETCH_URI, TRUST, manifest, offered
from tests.unit.registry.play import PLAN

PLAIN = plain().SerializeToString()
PROMISED: Cost = {"alone": 0.05, "alone_p99": 0.1, "together": 0.5, "mib": 8.0}
HELD = Staged(700, 1, 0.0, 1e-5, 0, PROMISED, PROMISED)


@pytest.fixture
def store() -> Store:
    return Store("memory:///")


class Slow:
    """Tries files as they are, and tells that so many of its trials took longer."""

    def __init__(self, times: int, what: str = "alone_p99") -> None:
        self.left, self.what, self.asked = times, what, 0

    def __call__(self, content: bytes, question: Question, limits: Limits) -> Answer:
        found: dict[str, Any] = {**try_here(content, question, limits)}
        if question["pieces"]:
            self.asked += 1
        if question["pieces"] and self.left:
            self.left -= 1
            found["cost"] = {**found["cost"], self.what: 1e4}
        return found  # type: ignore[return-value]


def judged(store: Store, candidate: dict[str, Any], trial: Any = try_here) -> Verdict:
    return judge_of(Admission(store, TRUST, LIMITS, trial), ())(Offer(candidate, 0, None, 1))


def refusal(verdict: Verdict) -> str:
    assert not verdict.accepted
    return "; ".join(one.detail for one in verdict.criteria if not one.passed)


def test_what_serves_as_training_measured_passes_with_its_numbers(store: Store) -> None:
    verdict = judged(store, offered(PLAIN, store))
    assert verdict.accepted
    names = [one.name for one in verdict.criteria]
    assert names[0] == "answers in staging"
    assert set(names[1:]) == {
        "latency in staging, alone",
        "latency in staging, alone_p99",
        "latency in staging, together",
        "memory in staging, mib",
    }
    told = verdict.staged
    assert told is not None
    assert (told["passed"], told["rows"], told["tries"], told["promised"]) == (True, 700, 1, COST)
    assert 0 < told["measured"]["alone"] < limit("alone", COST["alone"])


def test_in_a_process_of_its_own_too(store: Store) -> None:
    verdict = judge_of(Admission(store, TRUST, LIMITS), ())(Offer(offered(PLAIN, store), 0, None, 1))
    assert verdict.accepted


def test_a_score_beyond_the_golden_rows_that_is_another_is_refused(store: Store) -> None:
    """The golden rows are a quarter, a half and one: at other amounts the file gives twice as much."""
    nodes = [
        node("Mul", ["a", "half"], ["b0"]),
        node("Mul", ["a", "four"], ["quarters"]),
        node("Floor", ["quarters"], ["whole"]),
        node("Sub", ["quarters", "whole"], ["rest"]),
        node("Mul", ["rest", "half"], ["more"]),
        node("Add", ["b0", "more"], ["b"]),
    ]
    tensors = [tensor("half", np.float32(0.5)), tensor("four", np.float32(4))]
    content = model(*nodes, initializers=tensors).SerializeToString()
    told = refusal(judged(store, offered(content, store)))
    assert told == "answers in staging: aren't those of the hold-out, 0.5 apart, at most 1e-05; 700 rows"


@pytest.mark.parametrize(("slow", "tries", "accepted"), [(0, 1, True), (2, 3, True), (3, 3, False)])
def test_what_is_slow_now_and_then_passes_and_what_always_is_is_refused(
    store: Store, slow: int, tries: int, accepted: bool
) -> None:
    trial = Slow(slow)
    verdict = judged(store, offered(PLAIN, store), trial)
    assert (verdict.accepted, trial.asked) == (accepted, tries)
    assert verdict.staged is not None
    assert verdict.staged["tries"] == tries
    if not accepted:
        assert refusal(verdict) == (
            "latency in staging, alone_p99: fails, 1e+04, at most 1.4 milliseconds for a row that comes alone, the "
            "slowest hundredth; training measured 0.1"
        )


def test_memory_beyond_its_promise_is_refused(store: Store) -> None:
    assert "memory in staging, mib: fails, 1e+04, at most 76 MiB" in refusal(
        judged(store, offered(PLAIN, store), Slow(3, "mib"))
    )


@pytest.mark.parametrize("what", sorted(SPARE))
def test_each_limit_is_exact(what: str) -> None:
    most = limit(what, PROMISED[what])  # type: ignore[literal-required]
    for value, passed in ((most, True), (np.nextafter(most, np.inf), False)):
        measured: Any = {**PROMISED, what: value}
        assert replace(HELD, measured=measured).passed is passed
    assert limit("alone", 1.0) == TIMES + SPARE["alone"]


def test_a_verdict_that_passes_tells_no_number_of_the_machine() -> None:
    other: Cost = {"alone": 0.04, "alone_p99": 0.09, "together": 0.4, "mib": 7.0}
    assert replace(HELD, measured=other).criteria == HELD.criteria


def test_scores_that_depend_on_their_batch_are_refused() -> None:
    found = replace(HELD, uneven=3)
    assert not found.passed
    assert "and 3 others in other batches" in found.criteria[0].detail
    assert unequal([0.1, 0.2, 0.3], [0.1, 0.2, np.nextafter(0.3, 1)]) == 1
    assert unequal([[0.1, 0.9]], [[0.1, 0.9]]) == 0


def test_no_number_is_no_answer() -> None:
    assert np.isnan(apart([0.1, float("nan")], [0.1, 0.2]))
    found = replace(HELD, distance=float("nan"))
    assert not found.passed
    assert found.to_record("v1", 0)["distance"] is None


def test_the_least_of_tries_is_what_the_file_takes() -> None:
    other: Cost = {"alone": 0.01, "alone_p99": 9.0, "together": 0.1, "mib": 9.0}
    assert least(PROMISED, other) == {"alone": 0.01, "alone_p99": 0.1, "together": 0.1, "mib": 8.0}


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"stretch": None}, "the manifest names no recorded traffic, or not what serving it costs"),
        ({"stretch": {"uri": "nowhere", "digest": "d", "rows": 1}}, "nowhere, its recorded traffic, is not in"),
        ({"stretch": {"uri": STRETCH_URI, "digest": "d", "rows": 1}}, "its digest is another"),
    ],
)
def test_without_the_signed_traffic_nothing_is_let_at_an_event(store: Store, spoilt: dict[str, Any], why: str) -> None:
    verdict = judged(store, offered(PLAIN, store, manifest(PLAIN) | spoilt))
    assert why in refusal(verdict)


def test_a_file_that_fails_the_stretch_is_refused_with_the_reason(store: Store) -> None:
    def dies(content: bytes, question: Question, _limits: Limits) -> Answer:
        found = tried(content, question)
        return {**found, "problem": "ended with SIGSEGV"} if question["pieces"] else found

    assert refusal(judged(store, offered(PLAIN, store), dies)) == "staging: ended with SIGSEGV"


def test_what_serving_took_is_told_in_the_log_and_in_the_audit_trail(store: Store) -> None:
    for slow, state, action in ((0, "shadow", "staging passed"), (3, "rejected", "staging failed")):
        step = RegistryStep(judge_of(Admission(store, TRUST, LIMITS, Slow(slow)), ()), PLAN)
        state_of = step.new_state(0)
        value = offered(PLAIN, store)
        result = step.process(state_of, [Record("candidates", 0, 0, 0, "v1", "driftmill.CandidateProposed", value)])
        logged = {one.kind: one.value for one in result.outputs if one.topic == "models.history"}
        assert logged["driftmill.ModelMoved"]["to_state"] == state  # type: ignore[index]
        assert logged["driftmill.CandidateStaged"]["passed"] is (slow == 0)  # type: ignore[index]
        audited = [one.value for one in result.outputs if one.topic == "audit" and one.value is not None]
        assert action in [one["action"] for one in audited]
        history: list[Mapping[str, Any]] = [
            dict(one.value) for one in result.outputs if one.topic == "models.history" and one.value
        ]
        state_of.apply(history)
        assert state_of.known["v1"].state == state
