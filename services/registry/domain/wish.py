"""What people ask for: moves that follow, or why none do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.release_name import ReleaseName
from services.registry.domain.move import Course, Move, base, crowned, left, moved
from services.registry.domain.plan import Plan
from services.registry.domain.release import entered, followed
from services.registry.domain.versions import (
    ACCEPTED,
    CANARY,
    CHAMPION,
    IN_FLIGHT,
    REGISTRY,
    REJECTED,
    RETIRED,
    Version,
    Versions,
)

Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that nothing follows from. action, subject: as the audit trail tells it."""

    action: str
    subject: str
    why: str


def decided(state: Versions, plan: Plan, request: Request) -> list[Move] | Refused:
    """A `driftmill.ReleaseDecided`: an accepted version goes its way, or one that hasn't arrived goes no further."""
    version, approved = state.known.get(request["version"]), request["approved"]
    action = "approval refused" if approved else "rejection refused"
    if version is None or version.state not in ((ACCEPTED,) if approved else (ACCEPTED, *IN_FLIGHT)):
        return Refused(action, request["version"], _waits_not(version))
    own = moved(version, REJECTED, base(version, request["by"], _clock(state)), request["reason"])
    if not approved:
        return _ended(state, plan, [own])
    if plan.stages and state.flying is not None and state.flying.state == CANARY:
        return Refused(action, version.name, f"{state.flying.name} is in canary: promote it or roll it back first")
    if problem := _homeless(version, state.champion):
        return Refused(action, version.name, problem)
    made = [*entered(state, plan, own, by_hand=True)]
    return [{**one, "by": REGISTRY} if one["version"] != version.name else one for one in made]


def rolled_back(state: Versions, plan: Plan, request: Request) -> list[Move] | Refused:
    """A `driftmill.RollbackRequested`: the version in flight is left for good, the champion for an earlier one."""
    champion, flying, named = state.champion, state.flying, request.get("version")
    wanted = request["to_version"]
    if flying is not None and named == flying.name and wanted is None:
        return _ended(
            state, plan, [moved(flying, REJECTED, base(flying, request["by"], _clock(state)), request["reason"])]
        )
    target = state.previous() if wanted is None else state.known.get(wanted)
    if problem := _rollback_problem(champion, target, wanted, named):
        return Refused("rollback refused", wanted or named or "the previous champion", problem)
    assert champion is not None
    said = base(champion, request["by"])
    back = [] if target is None else [moved(target, CHAMPION, said, request["reason"])]
    return [*left(champion, RETIRED, said, request["reason"]), *back]


def asked_to_move(state: Versions, plan: Plan, request: Request) -> list[Move] | Refused:
    """A `driftmill.MoveRequested`: a version becomes champion at once, or the champion retires for the baseline."""
    version, promotes = state.known.get(request["version"]), request["to_state"] == CHAMPION
    action = "promotion refused" if promotes else "retirement refused"
    able = (ACCEPTED, *IN_FLIGHT, RETIRED) if promotes else (CHAMPION,)
    if version is None or version.state not in able:
        return Refused(action, request["version"], _unable(version, promotes))
    own = moved(version, RETIRED, base(version, request["by"], _clock(state)), request["reason"])
    if not promotes:
        return [own]
    return _ended(state, plan, crowned(state, own, base(version, REGISTRY, _clock(state))))


def _ended(state: Versions, plan: Plan, moves: list[Move]) -> list[Move]:
    """Moves, and the next one's turn if they end a flight."""
    course = Course(state)
    course.take(moves)
    course.take(followed(course.state, plan, moves[-1]["clock"]))
    return course.facts


def _clock(state: Versions) -> int | None:
    """The newest time that the version in flight has told of."""
    return state.flight.now if state.flight else None


def _homeless(version: Version, champion: Version | None) -> str:
    """Why a policy that waited has no model to decide for, empty if it has."""
    release = ReleaseName.of(version.name)
    if not release.is_refreshed or (champion is not None and ReleaseName.of(champion.name).model == release.model):
        return ""
    return f"it decides for {release.model}, which doesn't answer any more"


def _waits_not(version: Version | None) -> str:
    return "there is no such version" if version is None else f"it is {version.state}, and waits for nobody"


def _unable(version: Version | None, promotes: bool) -> str:
    if version is None:
        return "there is no such version"
    if not promotes:
        return f"it is {version.state}: only the champion can retire"
    return (
        "it is champion already"
        if version.state == CHAMPION
        else f"it is {version.state}: only a run can offer it anew"
    )


def _rollback_problem(champion: Version | None, target: Version | None, wanted: str | None, named: str | None) -> str:
    if champion is None:
        return "no model is champion: the baseline answers already"
    if named is not None and named != champion.name:
        return f"{named} neither answers nor is in flight"
    if wanted is not None and target is None:
        return f"there is no version {wanted}"
    if target is not None and target.state != RETIRED:
        return f"{target.name} is {target.state}: only a former champion can return"
    return ""
