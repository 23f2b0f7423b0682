"""Which events are not to be acted on, so that what would come of all like them is seen."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from services.contracts.pipeline import Pipeline

_BYTES = 8


@dataclass(frozen=True, slots=True)
class Exploration:
    """One in `drawn` events of a pipeline, by its id alone: whoever answers it, and however often; None: none."""

    pipeline: str
    drawn: int | None

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Exploration":
        """What the pipeline file says."""
        acted = pipeline.label.acted
        explore = None if acted is None else acted.explore
        return cls(pipeline.name, None if explore is None else int(explore))

    @property
    def propensity(self) -> float | None:
        """Share of the events that are not to be acted on."""
        return None if self.drawn is None else 1 / self.drawn

    def marks(self, event_ids: Iterable[str]) -> list[bool]:
        """Whether each event is one of them: its hash is a multiple of `drawn`, which there must be."""
        assert self.drawn is not None
        return [self._hash(event_id) % self.drawn == 0 for event_id in event_ids]

    def _hash(self, event_id: str) -> int:
        """The first 8 bytes of the SHA-256 of pipeline and id, as a big-endian number."""
        digest = hashlib.sha256(f"{self.pipeline}/{event_id}".encode()).digest()
        return int.from_bytes(digest[:_BYTES], "big")
