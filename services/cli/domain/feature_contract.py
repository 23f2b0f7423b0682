"""The feature contract of a model: what each input is, and how vectors are laid out that it can read."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.contracts.manifest import Manifest
from services.contracts.pipeline import Layout, Pipeline
from services.kernel.plan import compile_plan

_TYPES = {"numbers": "float32", "categories": "string"}


def feature_contract(manifest: Manifest, pipeline: Pipeline, layouts: Iterable[Layout]) -> dict[str, Any]:
    """As JSON. pipeline: that the model was made by. layouts: of feature sets that were applied; those that lack an
    input are left out.

    Inputs come in the order of the file. A layout tells the columns of a packed vector, each with its digest, in order;
    its name is the digest of both.
    """
    definitions = _definitions(pipeline)
    inputs = [
        {"name": name, "type": _TYPES[kind], "digest": manifest["input_digests"][name], "definition": definitions[name]}
        for kind in ("numbers", "categories")
        for name in manifest[kind]
    ]
    read = {one["name"]: one["digest"] for one in inputs}
    return {
        "pipeline": manifest["pipeline"],
        "feature_set": manifest["feature_set"],
        "inputs": [{"place": place} | one for place, one in enumerate(inputs, 1)],
        "layouts": {one.feature_set: _columns(one) for one in layouts if not one.lacks(read)},
    }


def _columns(layout: Layout) -> list[list[list[str]]]:
    return [[[name, layout.digests[name]] for name in names] for names in (layout.numbers, layout.categories)]


def _definitions(pipeline: Pipeline) -> Mapping[str, str]:
    """What each column is, in words."""
    resolved = pipeline.resolved
    found = {name: f"the event's field {name}" for name in resolved.event_types}
    found |= {one.name: one.text for entity in resolved.chain for one in compile_plan(entity.features).describe()}
    for row in resolved.row:
        text = ", ".join(row.expressions)
        for place, name in enumerate(row.columns):
            which = "" if row.values is None else f"[{place}]"
            found[name] = f"{row.function}({text}){which}" if row.function else text
    return found
