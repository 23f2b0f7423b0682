"""How far `models` was followed is told to the next owner of a partition, who goes as far."""

from collections.abc import Sequence
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.errors import TransientError
from services.chassis.metrics import Metrics
from services.chassis.reading import TopicReader
from services.chassis.store import Store
from services.contracts.record import Record
from services.inference.adapters.champion import Champion
from services.inference.domain.baseline import BaselineScorer
from tests.unit.inference.scene import PIPELINE


class Reader:
    """`models` up to `end`, with these records of the champion."""

    def __init__(self, end: int, records: Sequence[Record]) -> None:
        self.end, self.records, self.positions = end, records, {0: 0}

    def to_end(self) -> Sequence[Record]:
        self.positions = {0: self.end}
        return self.records


def champion(end: int, *records: Record) -> tuple[Champion, Metrics]:
    key = Ed25519PrivateKey.generate().public_key()
    reader = cast(TopicReader, Reader(end, records))
    metrics = Metrics("inference", "shop")
    made = Champion(reader, Store("memory:///"), key, BaselineScorer(PIPELINE), PIPELINE.resolved.layout, metrics)
    made.catch_up()
    return made, metrics


def test_who_is_behind_the_last_owner_waits_until_it_is_not() -> None:
    (last, _), (behind, _) = champion(12), champion(11)
    with pytest.raises(TransientError, match="up to 11, the last owner answered by 12"):
        behind.heed(last.told())
    cast(Reader, behind._reader).end = 12
    behind.catch_up()
    behind.heed(last.told())


def test_where_nobody_told_anything_there_is_nothing_to_wait_for() -> None:
    champion(0)[0].heed("")


def test_a_model_that_is_not_taken_is_counted_and_the_one_before_goes_on() -> None:
    value = {"version": "v1", "manifest": b"{}", "signature": b""}
    forged = Record("models", 0, 0, 0, "champion", "driftmill.ModelPublished", value, raw_value=b"x")
    made, metrics = champion(1, forged)
    assert made.current.version == "baseline"
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1
