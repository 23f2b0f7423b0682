"""The whole of monitoring as a fold: profiles and models in, alerts out; nothing else is remembered."""

from services.contracts.skew import STREAM as SKEW
from services.monitoring.domain.alert import Classified, Fact, Raised, Updated
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import History, Model
from services.monitoring.domain.skew import SkewWatch
from services.monitoring.domain.term import Term
from services.monitoring.domain.unlisted import STREAM as UNLISTED
from services.monitoring.domain.unlisted import Unlisted
from services.monitoring.domain.window import Assembler, Profile, Window

STREAMS = ("inputs", "scores", "quality")


class Watch:
    """Law: the same profiles and models give the same alerts, however the partitions' profiles interleave.

    A model takes over once the inputs' windows have passed its clock; one that comes later than that takes over at
    its clock all the same: windows since then are judged again, under it.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._assemblers = {stream: Assembler(policy.partitions) for stream in STREAMS}
        self._history = History(policy)
        self._term = Term(policy, Model(), self._history)
        self._unlisted = Unlisted(policy.pipeline, policy.classes)
        self._skew = SkewWatch(policy.pipeline)
        self._coming: list[Model] = []
        self._sequence = -1
        self.clock = -1

    def update(self, profile: Profile) -> list[Fact]:
        """Take in a profile."""
        if profile["stream"] == UNLISTED:
            return self._unlisted.update(profile)
        if profile["stream"] == SKEW:
            return self._skew.update(profile)
        assembler = self._assemblers.get(profile["stream"])
        windows = assembler.update(profile) if assembler else []
        return [fact for window in windows for fact in self._window(window)]

    def adopt(self, model: Model) -> list[Fact]:
        """Take in a new champion; one that isn't newer than the last changes nothing, nor does another policy of it."""
        if model.sequence <= self._sequence:
            return []
        self._sequence = model.sequence
        if model.version == (self._coming[-1] if self._coming else self._term.model).version:
            return []
        self._coming.append(model)
        return self._take_over()

    def dismiss(self) -> list[Fact]:
        """No model is champion any more: the baseline answers again, from now on."""
        if self._term.model.is_baseline and not self._coming:
            return []
        self._coming = [Model(clock=self.clock, sequence=self._sequence)]
        return self._take_over()

    def open(self) -> list[Raised]:
        """Alerts that stand."""
        return [*self._term.open(), *self._unlisted.open.values(), *self._skew.open.values()]

    def updates(self) -> list[Updated]:
        """The newest update of each of them that was updated."""
        return self._term.updates()

    def classified(self) -> list[Classified]:
        """What became known of the drift behind them."""
        return self._term.classified()

    @property
    def champion(self) -> str:
        """Version whose term it is."""
        return self._term.model.version

    def _window(self, window: Window) -> list[Fact]:
        self._history.update(window)
        facts = self._term.update(window)
        if window.stream == "inputs":
            self.clock = max(self.clock, window.end)
            facts += self._take_over()
        return facts

    def _take_over(self) -> list[Fact]:
        facts: list[Fact] = []
        while self._coming and self._coming[0].clock <= self.clock:
            model = self._coming.pop(0)
            facts += self._term.superseded(model.clock)
            tenures = self._term.line.continued(model.clock)
            self._term = Term(self._policy, model, self._history, tenures)
            facts += self._term.begin()
        return facts
