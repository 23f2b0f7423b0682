"""Model files in the object store, taken only as they were signed."""

import hashlib
from collections.abc import Mapping
from typing import Any

from services.chassis.store import Store
from services.inference.adapters.meter import Meter
from services.inference.adapters.onnx_model import OnnxModel


class ModelRefused(Exception):
    """A model that must not be used; the message says which and why."""


def read_model(
    store: Store, version: str, uri: str, manifest: Mapping[str, Any], meter: Meter | None = None
) -> OnnxModel:
    """The model of a version. manifest: whose signature was verified. Raises ModelRefused."""
    try:
        content = store.get(uri)
    except FileNotFoundError as error:
        raise ModelRefused(f"{version}: {uri} is not in the object store") from error
    if hashlib.sha256(content).hexdigest() != manifest["model_digest"]:
        raise ModelRefused(f"{version}: the file's digest isn't the signed one")
    return OnnxModel(version, content, manifest, meter)
