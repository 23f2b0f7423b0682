"""Only what is signed, readable and about itself decides what is normal."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.metrics import Metrics
from services.chassis.trust import Trust, TrustedKey
from services.contracts.manifest import canonical
from services.contracts.pipeline.learning_task import BINARY
from services.contracts.record import POISON, Record
from services.monitoring.adapters.published import PublishedModels
from services.monitoring.domain.reference import Model

KEY = Ed25519PrivateKey.generate()
TRUST = Trust({"signing": TrustedKey(KEY.public_key())})
Value = dict[str, Any]


def signed(**manifest: Any) -> Value:
    """A ModelPublished whose manifest says so."""
    content = canonical({"version": "v1", "model_digest": "d1"} | manifest)
    value = {"version": "v1", "model_digest": "d1", "sequence": 3, "clock": 17, "key_id": "signing"}
    return value | {"manifest": content, "signature": KEY.sign(content)}


def record(value: Value, kind: str = "driftmill.ModelPublished") -> Record:
    return Record("models", 0, 5, 0, "champion", kind, value, raw_value=b"x")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("monitoring", "shop")


def refused(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("driftmill_models_refused_total") or 0.0


def test_a_signed_model_is_read_with_its_training_period(metrics: Metrics) -> None:
    models = PublishedModels(TRUST, metrics, BINARY)
    assert models.read(record(signed(trained_from=2, trained_through=9))) == Model("v1", 3, 17, 2, 9)
    assert models.read(record(signed())) == Model("v1", 3, 17)
    bins = [{"rows": 10, "score": 0.5, "positive_rate": 0.5}]
    assert models.read(record(signed(measured={"reliability": bins}))) == Model("v1", 3, 17, loss=0.25)
    assert refused(metrics) == 0


def resigned(content: bytes) -> Value:
    return signed() | {"manifest": content, "signature": KEY.sign(content)}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: signed() | {"signature": b""},
        lambda: signed() | {"signature": Ed25519PrivateKey.generate().sign(signed()["manifest"])},
        lambda: signed() | {"manifest": canonical({"version": "v1", "model_digest": "d1", "trained_from": 1})},
        lambda: signed() | {"key_id": "another"},
        lambda: signed() | {"version": "v9"},
        lambda: signed() | {"model_digest": "d9"},
        lambda: resigned(b"no manifest"),
        lambda: resigned(b"[]"),
        lambda: signed(trained_from="long ago"),
    ],
)
def test_any_other_is_left_out_and_told_of(
    spoil: Callable[[], Value], metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    assert PublishedModels(TRUST, metrics, BINARY).read(record(spoil())) is None
    assert refused(metrics) == 1
    assert "published model left out" in caplog.text


def test_what_could_not_be_decoded_is_left_out_too(metrics: Metrics) -> None:
    poison = record({"reason": "undecodable", "detail": ""}, POISON)
    assert PublishedModels(TRUST, metrics, BINARY).read(poison) is None
    assert refused(metrics) == 1


@pytest.mark.parametrize(("clock", "since"), [(40, 17), (60, 60)])
def test_another_policy_is_the_model_since_that_took_over_unless_people_went_back(
    clock: int, since: int, metrics: Metrics
) -> None:
    policy = canonical(
        {"version": "v1.p2", "model": "v1", "model_digest": "d1", "threshold": 0.3, "dataset": {"clock": 40}}
    )
    value = signed(dataset={"clock": 17}) | {"version": "v1.p2", "sequence": 5, "clock": clock}
    value |= {"policy": policy, "policy_key_id": "signing", "policy_signature": KEY.sign(policy)}
    assert PublishedModels(TRUST, metrics, BINARY).read(record(value)) == Model("v1", 5, since)
    assert PublishedModels(TRUST, metrics, BINARY).read(record(value | {"policy_signature": b""})) is None


def test_how_much_a_model_rests_on_each_input_is_read_where_it_could_be_measured(metrics: Metrics) -> None:
    told = [{"input": "amount", "value": 0.2, "low": 0.1, "high": 0.3}, {"input": "kind", "value": None}]
    found = PublishedModels(TRUST, metrics, BINARY).read(record(signed(importance=told)))
    assert found is not None
    assert found.importance == {"amount": 0.2}
