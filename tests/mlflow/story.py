"""Two runs as their topics tell of them: one made a version, one failed."""

from typing import Any

import orjson

from services.contracts.manifest import canonical
from tests.unit.registry.facts import facts

MANIFEST = canonical(facts())
LOG = [{"family": "logistic", "value": 0.7}, {"family": "forest", "value": None}, {"family": "mlp", "value": 0.8}]


def started(run_id: str, version: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "run_id": run_id,
        "trigger": "labels",
        "alert_id": None,
        "request_id": None,
        "clock": 86_400_000_000,
    }
    value |= {"change_point": None, "dataset_id": "d1", "dataset": b"{}", "version": version, "reason": "enough"}
    return value | {"champion": None, "rows": 900, "positives": 90}


def finished(run_id: str, version: str | None) -> dict[str, Any]:
    outcome = "failed" if version is None else "candidate"
    report = {} if version is None else {"measured": facts()["measured"], "trials": LOG}
    value = {"run_id": run_id, "clock": 86_400_000_000, "outcome": outcome, "version": version, "reason": "because"}
    return value | {"report": orjson.dumps(report)}


def offered(version: str) -> dict[str, Any]:
    kept = ("version", "clock", "model_uri", "model_digest", "manifest", "signature", "key_id")
    return {name: value for name, value in published(version).items() if name in kept} | {"run_id": "r1"}


def published(version: str) -> dict[str, Any]:
    value = {"version": version, "state": "champion", "sequence": 1, "clock": 0, "model_uri": "models/small/abc.onnx"}
    return value | {"model_digest": "d", "manifest": MANIFEST, "signature": b"s", "key_id": "signing"}
