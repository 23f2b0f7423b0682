"""The states of all model versions: a fold of `models.history`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack

CANDIDATE, CHAMPION, RETIRED, REJECTED = "candidate", "champion", "retired", "rejected"

LEGAL = frozenset(
    {(CANDIDATE, REJECTED), (CANDIDATE, CHAMPION), (CHAMPION, RETIRED), (RETIRED, CHAMPION)},
)
"""Moves that a version may make. RETIRED to CHAMPION is a rollback, which only people ask for."""


class IllegalMove(ValueError):
    """A move that the life of a model doesn't have."""


@dataclass(slots=True)
class Version:
    """One version: its state and what was proposed."""

    name: str
    state: str
    candidate: Mapping[str, Any]


@dataclass(slots=True)
class Versions:
    """All versions. sequence counts moves; reigns lists champions in the order in which they became it; refusals counts
    candidates rejected since the last was accepted."""

    known: dict[str, Version] = field(default_factory=dict)
    reigns: list[str] = field(default_factory=list)
    sequence: int = 0
    refusals: int = 0

    @property
    def champion(self) -> Version | None:
        """The version that answers, if a learnt one does."""
        return next((version for version in self.known.values() if version.state == CHAMPION), None)

    def previous(self) -> Version | None:
        """The champion before the present one."""
        champion = self.champion
        names = [name for name in self.reigns if champion is None or name != champion.name]
        return self.known[names[-1]] if names else None

    def apply(self, moves: list[Mapping[str, Any]]) -> None:
        """Take over ModelMoved records, in order. Raises IllegalMove, which means that the history is broken."""
        for move in moves:
            self._apply(move)

    def _apply(self, move: Mapping[str, Any]) -> None:
        name, start, end = move["version"], move["from_state"], move["to_state"]
        known = self.known.get(name)
        if (start, end) not in LEGAL or (known.state if known else CANDIDATE) != start:
            raise IllegalMove(f"{name}: {start} → {end}, but it is {known.state if known else 'unknown'}")
        if known is None:
            self.known[name] = Version(name, end, move["candidate"] or {})
        else:
            known.state = end
        if end == CHAMPION:
            self.reigns.append(name)
            self.refusals = 0
        self.refusals += end == REJECTED
        self.sequence += 1

    def to_bytes(self) -> bytes:
        """For a snapshot."""
        versions = [[version.name, version.state, dict(version.candidate)] for version in self.known.values()]
        packed: bytes = msgpack.packb([versions, self.reigns, self.sequence, self.refusals])
        return packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "Versions":
        """The same versions."""
        versions, reigns, sequence, refusals = msgpack.unpackb(data)
        return cls(
            {name: Version(name, state, candidate) for name, state, candidate in versions}, reigns, sequence, refusals
        )
