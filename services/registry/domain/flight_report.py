"""The version in flight for people: where it stands, how it does beside the other, and what it waits for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.registry.domain.brake import is_full
from services.registry.domain.flight import Flight
from services.registry.domain.judgement import judge_flight
from services.registry.domain.pairs import Pairs
from services.registry.domain.plan import Plan
from services.registry.domain.release import manifest_of, numbers_of
from services.registry.domain.slice_report import line, slices_of
from services.registry.domain.versions import CHAMPION, Versions

_WORST = 5
NOBODY = "No version is in shadow or canary."


def report_of(state: Versions, plan: Plan, profiles: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """All of it as plain values; `version` is None while nobody is in flight. profiles: which tell of slices."""
    flight, waiting = state.flight, state.waiting
    queue = {"waiting": waiting.name if waiting else None, "awaits": waiting.awaits if waiting else ""}
    if flight is None:
        return {"version": None} | queue
    known = {
        "version": flight.version,
        "state": flight.state,
        "share": flight.share,
        "beside": flight.against,
        "attempt": flight.attempt,
        "since": None if flight.since is None else _iso(flight.since),
        "until": None if flight.now is None else _iso(flight.now),
    }
    known["slices"] = slices_of(profiles, flight, plan, numbers_of(state.known[flight.version]))
    return known | (_seen(state, plan, flight, flight.now) if plan.stages and flight.now else _unseen(plan)) | queue


def _unseen(plan: Plan) -> dict[str, Any]:
    waits = "a first whole window" if plan.stages else "a person: the pipeline's file has no shadow and no canary"
    return {"step": None, "events": 0, "criteria": [], "waits_for": waits}


def _seen(state: Versions, plan: Plan, flight: Flight, now: int) -> dict[str, Any]:
    pairs = [window.all_pairs for window in flight.answers(now)]
    judgement = judge_flight(flight, plan, manifest_of(state.known[flight.version]), now)
    held = judgement.to_state == CHAMPION and is_full(state.released, now, plan.per_day)
    return {
        "step": str(plan.stages[plan.place(flight)]),
        "events": sum(one.rows for one in pairs),
        "answered": sum(one.answered for one in pairs),
        "failed": sum(one.failed for one in pairs),
        "agreement": _agreement(pairs) if plan.task.decides else None,
        "positives": sum(one.positives for one in pairs),
        "other_positives": sum(one.other_positives for one in pairs),
        "criteria": [criterion.to_dict() for criterion in judgement.criteria],
        "waits_for": "the next day, which has releases left" if held else judgement.reason,
    }


def _agreement(pairs: Sequence[Pairs]) -> float | None:
    """Share of events of which both decide alike."""
    rows = sum(one.rows for one in pairs)
    return 1 - sum(one.disagreements for one in pairs) / rows if rows else None


def told(report: Mapping[str, Any]) -> str:
    """As lines of text."""
    lines = list(_of_flight(report)) if report["version"] else [NOBODY]
    if report["waiting"]:
        lines.append(f"{report['waiting']} is accepted and waits for: {report['awaits'] or 'approval'}.")
    return "\n".join(lines) + "\n"


def _of_flight(report: Mapping[str, Any]) -> list[str]:
    beside = f"{report['version']} is in {report['step'] or report['state']}, beside {report['beside']}"
    lines = [f"{beside}; since {report['since'] or 'its acceptance'}, seen until {report['until'] or 'now'}."]
    if report["events"]:
        counted = f"{report['events']:,} events, {report['answered']:,} of them answered by it"
        lines.append(f"{counted}, {report['failed']:,} without an answer of its own.")
    if report.get("agreement") is not None:
        lines.append(
            f"Both decide alike in {report['agreement']:.1%}; positive decisions: {report['positives']:,} of its own, "
            f"{report['other_positives']:,} beside."
        )
    lines += [f"{'✓' if one['passed'] else '✗'} {one['detail']}" for one in report["criteria"]]
    if slices := report["slices"]:
        lines.append(f"Of {len(slices)} slices, whose intervals hold together, these fare worst:")
        lines += map(line, slices[:_WORST])
    return [*lines, f"It waits for: {report['waits_for']}."]


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat().replace("+00:00", "Z")
