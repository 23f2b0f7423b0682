"""Taking out what is no longer known: a little with each event, so that no batch has to take out a whole window."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.outcomes.domain import bodies, rows
from services.outcomes.domain.answers import keys_of
from services.outcomes.domain.besides import tails
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.progress import Lot
from services.outcomes.domain.rows import Rows

_EACH = 2
"""Answers that are taken out for each event that comes, about."""
_PAGES = 8
"""Pages that are gone through at once."""


def sweep(draft: Draft) -> None:
    """Take out what the next event pays for."""
    progress = draft.progress
    if progress.forgotten:
        progress.credit += _EACH
    while progress.forgotten and progress.credit > 0:
        lot = progress.forgotten[0]
        progress.credit -= max(_take_out(draft, lot, _last_pages(lot.runs)), 1)
        if not lot.runs:
            progress.forgotten.pop(0)


def _last_pages(runs: list[int]) -> range:
    """The last pages of some runs, which lose them."""
    first, last = runs[-2:]
    start = max(first, last - _PAGES + 1)
    if start == first:
        del runs[-2:]
    else:
        runs[-1] = start - 1
    return range(start, last + 1)


def _take_out(draft: Draft, lot: Lot, pages: range) -> int:
    """Take a lot's answers out of consecutive pages; how many there were."""
    draft.answers.settle_to(pages[-1])
    seqs = np.arange(pages[0] * rows.PAGE, (pages[-1] + 1) * rows.PAGE)
    draft.book.load(keys_of(seqs.tolist()))
    keys = list(map(rows.page_key, pages))
    found = rows.joined(map(draft.book.get, keys)).copy()
    in_time = (found["time"] >= lot.start) & (found["time"] < lot.start + draft.policy.window)
    its = (found["status"] > 0) & in_time & (seqs >= lot.first) & (seqs <= lot.last)
    _forget_ids(draft, seqs[its].tolist())
    found[its] = np.zeros(1, rows.ROW)
    _put_back(draft, pages, found, its)
    return int(np.count_nonzero(its))


def _forget_ids(draft: Draft, seqs: list[int]) -> None:
    event_ids = [body.event_id for body in bodies.bodies_of(draft.book.get, seqs)]
    draft.ids.load(event_ids)
    for seq, event_id in zip(seqs, event_ids, strict=True):
        # the id may have been taken by a later event since, or by a label that came too late
        if draft.ids.get(event_id) == seq:
            draft.ids.update(event_id, None)


def _put_back(draft: Draft, pages: range, left: Rows, gone: NDArray[np.bool_]) -> None:
    """Keep what is left of pages; nothing of a page or a group all of whose answers have come and are gone again."""
    come = draft.progress.last_seq + 1 - pages[0] * rows.PAGE
    for place, is_over in _touched(gone, left, come, rows.PAGE):
        key, its = rows.page_key(pages[place]), left[place * rows.PAGE : (place + 1) * rows.PAGE]
        (tail,) = tails([draft.book.get(key)])
        draft.book.changed[key] = None if is_over else its.tobytes() + tail
    first = bodies.group_of(pages[0] * rows.PAGE)
    for place, is_over in _touched(gone, left, come, bodies.GROUP):
        if is_over:
            draft.book.changed[bodies.group_key(first + place)] = None


def _touched(gone: NDArray[np.bool_], left: Rows, come: int, size: int) -> Iterator[tuple[int, bool]]:
    """Which of so many answers each have lost one, and whether nothing is left and more will not come."""
    some_left = np.count_nonzero(left["status"].reshape(-1, size), axis=1)
    for place in np.flatnonzero(gone.reshape(-1, size).any(1)).tolist():
        yield place, (place + 1) * size <= come and not some_left[place]
