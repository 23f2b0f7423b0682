"""The rule by which events label each other, as `label.rule` states it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from services.contracts.expression import Kind, parse
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.record_schema import defaults_of
from services.validation.domain.rules import column_of

FORMAT = 1
"""Raised when the meaning or the layout of what waits changes."""

Payload = Mapping[str, Any]


class Waiting(NamedTuple):
    """An event without a label. entity: the key of its record. carried: what its label will have of it."""

    entity: str
    time: int
    event_id: str | int
    carried: list[Any]


class Verdict(NamedTuple):
    """What became of an event, and since when that is known."""

    event: Waiting
    is_positive: bool
    known_at: int


@dataclass(frozen=True, slots=True)
class Labelling:
    """Durations in microseconds; event e is positive if an event of its entity in (e, e + within] fulfils `when`.

    lateness: how far behind the watermark an event may come. slot: how far apart in time events may lie that come to be
    negative together. kinds: of the fields that `when` reads. short: those of them that travel as float32.
    entity, id, time: fields of the event. carried: those that a label has from its event, too; defaults: what it has
    from nowhere else. label_id, known, target: its other fields; positive: its target where the rule is fulfilled.
    """

    when: str
    within: int
    lateness: int
    slot: int
    kinds: tuple[tuple[str, Kind], ...]
    short: frozenset[str]
    entity: str
    id: str
    time: str
    carried: tuple[str, ...]
    defaults: tuple[tuple[str, Any], ...]
    label_id: str
    known: str
    target: str
    positive: bool

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Labelling | None":
        """What the pipeline file says; None where labels come from elsewhere."""
        label, resolved = pipeline.label, pipeline.resolved
        if label.rule is None:
            return None
        lateness, label_id = int(pipeline.event.time.lateness), label.id or pipeline.event.id
        made = {label_id, label.known.time, label.target.field}
        rest = [name for name in resolved.label_types if name not in made]
        defaults = defaults_of(resolved.label_schema)
        return cls(
            when=label.rule.when,
            within=int(label.rule.within),
            lateness=lateness,
            slot=label.rule.slot(lateness),
            kinds=tuple((name, resolved.kinds[name]) for name in parse(label.rule.when).names),
            short=frozenset(name for name, type_ in resolved.event_types.items() if type_ == "float"),
            entity=resolved.entity_field,
            id=pipeline.event.id,
            time=pipeline.event.time.field,
            carried=tuple(name for name in rest if name in resolved.event_types),
            defaults=tuple((name, defaults[name]) for name in rest if name not in resolved.event_types),
            label_id=label_id,
            known=label.known.time,
            target=label.target.field,
            positive=label.target.positive is True,
        )

    @property
    def depends(self) -> list[Any]:
        """All that the state depends on."""
        return [FORMAT, self.when, self.within, self.slot, self.kinds, sorted(self.short), self.carried]

    def fulfilled(self, payloads: Sequence[Payload]) -> list[bool]:
        """Which of these events fulfil the condition."""
        if not payloads:
            return []
        columns = {
            name: column_of(kind, [self._travelled(name, payload[name]) for payload in payloads])
            for name, kind in self.kinds
        }
        found = np.asarray(parse(self.when).evaluate(columns, len(payloads)), np.float64)
        return [value > 0 for value in found.tolist()]  # a flag that is missing is NaN

    def waiting(self, payload: Payload) -> Waiting:
        """An accepted event, to be labelled."""
        carried = [self._travelled(name, payload[name]) for name in self.carried]
        return Waiting(str(payload[self.entity]), payload[self.time], payload[self.id], carried)

    def payload(self, verdict: Verdict) -> dict[str, Any]:
        """The label of an event in the pipeline's own schema."""
        event = verdict.event
        return {
            **dict(self.defaults),
            **dict(zip(self.carried, event.carried, strict=True)),
            self.label_id: event.event_id,
            self.known: verdict.known_at,
            self.target: verdict.is_positive == self.positive,
        }

    def _travelled(self, name: str, value: Any) -> Any:
        """A value as it comes back from the log, so that a replay decides the same."""
        return float(np.float32(value)) if name in self.short and value is not None else value
