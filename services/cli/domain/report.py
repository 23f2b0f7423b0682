"""An account of a period, of recorded facts only: made again of the same records, it is the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.domain.incident import incidents, is_of_alert
from services.cli.domain.moment import moment
from services.cli.domain.period import Period
from services.cli.domain.period_quality import PeriodQuality
from services.contracts.audit import KIND
from services.contracts.audit_chain import Trail
from services.contracts.pipeline import Pipeline
from services.contracts.record import POISON, Record, Value
from services.contracts.release_name import ReleaseName

TOPICS = ("configs", "runs", "models.history", "alerts", "audit", "profiles")
"""Topics that it is made of."""

Facts = dict[str, Any]
_SERVICES = ("registry", "training", "monitoring")
_MOVED = "driftmill.ModelMoved"
_REJECTED = "rejected"
_ERASED = "rows erased from the lake"


@dataclass(frozen=True)
class Recorded:
    """topics: records of each of TOPICS, whole and in order. kept: what `services.lake.report` tells of the period.
    faults: what is wrong with the audit trail. signed: number of the record that its last signed head stands for.

    config: the configuration applied last before the period's end; None where this version can't read it.
    """

    topics: Mapping[str, Sequence[Record]]
    kept: Sequence[Value]
    faults: Sequence[str]
    signed: int
    config: Pipeline | None


def report(pipeline: str, period: Period, recorded: Recorded) -> Facts:
    """The account, as plain values."""
    topics = {name: [one for one in its if one.kind != POISON] for name, its in recorded.topics.items()}
    moves = [one for one in period.of_records(topics["models.history"]) if one.kind == _MOVED]
    entries = _entries(period.of_records(topics["audit"]))
    config, quality = recorded.config, None
    if config is not None:
        fair = [name for name, field in config.event.fields.items() if field.role == "fairness"]
        task, cost = config.label.target.task, config.model.cost
        quality = PeriodQuality.of(topics["profiles"], period, task, cost, fair)
    metric, over_time = quality.quality_over_time() if quality else ("", {})
    return {
        "pipeline": pipeline,
        "period": str(period),
        "about": None if config is None else about(config),
        "configs": _configs(topics["configs"], period),
        "data": _data(recorded.kept),
        "answers": _answers(recorded.kept, quality.matured() if quality else {}),
        "quality": quality.measures() if quality else [],
        "fairness": quality.groups() if quality else [],
        "incidents": incidents(topics["alerts"], topics["audit"], period),
        "runs": _runs(topics["runs"], period),
        "moves": [_move(one) for one in moves],
        "verdicts": [_verdict(one) for one in moves if one.value["criteria"]],
        "people": [one for one in entries if one["who"] not in _SERVICES],
        "services": [one for one in entries if one["who"] in _SERVICES],
        "erasures": [one for one in entries if one["what"] == _ERASED],
        "trail": _trail(period.by_its_end(topics["audit"]), recorded),
        "over_time": {
            "quality": {"metric": metric, "series": over_time},
            "decided": quality.decided_over_time()
            if quality and config and config.label.target.task.has_classes
            else {},
        },
    }


def about(config: Pipeline) -> Facts:
    """What the pipeline is for, as its files say; None for what they don't."""
    owner, problem, cost, lake = config.owner, config.problem, config.model.cost, config.lake
    return {
        "purpose": config.purpose,
        "owner": ", ".join(filter(None, (owner.team, owner.notify))) if owner else None,
        "problem": {} if problem is None else problem.model_dump(exclude_none=True),
        "cost": None if cost is None else {"missed": cost.missed, "false_alarm": cost.false_alarm},
        "sources": [
            {"source": one.name, "kind": one.kind, "obtained": one.obtained, "basis": one.basis}
            for one in config.sources
        ],
        "personal": [name for name, field in config.event.fields.items() if field.pii],
        "keep": None if lake is None else lake.keep.text,
    }


def _configs(records: Sequence[Record], period: Period) -> list[Facts]:
    """Those that held in the period: what was applied before it last, and in it."""
    known = period.by_its_end(records)
    earlier = [one for one in known if not period.has(one.timestamp)]
    return [
        {"applied": moment(one.timestamp), "by": one.value["by"], "digest": one.value["digest"]}
        for one in (*earlier[-1:], *period.of_records(known))
    ]


