"""References: what stands in an event for bytes, such as an image's, that lie in the object store."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

DIGEST = re.compile(r"[0-9a-f]{64}")
"""A reference: the SHA-256 of the bytes."""

Resolve: TypeAlias = Callable[[Collection[str]], Mapping[str, bytes]]
"""From references to the bytes that they name; those that aren't there, or aren't theirs, are left out."""


def reference_to(data: bytes) -> str:
    """The reference that names these bytes, and no others."""
    return hashlib.sha256(data).hexdigest()


def unresolved(references: Collection[str]) -> Mapping[str, bytes]:
    """For whatever computes nothing of them. Raises LookupError where it does."""
    if references:
        raise LookupError(f"nothing was given that finds the bytes of {next(iter(references))}")
    return {}
