"""Membership in the groups of all stages of a process: the first stage's group reads, the others only hold partitions.

A process of several stages takes part in each group, so that Kafka refuses its offsets as soon as another process has
a partition of one of them: no stage is ever done twice.
"""

from collections.abc import Callable, Sequence

from confluent_kafka import Message, TopicPartition

from services.chassis.assignment import Assignment, Held, Positions
from services.chassis.batch import Batch
from services.chassis.committer import Shares
from services.chassis.group import Group, Member
from services.chassis.settings import ChassisSettings
from services.chassis.stage import Stage
from services.chassis.transaction import Share


class Groups:
    """The groups of some stages, in their order."""

    def __init__(
        self,
        process: str,
        settings: ChassisSettings,
        stages: Sequence[Stage],
        assignment: Assignment,
        before_revoke: Callable[[], None],
    ) -> None:
        self._groups = [
            Group(Member(stage.service, process, place), settings, stage.step.inputs, assignment, before_revoke)
            for place, stage in enumerate(stages)
        ]
        self.first, *self._others = self._groups

    def join(self) -> None:
        """Ask all groups for partitions."""
        for group in self._groups:
            group.join()

    def poll(self, at_once: bool) -> list[Message]:
        """What has come to the first stage, see `Group.poll`."""
        for group in self._others:
            group.attend()
        return self.first.poll(at_once)

    def committed(self, number: int) -> list[Positions]:
        """Committed offsets of a partition, by stage; waits while a transaction is pending."""
        return [group.committed(number) for group in self._groups]

    def told(self, number: int) -> list[str]:
        """What the last owner of a partition told with its offsets, by stage."""
        return [group.told(number) for group in self._groups]

    def positions(self, number: int) -> Positions:
        """The next offset of a partition in each input of all stages."""
        found = dict.fromkeys((topic for group in self._groups for topic in group.inputs), 0)
        for committed in self.committed(number):
            found |= committed
        return found

    def read_from(self, held: Sequence[Held]) -> None:
        """Fetch from the positions of partitions; what was fetched before is dropped."""
        self.first.read_from([place for one in held for place in self.first.offsets(one.number, one.positions)])

    def share(self, batch: Batch) -> Share:
        """What a batch commits in the first group."""
        offsets = [
            place for part in batch.work for place in self.first.offsets(part.held.number, part.after, batch.told[0])
        ]
        return Share(offsets, self.first.metadata())

    def others(self) -> Shares | None:
        """What a batch commits in the other groups, as they are now; None where there are none."""
        if not self._others:
            return None
        metadata = [group.metadata() for group in self._others]

        def shares(batch: Batch) -> Sequence[Share]:
            moved = [_moved(group, place, batch) for place, group in enumerate(self._others, 1)]
            return [Share(offsets, its) for offsets, its in zip(moved, metadata, strict=True) if offsets]

        return shares

    def leave(self) -> None:
        """Leave all groups."""
        for group in self._groups:
            group.leave()


def _moved(group: Group, place: int, batch: Batch) -> list[TopicPartition]:
    """Offsets of the partitions of which a batch has moved a position, or has something new to tell."""
    told = batch.told[place]
    return [
        offset
        for part in batch.work
        if part.held.told[place] != told or any(part.after[t] != part.held.positions[t] for t in group.inputs)
        for offset in group.offsets(part.held.number, part.after, told)
    ]
