"""The way of a version from its acceptance to its release: which moves follow from what."""

from typing import Any

import orjson

from services.contracts.release_name import ReleaseName
from services.registry.domain.brake import DAY, is_full, oscillates
from services.registry.domain.judgement import Judgement, judge_flight
from services.registry.domain.measured import Measured
from services.registry.domain.move import Course, Move, base, crowned, left, moved
from services.registry.domain.plan import Plan
from services.registry.domain.versions import (
    ACCEPTED,
    CANARY,
    CHAMPION,
    REGISTRY,
    REJECTED,
    Version,
    Versions,
    content_of,
)

APPROVAL, AFTER_CANARY, NEXT_DAY = "approval", "canary", "day"
"""What an accepted version waits for."""

_TAKING_TURNS = "two models would take turns as champion"


def accepted(state: Versions, plan: Plan, own: Move) -> list[Move]:
    """What follows from a candidate's acceptance. own: its move, wherever it leads."""
    content = content_of(own["candidate"])
    if content in state.barred:
        reason = f"its file is that of {state.barred[content]}, which was rolled back"
        return [{**own, "to_state": REJECTED, "reason": reason}]
    if oscillates(state.crowned, content):
        return [{**own, "to_state": REJECTED, "reason": _TAKING_TURNS}]
    said = {name: own[name] for name in ("clock", "run_id", "by")}
    superseded = left(state.waiting, REJECTED, said, f"replaced by {own['version']}")
    if plan.approval:
        reason = f"{own['reason']}; it waits for approval"
        return [*superseded, {**own, "to_state": ACCEPTED, "reason": reason, "awaits": APPROVAL}]
    return [*superseded, *entered(state, plan, own)]


def entered(state: Versions, plan: Plan, own: Move, by_hand: bool = False) -> list[Move]:
    """A version goes its way, or waits for its turn. own: its move, wherever it leads. by_hand: the day's limit is for
    others."""
    said, flying = {name: own[name] for name in ("clock", "run_id", "by")}, state.flying
    replaced = left(flying, REJECTED, said, f"replaced by {own['version']}")
    if ReleaseName.of(own["version"]).is_refreshed:  # its model answers already: there is nothing to pair
        return crowned(state, own, said)
    if not plan.stages:
        if not by_hand and is_full(state.released, own["clock"], plan.per_day):
            reason = f"{own['reason']}; the {plan.per_day} releases of its day are made"
            return [{**own, "to_state": ACCEPTED, "reason": reason, "awaits": NEXT_DAY}]
        return [*replaced, *crowned(state, own, said)]
    if flying is not None and flying.state == CANARY:
        reason = f"{own['reason']}; it waits until {flying.name} has left its canary"
        return [{**own, "to_state": ACCEPTED, "reason": reason, "awaits": AFTER_CANARY}]
    first = plan.stages[0]
    reason = f"{own['reason']}; {first} begins"
    return [*replaced, {**own, "to_state": first.state, "share": first.share, "awaits": "", "reason": reason}]


def followed(state: Versions, plan: Plan, clock: int) -> list[Move]:
    """The version whose turn it is, once nobody is in flight, or another day has begun."""
    waiting = state.waiting
    if waiting is None or plan.approval or waiting.awaits not in (AFTER_CANARY, NEXT_DAY) or state.flight is not None:
        return []
    if is_full(state.released, clock, plan.per_day) and not plan.stages:
        return []
    own = moved(waiting, ACCEPTED, base(waiting, REGISTRY, clock), "it is its turn")
    return entered(state, plan, own)


def taken(state: Versions, plan: Plan, measured: Measured) -> list[Move]:
    """A fact about the version in flight, and the moves that follow at the end of each window that is whole by it."""
    course, flight = Course(state), state.flight
    assert flight is not None
    course.take([measured])
    version, manifest = state.known[flight.version], manifest_of(state.known[flight.version])
    ended = course.state.flight
    assert ended is not None
    for now in ended.ends(flight.whole):
        if course.state.flight is None or course.state.flight.version != version.name:
            break
        judgement = judge_flight(course.state.flight, plan, manifest, now)
        course.take(_moves(course.state, plan, judgement, now))
        course.take(followed(course.state, plan, now))
    return course.facts


def _moves(state: Versions, plan: Plan, judgement: Judgement, now: int) -> list[Move]:
    version = state.flying
    assert version is not None
    said, criteria = base(version, REGISTRY, now), [one.to_dict() for one in judgement.criteria]
    to_state, reason = judgement.to_state, judgement.reason
    if to_state == CHAMPION and oscillates(state.crowned, version.content):
        to_state, reason = REJECTED, f"rolled back: {_TAKING_TURNS}"
    if not to_state or (to_state == CHAMPION and is_full(state.released, now, plan.per_day)):
        return []
    own = moved(version, to_state, said, reason, criteria=criteria, share=judgement.share)
    return crowned(state, own, said) if to_state == CHAMPION else [own]


def day_begun(state: Versions, plan: Plan, clock: int) -> list[Move]:
    """A version that waits for another day, once a partition has reached one. clock: the pipeline's."""
    waiting = state.waiting
    if waiting is None or waiting.awaits != NEXT_DAY:
        return []
    return followed(state, plan, clock // DAY * DAY)


def manifest_of(version: Version) -> dict[str, Any]:
    """What was signed of its model."""
    manifest: dict[str, Any] = orjson.loads(version.candidate["manifest"])
    return manifest


def numbers_of(version: Version) -> dict[str, Any]:
    """What its manifest says was measured."""
    measured: dict[str, Any] = manifest_of(version).get("measured", {})
    return measured