def _data(kept: Iterable[Value]) -> Facts:
    counts = {
        name: sum(int(row["rows"] or 0) for row in _as(kept, name)) for name in ("events", "labels", "explanations")
    }
    refused = sorted(_as(kept, "refused"), key=lambda row: (-row["rows"], row["kind"], str(row["field"]), row["rule"]))
    outcomes = sorted((row["status"], row["rows"]) for row in _as(kept, "outcomes"))
    removed = sorted((row["cause"], int(row["rows"] or 0)) for row in _as(kept, "removed"))
    return {**counts, "refused": refused, "outcomes": dict(outcomes), "removed": dict(removed)}


def _answers(kept: Iterable[Value], matured: Mapping[str, float | None]) -> list[Facts]:
    """A row a version and arm, in the order of their first event. positive: the share of what was decided."""
    rows = sorted(
        _as(kept, "answers"), key=lambda row: (row["from_time"], row["model"], row["policy"] or "", row["arm"])
    )
    total = sum(row["rows"] for row in rows)
    return [
        {
            "version": (version := ReleaseName.by(row["model"], row["policy"] or "")),
            "arm": row["arm"],
            "answers": row["rows"],
            "share": row["rows"] / total,
            "positive": row["positive"] / row["decided"] if row["decided"] else None,
            "failed": row["failed"],
            "first_event": moment(row["from_time"]),
            "last_event": moment(row["through_time"]),
            "labels_known": matured.get(version),
        }
        for row in rows
    ]


def _runs(records: Sequence[Record], period: Period) -> list[Facts]:
    """Those that ended in the period."""
    started = {one.value["run_id"]: one.value for one in records if one.kind == "driftmill.RunStarted"}
    return [
        {
            "ended": moment(one.timestamp),
            "run": one.value["run_id"],
            "trigger": started[one.value["run_id"]]["trigger"] if one.value["run_id"] in started else None,
            "why": started[one.value["run_id"]]["reason"] if one.value["run_id"] in started else None,
            "outcome": one.value["outcome"],
            "version": one.value["version"],
            "result": one.value["reason"],
        }
        for one in period.of_records(records)
        if one.kind == "driftmill.RunFinished"
    ]


def _move(one: Record) -> Facts:
    value = one.value
    names = {"version": "version", "from": "from_state", "to": "to_state", "by": "by", "why": "reason"}
    return {"when": moment(one.timestamp), **{name: value[key] for name, key in names.items()}}


def _verdict(one: Record) -> Facts:
    value = one.value
    told = {name: value[name] for name in ("version", "run_id", "reason")}
    return told | {"refused": value["to_state"] == _REJECTED, "criteria": [dict(its) for its in value["criteria"]]}


def _entries(records: Iterable[Record]) -> list[Facts]:
    """The audit trail's, each once, without beginnings and ends of alerts."""
    found: dict[str, Facts] = {}
    for record in records:
        value = record.value
        if record.kind == KIND and not is_of_alert(value):
            told = {"when": moment(record.timestamp), "who": value["actor"], "what": value["action"]}
            told |= {"to": value["subject"], "before": value["before"], "after": value["after"], "why": value["reason"]}
            found.setdefault(value["audit_id"], told)
    return list(found.values())


def _trail(records: Sequence[Record], recorded: Recorded) -> Facts:
    """The chain up to the end of the period: whoever makes it again must come to the same hash."""
    links = [link for link in Trail().links([one.value for one in records if one.kind == KIND]) if link is not None]
    last = links[-1] if links else None
    return {
        "records": len(links),
        "hash": last.hash.hex() if last else None,
        "signed": min(recorded.signed, len(links)),
        "whole": not recorded.faults,
        "faults": list(recorded.faults),
    }


def _as(kept: Iterable[Value], name: str) -> list[dict[str, Any]]:
    return [{key: one for key, one in row.items() if key != "as"} for row in kept if row["as"] == name]
