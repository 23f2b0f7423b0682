"""Through the step: only what a trusted key signed, of this version and not before, becomes champion."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.store import Store
from services.chassis.trust import Trust, TrustedKey
from services.contracts.manifest import canonical
from services.contracts.record import Record, Value
from services.registry.adapters.admission import Admission
from services.registry.app import judge_of
from services.registry.domain.plan import Plan
from services.registry.step import RegistryStep
from tests.unit.registry.files import LIMITS, plain, try_here
from tests.unit.registry.offered import DAY, KEY, manifest, offered

PLAIN = plain().SerializeToString()
OLD, LATER = Ed25519PrivateKey.generate(), 20 * DAY
TRUST = Trust({"signing": TrustedKey(KEY.public_key()), "old": TrustedKey(OLD.public_key(), not_after=LATER)})

Candidate = dict[str, Any]


class Registry:
    """A step that opens files, with its state; candidates are appended one after the other, from a time on."""

    def __init__(self) -> None:
        self.store = Store("memory:///")
        self.step = RegistryStep(judge_of(Admission(self.store, TRUST, LIMITS, try_here), ()), Plan())
        self.state = self.step.new_state(0)
        self.offset = 0

    def take(self, candidate: Candidate, time: int = 0) -> list[tuple[str, Value | None]]:
        """What it writes."""
        kind = "driftmill.CandidateProposed"
        record = Record("candidates", 0, self.offset, time, candidate["version"], kind, candidate)
        self.offset += 1
        result = self.step.process(self.state, [record])
        self.state.apply(result.staged)
        return [(output.topic, output.value) for output in result.outputs]

    def refusal(self, candidate: Candidate, time: int = 0) -> str:
        """Why it isn't admitted; it is rejected, and whoever was champion stays."""
        before = self.champion
        moves = [value for topic, value in self.take(candidate, time) if topic == "models.history"]
        assert [(move["to_state"], self.champion) for move in moves if move] == [("rejected", before)]
        assert moves[0] is not None
        return str(moves[0]["reason"])

    @property
    def champion(self) -> str | None:
        return self.state.champion.name if self.state.champion else None

    def candidate(self, version: str = "v1", key: Ed25519PrivateKey = KEY, **changed: Any) -> Candidate:
        return offered(PLAIN, self.store, manifest(PLAIN, version, **changed), key)


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_what_is_signed_becomes_champion(registry: Registry) -> None:
    registry.take(registry.candidate())
    assert registry.champion == "v1"


def unsigned(candidate: Candidate) -> Candidate:
    return candidate | {"signature": b""}


def foreign(candidate: Candidate) -> Candidate:
    return candidate | {"signature": Ed25519PrivateKey.generate().sign(candidate["manifest"])}


def under_another_id(candidate: Candidate) -> Candidate:
    return candidate | {"key_id": "old"}


def edited(candidate: Candidate) -> Candidate:
    return candidate | {"manifest": candidate["manifest"].replace(b'"categories":[]', b'"categories":[1]')}


@pytest.mark.parametrize("spoil", [unsigned, foreign, under_another_id, edited])
def test_what_no_trusted_key_signed_is_refused(registry: Registry, spoil: Callable[[Candidate], Candidate]) -> None:
    why = registry.refusal(spoil(registry.candidate()))
    assert why == "not admitted: v1 isn't signed by the key that is trusted"


def test_a_key_that_nobody_knows_is_refused(registry: Registry) -> None:
    why = registry.refusal(registry.candidate() | {"key_id": "mine"})
    assert why == "not admitted: v1 names the key 'mine', which isn't trusted"


def test_a_key_is_trusted_until_its_end_and_what_it_signed_then_goes_on(registry: Registry) -> None:
    registry.take(registry.candidate(key=OLD) | {"key_id": "old"}, LATER)
    assert registry.champion == "v1"
    why = registry.refusal(registry.candidate("v2", key=OLD) | {"key_id": "old"}, LATER + 1)
    assert why == ("not admitted: the key 'old' is trusted until 1970-01-21 00:00, v2 was offered 1970-01-21 00:00")
    registry.take(registry.candidate("v3"), LATER + 1)
    assert registry.champion == "v3"


@pytest.mark.parametrize("key", [KEY, Ed25519PrivateKey.generate()])
@pytest.mark.parametrize("first_is", ["champion", "rejected"])
def test_another_candidate_under_a_name_that_is_known_changes_nothing_and_is_told(
    registry: Registry, key: Ed25519PrivateKey, first_is: str
) -> None:
    first = registry.candidate()
    registry.take(first if first_is == "champion" else unsigned(first))
    before = registry.state.to_bytes()
    content = plain()
    content.producer_name = "another file"
    again = content.SerializeToString()
    told = registry.take(offered(again, registry.store, manifest(again), key))
    assert registry.state.to_bytes() == before
    ((topic, audit),) = told
    assert audit is not None
    assert (topic, audit["action"], audit["subject"]) == ("audit", "candidate refused", "v1")
    assert audit["reason"] == f"v1 was offered before with another manifest, and is {first_is}"


def test_a_manifest_that_was_signed_anew_under_a_known_name_is_told_of_too(registry: Registry) -> None:
    registry.take(registry.candidate())
    ((topic, _),) = registry.take(registry.candidate(measured={"findings": [], "rows": 9}))
    assert topic == "audit"


def test_a_candidate_that_comes_again_is_nothing(registry: Registry) -> None:
    registry.take(registry.candidate())
    registry.take(registry.candidate("v2"))
    assert registry.take(registry.candidate()) == []
    assert registry.champion == "v2"


