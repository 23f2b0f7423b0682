"""How far `models` was followed is told to the next owner of a partition, who goes as far."""

from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.errors import TransientError
from services.chassis.reading import TopicReader
from services.chassis.store import Store
from services.inference.adapters.champion import Champion
from services.inference.domain.baseline import BaselineScorer
from tests.unit.inference.scene import PIPELINE


class Reader:
    """`models` with `end` records of other keys."""

    def __init__(self, end: int) -> None:
        self.end, self.positions = end, {0: 0}

    def to_end(self) -> list[Any]:
        self.positions = {0: self.end}
        return []


def champion(end: int) -> Champion:
    key = Ed25519PrivateKey.generate().public_key()
    reader = cast(TopicReader, Reader(end))
    made = Champion(reader, Store("memory:///"), key, BaselineScorer(PIPELINE), frozenset())
    made.catch_up()
    return made


def test_who_is_behind_the_last_owner_waits_until_it_is_not() -> None:
    last, behind = champion(12), champion(11)
    with pytest.raises(TransientError, match="up to 11, the last owner answered by 12"):
        behind.heed(last.told())
    cast(Reader, behind._reader).end = 12
    behind.catch_up()
    behind.heed(last.told())


def test_where_nobody_told_anything_there_is_nothing_to_wait_for() -> None:
    champion(0).heed("")
