"""Moves of versions: what `driftmill.ModelMoved` tells."""

from collections.abc import Mapping
from typing import Any

from services.registry.domain.versions import CHAMPION, RETIRED, Version, Versions

Move = Mapping[str, Any]


class Course:
    """Facts made one after the other, each of what the one before led to; the state that they begin with stays."""

    def __init__(self, state: Versions) -> None:
        self.state = state.copy()
        self.facts: list[Move] = []

    def take(self, facts: list[Move]) -> None:
        """The next ones."""
        self.state.apply(facts)
        self.facts += facts


def base(version: Version, by: str, clock: int | None = None) -> Mapping[str, Any]:
    """What every move of a version says. clock: the pipeline's, that of its run if nothing newer is known."""
    its: int = version.candidate["clock"]
    return {"clock": its if clock is None else max(its, clock), "run_id": version.candidate["run_id"], "by": by}


def moved(version: Version, to_state: str, said: Mapping[str, Any], reason: str, **more: Any) -> Move:
    """One move. said: as `base` gives it. more: criteria, share, awaits."""
    move = {"version": version.name, "from_state": version.state, "to_state": to_state, "reason": reason}
    return {**said, **move, "criteria": [], "candidate": None, "share": 0.0, "awaits": "", **more}


def left(version: Version | None, to_state: str, said: Mapping[str, Any], reason: str) -> list[Move]:
    """The move of a version that another one replaces, if there is one."""
    return [] if version is None else [moved(version, to_state, said, reason)]


def crowned(state: Versions, move: Move, said: Mapping[str, Any]) -> list[Move]:
    """A version becomes champion, and who was it retires. move: its own, wherever it leads."""
    replaced = f"replaced by {move['version']}"
    return [*left(state.champion, RETIRED, said, replaced), {**move, "to_state": CHAMPION, "share": 0.0, "awaits": ""}]
