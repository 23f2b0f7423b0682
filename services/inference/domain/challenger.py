"""The version in flight: asked about every event beside the one that answers, and itself answering some entities."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.inference.domain.explanation import Explainer
from services.inference.domain.scoring import Scorer
from services.inference.domain.vectors import Vectors

_BYTES = 8
_ALL = 1 << 8 * _BYTES


@dataclass(frozen=True, slots=True)
class Challenger:
    """share: of the entities that it answers, from 0 to 1."""

    scorer: Scorer
    share: float

    def arms(self, entities: Sequence[str]) -> NDArray[np.bool_]:
        """Whether it is to answer the events of each entity: by its version and the entity alone, whoever asks.

        Whom it answers at one share it answers at every greater one.
        """
        below = int(self.share * _ALL)
        its = {entity: self._hash(entity) < below for entity in set(entities)} if 0 < below < _ALL else {}
        return np.fromiter((its.get(entity, below > 0) for entity in entities), np.bool_, len(entities))

    def _hash(self, entity: str) -> int:
        """The first 8 bytes of the SHA-256 of version and entity, as a big-endian number."""
        digest = hashlib.sha256(f"{self.scorer.version}/{entity}".encode()).digest()
        return int.from_bytes(digest[:_BYTES], "big")


class Absent:
    """Stands for a version that is in flight and can't be loaded: it has no answer to anything."""

    digest = policy = policy_digest = ""
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    half_width: float | None = None
    explainer: Explainer | None = None

    def __init__(self, version: str) -> None:
        self.version = version
        self.reads: Mapping[str, str] = {}

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """None for any row."""
        return np.full(len(vectors), np.nan)
