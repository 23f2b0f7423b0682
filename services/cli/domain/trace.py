"""The life of one event: what came in, what was made of it, what answered and why that answered, what became of it."""

import base64
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from services.cli.domain.life import Life, Vector, named
from services.cli.domain.lineage import lineage, subjects_of
from services.cli.domain.moment import moment
from services.contracts import alert_life
from services.contracts.baseline import BASELINE
from services.contracts.datasets import Told
from services.contracts.record import Record, Value
from services.contracts.release_name import ReleaseName

Facts = dict[str, Any]


def trace(life: Life) -> Facts:
    """All of it as plain values, in the order of life; None or nothing where there is none."""
    versions = _versions(life)
    return {
        "id": life.event_id,
        "event": _event(life),
        "validation": _validation(life),
        "features": _features(life),
        "answer": _answer(life),
        "beside": _beside(life),
        "model": _model(life, versions),
        "versions": versions,
        "explanation": _explanation(life),
        "labels": [
            life.at(one) | _said(one.value, ("known_at",), ("label", "revision")) for one in life.of("LabelAccepted")
        ],
        "outcomes": [_outcome(life, one) for one in life.of("Outcome")],
        "failures": _failures(life),
        "learnt_by": _learnt_by(life),
        "alerts": _alerts(life),
        "audit": _audit(life, versions),
    }


def _event(life: Life) -> Facts | None:
    if life.event is None:
        return None
    value = life.event.value
    told = _said(value, ("event_time",), ("seq",)) | {"received": moment(value["appended_at"])}
    return life.at(life.event) | {"key": life.event.key} | told | {"payload": _plain(value["payload"])}


