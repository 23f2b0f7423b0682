"""The version in flight, asked beside the one that answers: a fold of what was measured of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from services.contracts.baseline import BASELINE
from services.registry.domain.guard import newest
from services.registry.domain.measured import BESIDE, PAIRED, SHADOW, Measured
from services.registry.domain.reports import Reports, Window
from services.registry.domain.served import Measurement, Served


@dataclass(slots=True)
class Flight:
    """A version in shadow or canary.

    share: of the entities that it answers. since: the pipeline's clock when its present step began; None in the first
    one until a window has been reported, which it begins with. attempt: which version this is of those tried since the
    last became champion, and a new one when another than before answers beside it. against: who that is. served: what
    its guard of times looks at.
    """

    version: str
    state: str
    share: float = 0.0
    since: int | None = None
    attempt: int = 1
    against: str = BASELINE
    reports: dict[str, Reports] = field(default_factory=lambda: {SHADOW: Reports(), PAIRED: Reports()})
    served: list[Served] = field(default_factory=list)

    def wants(self, measured: Measured) -> bool:
        """Whether a fact is about this flight, and new."""
        return bool(measured["version"] == self.version and self._reports(measured).wants(measured))

    def take(self, measured: Measured, partitions: int) -> None:
        """Take in a fact."""
        self._reports(measured).take(measured, partitions)
        if self.since is None and (whole := self.reports[SHADOW].windows):
            self.since = whole[0].start

    def serve(self, measurement: Measurement) -> None:
        """Take in what scoring took a process."""
        self.served = [*newest([*self.served, Served.of(measurement)], lambda one: one.rows)]

    @property
    def whole(self) -> int:
        """So many windows of answers are whole; at the end of each it is judged."""
        return len(self.reports[SHADOW].windows)

    @property
    def now(self) -> int | None:
        """End of the newest of them."""
        windows = self.reports[SHADOW].windows
        return windows[-1].end if windows else None

    def ends(self, after: int) -> list[int]:
        """Ends of the windows of answers that are whole, but for the first `after`."""
        return [window.end for window in self.reports[SHADOW].windows[after:]]

    def answers(self, until: int) -> list[Window]:
        """Windows of answers that end by then."""
        return [window for window in self.reports[SHADOW].windows if window.end <= until]

    def of_step(self, until: int) -> list[Window]:
        """Those of them that lie within the present step."""
        return [] if self.since is None else [one for one in self.answers(until) if one.start >= self.since]

    def matured(self, before: int) -> list[Window]:
        """Windows whose labels had matured in every partition before that time.

        Whoever judges at the end of a window of answers knows that each partition has reached it: what they closed
        earlier is all there, whatever the order in which their reports came.
        """
        return [window for window in self.reports[PAIRED].windows if window.known < before]

    def copy(self) -> "Flight":
        """Equal, and changes on its own."""
        reports = {stream: reports.copy() for stream, reports in self.reports.items()}
        return replace(self, reports=reports, served=[*self.served])

    def _reports(self, measured: Measured) -> Reports:
        stream: str = measured["stream"]
        return self.reports[BESIDE.get(stream, stream)]

    def to_plain(self) -> list[Any]:
        """Everything as plain values."""
        told = [self.version, self.state, self.share, self.since, self.attempt, self.against]
        reports = [[stream, reports.to_plain()] for stream, reports in sorted(self.reports.items())]
        return [*told, reports, self.served]

    @classmethod
    def from_plain(cls, plain: Iterable[Any]) -> "Flight":
        """The same flight."""
        version, state, share, since, attempt, against, reports, served = plain
        told = (version, state, share, since, attempt, against)
        return cls(*told, {name: Reports.from_plain(one) for name, one in reports}, [Served(*one) for one in served])
