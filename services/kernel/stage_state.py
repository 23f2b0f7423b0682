"""What a stage of features keeps of its log: rows of entities, and in some chains keys held for labels.

The same fold online, as the stage serves, and offline, as the state of another pipeline is built from the lake.
"""

from dataclasses import dataclass

from services.contracts.entries import Changes, Entries
from services.contracts.pipeline import ChainEntity, Pipeline
from services.kernel.computer import FeatureComputer
from services.kernel.held import HeldDraft, HeldKeys
from services.kernel.rows import EntityRows, Staged


@dataclass(slots=True)
class Change:
    """What a batch changes."""

    rows: Staged | None = None
    held: HeldDraft | None = None


@dataclass(slots=True)
class FeatureState:
    """Rows of the entities of one partition, and the keys that the first stage of some chains holds for labels."""

    rows: EntityRows
    held: HeldKeys | None = None

    def apply(self, staged: Change) -> None:
        """Put the rows of a batch in place."""
        if staged.rows is not None:
            self.rows.scatter(staged.rows)
        if self.held is not None and staged.held is not None:
            self.held.apply(staged.held)

    def changes(self) -> Changes:
        """What differs from what was told before."""
        return self.rows.changes() if self.held is None else {**self.rows.changes(), **self.held.changes()}


class StateLayout:
    """What the state of one stage is made of. place: of its entity in the chain.

    digest: identifies it; states of other digests aren't used. readers: entities after this one, up to the last that
    labels are sent on to. maturity: for how long keys are held for labels, None where none are.
    """

    def __init__(self, pipeline: Pipeline, computer: FeatureComputer, place: int) -> None:
        resolved = pipeline.resolved
        self._computer = computer
        entity, *others = resolved.chain[place:]
        reading = [number for number, other in enumerate(others, 1) if other.reads_labels]
        self.readers: tuple[ChainEntity, ...] = tuple(others[: max(reading, default=0)])
        self.maturity: int | None = None
        self.digest = f"features-2-{computer.plan.layout_digest}"
        if place:
            self.digest += f"-{entity.name}-{entity.field}"
        elif self.readers and not resolved.labels_carry_keys:
            self.maturity = int(pipeline.label.known.maturity or 0)
            self.digest += "-".join(("", str(self.maturity), *(reader.field for reader in self.readers)))

    def load(self, entries: Entries) -> FeatureState:
        """The state that told these entries; that before the first record if there are none."""
        held = None if self.maturity is None else HeldKeys.load(self.maturity, entries)
        return FeatureState(self._computer.new_state(entries), held)

    def new(self) -> FeatureState:
        """The state before the first record, all of it in memory."""
        held = None if self.maturity is None else HeldKeys(self.maturity)
        return FeatureState(self._computer.new_state(), held)
