"""One thing that must hold of a pipeline's topics, and what was found."""

from dataclasses import dataclass, field
from typing import Any

_EXAMPLES = 5


@dataclass(slots=True)
class Invariant:
    """checked: how many records were looked at. pending: for how many it isn't due yet. unknown: why it can't be told.

    examples: the first few places where it doesn't hold.
    """

    name: str
    says: str
    checked: int = 0
    broken: int = 0
    pending: int = 0
    unknown: str = ""
    examples: list[str] = field(default_factory=list)

    def breaks(self, where: str) -> None:
        """It doesn't hold at a place."""
        self.broken += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(where)

    @property
    def holds(self) -> bool:
        """Whether it was seen to hold everywhere."""
        return not self.broken and not self.unknown

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "invariant": self.name,
            "says": self.says,
            "holds": self.holds,
            "checked": self.checked,
            "broken": self.broken,
            "pending": self.pending,
            "unknown": self.unknown,
            "examples": self.examples,
        }


@dataclass(frozen=True, slots=True)
class Invariants:
    """Everything that must hold."""

    accounted: Invariant
    numbered: Invariant
    unique: Invariant
    answered: Invariant
    ordered: Invariant
    recomputed: Invariant
    caused: Invariant
    paired: Invariant
    restated: Invariant
    ended: Invariant
    offsets: Invariant

    @classmethod
    def new(cls) -> "Invariants":
        """Before anything was looked at."""
        return cls(
            Invariant("accounted", "every raw record is accepted, refused, dead-lettered or moved: once, in order"),
            Invariant("numbered", "accepted events of a partition are numbered without a gap"),
            Invariant("unique", "no event is accepted twice, and none later than allowed"),
            Invariant("answered", "every accepted event has exactly one vector and one prediction"),
            Invariant("ordered", "every record is in its key's partition, answers in the order of their events"),
            Invariant("recomputed", "features are bit for bit those of one computation over the whole log"),
            Invariant("caused", "nothing downstream answers to what was not committed upstream"),
            Invariant("paired", "each prediction that names another model has what that one said, and the reverse"),
            Invariant("restated", "revisions of each outcome count up from 0, and every event old enough has one"),
            Invariant("ended", "no transaction hangs"),
            Invariant("offsets", "committed offsets lie within their topics"),
        )

    def all(self) -> list[Invariant]:
        """In the order in which they are shown."""
        return [getattr(self, name) for name in self.__dataclass_fields__]
