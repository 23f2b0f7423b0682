"""What labels say of an event, and which of several counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from services.contracts.pipeline import label as section


class Label(NamedTuple):
    """What is said of an event, and when it became known. key: of its entity. rank: of its source, see Conflict."""

    known_at: int
    label: float
    key: str
    rank: int = 0

    def repeats(self, other: "Label") -> bool:
        """Whether it says the same."""
        return (self.label, self.known_at, self.rank) == (other.label, other.known_at, other.rank)


@dataclass(frozen=True, slots=True)
class Conflict:
    """by: `last`, `first`, or `priority`, by which sources go before times. sources: those that win first.

    Ranks: 0 of a source that isn't listed, then up to the first of `sources`; all 0 where there are none.
    """

    by: Literal["last", "first", "priority"] = "last"
    sources: tuple[str, ...] = ()

    @classmethod
    def of(cls, label: section.Label) -> "Conflict":
        """What the pipeline file says."""
        if isinstance(label.conflict, section.Priority):
            return cls("priority", label.conflict.sources)
        return cls(label.conflict or "last")

    def rank(self, payload: Mapping[str, Any]) -> int:
        """Rank of the source of a label in the pipeline's own schema."""
        source = payload[section.SOURCE] if self.sources else None
        return len(self.sources) - self.sources.index(source) if source in self.sources else 0

    def prefers(self, label: Label, standing: Label) -> bool:
        """Whether a label that comes now is to take the place of the one that stands. On a tie it is."""
        if self.by == "priority":
            return (label.rank, label.known_at) >= (standing.rank, standing.known_at)
        return self.by == "last"


LAST = Conflict()
