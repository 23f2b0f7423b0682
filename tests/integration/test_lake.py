"""The lake (and the outcomes that feed it) against real topics: every record once, whatever is killed, and when."""

import shutil
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from confluent_kafka import Producer
from deltalake import DeltaTable, write_deltalake
from pyarrow import parquet

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.errors import Refused
from services.lake import erasure
from services.lake.domain.dataset import Contract, Datasets, Mark
from services.lake.domain.table import TABLES
from services.lake.erasure import Eraser, Order
from services.lake.verification import Verification
from services.training.adapters.dataset import read_outcomes
from tests.eventually import eventually
from tests.integration.lake_fault import PLACES
from tests.integration.lake_scene import HOUR, START, Scene
from tests.platform import Platform, pipeline_named
from tests.programs import Program

KEYED = pa.schema([("kafka_key", pa.string()), ("event_time", pa.int64())])
PLANTED = ("events", "predictions", "outcomes")


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def table(platform: Platform, name: str) -> list[tuple[int, int]]:
    """Partition and offset of each row, in order."""
    rows = delta(platform, name).to_pyarrow_dataset().to_table(columns=["kafka_partition", "kafka_offset"]).to_pylist()
    return sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)


def assert_kept_once(platform: Platform) -> None:
    for one in TABLES:
        topic = [(record.partition, record.offset) for record in platform.read(one.topic, one.kind)]
        assert table(platform, one.name) == sorted(topic), one.name


def announced(platform: Platform) -> list[dict[str, Any]]:
    return [dict(record.value) for record in platform.read("datasets")]


def expected_datasets(platform: Platform, contract_of: dict[str, Any]) -> list[dict[str, Any]]:
    contract = Contract(contract_of["feature_set"], contract_of["label_policy"])
    fold = Datasets(platform.settings.partitions, HOUR, contract)
    made = []
    for record in platform.read("outcomes", "driftmill.CohortMatured"):
        fields = [record.value[name] for name in ("watermark", "matured_seq", "rows", "positives", "matured_time")]
        made += fold.update(Mark(record.partition, record.offset, *fields))
    return made


def assert_datasets_once(platform: Platform) -> list[dict[str, Any]]:
    datasets = announced(platform)
    assert datasets
    assert datasets == expected_datasets(platform, datasets[0])
    return datasets


def faults(lines: Iterable[dict[str, Any]]) -> dict[tuple[str, int], list[tuple[int, str]]]:
    """What `lake verify` found, by table and partition."""
    end = list(lines)[-1]
    assert end["holds"] == (not any(one["faults"] for one in end["tables"]))
    assert all(one["compared"] == one["rows"] for one in end["tables"] if end["holds"])
    told = {(t["table"], t["partition"]): [(f["offset"], f["what"]) for f in t["faults"]] for t in end["tables"]}
    return {place: found for place, found in told.items() if found}


def delta(platform: Platform, name: str) -> DeltaTable:
    return DeltaTable(f"{platform.settings.store_url}/lake/{platform.settings.pipeline}/{name}")


def assert_verify_names_what_was_cut_edited_and_doubled(platform: Platform) -> None:
    assert faults(Verification(platform.settings).run()) == {}
    at = {(r.topic, r.partition, r.value.get("seq")): r.offset for t in PLANTED for r in platform.read(t)}
    delta(platform, "events").delete("kafka_partition = 0 AND seq IN (3, 4)")
    delta(platform, "predictions").update(predicate="kafka_partition = 1 AND seq = 5", updates={"score": "0.75"})
    outcomes = delta(platform, "outcomes")
    again = outcomes.to_pyarrow_dataset().to_table(filter=(pc.field("seq") == 7) & (pc.field("kafka_partition") == 1))
    write_deltalake(outcomes, again, mode="append")
    ended = platform.ran("services.lake", "verify")
    assert ended.returncode == 1
    assert faults(map(orjson.loads, ended.stdout.splitlines())) == {
        ("events", 0): [
            (at["events", 0, 3], "the topic has it, the table lacks it"),
            (at["events", 0, 5], "seq 5 follows 2"),
        ],
        ("predictions", 1): [(at["predictions", 1, 5], "score: the topic has 0.25, the table has 0.75")],
        ("outcomes", 1): [(at["outcomes", 1, 7], "is there twice")],
    }


def keys(platform: Platform, name: str) -> set[str]:
    """Keys of the rows whose events are of the first four hours, in all files of a table."""
    files = Path(platform.settings.home, "store", "lake", platform.settings.pipeline, name).glob("*/*.parquet")
    tables = [parquet.ParquetFile(file).read(columns=["kafka_key", "event_time"]) for file in files]
    rows = [row for one in tables for row in one.cast(KEYED).to_pylist()]
    return {row["kafka_key"] for row in rows if row["event_time"] < START + 4 * HOUR}


def faulty_lake(platform: Platform, place: str) -> Program:
    return platform.program("tests.integration.lake_fault", "lake-fault.log", place)


