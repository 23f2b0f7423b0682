"""The small pipeline, and what the control plane tells of it: streams for the steps of training and registry."""

from functools import cache
from typing import Any

from services.contracts.decision_policy import NO_POLICY
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from tests.laws.flow import APPENDED, Topics
from tests.platform import pipeline_named

HOUR = 3_600_000_000
START = 19_000 * 24 * HOUR


@cache
def small() -> Pipeline:
    """The small pipeline of the tests."""
    return pipeline_named("small")


def datasets() -> Topics:
    """Datasets that grow, an alert between them and a request."""
    sets = [
        {
            "dataset_id": f"d{number}",
            "clock": START + number * HOUR,
            "feature_set": small().resolved.feature_set,
            "label_policy": "p",
            "ranges": [{"partition": 0, "from_offset": 0, "to_offset": 300 * number, "matured_seq": 300 * number}],
            "rows": 300 * number,
            "positives": 30 * number,
            "matured_time": START + (number - 6) * HOUR if number > 6 else None,
        }
        for number in range(1, 120)
    ]
    alert = {"alert_id": "a1", "kind": "quality", "name": "roc_auc", "version": "v1", "clock": START + 60 * HOUR}
    alert |= {"value": 0.4, "threshold": 0.5, "message": "worse"}
    alert |= dict.fromkeys(("change_point", "change_low", "change_high"), START + 50 * HOUR)
    request = {"request_id": "r1", "by": "ann", "reason": "to see"}
    return {
        "datasets": _control("datasets", "driftmill.DatasetExtended", sets),
        "alerts": _control("alerts", "driftmill.AlertRaised", [alert]),
        "requests": _control("requests", "driftmill.RetrainRequested", [request]),
    }


def _control(topic: str, kind: str, values: list[dict[str, Any]]) -> list[Record]:
    return [Record(topic, 0, offset, APPENDED, "", kind, value) for offset, value in enumerate(values)]


def candidates() -> Topics:
    """Candidates, good and bad, one twice; then people go back. An audit trail in which one action comes twice."""
    proposed = [
        {
            "version": f"v{number}",
            "run_id": f"run-{number}",
            "clock": START + number * HOUR,
            "model_uri": f"models/v{number}.onnx",
            "model_digest": f"{number:064x}",
            "manifest": b"{}",
            "signature": b"s" * 64,
            "key_id": "signing",
            **NO_POLICY,
        }
        for number in (1, 2, 3, 3, 4, 5)
    ]
    requests = [
        {"request_id": f"r{number}", "to_version": to, "by": "ann", "reason": "it misbehaves"}
        for number, to in enumerate((None, "v1", "v9", None))
    ]
    names = ("audit_id", "actor", "action", "subject", "reason", "evidence", "before", "after")
    audit = [dict.fromkeys(names, str(number)) | {"clock": START} for number in (1, 2, 1, 3)]
    return {
        "candidates": _control("candidates", "driftmill.CandidateProposed", proposed),
        "requests": _control("requests", "driftmill.RollbackRequested", requests),
        "audit": _control("audit", "driftmill.AuditRecorded", audit),
    }
