"""What would be recorded of one order: answered by the policy p2 of v2 in canary, v1 beside it, corrected since."""

import struct
from typing import Any

import orjson

from services.cli.domain.control import TOPICS, Control
from services.cli.domain.life import Life, Vector
from services.contracts.record import Record

Facts = dict[str, Any]
SECOND = 1_000_000
AT = 100 * SECOND
VECTOR = Vector(
    ["amount", "gap"],
    ["kind"],
    {"amount": {"is": "field of the event", "over": None, "digest": "d1"}},
    "c1",
    "prior: 0.3",
)
DATASET = {
    "dataset_id": "abc1",
    "clock": 50 * SECOND,
    "feature_set": "f1",
    "label_policy": "l1",
    "ranges": [{"partition": 1, "from_offset": 0, "to_offset": 9, "matured_seq": 5}],
    "rows": 8,
    "positives": 2,
}


def record(topic: str, kind: str, value: Facts, offset: int = 0, partition: int = 0, timestamp: int = 0) -> Record:
    return Record(topic, partition, offset, timestamp, "s1", f"driftmill.{kind}", value)


def candidate(version: str, run_id: str, **said: Any) -> Facts:
    dataset = {"dataset": DATASET, "pipeline_digest": "c1", "seed": 7}
    trained = {"trained_from": 10 * SECOND, "trained_through": 50 * SECOND, "learner": {"family": "forest"}}
    manifest = {"feature_set": "f1", "threshold": 0.5, "environment": {"numpy": "2.4"}, "image": "driftmill:then"}
    found = {"version": version, "run_id": run_id, "clock": 51 * SECOND, "model_digest": "9f2c", "key_id": "signing"}
    return found | {"manifest": orjson.dumps(manifest | dataset | trained), "policy": None} | said


def moved(version: str, from_state: str, to_state: str, clock: int, **said: Any) -> Record:
    value = {"version": version, "from_state": from_state, "to_state": to_state, "clock": clock * SECOND, "run_id": "r"}
    value |= {"by": "registry", "reason": f"{to_state} begins", "criteria": [], "candidate": None}
    return record("models.history", "ModelMoved", value | {"share": 0.0, "awaits": ""} | said)


def criterion(name: str, passed: bool = True) -> Facts:
    numbers = {"value": 0.75, "bound": 0.5, "low": 0.7, "high": None, "rows": 40}
    return {"name": name, "passed": passed, "detail": f"{name}: holds", **numbers}


def run(run_id: str, version: str, **said: Any) -> list[Record]:
    started: Facts = {"run_id": run_id, "trigger": "alert", "alert_id": "a1", "request_id": None, "clock": 51 * SECOND}
    started |= {"dataset_id": "abc1", "dataset": orjson.dumps(DATASET), "version": version, "reason": "it drifted"}
    finished = {"run_id": run_id, "outcome": "candidate", "version": version, "reason": "forest was best"}
    return [
        record("runs", "RunStarted", started | {"requests": []} | said),
        record("runs", "RunFinished", finished | {"report": b"{}"}),
    ]


def alert(alert_id: str, version: str, clock: int, change_point: int | None = None) -> Record:
    value = {"alert_id": alert_id, "kind": "scores", "name": "score", "version": version, "clock": clock * SECOND}
    value |= {"value": 0.4, "threshold": 0.2, "message": "scores moved"}
    value["change_point"] = None if change_point is None else change_point * SECOND
    return record("alerts", "AlertRaised", value)


def audit(audit_id: str, subject: str, evidence: str = "{}") -> Record:
    value = {"audit_id": audit_id, "actor": "registry", "action": "did", "subject": subject, "reason": "why"}
    return record("audit", "AuditRecorded", value | {"clock": 60 * SECOND, "evidence": evidence})


def policy() -> bytes:
    said = {"run_id": "r3", "dataset": DATASET, "threshold": 0.7, "pipeline_digest": "c1", "seed": 8}
    return orjson.dumps(said | {"chosen_from": 30 * SECOND, "chosen_through": 49 * SECOND})


