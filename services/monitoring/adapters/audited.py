"""The agents, with a record of the audit trail for each of `alerts`.

An alert is written first. A process that is killed before it has told the trail finds out at its next start, since both
topics are read then: what is told depends on the alert alone.
"""

from collections.abc import Callable, Mapping, Sequence

from services.chassis.agents import Agents
from services.contracts.record import Output, Record
from services.monitoring.domain.audit import audited

_ALERTS, _AUDIT = "alerts", "audit"


class Audited:
    """Agents whose alerts are audited."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self.log = agents.log
        self.views = (*agents.views, _AUDIT)
        self._untold: list[Output] = []

    @property
    def handlers(self) -> Mapping[str, Callable[[Record], Sequence[Output]]]:
        """Those of the agents."""
        return {topic: self._telling(handler) for topic, handler in self._agents.handlers.items()}

    def view(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Find out of which alerts the trail hasn't been told."""
        self._agents.view({topic: its for topic, its in records.items() if topic != _AUDIT})
        told = {record.value.get("audit_id") for record in records[_AUDIT]}
        for record in records[_ALERTS]:
            one = audited(record.kind, record.value)
            if one is not None and one.key not in told:
                told.add(one.key)
                self._untold.append(one)

    def fold(self, record: Record) -> None:
        """Bring the state of the agents forward."""
        self._agents.fold(record)

    def missing(self) -> list[Output]:
        """Also what the trail hasn't been told of earlier alerts."""
        untold, self._untold = self._untold, []
        return [*untold, *_told(self._agents.missing())]

    def _telling(self, handler: Callable[[Record], Sequence[Output]]) -> Callable[[Record], Sequence[Output]]:
        return lambda record: _told(handler(record))


def _told(outputs: Sequence[Output]) -> list[Output]:
    """Outputs, each alert with what the trail is told of it."""
    made: list[Output] = []
    for output in outputs:
        made.append(output)
        if output.topic == _ALERTS and output.value is not None and (one := audited(output.kind, output.value)):
            made.append(one)
    return made
