"""A small model in a folder, as it is exported."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from services.chassis.keys import make_keys, public_key
from services.chassis.store import Store
from services.cli.domain.feature_contract import feature_contract
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.vectors import Vectors
from tests.model import published
from tests.platform import pipeline_named

PIPELINE = pipeline_named("small")
LAYOUT = PIPELINE.resolved.layout


def make(folder: Path) -> OnnxModel:
    """Fill the folder; the same model as inference has it."""
    make_keys(folder / "keys")
    store = Store("memory:///")
    value = published(PIPELINE, store, folder / "keys", "v1", 1)
    manifest, content = orjson.loads(value["manifest"]), store.get(value["model_uri"])
    contract = feature_contract(manifest, PIPELINE, [LAYOUT])
    for name, data in (
        ("model.onnx", content),
        ("manifest.json", value["manifest"]),
        ("manifest.sig", value["signature"]),
        ("manifest.pub", public_key(folder / "keys").public_bytes_raw()),
        ("features.json", orjson.dumps(contract)),
    ):
        (folder / name).write_bytes(data)
    return OnnxModel("v1", content, manifest)


def row(seed: int) -> dict[str, Any]:
    """A row by name; some have a missing number."""
    chance = np.random.default_rng(seed)
    numbers = {name: None if chance.random() < 0.1 else float(np.float32(chance.normal())) for name in LAYOUT.numbers}
    return numbers | dict.fromkeys(LAYOUT.categories, "ab"[seed % 2])


def vectors(rows: list[dict[str, Any]]) -> Vectors:
    """The same rows as inference has them."""
    numbers = np.array([[row[name] for name in LAYOUT.numbers] for row in rows], np.float64).astype(np.float32)
    texts = [[row[name] for name in LAYOUT.categories] for row in rows]
    return Vectors(LAYOUT.numbers, LAYOUT.categories, numbers, texts)
