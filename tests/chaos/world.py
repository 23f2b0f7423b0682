"""What a row needs to happen in, and what it finds."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.broker.local import LocalBroker
from services.cli.domain.invariant import Invariant
from tests.chaos.listener import Ground
from tests.chaos.stage import DATA_PLANE, Stage


@dataclass(frozen=True)
class World:
    """A broker that a row may disturb, a directory of its own, a seed, and the services that it is about."""

    ground: Ground
    home: Path
    seed: int = 1
    services: tuple[str, ...] = DATA_PLANE

    @property
    def broker(self) -> LocalBroker:
        """The broker itself."""
        return self.ground.broker


_OF_FLIGHTS = "paired"
"""An invariant of versions in flight, of which these worlds have none."""


@dataclass
class Finding:
    """hits: what the fault met. recoveries: seconds from each hit to the next committed prediction."""

    hits: Counter[str]
    recoveries: list[float]
    invariants: list[Invariant]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def troubles(self) -> list[str]:
        """Why the row fails; empty if it passes."""
        missed = [f"{what} hit nothing" for what, count in self.hits.items() if not count]
        nothing = [] if self.hits else ["the fault hit nothing"]
        wrong = [
            f"{one.name}: {one.broken} broken, such as {one.examples[:1]}" for one in self.invariants if not one.holds
        ]
        pending = [f"{one.name}: {one.pending} pending" for one in self.invariants if one.pending]
        asked = [one for one in self.invariants if one.name != _OF_FLIGHTS]
        empty = [f"{one.name}: nothing was checked" for one in asked if not one.checked]
        return [*missed, *nothing, *wrong, *pending, *empty]

    @property
    def checked(self) -> int:
        """How many things were looked at."""
        return sum(one.checked for one in self.invariants)


def found(stage: Stage, **notes: Any) -> Finding:
    """Let a stage come to rest, and judge it."""
    invariants = stage.finish()
    return Finding(stage.hits, stage.recoveries, invariants, notes)


@dataclass(frozen=True)
class Row:
    """One fault of the matrix. name: as on the command line. says: what is done."""

    name: str
    says: str
    run: Callable[[World], Finding]
