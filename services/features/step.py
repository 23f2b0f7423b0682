"""The features step: one vector to each accepted event, from the entity's past events and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.chassis.step import Waiting, take_all
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record, Result
from services.kernel.computer import FeatureComputer, Records
from services.kernel.rows import EntityRows, Staged
from services.kernel.vector import pack

_EVENT, _LABEL = "driftmill.EventAccepted", "driftmill.LabelAccepted"


@dataclass(slots=True)
class FeatureState:
    """Rows of the entities of one partition."""

    rows: EntityRows

    def apply(self, staged: Staged | None) -> None:
        """Put the rows of a batch in place."""
        if staged is not None:
            self.rows.scatter(staged)

    def to_bytes(self) -> bytes:
        return self.rows.to_bytes()


class FeaturesStep:
    """Computes features in the order of the log."""

    inputs: tuple[str, ...] = ("events",)
    log: tuple[str, ...] = ("events",)

    def __init__(self, pipeline: Pipeline) -> None:
        self._computer = FeatureComputer(pipeline)
        self._feature_set = pipeline.resolved.feature_set
        self.digest = f"features-1-{self._computer.plan.layout_digest}"

    def new_state(self, partition: int) -> FeatureState:
        return FeatureState(self._computer.new_state())

    def load_state(self, partition: int, data: bytes) -> FeatureState:
        return FeatureState(self._computer.load_state(data))

    def take(self, state: FeatureState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        return take_all(waiting, limit)

    def idle(self, state: FeatureState, now: int) -> None:
        return None

    def fold(self, state: FeatureState, batch: Sequence[Record]) -> None:
        used = _folded(batch)
        if used:
            state.apply(self._computer.fold(state.rows, _records(used)))

    def process(self, state: FeatureState, batch: Sequence[Record]) -> Result[Staged | None]:
        used = _folded(batch)
        if not used:
            return Result(None)
        events = [record for record in used if record.kind == _EVENT]
        computed = self._computer.compute(state.rows, _records(used))
        vectors = pack(computed.numbers)
        outputs = [
            self._vector(record, numbers, categories)
            for record, numbers, categories in zip(events, vectors, computed.categories, strict=True)
        ]
        return Result(computed.staged, outputs)

    def _vector(self, record: Record, numbers: bytes, categories: list[str]) -> Output:
        accepted = record.value
        value = {
            "seq": accepted["seq"],
            "event_id": accepted["event_id"],
            "event_time": accepted["event_time"],
            "feature_set": self._feature_set,
            "numbers": numbers,
            "categories": categories,
            "error": None,
        }
        return Output("features", record.key, "driftmill.FeatureVector", value, record.partition, record)


def _folded(batch: Sequence[Record]) -> list[Record]:
    """Events and first labels; a correction changes outcomes, not windows."""
    return [r for r in batch if r.kind == _EVENT or (r.kind == _LABEL and r.value["revision"] == 0)]


def _records(used: Sequence[Record]) -> Records:
    is_label = [record.kind == _LABEL for record in used]
    return Records(
        keys=[record.key for record in used],
        kinds=np.array(is_label, np.int8),
        times=np.fromiter(
            (r.value["known_at"] if r.kind == _LABEL else r.value["event_time"] for r in used), np.int64, len(used)
        ),
        events=[record.value["payload"] for record in used if record.kind == _EVENT],
        labels=[record.value["payload"] for record in used if record.kind == _LABEL],
    )
