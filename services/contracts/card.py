"""Where a model card lies in the object store."""

import hashlib
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["md", "html"]


def card_key(model_uri: str, version: str, manifest: bytes, form: Form) -> str:
    """Beside the model's file, named by version and manifest, since versions are counted anew where a pipeline's topics
    are made anew. manifest: its signed bytes."""
    folder, _, _ = model_uri.rpartition("/")
    return f"{folder}/{version}-{hashlib.sha256(manifest).hexdigest()[:16]}.{form}"
