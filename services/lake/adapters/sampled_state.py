"""What a comparison of served features with recomputed ones remembers of one partition's log."""

from dataclasses import dataclass

from services.contracts.entries import Changes, Entries
from services.kernel.computer import FeatureComputer
from services.kernel.rows import EntityRows
from services.lake.domain.sample import Sample

_SAMPLE, _WINDOW = b"s", b"w"


@dataclass(slots=True)
class SampledState:
    """rows: of the entities of the sample, and of some that were in it. window: number of the open one, None before the
    first."""

    rows: EntityRows
    sample: Sample
    window: int | None

    @classmethod
    def load(cls, computer: FeatureComputer, most: int, entries: Entries) -> "SampledState":
        """What told these entries; the state before the first record if there are none. most: see Sample."""
        sample, window = entries.get([_SAMPLE, _WINDOW])
        return cls(
            computer.new_state(entries),
            Sample(most=most) if sample is None else Sample.from_bytes(sample, most),
            None if window is None else int(window),
        )

    def changes(self) -> Changes:
        """What differs from what was told before."""
        own: dict[bytes, bytes | None] = {_SAMPLE: self.sample.to_bytes()}
        if self.window is not None:
            own[_WINDOW] = str(self.window).encode()
        return {**self.rows.changes(), **own}
