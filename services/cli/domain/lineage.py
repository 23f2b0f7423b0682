"""Where a model version comes from, and how it came to answer: run, dataset, code, verdict, moves, requests."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from services.cli.domain.control import Control
from services.cli.domain.moment import moment
from services.contracts.record import Value
from services.contracts.release_name import ReleaseName

Facts = dict[str, Any]


def lineage(control: Control, name: str, signature: str) -> Facts | None:
    """All that is recorded of a version; None of one that the registry doesn't know.

    name: of a model, or of one with a refreshed policy (`v3.p2`), whose run chose the policy alone. signature: whether
    it is signed, in words.
    """
    candidate, moves = control.candidate(name), control.moves(name)
    if candidate is None:
        return None
    training = _training(control, candidate)
    asked = control.requests(name, training["requests"])
    judged = next(move for move in moves if move["candidate"] is not None)
    return {
        "version": name,
        "state": moves[-1]["to_state"],
        "file": candidate["model_digest"],
        "signature": signature,
        "training": training,
        "gate": {
            "verdict": "rejected" if judged["to_state"] == "rejected" else "accepted",
            "reason": judged["reason"],
            "clock": moment(judged["clock"]),
            "criteria": judged["criteria"],
        },
        "moves": [_move(move) for move in moves],
        "requests": [_request(record.kind, record.value) for record in asked],
    }


def subjects_of(found: Mapping[str, Any]) -> set[str]:
    """Under what the audit trail tells of a version. found: its lineage."""
    ids = {request["request"] for request in found["requests"]}
    return {found["version"], found["training"]["run"], *found["training"]["requests"], *ids}


def _training(control: Control, candidate: Value) -> Facts:
    manifest: Mapping[str, Any] = orjson.loads(candidate["manifest"])
    refreshed = ReleaseName.of(candidate["version"]).is_refreshed
    said: Mapping[str, Any] = orjson.loads(candidate["policy"]) if refreshed else manifest
    started, finished = control.run(candidate["run_id"])
    return {
        "run": candidate["run_id"],
        "accepted": moment(candidate["clock"]),
        **_why(started),
        "ended": None if finished is None else finished["reason"],
        "dataset": dict(said.get("dataset") or {}) or None,
        "from": moment(said.get("chosen_from" if refreshed else "trained_from")),
        "through": moment(said.get("chosen_through" if refreshed else "trained_through")),
        "config": _config(control, said.get("pipeline_digest")),
        "feature_set": manifest.get("feature_set"),
        "learner": None if refreshed else manifest.get("learner"),
        "threshold": said.get("threshold"),
        "seed": said.get("seed"),
        "code": {"image": manifest.get("image"), **manifest.get("environment", {})},
    }


def _why(started: Value | None) -> Facts:
    """What a run was made for."""
    if started is None:
        return {"trigger": None, "reason": None, "alert": None, "requests": []}
    first = started["request_id"]
    requests = list(started["requests"]) or ([first] if first else [])
    return {
        "trigger": started["trigger"],
        "reason": started["reason"],
        "alert": started["alert_id"],
        "requests": requests,
    }


def _config(control: Control, digest: str | None) -> Facts | None:
    """The configuration that was learnt by; `by` is None where its topic doesn't hold it any more."""
    if digest is None:
        return None
    applied = control.config(digest)
    who = (None, None) if applied is None else (applied.value["by"], moment(applied.timestamp))
    return {"digest": digest, "by": who[0], "applied": who[1]}


def _move(move: Value) -> Facts:
    told = {name: move[name] for name in ("from_state", "to_state", "by", "reason", "share", "awaits")}
    return {"clock": moment(move["clock"]), **told, "criteria": move["criteria"] if move["candidate"] is None else []}


def _request(kind: str, value: Value) -> Facts:
    said = {
        name: value[name] for name in ("to_state", "to_version", "approved", "policy") if value.get(name) is not None
    }
    name = kind.rpartition(".")[2]
    return {"request": value["request_id"], "kind": name, "by": value["by"], "reason": value["reason"], **said}


def answers(counts: Sequence[Mapping[str, Any]], name: str) -> list[Facts]:
    """What a version answered: events by the state that it was in then. counts: as `services.lake.trace` tells them."""
    release = ReleaseName.of(name)
    chosen = [one for one in counts if one["as"] != "outcomes" and _is_of(one, release)]
    return [
        {
            "state": _STATES[one["as"], one["arm"] or "champion"],
            "policy": one["policy"],
            "events": one["rows"],
            "failed": one["failed"],
            "from": moment(one["from_time"]),
            "through": moment(one["through_time"]),
        }
        for one in chosen
    ]


def outcomes(counts: Sequence[Mapping[str, Any]], name: str) -> list[Facts]:
    """What became of its answers: events by the status of their first outcome, and how many were corrected since."""
    release = ReleaseName.of(name)
    return [
        {"status": one["status"], "policy": one["policy"], "events": one["rows"], "corrected": one["corrected"]}
        for one in counts
        if one["as"] == "outcomes" and _is_of(one, release)
    ]


_STATES = {
    ("answered", "champion"): "champion",
    ("answered", "challenger"): "canary",
    ("asked", "champion"): "champion, asked beside the canary's answers",
    ("asked", "challenger"): "shadow or canary, asked beside the champion's answers",
}


def _is_of(one: Mapping[str, Any], release: ReleaseName) -> bool:
    """A model's own name means it with all its policies; shadows are told without one."""
    if release.is_refreshed:
        return ReleaseName.by(one["model"], one["policy"] or "") == str(release)
    return bool(one["model"] == release.model)