def _plain(value: Any) -> Any:
    """What JSON doesn't know as text, bytes in base 64, as the lake tells them."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | None) else str(value)


def _validation(life: Life) -> Facts:
    refused = [
        life.at(one)
        | {
            "kind": one.value["kind"],
            "source": _source(life, one.value),
            "reasons": [dict(reason) for reason in one.value["reasons"]],
        }
        for one in life.of("RecordQuarantined")
    ]
    if life.event is not None:
        return {"verdict": "accepted", "refused": refused}
    return {"verdict": "refused" if any(one["kind"] == "event" for one in refused) else "unknown", "refused": refused}


def _features(life: Life) -> Facts | None:
    computed = next(iter(life.of("FeatureVector")), None)
    source = computed or life.answer
    if source is None:
        return None
    value = source.value
    place = None if computed is None else life.at(computed)
    config = None if life.vector is None else life.vector.config
    told = {"feature_set": value["feature_set"], "config": config, "error": value.get("error")}
    return {"place": place, **told, "values": _values(value, life.vector)}


def _values(value: Value, vector: Vector | None) -> list[Facts]:
    packed = value["numbers"]
    numbers: list[float | None] = [
        None if math.isnan(one) else one for one in struct.unpack(f"<{len(packed) // 4}f", packed)
    ]
    categories = list(value["categories"])
    if vector is None or (len(numbers), len(categories)) != (len(vector.numbers), len(vector.categories)):
        places = [f"number {at}" for at in range(len(numbers))] + [f"category {at}" for at in range(len(categories))]
        return [{"feature": name, "value": one} for name, one in zip(places, [*numbers, *categories], strict=True)]
    named = zip([*vector.numbers, *vector.categories], [*numbers, *categories], strict=True)
    return [{"feature": name, "value": one, **vector.means.get(name, {})} for name, one in named]


_ANSWERED = ("status", "score", "label", "decided_class", "scores", "low", "high", "model", "policy", "arm", "beside")


def _answer(life: Life) -> Facts | None:
    if life.answer is None:
        return None
    return life.at(life.answer) | _said(life.answer.value, (), (*_ANSWERED, "explore", "propensity", "label_key"))


def _beside(life: Life) -> Facts | None:
    for one in life.of("ShadowPrediction"):
        return life.at(one) | _said(one.value, (), ("status", "score", "label", "decided_class", "model", "arm"))
    return None


def _model(life: Life, versions: Mapping[str, Facts]) -> Facts | None:
    """Who answered, and in what state: as it began to in this partition, by what inference recorded of it."""
    if life.answer is None:
        return None
    value = life.answer.value
    release, arm = ReleaseName.by(value["model"], value.get("policy") or ""), value.get("arm") or "champion"
    began = next(iter(life.of("ModelActivated")), None)
    told: Facts = {"version": release, "arm": arm, "state": "champion", "since": None}
    if value["model"] == BASELINE:
        told |= {"state": "baseline", "rule": None if life.vector is None else life.vector.baseline}
    elif arm == "challenger":
        told |= {"state": "canary"}
    if began is not None:
        active = ("from_seq", "model", "model_digest", "policy", "policy_digest", "challenger", "share")
        told["since"] = life.at(began) | _said(began.value, (), active)
    return told | {"now": versions[release]["state"] if release in versions else None}


def _versions(life: Life) -> dict[str, Facts]:
    """Lineage of the version that answered, of its model if it has another policy, and of the one beside it."""
    found: dict[str, Facts] = {}
    for name in named(life.records):
        known = lineage(life.control, name, life.signatures.get(name, "not looked at"))
        if known is not None:
            found[name] = known
    return found


def _explanation(life: Life) -> Facts | None:
    for one in life.of("PredictionExplained"):
        value = one.value
        farthest = sorted(value["contributions"].items(), key=lambda pair: (-abs(pair[1]), pair[0]))
        return life.at(one) | {"model": value["model"], "base": value["base"], "contributions": dict(farthest)}
    return None


def _outcome(life: Life, record: Record) -> Facts:
    names = (
        "status",
        "revision",
        "label",
        "label_class",
        "score",
        "decision",
        "decided_class",
        "model",
        "policy",
        "arm",
    )
    return life.at(record) | _said(record.value, ("label_time",), (*names, "propensity", "slices"))


def _failures(life: Life) -> list[Facts]:
    """What services gave up of it, by the places of its records."""
    own = {(record.topic, record.partition, record.offset) for record in life.records}
    return [
        life.at(one) | {"source": _source(life, one.value)} | _said(one.value, (), ("service", "reason", "detail"))
        for one in life.of("DeadLetter")
        if (one.value["source_topic"], one.value["source_partition"], one.value["source_offset"]) in own
    ]


def _learnt_by(life: Life) -> list[Facts]:
    """Runs whose dataset has an outcome of it: learnt from it, or measured on it."""
    held = [told for told in life.control.known if any(_holds(told, one) for one in life.of("Outcome"))]
    return [
        {
            "dataset": told.value["dataset_id"],
            "run": started["run_id"],
            "outcome": "running" if finished is None else finished["outcome"],
            "version": None if finished is None else finished["version"],
        }
        for told in held
        for started, finished in told.runs
    ]


def _holds(told: Told, outcome: Record) -> bool:
    return any(
        one["partition"] == outcome.partition
        and one["from_offset"] <= outcome.offset < one["to_offset"]
        and outcome.value["seq"] <= one["matured_seq"]
        for one in told.value["ranges"]
    )


def _alerts(life: Life) -> list[Facts]:
    """Those whose change had begun by the event's time, and which were not over yet."""
    if life.event is None:
        return []
    time = life.event.value["event_time"]
    standing = (one for one in life.control.alerts if one.cleared is None or time < one.cleared["clock"])
    return [alert_facts(one) for one in standing if one.began <= time]


def alert_facts(alert: alert_life.Life) -> Facts:
    """An alert as plain values."""
    told = _said(alert.raised, (), ("alert_id", "kind", "name", "version", "value", "threshold", "message"))
    over, why = (None, None) if alert.cleared is None else (alert.cleared["clock"], alert.cleared["reason"])
    times = {"began": moment(alert.began), "raised": moment(alert.raised["clock"]), "over": moment(over)}
    return told | times | {"why_over": why}


def _audit(life: Life, versions: Mapping[str, Facts]) -> list[Facts]:
    subjects = {subject for one in versions.values() for subject in subjects_of(one)}
    configs = {one["training"]["config"]["digest"] for one in versions.values() if one["training"]["config"]}
    configs |= set() if life.vector is None else {life.vector.config}
    return audit_facts(life.control.audits(subjects, configs))


def audit_facts(entries: Iterable[Value]) -> list[Facts]:
    """Entries of the audit trail without their evidence."""
    return [_said(one, ("clock",), ("audit_id", "actor", "action", "subject", "reason")) for one in entries]


def _source(life: Life, value: Value) -> Facts:
    return life.place(value["source_topic"], value["source_partition"], value["source_offset"])


def _said(value: Value, times: Iterable[str], names: Iterable[str]) -> Facts:
    return {name: moment(value[name]) for name in times} | {name: value.get(name) for name in names}
