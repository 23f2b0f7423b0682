"""What an answer holds besides numbers: texts and features as served, written once, four answers together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgpack

from services.contracts.ledger import ordered
from services.outcomes.domain.answer import Answer, Body

GROUP = 4
"""Answers of a group: one alone costs more to write, many together more to read by themselves."""

_PARTS = len(Body._fields)


def group_of(seq: int) -> int:
    """Number of the group that an answer's body lies in."""
    return seq // GROUP


def group_key(group: int) -> bytes:
    """Key of a group's entry."""
    return b"b" + ordered(group)


def written(added: Sequence[Answer], before: bytes | None) -> Iterator[tuple[bytes, bytes]]:
    """Entries of the groups that consecutive answers lie in. before: the first of these groups, if it was begun."""
    pack = msgpack.Packer().pack  # makes its buffer once
    start = added[0].seq
    parts: list[Any] = [] if before is None else msgpack.unpackb(before)
    for group in range(group_of(start), group_of(added[-1].seq) + 1):
        for answer in added[max(group * GROUP - start, 0) : (group + 1) * GROUP - start]:
            parts += answer.event_id, answer.key, answer.slices, answer.numbers, answer.categories
        yield group_key(group), pack(parts)
        parts = []


def bodies_of(get: Callable[[bytes], bytes | None], seqs: Iterable[int]) -> Iterator[Body]:
    """The bodies of answers that are there. get: gives entries by key."""
    groups: dict[int, Any] = {}
    for seq in seqs:
        group, place = divmod(seq, GROUP)
        if group not in groups:
            groups[group] = msgpack.unpackb(get(group_key(group)), use_list=False)
        yield Body(*groups[group][place * _PARTS : (place + 1) * _PARTS])