def control(**records: list[Record]) -> Control:
    """records: of topics, underscores for dots, in the place of those of the story."""
    story: dict[str, list[Record]] = {
        "configs": [record("configs", "ConfigApplied", {"digest": "c1", "by": "ann"}, timestamp=5 * SECOND)],
        "datasets": [record("datasets", "DatasetExtended", DATASET)],
        "runs": [*run("r2", "v2"), *run("r3", "v2.p2", trigger="request", alert_id=None, requests=["q1"])],
        "models.history": [
            record("models.history", "ReleaseMeasured", {"version": "v2"}),
            moved("v1", "candidate", "champion", 20, candidate=candidate("v1", "r1"), criteria=[criterion("auc")]),
            moved("v2", "candidate", "canary", 52, candidate=candidate("v2", "r2"), criteria=[criterion("auc")]),
            moved("v2.p2", "candidate", "champion", 60, candidate=candidate("v2.p2", "r3", policy=policy())),
            moved("v2", "canary", "rejected", 70, by="ann", reason="too dear", criteria=[criterion("errors", False)]),
        ],
        "requests": [
            record("requests", "RetrainRequested", {"request_id": "q1", "by": "bob", "reason": "new prices"}),
            record(
                "requests",
                "RollbackRequested",
                {"request_id": "q2", "by": "ann", "reason": "too dear", "version": "v2", "to_version": None},
            ),
        ],
        "alerts": [
            alert("a1", "v1", 90, 80),
            alert("late", "v1", 120),
            alert("over", "v1", 30),
            record("alerts", "AlertCleared", {"alert_id": "over", "clock": 40 * SECOND, "reason": "recovered"}),
        ],
        "audit": [
            audit("one", "v2"),
            audit("one", "v2"),
            audit("two", "r3"),
            audit("three", "elsewhere"),
            audit("four", "shop", '{"digest": "c1"}'),
        ],
    }
    assert tuple(story) == TOPICS
    return Control(story | {name.replace("_", "."): its for name, its in records.items()})


def order() -> list[Record]:
    """Of the order `o1`: everything but its explanation comes as it would."""
    head = {"seq": 4, "event_id": "o1", "event_time": AT}
    vector = {"feature_set": "f1", "numbers": struct.pack("<2f", 1.5, float("nan")), "categories": ["b|c"]}
    said: Facts = {"score": 0.75, "label": True, "decided_class": None, "low": None, "high": None, "scores": []}
    answer = head | vector | said | {"status": "ok", "model": "v2", "policy": "p2", "arm": "challenger", "beside": "v1"}
    answer |= {"explore": False, "propensity": None, "label_key": None}
    active = {"from_seq": 2, "model": "v1", "model_digest": "11", "policy": "p1", "policy_digest": ""}
    label = {"event_id": "o1", "after_seq": 4, "known_at": 2 * AT, "label": 1.0, "revision": 0}
    outcome = head | vector | {"label_time": 2 * AT, "label_class": None, "score": 0.75, "decision": True}
    outcome |= {"model": "v2", "policy": "p2", "arm": "challenger", "decided_class": None, "slices": {}}
    outcome |= {"propensity": 1.0}
    event = head | {"appended_at": AT + 1, "payload": {"order_id": "o1", "kind": "b|c"}}
    return [
        record("outcomes", "Outcome", outcome | {"status": "corrected", "revision": 1, "label": 0.0}, 30, 1),
        record("outcomes", "Outcome", outcome | {"status": "on_time", "revision": 0, "label": 1.0}, 8, 1),
        record("events", "EventAccepted", event, 12, 1, AT + 2),
        record("events", "LabelAccepted", label, 19, 1),
        record("features", "FeatureVector", head | vector | {"error": None}, 5, 1),
        record("predictions", "Prediction", answer, 6, 1),
        record(
            "predictions",
            "ModelActivated",
            active | {"challenger": "v2", "challenger_digest": "9", "share": 0.25},
            3,
            1,
        ),
        record(
            "predictions.shadow",
            "ShadowPrediction",
            head | said | {"status": "ok", "model": "v1", "arm": "champion"},
            2,
            1,
        ),
    ]


def life(records: list[Record] | None = None, vector: Vector | None = VECTOR) -> Life:
    signatures = {"v2": "signed by the trusted key signing"}
    return Life("shop", "o1", order() if records is None else records, control(), vector, signatures)


COUNTS: list[Facts] = [
    {"as": "answered", "model": "v2", "policy": "p1", "arm": "challenger", "rows": 7, "failed": 1}
    | {"from_time": AT, "through_time": 2 * AT},
    {"as": "answered", "model": "v2", "policy": "p2", "arm": "champion", "rows": 3, "failed": 0}
    | {"from_time": 2 * AT, "through_time": 3 * AT},
    {"as": "asked", "model": "v2", "policy": None, "arm": "challenger", "rows": 5, "failed": 0}
    | {"from_time": AT, "through_time": AT},
    {"as": "answered", "model": "v1", "policy": "p1", "arm": None, "rows": 90, "failed": 0}
    | {"from_time": 0, "through_time": AT},
    {"as": "outcomes", "model": "v2", "policy": "p2", "arm": "champion", "status": "on_time", "rows": 2, "corrected": 1}
    | {"from_time": AT, "through_time": AT},
]
