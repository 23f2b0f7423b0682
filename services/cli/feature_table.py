"""What `driftmill check` and `features list` tell of features: what each is, its precision, memory and readers."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.output import Row, console, say, table
from services.contracts.pipeline import ChainEntity, Pipeline, Resolved, RowFeature
from services.kernel.description import duration
from services.kernel.plan import Plan, compile_plan


def described(pipeline: Pipeline) -> dict[str, Any]:
    """The features of each entity and those of the row, for programs.

    tile: by what the start of a window moves. bytes: of the named memory in the row of each entity, which several
    features may read. row_bytes: of the whole row.
    """
    entities = [
        {"entity": entity.name, "key": entity.field, "row_bytes": plan.row_bytes, "features": _features(plan)}
        for entity, plan in _plans(pipeline)
    ]
    return {"entities": entities, "row": [_row(feature) for feature in pipeline.resolved.row]}


def show_features(pipeline: Pipeline) -> None:
    """The same for people, more briefly."""
    for entity, plan in _plans(pipeline):
        if plan.names:
            say(f"\n{entity.name}, by {entity.field}: {plan.row_bytes} bytes each")
            console().print(table(list(_shown(plan))))
    if rows := pipeline.resolved.row:
        say("\nof the event and the features above")
        console().print(table([_row(feature) for feature in rows]))


def listed(pipeline: Pipeline, readers: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """A row for each declared feature. readers: version → what it reads, by name and digest.

    sent: whether it travels to models, and so is kept. read_by: versions that read just this, by its digest.
    """
    resolved = pipeline.resolved
    rows = [
        {"feature": one.name, "kind": "number", "is": one.short, "over": one.over}
        for _, plan in _plans(pipeline)
        for one in plan.describe()
    ]
    rows += [
        {"feature": name, "of": "row", "kind": resolved.kinds[name], "is": _row(one)["definition"], "over": None}
        for one in resolved.row
        for name in one.columns
    ]
    return [row | _use(str(row["feature"]), resolved, readers) for row in rows]


def _use(name: str, resolved: Resolved, readers: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    digest = resolved.digests[name]
    read_by = [version for version, read in readers.items() if read.get(name) == digest]
    sent = name in resolved.numbers or name in resolved.categories
    return {"digest": digest, "sent": "yes" if sent else "no", "read_by": ", ".join(read_by) or None}


def _plans(pipeline: Pipeline) -> list[tuple[ChainEntity, Plan]]:
    return [(entity, compile_plan(entity.features)) for entity in pipeline.resolved.chain]


def _features(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "feature": one.name,
            "definition": one.text,
            "tile": duration(one.tile) if one.tile else None,
            "tiles": one.tiles or None,
            "memory": one.memory,
            "bytes": one.bytes,
        }
        for one in plan.describe()
    ]


def _shown(plan: Plan) -> Iterator[Row]:
    """Bytes stand with the first feature that reads a memory, so that they add up to the row."""
    seen: set[str] = set()
    for one in plan.describe():
        tiles = f"{one.tiles} x {duration(one.tile)}" if one.tile else None
        size = None if one.memory in seen else one.bytes
        seen.add(one.memory)
        yield {"feature": one.name, "is": one.short, "over": one.over, "tiles": tiles, "bytes": size}
    known = sum({one.memory: one.bytes for one in plan.describe()}.values())
    yield {"feature": "clock, padding", "is": None, "over": None, "tiles": None, "bytes": plan.row_bytes - known}


def _row(feature: RowFeature) -> dict[str, Any]:
    text = ", ".join(feature.expressions)
    several = "" if feature.values is None else f": {feature.values} values, {feature.name}.0 and on"
    return {"feature": feature.name, "definition": f"{feature.function}({text}){several}" if feature.function else text}
