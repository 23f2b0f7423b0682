"""What is normal: the windows that later ones are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.contracts.baseline import BASELINE
from services.contracts.promise import Losses
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.window import Window

KEPT = 8
"""So many references' lengths of windows are kept of each stream and version."""
VERSIONS = 12
"""Of so many versions windows are kept: champions and those tried beside them."""


@dataclass(frozen=True, slots=True)
class Model:
    """A champion, from its ModelPublished and manifest. clock: windows that end later are its own to be judged.

    trained_from, trained_through: its training period, by which its reference is chosen. losses: of a number, its
    errors on the hold-out. loss: there in the mean, see `hold_out_loss`. importance: of its inputs, as the manifest
    has it.
    """

    version: str = BASELINE
    sequence: int = -1
    clock: int = -1
    trained_from: int = -1
    trained_through: int = -1
    importance: Mapping[str, float] = field(default_factory=dict)
    losses: Losses | None = None
    loss: float | None = None

    @property
    def is_baseline(self) -> bool:
        """No model answers; the reference is provisional."""
        return self.version == BASELINE


@dataclass(frozen=True, slots=True)
class Tenure:
    """The time in which a version answered: windows that end after `begun`, up to `ended`."""

    version: str
    begun: int
    ended: int


@dataclass(slots=True)
class History:
    """The newest windows of each stream and version, oldest first. begun: start of the first window of each stream."""

    policy: Policy
    windows: dict[tuple[str, str], list[Window]] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)

    def update(self, window: Window) -> None:
        """Keep a window."""
        self.begun.setdefault(window.stream, window.start)
        key = (window.stream, window.version)
        held = self.windows.pop(key, [])
        held.append(window)
        del held[: -KEPT * self.policy.reference]
        self.windows[key] = held
        mine = [key for key in self.windows if key[0] == window.stream]
        for old in mine[:-VERSIONS]:
            del self.windows[old]

    def of(self, stream: str, version: str, after: int = -1) -> list[Window]:
        """Windows that end after a time."""
        held = self.windows.get((stream, version), [])
        return [window for window in held if window.end > after] if after >= 0 else [*held]

    def of_all(self, stream: str) -> list[Window]:
        """Windows of all versions of a stream."""
        held = (window for (one, _), windows in self.windows.items() if one == stream for window in windows)
        return sorted(held, key=lambda window: (window.end, window.version))

    def within(self, stream: str, tenure: Tenure) -> list[Window]:
        """Windows of a version in its time."""
        return [window for window in self.of(stream, tenure.version, tenure.begun) if window.end <= tenure.ended]


def inputs_reference(policy: Policy, model: Model, inputs: Sequence[Window]) -> list[Window]:
    """Windows of the inputs that a model is compared with, as far as they are there already.

    The newest of its training period: recent ones weigh enough. Without a model, or if too few of that period are
    known, the first there are.
    """
    filled = [window for window in inputs if window.rows]
    inside = [w for w in filled if w.start >= model.trained_from and w.end <= model.trained_through]
    if not model.is_baseline and len(inside) >= policy.arm:
        return inside[-policy.reference :]
    return filled[: policy.reference]
