"""What the control topics say, folded into one row a run or model version."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from services.cli.domain.moment import iso
from services.contracts.audit import KIND as AUDITED
from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.record import Record

View = dict[str, Any]


def runs(records: Iterable[Record], task: LearningTask = BINARY) -> list[View]:
    """One row a run, in order of their first mention. positive: share of the rows, None where labels are numbers.
    refused: learners that were left out, since their files score otherwise."""
    found: dict[str, View] = {}
    for record in records:
        value = record.value
        row = found.setdefault(value["run_id"], _run(value["run_id"]))
        kind = record.kind.rpartition(".")[2]
        if kind == "RunProgressed":
            row["step"] = value["step"]
            continue
        row |= {"clock": iso(value["clock"]), "reason": value["reason"], "step": None}
        if kind == "RunWaiting":
            row |= {"state": "waiting", "trigger": value["trigger"], "have": value["have"], "need": value["need"]}
        elif kind == "RunHeld":
            row |= {"state": "held", "trigger": value["trigger"]}
        elif kind == "RunStarted":
            found = {name: one for name, one in found.items() if not _is_over(one)} | {value["run_id"]: row}
            row |= {name: value[name] for name in ("trigger", "version", "rows")} | {"state": "running"}
            row["positive"] = value["positives"] / value["rows"] if value["rows"] and task.counts_positives else None
        else:
            row |= {"state": value["outcome"], "version": value["version"] or row["version"]}
            row["refused"] = ", ".join(report(record).get("refused", ())) or None
    return list(found.values())


def _is_over(row: View) -> bool:
    """Whether a run that limits held back is none any more once another has started; that of an alert still is."""
    return bool(row["state"] == "held" and row["trigger"] != "alert")


def models(records: Iterable[Record]) -> list[View]:
    """One row a model version with its newest state, in order of their first mention."""
    found: dict[str, View] = {}
    staged: dict[str, str] = {}
    for record in records:
        value = record.value
        if record.kind == "driftmill.CandidateStaged":
            staged[value["version"]] = _staged(value)
        if record.kind != "driftmill.ModelMoved":
            continue
        row = found.setdefault(value["version"], {"version": value["version"]})
        row |= {
            "state": value["to_state"],
            "clock": iso(value["clock"]),
            "run": value["run_id"],
            "by": value["by"],
            "reason": value["reason"],
        }
        if value["criteria"]:
            row["criteria"] = [criterion_text(criterion) for criterion in value["criteria"]]
        row.setdefault("criteria", [])
    return [row | {"staging": staged.get(version)} for version, row in found.items()]


def _staged(value: Mapping[str, Any]) -> str:
    """What serving took."""
    took = value["measured"]
    times = f"{took['alone']:.3g} ms alone, slowest {took['alone_p99']:.3g}; {took['together']:.3g} ms for 1,000"
    return value["problem"] or f"{times}; {took['mib']:.0f} MiB"


def images(records: Iterable[Record]) -> dict[str, list[str]]:
    """Digests of the images that were built, by version, in order."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        if record.kind == "driftmill.ImageBuilt":
            found.setdefault(record.value["version"], {})[record.value["digest"]] = None
    return {version: list(digests) for version, digests in found.items()}


def audit(records: Iterable[Record]) -> list[View]:
    """One row an action, in order; the first copy of each."""
    found: dict[str, View] = {}
    for record in records:
        value = record.value
        if record.kind != AUDITED or value["audit_id"] in found:
            continue
        names = ("actor", "action", "subject", "before", "after", "reason")
        told = {name: value[name] for name in names}
        evidence = {"evidence": orjson.loads(value["evidence"] or "{}")}
        found[value["audit_id"]] = {"clock": iso(value["clock"]), **told, "id": value["audit_id"], **evidence}
    return list(found.values())


def criterion_text(criterion: Any) -> str:
    """A criterion with its numbers in one line."""
    mark, name, detail = "✓" if criterion["passed"] else "✗", criterion["name"], criterion["detail"]
    if criterion["value"] is None:
        return f"{mark} {name}" + (f": {detail.removeprefix(f'{name}: ')}" if detail else "")
    parts = [mark, name, f"{criterion['value']:.4g}"]
    if criterion["low"] is not None and criterion["high"] is not None:
        parts.append(f"[{criterion['low']:.4g}, {criterion['high']:.4g}]")
    if criterion["bound"] is not None:
        parts.append(f"bound {criterion['bound']:.4g}")
    if criterion["rows"]:
        parts.append(f"{criterion['rows']} rows")
    return " ".join(parts)


def report(record: Record) -> Any:
    """The numbers of a finished run."""
    return orjson.loads(record.value["report"]) if record.value.get("report") else {}


def _run(run_id: str) -> View:
    return {
        "run": run_id,
        "state": "",
        "trigger": None,
        "clock": None,
        "version": None,
        "rows": None,
        "positive": None,
        "have": None,
        "need": None,
        "step": None,
        "refused": None,
        "reason": "",
    }
