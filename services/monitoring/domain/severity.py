"""How severe an alert is: by its kind, and by how far beyond its threshold the statistic is."""

from collections.abc import Mapping

from services.contracts.alert_life import Severity

FAR = 3.0
"""Times the excess that raises an alert, from which on it is one step more severe than its kind is."""
NEAR = 2.0
"""It has to fall to so many times before it isn't any more."""

_KINDS: Mapping[str, tuple[Severity, Severity]] = {
    "inputs": ("info", "warning"),
    "scores": ("warning", "warning"),
    "quality": ("warning", "critical"),
    "integrity": ("warning", "critical"),
    "floor": ("critical", "critical"),
    "skew": ("critical", "critical"),
    "estimated": ("info", "info"),
    "stale": ("info", "info"),
}
"""Usually, and far beyond the threshold. That inputs move says little of the answers; a floor is broken
for certain, as is the promise that models are served what they learn from; an estimate is none, and age is no fault."""


def severity_of(kind: str, excess: float, before: Severity | None = None) -> Severity:
    """excess: over what is usual, as a share of what raises an alert. before: how severe it was the last time."""
    usual, far = _KINDS.get(kind, ("warning", "warning"))
    is_far = excess >= (NEAR if before == far else FAR)
    return far if is_far else usual
