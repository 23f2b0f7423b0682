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
from tests.model import decided_otherwise, published
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


def said(value: dict[str, Any], key: str = "champion") -> Record:
    return Record("models", 0, 0, 0, key, "driftmill.ModelPublished", value, raw_value=b"x")


def gone(key: str) -> Record:
    return Record("models", 0, 0, 0, key, "driftmill.ModelPublished", {})


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


def test_another_policy_decides_by_the_scores_of_the_same_model(tmp_path: Path) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    model = published(PIPELINE, store, tmp_path, "v1", 1)
    reader = Reader(1, [said(model)])
    made, _ = follower(reader, store, Trust.read(tmp_path))
    before = made.current
    reader.records = [said(decided_otherwise(model, tmp_path, 2, 0.9))]
    made.catch_up()
    now = made.current
    assert (before.version, before.policy, before.policy_digest, before.threshold) == ("v1", "p1", "", 0.5)
    assert (now.version, now.policy, now.threshold, now.digest) == ("v1", "p2", 0.9, before.digest)
    assert len(now.policy_digest) == 64


def policy_unsigned(value: Value) -> Value:
    return value | {"policy_signature": None}


def policy_foreign(value: Value) -> Value:
    return value | {"policy_signature": Ed25519PrivateKey.generate().sign(value["policy"])}


def policy_edited(value: Value) -> Value:
    return value | {"policy": value["policy"].replace(b'"threshold":0.9', b'"threshold":0.1')}


def policy_missing(value: Value) -> Value:
    return value | {"policy": None}


def policy_of_another_number(value: Value) -> Value:
    return value | {"version": "v1.p3"}


def policy_of_the_model_itself(value: Value) -> Value:
    return value | {"version": "v1"}


POLICY_FAULTS = (
    *(policy_unsigned, policy_foreign, policy_edited, policy_missing),
    *(policy_of_another_number, policy_of_the_model_itself),
)


@pytest.mark.parametrize("spoil", POLICY_FAULTS)
def test_a_policy_that_is_not_rightly_signed_is_counted_and_the_one_before_decides(
    spoil: Callable[[Value], Value], tmp_path: Path
) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    model = published(PIPELINE, store, tmp_path, "v1", 1)
    reader = Reader(1, [said(model)])
    made, metrics = follower(reader, store, Trust.read(tmp_path))
    reader.records = [said(spoil(decided_otherwise(model, tmp_path, 2, 0.9)))]
    made.catch_up()
    assert (made.current.policy, made.current.threshold) == ("p1", 0.5)
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1


@pytest.mark.parametrize("about", [{"model": "v2"}, {"model_digest": "0" * 64}])
def test_a_policy_that_was_signed_for_another_model_is_refused(about: dict[str, str], tmp_path: Path) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    model = published(PIPELINE, store, tmp_path, "v1", 1)
    other = decided_otherwise(model, tmp_path, 2, 0.9, **about)
    made, metrics = follower(Reader(1, [said(other)]), store, Trust.read(tmp_path))
    assert made.current.version == "baseline"
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1


def test_before_the_first_good_model_the_baseline_goes_on() -> None:
    made, metrics = champion(1, said({"version": "v1", "manifest": b"{}", "signature": b""}))
    assert made.current.version == "baseline"
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1


def in_flight(made: Champion) -> tuple[str, str, float] | None:
    """Version and digest of the challenger, and its share."""
    flying = made.challenger
    return None if flying is None else (flying.scorer.version, flying.scorer.digest, flying.share)


def test_a_challenger_is_loaded_beside_the_champion_gets_its_shares_and_takes_over(tmp_path: Path) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    first, second = (published(PIPELINE, store, tmp_path, name, seq, seed=seq) for name, seq in VERSIONS)
    reader = Reader(1, [said(first), said(second | {"share": 0.0}, "challenger")])
    made, metrics = follower(reader, store, Trust.read(tmp_path))
    assert (made.current.version, in_flight(made)) == ("v1", ("v2", second["model_digest"], 0.0))
    store.delete([second["model_uri"]])  # what is loaded is not asked for again
    reader.records = [said(second | {"share": 0.25}, "challenger")]
    made.catch_up()
    assert in_flight(made) == ("v2", second["model_digest"], 0.25)
    reader.records = [gone("challenger"), said(second)]
    made.catch_up()
    assert (made.current.version, in_flight(made)) == ("v2", None)
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 0


@pytest.mark.parametrize("spoil", [unsigned, foreign, under_another_id, edited, renamed, of_another_file, elsewhere])
def test_a_challenger_that_can_not_be_loaded_is_absent_and_the_champion_goes_on(
    spoil: Callable[[Value], Value], tmp_path: Path
) -> None:
    make_keys(tmp_path)
    store = Store("memory:///")
    first, second = (published(PIPELINE, store, tmp_path, name, seq, seed=seq) for name, seq in VERSIONS)
    spoiled = spoil(second | {"share": 0.5})
    made, metrics = follower(Reader(1, [said(first), said(spoiled, "challenger")]), store, Trust.read(tmp_path))
    assert (made.current.version, in_flight(made)) == ("v1", (spoiled["version"], "", 0.0))
    assert metrics.registry.get_sample_value("driftmill_models_refused_total") == 1