def test_one_under_another_name_than_it_was_signed_for_is_refused(registry: Registry) -> None:
    registry.take(registry.candidate())
    why = registry.refusal(registry.candidate() | {"version": "v2"})
    assert why.startswith("not admitted: v2: the signed manifest is about version v1 and the file ")


def test_one_that_is_older_than_the_champion_is_refused(registry: Registry) -> None:
    registry.take(registry.candidate("v2"))
    why = registry.refusal(registry.candidate("v1", dataset={"clock": 9 * DAY}))
    assert why.startswith("not admitted: it is made of what was known at 1970-01-10 00:00, and v2, which answers, at ")
    registry.take(registry.candidate("v3"))
    assert registry.champion == "v3"


def test_a_signed_text_that_is_no_manifest_is_refused(registry: Registry) -> None:
    signed = canonical({"version": "v1"})
    why = registry.refusal(registry.candidate() | {"manifest": signed, "signature": KEY.sign(signed)})
    assert why == "not admitted: v1: what was signed is no manifest"


def policy(model: Candidate, number: int = 2, key: Ed25519PrivateKey = KEY, **changed: Any) -> Candidate:
    """The same model with another decision policy, as training offers it."""
    version = f"{model['version']}.p{number}"
    said = {"version": version, "model": model["version"], "model_digest": model["model_digest"], "threshold": 0.7}
    said |= {"dataset": {"clock": 11 * DAY}, "measured": {"findings": [], "champion": model["version"]}}
    signed = canonical(said | changed)
    return model | {
        "version": version,
        "policy": signed,
        "policy_signature": key.sign(signed),
        "policy_key_id": "signing",
    }


def test_a_policy_that_is_signed_takes_the_place_of_the_one_before(registry: Registry) -> None:
    model = registry.candidate()
    registry.take(model)
    told = registry.take(policy(model))
    assert registry.champion == "v1.p2"
    (view,) = [value for topic, value in told if topic == "models" and value and value["state"] == "champion"][:1]
    assert (view["version"], view["manifest"]) == ("v1.p2", model["manifest"])
    assert view["policy"] == policy(model)["policy"]


def policy_unsigned(candidate: Candidate) -> Candidate:
    return candidate | {"policy_signature": b""}


def policy_foreign(candidate: Candidate) -> Candidate:
    return candidate | {"policy_signature": Ed25519PrivateKey.generate().sign(candidate["policy"])}


def policy_edited(candidate: Candidate) -> Candidate:
    return candidate | {"policy": candidate["policy"].replace(b'"threshold":0.7', b'"threshold":0.1')}


@pytest.mark.parametrize("spoil", [policy_unsigned, policy_foreign, policy_edited])
def test_a_policy_that_no_trusted_key_signed_is_refused(
    registry: Registry, spoil: Callable[[Candidate], Candidate]
) -> None:
    model = registry.candidate()
    registry.take(model)
    why = registry.refusal(spoil(policy(model)))
    assert why == "not admitted: the policy of v1.p2 isn't signed by the key that is trusted"


def test_a_policy_counts_by_its_own_key_s_end_not_by_that_of_its_model(registry: Registry) -> None:
    model = registry.candidate(key=OLD) | {"key_id": "old"}
    registry.take(model, LATER)
    why = registry.refusal(policy(model, key=OLD) | {"policy_key_id": "old"}, LATER + 1)
    assert why.startswith("not admitted: the key 'old' is trusted until 1970-01-21 00:00, the policy of v1.p2 was")
    registry.take(policy(model, 3), LATER + 1)
    assert registry.champion == "v1.p3"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"model_digest": "0" * 64}, "v1.p2: the signed policy is about version v1.p2 and the file 000000000000"),
        ({"version": "v1.p9"}, "v1.p2: the signed policy is about version v1.p9 and the file "),
        (
            {"dataset": {"clock": 9 * DAY}},
            "it is made of what was known at 1970-01-10 00:00, and v1, which answers, at ",
        ),
        ({"measured": {"champion": "v0"}}, "v1.p2 was compared with v0, but by now v1 answers"),
    ],
)
def test_a_policy_of_something_else_or_of_before_is_refused(
    registry: Registry, changed: dict[str, Any], why: str
) -> None:
    model = registry.candidate()
    registry.take(model)
    assert registry.refusal(policy(model) | policy_said(model, changed)).startswith(f"not admitted: {why}")


def policy_said(model: Candidate, changed: dict[str, Any]) -> Candidate:
    """What a policy with these changes is signed as."""
    spoilt = policy(model, **changed)
    return {name: spoilt[name] for name in ("policy", "policy_signature")}


def test_a_policy_older_than_the_present_one_is_refused(registry: Registry) -> None:
    model = registry.candidate()
    registry.take(model)
    registry.take(policy(model, dataset={"clock": 13 * DAY}))
    measured = {"findings": [], "champion": "v1.p2"}
    why = registry.refusal(policy(model, 3, measured=measured, dataset={"clock": 12 * DAY}))
    assert why.startswith(
        "not admitted: it is made of what was known at 1970-01-13 00:00, and v1.p2, which answers, at "
    )
    why = registry.refusal(registry.candidate("v2", dataset={"clock": 12 * DAY}))
    assert why.startswith(
        "not admitted: it is made of what was known at 1970-01-13 00:00, and v1.p2, which answers, at "
    )


def test_a_policy_of_a_model_that_does_not_answer_is_refused(registry: Registry) -> None:
    model = registry.candidate()
    assert registry.refusal(policy(model)) == "not admitted: v1.p2 decides for v1, but by now the baseline answers"
    registry.take(model)
    registry.take(registry.candidate("v2"))
    assert registry.refusal(policy(model, 3)) == "not admitted: v1.p3 decides for v1, but by now v2 answers"
