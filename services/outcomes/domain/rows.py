"""The numbers of an answer in a row of fixed size, sixteen consecutive answers in a page.

Where a version was in flight, more follows the rows of a page: see besides.

What profiles and cohorts need lies in the rows, so that a window is looked through without taking its answers apart.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.ledger import ordered
from services.contracts.pipeline.label import MOST_CLASSES
from services.contracts.record import many
from services.outcomes.domain.answer import CENSORED, Answer, Beside, Body
from services.outcomes.domain.names import Names

if TYPE_CHECKING:
    from services.outcomes.domain.groups import Groups

PAGE = 16
"""Answers of a page: so few that a label rewrites little, and as many as are looked through quickly."""
STATUSES = ("", "on_time", "early", "late", "corrected", "missing", CENSORED)
ROW = np.dtype(
    [
        *(("time", "<i8"), ("label_time", "<i8"), ("score", "<f8"), ("label", "<f8")),
        *(("revisions", "<u4"), ("model", "<u4"), ("feature_set", "<u4")),
        *(("status", "u1"), ("decision", "u1"), ("present", "u1"), ("rank", "u1")),
        *(("weight", "<u4"), ("group", "<u4")),
    ]
)
"""score, label: NaN where there is none. revisions: how many outcomes were written. model, feature_set: numbers of
names. status: place in STATUSES, from 1; 0 where there is no answer. decision: NO, YES, or 0 for none; of several
classes the number of one, from 1. present: what there is of SCORE and LABEL. rank: of the source of the label. weight:
for how many events it stands. group: number of the values of its slice fields, see Groups."""
SCORE, LABEL = 1, 2
NO, YES = 1, 2
OPEN, ACTED_ON = 1, len(STATUSES)
"""Status of an answer that is neither labelled nor given up, and of one that is censored."""

Rows = NDArray[np.void]
"""One dimension, of type ROW."""

_STATUS_AT = 44
_STATUS = {status: place for place, status in enumerate(STATUSES, 1)}
DECISIONS: tuple[int | None, ...] = (None, False, True, *range(2, MOST_CLASSES))
DECISION = {decision: place for place, decision in enumerate(DECISIONS)}
EMPTY = bytes(ROW.itemsize) * PAGE


def page_of(seq: int) -> int:
    """Number of the page that an answer's row lies in."""
    return seq // PAGE


def page_key(page: int) -> bytes:
    """Key of a page's entry."""
    return b"t" + ordered(page)


def joined(pages: Iterable[bytes | None]) -> Rows:
    """The rows of pages one after the other; of a page that isn't there, empty ones."""
    return np.frombuffer(b"".join([(page or EMPTY)[: len(EMPTY)] for page in pages]), ROW)


def pages_of(rows: Rows) -> list[bytes]:
    """The pages that rows make up, one after the other."""
    data, size = rows.tobytes(), len(EMPTY)
    return [data[start : start + size] for start in range(0, len(data), size)]


def status_of(page: bytes, seq: int) -> int:
    """Status of an answer, 0 if the page doesn't hold it."""
    return page[seq % PAGE * ROW.itemsize + _STATUS_AT]


def rows_of(answers: Collection[Answer], models: Names, feature_sets: Names, groups: "Groups") -> Rows:
    """The rows of answers."""
    found = np.zeros(len(answers), ROW)
    column: dict[str, Any] = dict(zip(Answer._fields, zip(*answers, strict=True), strict=True))
    found["time"] = column["event_time"]
    found["label_time"] = [time or 0 for time in column["label_time"]]
    found["score"] = np.array(column["score"], np.float64)  # which makes NaN of None
    found["label"] = np.array(column["label"], np.float64)
    found["revisions"] = np.array(column["revision"]) + 1
    found["model"] = models.numbers(column["model"])
    found["feature_set"] = feature_sets.numbers(column["feature_set"])
    found["status"] = list(map(_STATUS.__getitem__, column["status"]))
    found["decision"] = list(map(DECISION.__getitem__, column["decision"]))
    scored = np.array([score is not None for score in column["score"]], "u1")
    labelled = np.array([label is not None for label in column["label"]], "u1")
    found["present"] = scored * SCORE + labelled * LABEL
    found["rank"] = column["rank"]
    found["weight"] = column["weight"]
    found["group"] = groups.numbers(column["slices"])
    return found


def answers_of(
    seqs: Sequence[int],
    its: Rows,
    bodies: Iterable[Body],
    names: tuple[Names, Names],
    arms: Iterable[str],
    besides: Iterable[Beside | None],
) -> Iterator[Answer]:
    """The answers that rows, bodies and what stands beside them make up. names: of models, of feature sets."""
    models, feature_sets = names
    present, status = its["present"].tolist(), its["status"].tolist()
    event_ids, keys, slices, numbers, categories = zip(*bodies, strict=True)
    return many(
        Answer,
        seqs,
        event_ids,
        keys,
        its["time"].tolist(),
        slices,
        _where(present, SCORE, its["score"]),
        [DECISIONS[decision] for decision in its["decision"].tolist()],
        [models.texts[model] for model in its["model"].tolist()],
        [feature_sets.texts[feature_set] for feature_set in its["feature_set"].tolist()],
        numbers,
        categories,
        its["weight"].tolist(),
        arms,
        besides,
        [STATUSES[place - 1] for place in status],
        _where(present, LABEL, its["label"]),
        [None if place == OPEN else time for place, time in zip(status, its["label_time"].tolist(), strict=True)],
        its["rank"].tolist(),
        [count - 1 for count in its["revisions"].tolist()],
    )


def _where(present: Sequence[int], what: int, values: NDArray[np.float64]) -> list[float | None]:
    return [value if there & what else None for there, value in zip(present, values.tolist(), strict=True)]
