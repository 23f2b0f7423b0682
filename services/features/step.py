"""The features step: the stage of one entity. The last stage of the chain writes one vector to each accepted event."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.chassis.errors import Refused
from services.chassis.rows import Columns
from services.chassis.step import Waiting, take_all
from services.contracts.entries import Entries
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Failure, Output, Record, Result
from services.contracts.reference import Resolve, unresolved
from services.features.domain.forwarding import Forwarding
from services.kernel.computer import FeatureComputer, Records
from services.kernel.held import HeldDraft, keys_in
from services.kernel.stage_state import Change, FeatureState, StateLayout
from services.kernel.tables import Singles
from services.kernel.vector import pack, unpack

_ACCEPTED, _LABEL, _TICK = "driftmill.EventAccepted", "driftmill.LabelAccepted", "driftmill.Tick"
_FORWARDED, _FORWARDED_LABEL = "driftmill.EventForwarded", "driftmill.LabelForwarded"
_EVENTS = frozenset({_ACCEPTED, _FORWARDED})
NOT_HELD = "event_not_held"
"""Why a label isn't sent on to further entities: its event comes later, or its maturity has passed."""
_FOREIGN = (
    "{topic}[{partition}]@{offset} carries features of other definitions than the applied ones. Apply the pipeline "
    "from before, let this stage work off what was sent on under it while the stage before it rests, then apply anew."
)


