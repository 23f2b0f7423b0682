"""Manifests: the same bytes for the same content, and nothing that wasn't signed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.contracts.manifest import Manifest, canonical, sign, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def manifest() -> Manifest:
    return {
        "version": "v1",
        "run_id": "r",
        "pipeline": "cards",
        "pipeline_digest": "d",
        "model_digest": "m",
        "dataset": {"dataset_id": "x"},
        "feature_set": "f",
        "numbers": ["amount"],
        "categories": ["country"],
        "input_digests": {"amount": "a", "country": "c"},
        "learner": {"family": "logistic", "settings": {"C": 0.1}},
        "share_of_negatives": 1.0,
        "trials": [],
        "threshold": 0.5,
        "trained_from": 0,
        "trained_through": 10,
        "measured": {"findings": []},
        "importance": [],
        "robustness": [],
        "errors": [],
        "leakage": [],
        "change_point": None,
        "parity": {},
        "golden": {"numbers": [[0.1, None]], "categories": [["Ö"]], "scores": [0.5]},
        "stretch": {"uri": "models/cards/a.stretch.json", "digest": "a", "rows": 1},
        "seed": 7,
        "environment": {"numpy": "2"},
    }


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"b": 1, "a": [1.5, None, "ö"]}) == canonical({"a": [1.5, None, "ö"], "b": 1})
    assert canonical({"a": "ö"}) == '{"a":"ö"}'.encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_does_not_have_is_an_error(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": number})


def test_a_signature_holds_for_these_bytes_and_this_key_only() -> None:
    content, signature = sign(manifest(), KEY)
    assert content == canonical(manifest())
    assert verify(content, signature, KEY.public_key())
    assert not verify(content.replace(b"v1", b"v2"), signature, KEY.public_key())
    assert not verify(content, signature, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    assert sign(manifest(), KEY) == (content, signature)
