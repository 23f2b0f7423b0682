"""The contract names what a model reads, and only layouts that it can read."""

import hashlib
import json
from typing import Any

from services.cli.domain.feature_contract import feature_contract
from services.contracts.pipeline import Layout, Pipeline
from tests.platform import pipeline_named


def contract(*layouts: Layout) -> Any:
    pipeline: Pipeline = pipeline_named("small")
    resolved = pipeline.resolved
    manifest: Any = {
        "pipeline": "small",
        "feature_set": resolved.feature_set,
        "numbers": list(resolved.numbers),
        "categories": list(resolved.categories),
        "input_digests": dict(resolved.layout.digests),
    }
    return feature_contract(manifest, pipeline, layouts)


def test_each_input_is_told_in_the_order_of_the_file() -> None:
    inputs = contract()["inputs"]
    assert [(one["place"], one["name"], one["type"]) for one in inputs[:2]] == [
        (1, "amount", "float32"),
        (2, "shop.spend.count.1h", "float32"),
    ]
    assert (inputs[-1]["name"], inputs[-1]["type"]) == ("kind", "string")
    assert inputs[0]["definition"] == "the event's field amount"
    assert inputs[1]["definition"].startswith("count of events.amount over (t - 1h, t]")


def test_layouts_are_those_that_hold_all_inputs_and_are_named_by_what_they_tell() -> None:
    own = pipeline_named("small").resolved.layout
    more = Layout(("extra", *own.numbers), own.categories, {**own.digests, "extra": "e"})
    less = Layout(own.numbers[1:], own.categories, {**own.digests, "amount": "otherwise"})
    layouts = contract(own, more, less)["layouts"]
    assert list(layouts) == [own.feature_set, more.feature_set]
    for name, columns in layouts.items():
        text = json.dumps([1, columns], separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest()[:16] == name
