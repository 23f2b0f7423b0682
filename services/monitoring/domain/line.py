"""The line of champions in which a model stands: what their answers were worth says what its answers should be.

A model is released because it isn't worse than the champion on the same outcomes. So where no quality alert stands at
its release, its errors are watched on from where those of its predecessors are: outcomes mature late, and a model that
is soon replaced would never have enough of its own. Where one stands the world is another, and the line begins anew.
"""

from collections.abc import Iterator

from services.monitoring.domain.policy import Policy
from services.monitoring.domain.quality import Quality
from services.monitoring.domain.reference import History, Model, Tenure
from services.monitoring.domain.window import Window

WARM_UP = 1
"""Windows after a model's publication that aren't judged: two models may have answered in them."""


class Line:
    """The tenures before a model's own, oldest first, and its own quality watch, begun with what they showed."""

    def __init__(self, policy: Policy, model: Model, history: History, tenures: tuple[Tenure, ...]) -> None:
        self.tenures, self.quality = tenures, Quality(policy, model.version)
        self._model, self._history = model, history
        for window in self._windows():
            if window.clock <= model.clock:
                self.quality.update(window)
        if self.quality.open:
            self.tenures, self.quality = (), Quality(policy, model.version)

    def late(self) -> list[Window]:
        """What of the predecessors' time matured after the model took over, as far as it has."""
        return [window for window in self._windows() if window.clock > self._model.clock]

    def holds(self, window: Window) -> bool:
        """Whether a window of quality, which is in the history already, is of a predecessor's time."""
        return any(window is judged for judged in self._windows())

    def continued(self, clock: int) -> tuple[Tenure, ...]:
        """The tenures before that of a model that takes over at `clock`."""
        model = self._model
        return () if model.is_baseline else (*self.tenures, Tenure(model.version, model.clock, clock))

    def _windows(self) -> Iterator[Window]:
        for tenure in self.tenures:
            yield from self._history.within("quality", tenure)[WARM_UP:]