class FeaturesStep:
    """Computes the features of one entity in the order in which its events and labels come.

    partitions: of the data plane's topics. place: of the entity in the pipeline's chain; the first reads `events`.
    resolve: finds the bytes that references name.
    """

    inputs: tuple[str, ...] = ("events",)
    log: tuple[str, ...] = ("events",)

    def __init__(self, pipeline: Pipeline, partitions: int, place: int = 0, resolve: Resolve = unresolved) -> None:
        resolved = pipeline.resolved
        self._computer = FeatureComputer(pipeline, place, resolve)
        self._feature_set = resolved.feature_set
        self._partitions, self._is_first = partitions, place == 0
        self._layout = StateLayout(pipeline, self._computer, place)
        self.digest = self._layout.digest
        entity, *others = resolved.chain[place:]
        self._set_before = resolved.set_before(place)
        set_after = resolved.set_before(place + 1)
        self._forwarding = Forwarding(others[0], partitions, set_after) if others else None
        self._reads_labels, self._readers = entity.reads_labels, self._layout.readers
        if place:
            self.inputs = self.log = (entity.stage,)

    def new_state(self, partition: int) -> FeatureState:
        return self._layout.new()

    def load_state(self, partition: int, entries: Entries) -> FeatureState:
        return self._layout.load(entries)

    def take(self, state: FeatureState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        return take_all(waiting, limit)

    def idle(self, state: FeatureState, now: int) -> None:
        return None

    def fold(self, state: FeatureState, batch: Sequence[Record]) -> None:
        used = self._used(batch)
        rows = self._computer.fold(state.rows, self._records(used, None)) if used else None
        held = None if state.held is None else HeldDraft(state.held)
        if held is not None:
            for record in batch:
                self._hold(held, record)
        state.apply(Change(rows, held))

    def process(self, state: FeatureState, batch: Sequence[Record]) -> Result[Change]:
        used = self._used(batch)
        if not used and (self._forwarding is None or not batch):
            return Result(Change())
        computed = self._computer.compute(state.rows, self._records(used, self._earlier(used)))
        vectors = pack(computed.numbers)
        if self._forwarding is not None:
            # also of a batch of labels that only pass by
            held = None if state.held is None else HeldDraft(state.held)
            return self._passed_on(self._forwarding, Change(computed.staged, held), batch, vectors)
        events = [record for record in used if record.kind in _EVENTS]
        outputs = [
            self._vector(record, numbers, categories)
            for record, numbers, categories in zip(events, vectors, computed.categories, strict=True)
        ]
        for place, why in computed.lost.items():
            outputs[place] = self._vector(events[place], b"", [], why)
        failures = [Failure(events[place], "failed", why) for place, why in computed.lost.items()]
        return Result(Change(computed.staged), outputs, failures)

    def _used(self, batch: Sequence[Record]) -> list[Record]:
        """Events, also those without this entity, and first labels; a correction changes no windows.

        Labels on their way to a further entity are nothing to one that has no features of labels.
        """
        return [
            record
            for record in batch
            if record.kind in _EVENTS
            or (record.kind == _LABEL and record.value["revision"] == 0)
            or (record.kind == _FORWARDED_LABEL and self._reads_labels and record.key)
        ]

    def _earlier(self, used: Sequence[Record]) -> Singles | None:
        """Features of the entities before, as they came. Raises Refused for those of another pipeline."""
        if self._is_first:
            return None
        events = [record for record in used if record.kind == _FORWARDED]
        columns = Columns([record.value for record in events])
        sets = columns["feature_set"]
        for foreign in set(sets) - {"", self._set_before}:
            first = events[sets.index(foreign)]
            raise Refused(_FOREIGN.format(topic=first.topic, partition=first.partition, offset=first.offset))
        return unpack(columns["numbers"], self._computer.earlier)

    def _records(self, used: Sequence[Record], earlier: Singles | None) -> Records:
        is_event = [record.kind in _EVENTS for record in used]
        events = [record.value for record, one in zip(used, is_event, strict=True) if one]
        return Records(
            keys=[record.key for record in used],
            kinds=np.logical_not(is_event).astype(np.int8),
            times=np.fromiter(
                (r.value["event_time" if one else "known_at"] for r, one in zip(used, is_event, strict=True)),
                np.int64,
                len(used),
            ),
            events=[value["payload"] for value in events],
            labels=[record.value["payload"] for record, one in zip(used, is_event, strict=True) if not one],
            earlier=earlier,
        )

    def _passed_on(
        self, forwarding: Forwarding, change: Change, batch: Sequence[Record], vectors: Sequence[bytes]
    ) -> Result[Change]:
        """Events and first labels for the next stage, in the order in which they came."""
        outputs, dropped = list[Output](), 0
        numbers = iter(vectors)
        for record in batch:
            if change.held is not None:
                self._hold(change.held, record)
            if record.kind in _EVENTS:
                key = record.key if self._is_first else record.value["key"]
                outputs.append(forwarding.event(record, key, next(numbers)))
            elif self._readers and record.kind != _TICK:
                keys = self._keys_of(record, change.held)
                dropped += keys is None
                outputs += forwarding.label(record, keys or ())
        return Result(change, outputs, dropped={NOT_HELD: dropped} if dropped else {})

    def _hold(self, held: HeldDraft, record: Record) -> None:
        if record.kind == _ACCEPTED:
            value = record.value
            held.add(value["event_id"], value["event_time"], keys_in(value["payload"], self._readers))
        elif record.kind == _TICK:
            held.pass_time(record.value["time"])

    def _keys_of(self, label: Record, held: HeldDraft | None) -> Sequence[str] | None:
        """Keys of the entities that a label is to be sent to, none for a correction; None when its event isn't held."""
        if label.kind == _FORWARDED_LABEL:
            keys: Sequence[str] = label.value["keys"]
            return keys
        if label.value["revision"] != 0:
            return ()
        if held is None:
            return keys_in(label.value["payload"], self._readers)
        return held.keys_of(label.value["event_id"])

    def _vector(self, record: Record, numbers: bytes, categories: list[str], error: str | None = None) -> Output:
        value = record.value
        key, partition = record.key, record.partition
        if not self._is_first:
            key = value["key"]
            partition = partition_of(key.encode(), self._partitions)
        vector = {
            "seq": value["seq"],
            "event_id": value["event_id"],
            "event_time": value["event_time"],
            "feature_set": self._feature_set,
            "numbers": numbers,
            "categories": categories,
            "error": error,
        }
        return Output("features", key, "driftmill.FeatureVector", vector, partition, record)
