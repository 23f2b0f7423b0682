"""What a batch will ask for, read before it is gone through: a look for many, instead of one for each record."""

from collections.abc import Sequence

from services.contracts.record import Record
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.join import EVENT, LABEL


def load(draft: Draft, batch: Sequence[Record]) -> None:
    """Have at hand what the records of a batch are joined with."""
    if draft.replies or draft.shadows or draft.early:
        events = [record.value for record in batch if record.kind == EVENT]
        draft.replies.load(event["seq"] for event in events)
        draft.shadows.load(event["seq"] for event in events)
        draft.ids.load(event["event_id"] for event in events)
    labelled = [record.value["event_id"] for record in batch if record.kind == LABEL]
    draft.ids.load(labelled)
    known = [draft.progress.last_seq + 1, *map(draft.ids.get, labelled)]
    draft.answers.load(seq for seq in known if isinstance(seq, int))
