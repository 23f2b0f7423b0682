"""Candidates as training offers them, and what a test spoils of them."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.store import Store
from services.chassis.trust import Trust, TrustedKey
from services.contracts.manifest import canonical
from services.training.adapters.onnx_export import digest

KEY = Ed25519PrivateKey.generate()
TRUST = Trust({"signing": TrustedKey(KEY.public_key())})
DAY = 86_400_000_000
_AMOUNTS = [number / 1_024 for number in range(700)]
STRETCH = {"numbers": [[a] for a in _AMOUNTS], "categories": [[]] * 700, "scores": [a / 2 for a in _AMOUNTS]}
STRETCH_URI = "models/shop/traffic.stretch.json"
COST = {"alone": 0.05, "alone_p99": 0.1, "together": 0.5, "mib": 8.0}
"""What a small file takes on a slow day."""


def manifest(content: bytes, version: str = "v1", **changed: Any) -> dict[str, Any]:
    """Of a file that reads `a` and halves it, see `files.plain`."""
    golden: dict[str, Any] = {"numbers": [[0.25], [0.5], [1.0]], "categories": [[], [], []]}
    golden["scores"] = [0.125, 0.25, 0.5]
    said: dict[str, Any] = {"version": version, "model_digest": digest(content), "numbers": ["a"], "categories": []}
    said |= {"golden": golden, "measured": {"findings": []}, "dataset": {"clock": 10 * DAY}}
    said |= {"stretch": {"uri": STRETCH_URI, "digest": digest(canonical(STRETCH)), "rows": 700}, "cost": COST}
    return said | changed


def offered(
    content: bytes, store: Store, said: dict[str, Any] | None = None, key: Ed25519PrivateKey = KEY
) -> dict[str, Any]:
    """A CandidateProposed whose file lies in the store. said: its manifest, if not the usual one."""
    said = said or manifest(content)
    uri = f"models/shop/{digest(content)}.onnx"
    store.put(uri, content)
    store.put(STRETCH_URI, canonical(STRETCH))
    signed = canonical(said)
    return {
        "version": said["version"],
        "run_id": f"run-{said['version']}",
        "clock": 10 * DAY,
        "model_uri": uri,
        "model_digest": said["model_digest"],
        "manifest": signed,
        "signature": key.sign(signed),
        "key_id": "signing",
    }
