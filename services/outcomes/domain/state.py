"""What is known of a partition's events: the fold of `events`, `predictions` and what shadows say."""

import msgpack

from services.contracts.entries import Changes, Entries
from services.contracts.ledger import Ledger
from services.outcomes.domain.deadlines import Deadlines
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.groups import Groups
from services.outcomes.domain.intervals import Intervals
from services.outcomes.domain.names import Names
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.progress import Progress
from services.outcomes.domain.replies import ANSWERS, SHADOWS, Replied
from services.outcomes.domain.windows import Windows

_PROGRESS, _MODEL, _FEATURE_SET = b"h", b"m", b"f"


class OutcomesState:
    """One partition. Answers, ids, early labels and replies lie in the ledger; in memory is what tells where.

    progress: how far it is. models, feature_sets: their names. intervals: of models. groups: of events, by their
    slice fields. windows: where their events lie.
    replied, shadowed: which events have a reply that waits for them, and what another model says of them. maturing,
    orphaning: events and labels that are given up next.
    """

    __slots__ = (
        *("_told", "feature_sets", "groups", "intervals", "ledger", "maturing", "models", "orphaning", "partition"),
        *("policy", "progress", "replied", "shadowed", "windows"),
    )

    def __init__(self, partition: int, policy: Policy, entries: Entries) -> None:
        self.partition, self.policy = partition, policy
        self.ledger = Ledger(entries)
        self.progress = self._told = Progress()
        for _, packed in self.ledger.items(_PROGRESS):
            self.progress = self._told = Progress.from_plain(msgpack.unpackb(packed))
        self.models = Names.load(self.ledger, _MODEL)
        self.feature_sets = Names.load(self.ledger, _FEATURE_SET)
        self.intervals = Intervals.load(self.ledger)
        self.groups = Groups.load(self.ledger)
        self.windows = Windows.load(self.ledger)
        self.replied = Replied.load(self.ledger, ANSWERS)
        self.shadowed = Replied.load(self.ledger, SHADOWS)
        self.maturing: Deadlines[int] = Deadlines()
        self.orphaning: Deadlines[str] = Deadlines()

    @property
    def counts(self) -> dict[str, int]:
        """How often each result occurred: see RESULTS."""
        return self.progress.counts

    def draft(self) -> Draft:
        """A change to be filled in; this state stays as it is until `apply`."""
        return Draft(self)

    def apply(self, staged: Draft) -> None:
        """Make a change that is settled."""
        self.progress, self.models, self.feature_sets = staged.progress, staged.models, staged.feature_sets
        self.intervals, self.groups = staged.intervals, staged.groups
        self.ledger.apply(staged.book.changed)
        self.windows.apply(staged.windows)
        self.replied.apply(staged.replies)
        self.shadowed.apply(staged.shadows)
        self.maturing.apply(staged.maturing)
        self.orphaning.apply(staged.orphaning)

    def changes(self) -> Changes:
        """What differs from what was told before."""
        if self.progress is self._told:
            return {}
        self._told = self.progress
        return self.ledger.changes() | {_PROGRESS: msgpack.packb(self.progress.to_plain())}
