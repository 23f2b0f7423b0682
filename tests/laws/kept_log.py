"""A log in the tables of the lake, with what the features service made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from deltalake import DeltaTable

from services.chassis.settings import ChassisSettings
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record
from services.contracts.schemas import pipeline_schemas
from services.features.step import FeaturesStep
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.lake_log import Kept
from services.lake.domain.table import tables_of

MINUTE = 60_000_000
PARTITIONS = 2
Vectors = dict[str, tuple[bytes, tuple[str, ...]]]


@dataclass
class World:
    """A log, as it was decided in each partition of each topic, and the vectors that the services made of it."""

    pipeline: Pipeline
    topics: dict[str, list[list[Record]]] = field(default_factory=dict)
    vectors: Vectors = field(default_factory=dict)

    @classmethod
    def of(cls, pipeline: Pipeline, raws: Sequence[Mapping[str, Any]], partitions: int = PARTITIONS) -> "World":
        world = cls(pipeline)
        world.topics = {stage: [[] for _ in range(partitions)] for stage in pipeline.resolved.stages}
        world.topics["events"] = accepted(raws, partitions)
        for place, entity in enumerate(pipeline.resolved.chain):
            step = FeaturesStep(pipeline, partitions, place)
            source = world.topics["events" if place == 0 else entity.stage]
            world._take(_worked(step, source))
        return world

    def _take(self, outputs: Sequence[Output]) -> None:
        for one in outputs:
            if one.kind == "driftmill.FeatureVector":
                value = one.value or {}
                self.vectors[value["event_id"]] = value["numbers"], tuple(value["categories"])
            log = self.topics[one.topic][one.partition]
            # every third offset is a transaction's marker
            offset = len(log) * 3 // 2
            log.append(Record(one.topic, one.partition, offset, 0, one.key, one.kind, one.value or {}))

    def keep(self, store_url: str, part: slice = slice(None)) -> None:
        """What the lake would do."""
        resolved = self.pipeline.resolved
        schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
        for topic, tables in tables_of(resolved.stages).items():
            for table in tables if topic in self.topics else ():
                uri = table_uri(store_url, self.pipeline.name, table.name)
                delta = AppendOnlyTable(uri, table.name, f"here/{topic}-id", RecordColumns(schemas[table.kind]), 2)
                for number, log in enumerate(self.topics[topic]):
                    chosen = log[part]
                    for start in range(0, len(chosen), 100):
                        some = chosen[start : start + 100]
                        rows = [record for record in some if record.kind == table.kind]
                        delta.append(rows, {number: some[-1].offset + 1})


def accepted(raws: Sequence[Mapping[str, Any]], partitions: int) -> list[list[Record]]:
    logs: list[list[Record]] = [[] for _ in range(partitions)]
    seqs = [0] * partitions
    for raw in raws:
        number = partition_of(raw["shop"].encode(), partitions)
        kind, value = "driftmill.EventAccepted", dict[str, Any]()
        if "returned" in raw:
            kind = "driftmill.LabelAccepted"
            value |= {"after_seq": seqs[number] - 1, "known_at": raw["known_at"], "label": float(raw["returned"])}
            value |= {
                "revision": sum(one.value["event_id"] == raw["order_id"] for one in logs[number] if one.kind == kind)
            }
        else:
            value |= {"seq": seqs[number], "event_time": raw["at"], "appended_at": 0}
            seqs[number] += 1
        value |= {"event_id": raw["order_id"], "payload": dict(raw)}
        offset = len(logs[number]) * 3 // 2
        logs[number].append(Record("events", number, offset, 0, raw["shop"], kind, value))
    return logs


def _worked(step: FeaturesStep, logs: Sequence[Sequence[Record]]) -> list[Output]:
    """Partitions in turn, a few records each, as they mix in the next topic."""
    states = [step.new_state(number) for number in range(len(logs))]
    outputs: list[Output] = []
    for start in range(0, max(map(len, logs), default=0), 7):
        for state, log in zip(states, logs, strict=True):
            result = step.process(state, log[start : start + 7])
            state.apply(result.staged)
            outputs += result.outputs
    return outputs


def raws_of(pipeline: Pipeline, seed: int, count: int) -> list[dict[str, Any]]:
    """Orders and returns in known-at order: first labels, corrections, and some for orders that never were."""
    rng = np.random.default_rng(seed)
    carried = "area" in pipeline.resolved.label_types
    orders, raws, time = list[dict[str, Any]](), list[dict[str, Any]](), 1_700_000_000_000_000
    for number in range(count):
        time += int(rng.integers(1, 20 * MINUTE))
        if orders and rng.random() < 0.35:
            order = orders[int(rng.integers(0, len(orders)))]
            label = {"order_id": order["order_id"], "shop": order["shop"], "returned": bool(rng.random() < 0.5)}
            label |= {"area": order["area"], "rider": order["rider"]} if carried else {}
            label |= {"label_key": order["shop"]} if pipeline.label.join else {}
            raws.append(label | {"known_at": time})
            continue
        order = {"order_id": f"o{number}", "at": time, "shop": f"shop{rng.integers(0, 5)}"}
        order |= {"amount": float(rng.gamma(2, 20)), "kind": str(rng.choice(["a", "b", "c"]))}
        if len(pipeline.resolved.chain) > 1:
            order |= {"area": int(rng.integers(0, 3)), "rider": (None, "ann", "bob", "çem")[int(rng.integers(0, 4))]}
        raws.append(order)
        orders.append(order)
    return raws


def settings_in(folder: Path, pipeline: Pipeline) -> ChassisSettings:
    return ChassisSettings(pipeline=pipeline.name, home=folder, partitions=PARTITIONS)


def kept_in(where: ChassisSettings, world: World) -> Kept:
    return Kept(where.store_url, PARTITIONS, "here", {topic: f"{topic}-id" for topic in world.topics}, {})


def filled(where: ChassisSettings, pipeline: Pipeline) -> Vectors:
    """What the table holds; fails if an event is there twice."""
    resolved = pipeline.resolved
    table = DeltaTable(table_uri(where.store_url, pipeline.name, "filled")).to_pyarrow_dataset().to_table()
    numbers = np.column_stack([table[name].to_numpy() for name in resolved.numbers]).astype("<f4")
    texts = [tuple(row.values()) for row in table.select(list(resolved.categories)).to_pylist()]
    found = {
        name: (vector.tobytes(), text)
        for name, vector, text in zip(table["event_id"].to_pylist(), numbers, texts, strict=True)
    }
    assert len(found) == len(table)
    assert set(table["feature_set"].to_pylist()) <= {resolved.feature_set}
    return found
