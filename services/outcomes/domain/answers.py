"""The answered events of a partition by seq, as a draft sees and changes them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from services.contracts.arm import CHAMPION
from services.contracts.ledger import LedgerDraft
from services.outcomes.domain import besides, bodies, rows
from services.outcomes.domain.answer import Answer, Beside, Body
from services.outcomes.domain.besides import Besides
from services.outcomes.domain.groups import Groups
from services.outcomes.domain.names import Names
from services.outcomes.domain.rows import Rows
from services.outcomes.domain.spread import spread
from services.outcomes.domain.windows import Span

_FEWEST, _MOST = 4, 512
"""Pages that are looked through at once: more each time, as the first may be enough."""

Seqs = NDArray[np.int64]

_NOTHING = besides.joined([])


class Answers:
    """Answers of a draft: numbers in rows, the rest in bodies, all of what is at hand as it is once all is settled."""

    __slots__ = ("_added", "_book", "_changed", "_feature_sets", "_groups", "_held", "_models")

    def __init__(self, book: LedgerDraft, models: Names, feature_sets: Names, groups: Groups) -> None:
        self._book, self._models, self._feature_sets, self._groups = book, models, feature_sets, groups
        self._held: dict[int, Answer | None] = {}
        self._changed: dict[int, Answer] = {}
        self._added: list[Answer] = []

    def load(self, seqs: Iterable[int]) -> None:
        """Have these at hand, by one look for all."""
        wanted = [seq for seq in dict.fromkeys(seqs) if seq not in self._changed and seq not in self._held]
        if wanted:
            self._book.load(keys_of(wanted))
            self._held.update(self._taken_apart(wanted))

    def load_open(self, seqs: Sequence[int]) -> None:
        """Have those at hand that are neither labelled nor given up, and the rows of all."""
        self._book.load(map(rows.page_key, dict.fromkeys(map(rows.page_of, seqs))))
        self.load(filter(self._is_open, seqs))

    def get_open(self, seq: int) -> Answer | None:
        """An answer that is neither labelled nor given up, None if it is, or isn't there."""
        answer = self._changed.get(seq) or self._held.get(seq)
        if answer is None and self._is_open(seq):
            answer = self.get(seq)
        return None if answer is None or answer.resolved else answer

    def _is_open(self, seq: int) -> bool:
        page = self._book.get(rows.page_key(rows.page_of(seq)))
        return page is not None and rows.status_of(page, seq) == rows.OPEN

    def get(self, seq: int) -> Answer | None:
        """An answer, None if there is none or it was taken out."""
        if seq in self._changed:
            return self._changed[seq]
        if seq not in self._held:
            self.load([seq])
        return self._held[seq]

    def whole(self, seqs: Seqs, its: Rows) -> list[Answer]:
        """The answers of which these are the rows, by one look for all, without what stands beside them; they are not
        kept at hand."""
        places = seqs.tolist()
        if not places:
            return []
        parts, many = self.bodies(places), len(places)
        names = self._models, self._feature_sets
        return list(rows.answers_of(places, its, parts, names, repeat(CHAMPION, many), repeat(None, many)))

    def bodies(self, seqs: Sequence[int]) -> Iterator[Body]:
        """The bodies of settled answers, by one look for all; they are not kept at hand."""
        keys = list(dict.fromkeys(bodies.group_key(bodies.group_of(seq)) for seq in seqs))
        found = dict(zip(keys, self._book.passing(keys), strict=True))
        return bodies.bodies_of(found.get, seqs)

    def _taken_apart(self, seqs: Sequence[int]) -> Iterator[tuple[int, Answer | None]]:
        numbers = np.array(seqs, np.int64)
        pages, places = np.unique(numbers // rows.PAGE, return_inverse=True)
        found = list(map(self._book.get, map(rows.page_key, pages.tolist())))
        places = places * rows.PAGE + numbers % rows.PAGE
        its = rows.joined(found)[places]
        there = its["status"] > 0
        yield from dict.fromkeys(seqs).items()
        if there.any():
            kept = numbers[there].tolist()
            parts = bodies.bodies_of(self._book.get, kept)
            names = self._models, self._feature_sets
            arms, others = self._beside(besides.tails(found), places[there])
            yield from zip(kept, rows.answers_of(kept, its[there], parts, names, arms, others), strict=True)

    def _beside(self, tails: Sequence[bytes], places: Seqs) -> tuple[Iterable[str], Iterable[Beside | None]]:
        """As what answers were given, and what stands beside them."""
        if not any(tails):
            return repeat(CHAMPION, len(places)), repeat(None, len(places))
        its = besides.joined(tails)[places]
        return besides.arms_of(its), besides.besides_of(its, self._models)

    def add(self, answer: Answer) -> None:
        """Take in the answer that follows the last."""
        self._added.append(answer)
        self._changed[answer.seq] = answer

    def update(self, answer: Answer) -> None:
        """Replace an answer by the same with another truth."""
        self._changed[answer.seq] = answer

    def settle(self) -> None:
        """Let the ledger have what has changed."""
        if self._changed:
            self._settle_rows()
        if self._added:
            first = self._added[0].seq
            begun = self._book.get(bodies.group_key(bodies.group_of(first))) if first % bodies.GROUP else None
            self._book.changed.update(bodies.written(self._added, begun))
        self._held.update(self._changed)
        self._changed, self._added = {}, []

    def settle_to(self, page: int) -> None:
        """Let the ledger have what was added to the pages up to one."""
        if self._added and rows.page_of(self._added[0].seq) <= page:
            self.settle()

    def _settle_rows(self) -> None:
        seqs = np.fromiter(self._changed, np.int64, len(self._changed))
        pages, places = np.unique(seqs // rows.PAGE, return_inverse=True)
        keys = list(map(rows.page_key, pages.tolist()))
        new_from = self._added[0].seq if self._added else sys.maxsize
        old = (pages * rows.PAGE < new_from).tolist()
        before = [self._book.get(key) if it else None for key, it in zip(keys, old, strict=True)]
        found, tails = rows.joined(before).copy(), besides.tails(before)
        places = places * rows.PAGE + seqs % rows.PAGE
        changed = zip(places.tolist(), self._changed.values(), strict=True)
        if paired := {place: answer for place, answer in changed if answer.beside is not None}:
            self._models.numbers(besides.models_of(self._changed.values()))
            tails = besides.written(tails, paired, self._models)
        found[places] = rows.rows_of(self._changed.values(), self._models, self._feature_sets, self._groups)
        pages_now = zip(rows.pages_of(found), tails, strict=True)
        self._book.changed.update((key, page + tail) for key, (page, tail) in zip(keys, pages_now, strict=True))

    def look_through(self, pages: Sequence[int]) -> Iterator[tuple[Seqs, Rows]]:
        """Rows of pages with their seqs, some pages at a time, in order; empty rows where there is no answer."""
        for seqs, found in self._look_through(pages):
            yield seqs, rows.joined(found)

    def _look_through(self, pages: Sequence[int]) -> Iterator[tuple[Seqs, list[bytes | None]]]:
        self.settle()
        start, count = 0, _FEWEST
        while start < len(pages):
            some = pages[start : start + count]
            found = self._book.passing(list(map(rows.page_key, some)))
            first = np.array(some, np.int64)[:, None] * rows.PAGE
            yield (first + np.arange(rows.PAGE)).ravel(), found
            start, count = start + count, min(2 * count, _MOST)

    def after(self, seq: int, last: int) -> Iterator[tuple[Seqs, Rows]]:
        """Seqs and rows after an answer up to another, in order."""
        for seqs, found in self.look_through(range(rows.page_of(seq + 1), rows.page_of(last) + 1)):
            its = (seqs > seq) & (seqs <= last)
            yield seqs[its], found[its]

    def within(self, span: Span, parts: Iterable[int], start: int, end: int) -> Iterator[tuple[Seqs, Rows]]:
        """Seqs and rows of the answers to the events of a span from `start` to before `end`, in order."""
        for seqs, found in self.look_through(span.pages(parts)):
            time = found["time"]
            its = (found["status"] > 0) & (time >= start) & (time < end) & (seqs >= span.first)
            if its.any():
                yield seqs[its], found[its]

    def some(self, span: Span, start: int, end: int, most: Callable[[int], int]) -> tuple[Seqs, Rows]:
        """Some of those, in whole groups of bodies, spread over the span. most: of about how many, how many at most."""
        pages, groups = np.array(span.pages(span.parts), np.int64), rows.PAGE // bodies.GROUP
        all_ = (pages[:, None] * groups + np.arange(groups)).ravel()
        all_ = all_[(all_ >= bodies.group_of(span.first)) & (all_ <= bodies.group_of(span.last))]
        chosen = spread(all_, most(len(all_) * bodies.GROUP) // bodies.GROUP)
        wanted = np.unique(chosen // groups)
        parts = [(seqs, its) for seqs, its in self.look_through(wanted.tolist())]
        seqs, its = np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts])
        time = its["time"]
        found = np.isin(seqs // bodies.GROUP, chosen) & (its["status"] > 0) & (seqs >= span.first)
        found &= (time >= start) & (time < end)
        return seqs[found], its[found]

    def sides_within(self, span: Span, start: int, end: int) -> Iterator[tuple[Seqs, Rows, Besides]]:
        """The same of all of a span, with what stands beside each; of pages with nothing beside any, that is empty."""
        for seqs, pages in self._look_through(span.pages(span.parts)):
            found, tails = rows.joined(pages), besides.tails(pages)
            its = (found["status"] > 0) & (found["time"] >= start) & (found["time"] < end) & (seqs >= span.first)
            if its.any():
                yield seqs[its], found[its], besides.joined(tails)[its] if any(tails) else _NOTHING


def keys_of(seqs: Iterable[int]) -> list[bytes]:
    """Keys of the pages and groups that answers lie in."""
    pages, groups = dict.fromkeys(map(rows.page_of, seqs)), dict.fromkeys(map(bodies.group_of, seqs))
    return [*map(rows.page_key, pages), *map(bodies.group_key, groups)]