def test_all_tables_hold_what_the_topics_hold_and_datasets_follow(platform: Platform) -> None:
    platform.start("outcomes")
    child = platform.start("lake")
    scene = Scene(platform)
    for _ in range(8):
        scene.hour()
        platform.drained("outcomes", "lake")
    assert_kept_once(platform)
    datasets = assert_datasets_once(platform)
    assert [one["clock"] for one in datasets] == [START + hour * HOUR for hour in range(1, 9)]
    assert platform.kill(child, signal.SIGTERM) == 0
    frame = read_outcomes(platform.settings.store_url, platform.pipeline.name, datasets[-1])
    assert int(frame["label"].notna().sum()) == datasets[-1]["rows"]
    assert int((frame["label"] == 1.0).sum()) == datasets[-1]["positives"]
    assert not frame.duplicated(["partition", "seq"]).any()
    assert set(frame["status"]) == {"on_time", "missing"}
    assert_verify_names_what_was_cut_edited_and_doubled(platform)


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_at_any_step_doubles_and_loses_nothing(platform: Platform, place: str) -> None:
    scene = Scene(platform)
    for _ in range(4):
        scene.hour()
    scene.outcomes()
    assert faulty_lake(platform, place).wait(60) == -signal.SIGKILL
    scene.hour()
    scene.outcomes()
    platform.start("lake")
    platform.drained("lake")
    assert_kept_once(platform)
    assert_datasets_once(platform)


def test_kills_at_any_time_double_and_lose_nothing(platform: Platform) -> None:
    scene = Scene(platform)
    for _ in range(2):
        outcomes, lake = platform.start("outcomes"), platform.start("lake", DRIFTMILL_LAKE_ROWS="50")
        for _ in range(4):
            scene.hour(120)
        eventually(lambda: len(platform.read("outcomes")) > (scene.hours - 3) * 60, 60)
        platform.kill(outcomes)
        platform.kill(lake)
    platform.start("outcomes")
    platform.start("lake")
    platform.drained("outcomes", "lake")
    assert_kept_once(platform)
    assert_datasets_once(platform)
    seen = [(v.partition, v.value["seq"], v.value["revision"]) for v in platform.read("outcomes", "driftmill.Outcome")]
    assert len(seen) == len(set(seen))


def test_what_was_erased_is_gone_stays_away_and_is_not_missed(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(platform)
    for _ in range(4):
        scene.hour()
    scene.outcomes()
    lake = platform.start("lake")
    platform.drained("lake")
    before = held(platform)
    words = ["lake", "erase", "shop", "s3", "--reason", "the shop has closed"]
    told = platform.driftmill(*words)
    assert told.returncode == 0
    assert told.stdout.endswith(" of events. Nothing was erased: add --yes.\n")
    assert held(platform) == before
    order = Order("shop", "s3", "ann", "the shop has closed", True)
    lines = list(Eraser(platform.settings, order).run())
    erased = lines[-1]["rows"]
    assert {name: rows for name, rows in erased.items() if rows} == {
        one.name: sum(record.key == "s3" for record in platform.read(one.topic, one.kind))
        for one in TABLES
        if one.name in ("events", "labels", "predictions", "outcomes")
    }
    # outcomes of events of then, labels and events of later
    for _ in range(4):
        scene.hour()
    scene.outcomes()
    platform.drained("lake")
    assert_erased(platform)
    assert platform.kill(lake, signal.SIGTERM) == 0
    scene.hour()
    monkeypatch.setattr(erasure, "_PATIENCE", 0.0)
    with pytest.raises(Refused, match=r"ends at \d+, the lake has come to \d+: what it hasn't read can't be erased"):
        list(Eraser(platform.settings, order).run())
    # a lake that is filled anew
    before = held(platform)
    shutil.rmtree(Path(platform.settings.home, "store", "lake"))
    platform.start("lake")
    eventually(lambda: sum(map(len, held(platform).values())) > sum(map(len, before.values())), 60)
    platform.drained("lake")
    assert_erased(platform)
    [request] = platform.read("requests")
    assert "s3" not in str(request.value)
    with pytest.raises(ValueError, match="kept by shop, the pipeline's primary entity"):
        Eraser(platform.settings, replace(order, entity="rider"))


def held(platform: Platform) -> dict[str, list[tuple[int, int]]]:
    """What is in each table that is there."""
    folder = f"{platform.settings.store_url}/lake/{platform.settings.pipeline}"
    return {one.name: table(platform, one.name) for one in TABLES if DeltaTable.is_deltatable(f"{folder}/{one.name}")}


def assert_erased(platform: Platform) -> None:
    assert faults(Verification(platform.settings).run()) == {}
    for name in ("events", "predictions", "outcomes"):
        assert keys(platform, name) == {"s0", "s1", "s2", "s4", "s5", "s6"}, name
    later = delta(platform, "events").to_pyarrow_dataset().to_table(columns=["kafka_key"])
    assert "s3" in later["kafka_key"].to_pylist()


def test_what_was_aborted_is_not_kept(platform: Platform) -> None:
    scene = Scene(platform)
    scene.hour()
    scene.outcomes()
    producer = Producer(client.transactional_producer(platform.settings, "stray"))
    producer.init_transactions(30)
    producer.begin_transaction()
    mark = {"watermark": START + 99 * HOUR, "matured_seq": 9, "matured_time": None, "rows": 9, "positives": 9}
    data = platform.codec.encode("outcomes", "driftmill.CohortMatured", mark)
    for partition in range(platform.settings.partitions):
        producer.produce(platform.settings.topic("outcomes"), value=data, partition=partition)
    producer.flush(30)
    producer.abort_transaction(30)
    platform.start("lake")
    platform.drained("lake")
    assert_kept_once(platform)
    assert [one["clock"] for one in announced(platform)] == [START + HOUR]
