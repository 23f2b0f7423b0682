"""Accepted orders and returns of the chained pipeline, and what its stages make of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record
from services.features.step import FeaturesStep
from services.kernel.stage_state import FeatureState
from tests.platform import CHAINED, pipeline_named

PARTITIONS = 3
MINUTE = 60_000_000
HOUR = 60 * MINUTE


def chained(carried: bool = False) -> Pipeline:
    """Shop first, then area, then rider, the last with features of labels. carried: labels name area and rider."""
    pipeline = pipeline_named("chained", CHAINED)
    if not carried:
        return pipeline
    texts = dict(pipeline.texts)
    fields = '{"name": "area", "type": "int"}, {"name": "rider", "type": ["null", "string"]}, {"name": "returned"'
    texts["label.avsc"] = texts["label.avsc"].replace('{"name": "returned"', fields)
    return Pipeline.from_texts(texts)


@dataclass
class Log:
    """One partition of `events`. Times are in minutes; numbers of events and labels follow from their order."""

    records: list[Record] = field(default_factory=list)
    events: int = 0

    def order(self, name: str, minute: float, rider: str | None = "ann", shop: str = "s", area: int = 7) -> "Log":
        """An accepted order of so many euros as its number says."""
        at = int(minute * MINUTE)
        payload = {"order_id": name, "at": at, "shop": shop, "area": area, "rider": rider}
        payload |= {"amount": float(self.events), "kind": "a"}
        value = {"seq": self.events, "event_id": name, "event_time": at, "appended_at": 0, "payload": payload}
        self.events += 1
        return self._append("EventAccepted", shop, value)

    def back(self, name: str, minute: float, revision: int = 0, **named: Any) -> "Log":
        """An order came back."""
        known = int(minute * MINUTE)
        payload = {"order_id": name, "shop": "s", "returned": True, "known_at": known, **named}
        value = {"after_seq": self.events - 1, "event_id": name, "known_at": known, "label": 1.0, "revision": revision}
        return self._append("LabelAccepted", "s", value | {"payload": payload})

    def tick(self, minute: float) -> "Log":
        """Time has passed."""
        return self._append("Tick", "", {"time": int(minute * MINUTE)})

    def _append(self, kind: str, key: str, value: dict[str, Any]) -> "Log":
        self.records.append(Record("events", 1, len(self.records), 0, key, f"driftmill.{kind}", value))
        return self


def run(step: FeaturesStep, records: Sequence[Record]) -> tuple[list[Output], FeatureState]:
    """What a stage writes, and its state."""
    state = step.new_state(1)
    result = step.process(state, records)
    state.apply(result.staged)
    return list(result.outputs), state


def read_again(outputs: Sequence[Output]) -> list[Record]:
    """What was written, as the next stage reads it."""
    return [
        Record(output.topic, output.partition, offset, 0, output.key, output.kind, output.value or {})
        for offset, output in enumerate(outputs)
    ]


def through(pipeline: Pipeline, records: Sequence[Record]) -> list[list[Output]]:
    """What each stage writes, all of it one after the other as with a single partition."""
    written = []
    for place in range(len(pipeline.resolved.chain)):
        outputs, _ = run(FeaturesStep(pipeline, PARTITIONS, place), records)
        written.append(outputs)
        records = read_again(outputs)
    return written
