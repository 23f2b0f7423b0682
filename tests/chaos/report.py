"""What the rows found, for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.results.page import table

_HEAD = """# Faults

What `./scripts/chaos all` found: each fault happens on a real broker to services under traffic, then
`driftmill verify` reads all topics and recomputes what must follow. **met** counts what the fault hit: a fault that met
nothing fails. **checked** counts the things that the checker looked at, none of which may be wrong. **recovery** is the
time from a fault to the next committed prediction, median and longest, on a machine that was as busy as its **load**
(runnable processes) says. Written by the script; a row that was played again tells of the last time.
{played} of {rows} rows passed; all together took {minutes:.0f} minutes.
"""
_COLUMNS = ("row", "what happens", "met", "checked", "recovery", "took", "load", "seed, commit", "result")


@dataclass
class Played:
    """One row as it went."""

    name: str
    says: str
    seed: int
    commit: str
    seconds: float
    load: float
    hits: dict[str, int] = field(default_factory=dict)
    recoveries: list[float] = field(default_factory=list)
    invariants: list[Mapping[str, Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.troubles

    @property
    def checked(self) -> int:
        return sum(one["checked"] for one in self.invariants)

    @property
    def recovery(self) -> str:
        times = self.recoveries
        return f"{median(times):.1f} s, {max(times):.1f} s" if times else "–"

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def line(played: Played) -> str:
    """One row as it is told while others are still to come."""
    result = "passed" if played.passed else "FAILED: " + "; ".join(played.troubles)
    met = ", ".join(f"{what} {count}" for what, count in played.hits.items())
    return f"  {result}\n  met: {met}\n  {played.checked} checked, recovery {played.recovery}, {played.seconds:.0f} s"


def document(played: Sequence[Played]) -> str:
    """docs/chaos.md."""
    head = _HEAD.format(
        played=sum(one.passed for one in played), rows=len(played), minutes=sum(one.seconds for one in played) / 60
    )
    notes = "\n".join(f"- {one.name}: {_noted(one.notes)}" for one in played if one.notes)
    return "\n".join([head, table(_COLUMNS, map(_cells, played)), "", notes]).rstrip() + "\n"


def _cells(one: Played) -> Sequence[object]:
    result = "passed" if one.passed else "**failed**: " + "; ".join(one.troubles).replace("\n", " ")
    which = f"{one.seed}, {one.commit}"
    met, took = _met(one.hits), f"{one.seconds:.0f} s"
    return one.name, one.says, met, one.checked, one.recovery, took, f"{one.load:.0f}", which, result


def _met(hits: Mapping[str, int]) -> str:
    if len(hits) <= 4:
        return ", ".join(f"{count} × {what}" for what, count in hits.items()) or "nothing"
    return f"{sum(hits.values())} at {len(hits)} places"


def _noted(notes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in notes.items())
