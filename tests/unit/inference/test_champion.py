"""Only what is rightly signed is served; how far `models` was followed is told to the next owner, who goes as far."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.errors import TransientError
from services.chassis.keys import make_keys
from services.chassis.metrics import Metrics
from services.chassis.reading import TopicReader
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.record import Record
from services.inference.adapters.champion import Champion
from services.inference.domain.baseline import BaselineScorer
from tests.model import published
from tests.unit.inference.scene import PIPELINE

VERSIONS = (("v1", 1), ("v2", 2))


class Reader:
    """`models` up to `end`, with these records of the champion."""

    def __init__(self, end: int, records: Sequence[Record]) -> None:
        self.end, self.records, self.positions = end, records, {0: 0}

    def to_end(self) -> Sequence[Record]:
        self.positions = {0: self.end}
        return self.records


def champion(end: int, *records: Record) -> tuple[Champion, Metrics]:
    return follower(Reader(end, records), Store("memory:///"), Trust({}))


def follower(reader: Reader, store: Store, trust: Trust) -> tuple[Champion, Metrics]:
    metrics, layout = Metrics("inference", "shop"), PIPELINE.resolved.layout
    made = Champion(cast(TopicReader, reader), store, trust, BaselineScorer(PIPELINE), layout, metrics)
    made.catch_up()
    return made, metrics


def said(value: dict[str, Any]) -> Record:
    return Record("models", 0, 0, 0, "champion", "driftmill.ModelPublished", value, raw_value=b"x")


def test_who_is_behind_the_last_owner_waits_until_it_is_not() -> None:
    (last, _), (behind, _) = champion(12), champion(11)
    with pytest.raises(TransientError, match="up to 11, the last owner answered by 12"):
        behind.heed(last.told())
    cast(Reader, behind._reader).end = 12
    behind.catch_up()
    behind.heed(last.told())


def test_where_nobody_told_anything_there_is_nothing_to_wait_for() -> None:
    champion(0)[0].heed("")


Value = dict[str, Any]


def unsigned(value: Value) -> Value:
    return value | {"signature": b""}


def foreign(value: Value) -> Value:
    return value | {"signature": Ed25519PrivateKey.generate().sign(value["manifest"])}


def under_another_id(value: Value) -> Value:
    return value | {"key_id": "removed"}


def edited(value: Value) -> Value:
    return value | {"manifest": value["manifest"].replace(b'"threshold":0.5', b'"threshold":0.9')}


def renamed(value: Value) -> Value:
    return value | {"version": "v9"}


def of_another_file(value: Value) -> Value:
    return value | {"model_digest": "0" * 64}


def elsewhere(value: Value) -> Value:
    return value | {"model_uri": "models/shop/none.onnx"}


@pytest.mark.parametrize("spoil", [unsigned, foreign, under_another_id, edited, renamed, of_another_file, elsewhere])
def test_what_is_not_rightly_signed_is_counted_and_the_one_before_goes_on(
    spoil: Callable[[Value], Value], tmp_path: Path
) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    first, second = (said(published(PIPELINE, store, tmp_path, name, seq, seed=seq)) for name, seq in VERSIONS)
    reader = Reader(1, [first])
    made, metrics = follower(reader, store, Trust.read(tmp_path))
    assert made.current.version == "v1"
    reader.records = [said(spoil(dict(second.value)))]
    made.catch_up()
    assert made.current.version == "v1"
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1
    reader.records = [second]
    made.catch_up()
    assert made.current.version == "v2"


def test_before_the_first_good_model_the_baseline_goes_on() -> None:
    made, metrics = champion(1, said({"version": "v1", "manifest": b"{}", "signature": b""}))
    assert made.current.version == "baseline"
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1
