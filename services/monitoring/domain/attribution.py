"""Which fields, or features of no field, an alert most likely comes from.

By how far each has moved, times how much the model rests on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TOLD = 5
"""Fields that an alert names at most."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """As AlertField in AlertRaised.avsc. moved: how far, above what is usual. importance: what the model's
    metric loses without the field, None where no model says. share: of all that moved, times importance.
    """

    name: str
    moved: float
    importance: float | None
    share: float


def suspects(moved: Mapping[str, float], importance: Mapping[str, float]) -> tuple[Suspect, ...]:
    """The fields that moved and count, the greatest share first; by how far alone where no importance is known."""
    weights = {name: far * (max(0.0, importance.get(name, 0.0)) if importance else 1.0) for name, far in moved.items()}
    whole = sum(weights.values())
    ranked = sorted((name for name in weights if weights[name] > 0), key=lambda name: (-weights[name], name))
    return tuple(
        Suspect(name, moved[name], importance.get(name, 0.0) if importance else None, weights[name] / whole)
        for name in ranked[:TOLD]
    )


def of_fields(importance: Mapping[str, float], ancestry: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """The importance of the event's fields: of each the sum over the inputs that are computed from it. Those that are
    computed from none, such as of labels or of how many events there were, stand for themselves.
    """
    found: dict[str, float] = {}
    for name, value in importance.items():
        for field in sorted(ancestry.get(name) or (name,)):
            found[field] = found.get(field, 0.0) + value
    return found
