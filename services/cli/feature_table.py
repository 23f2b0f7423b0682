"""What `driftmill check` tells of features: the definition of each, its precision, and its memory."""

from collections.abc import Iterator
from typing import Any

from services.cli.output import Row, console, say, table
from services.contracts.pipeline import ChainEntity, Pipeline, RowFeature
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
    return {"feature": feature.name, "definition": f"{feature.function}({text})" if feature.function else text}
