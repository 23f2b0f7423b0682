"""The audit trail in the topic and in the lake, with its signed heads: one chain whatever is killed, and every
manipulation found."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from deltalake import DeltaTable, write_deltalake

from services.broker.local import Endpoints
from services.chassis import client
from services.chassis.keys import make_keys
from services.contracts.audit_chain import Link, Trail
from services.registry.adapters.heads import Heads
from tests.platform import Platform, pipeline_named


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def command(platform: Platform, *words: str, code: int = 0) -> Any:
    return orjson.loads(ran(platform, *words, code=code))


def ran(platform: Platform, *words: str, code: int = 0) -> str:
    done = platform.driftmill(*words, "--json")
    assert done.returncode == code, done.stderr
    return done.stdout


def ask(platform: Platform, *numbers: int) -> None:
    """Each leads to one record of the trail: there is no champion to leave, and nothing to learn from."""
    asked = [{"request_id": f"r{number}", "by": "ann", "reason": f"for the {number}th time"} for number in numbers]
    for one in asked:
        platform.publish("requests", "driftmill.RetrainRequested", [("r", one)])
        platform.publish("requests", "driftmill.RollbackRequested", [("r", one | {"to_version": None})])


def lake_killed_at(platform: Platform, place: str) -> None:
    child = platform.program("tests.integration.lake_fault", "lake-fault.log", place)
    assert child.wait(60) == -signal.SIGKILL


def delta(platform: Platform, table: str = "audit") -> DeltaTable:
    return DeltaTable(f"{platform.settings.store_url}/lake/{platform.settings.pipeline}/{table}")


def rows(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = delta(platform).to_pyarrow_dataset().to_table().sort_by("kafka_offset").to_pylist()
    return found


def assert_one_chain(platform: Platform) -> int:
    """The table holds the topic's first copies, numbered and chained, and each has a head. Gives how many there are."""
    first = {record.value["audit_id"]: record for record in reversed(platform.read("audit"))}
    told = sorted(first.values(), key=lambda record: record.offset)
    links = [link for link in Trail().links([record.value for record in told]) if link is not None]
    held = [(row["sequence"], row["audit_id"], row["hash"]) for row in rows(platform)]
    assert held == [(link.sequence, link.audit_id, link.hash.hex()) for link in links]
    heads = [record.value for record in platform.read("audit.heads")]
    assert [(head["sequence"], head["audit_id"], head["hash"]) for head in heads] == held
    return len(held)


def test_one_chain_comes_of_it_whatever_is_killed_and_verify_says_so(platform: Platform) -> None:
    services = [platform.start(service) for service in ("registry", "training", "monitoring")]
    ask(platform, 1, 2, 3)
    platform.drained("registry", "training")
    for place in ("before the first Delta commit", "within a Delta commit", "after datasets, before offsets"):
        lake_killed_at(platform, place)
        ask(platform, 4)
    for child in services[:2]:
        platform.kill(child)
    platform.start("registry")
    platform.start("training")
    lake = platform.start("lake", DRIFTMILL_LAKE_COMPACT="1", DRIFTMILL_LAKE_LINGER="0.01")
    for number in range(5, 9):
        ask(platform, number)
        platform.drained("registry", "training", "lake")
    again = dict(platform.read("audit")[2].value)
    platform.publish("audit", "driftmill.AuditRecorded", [(again["audit_id"], again)])
    platform.drained("registry", "lake")
    delta(platform).vacuum(0, dry_run=False, enforce_retention_duration=False)
    platform.kill(lake)
    platform.start("lake")
    ask(platform, 9)
    platform.drained("registry", "training", "lake")
    count = assert_one_chain(platform)
    assert count == 1 + 2 * 11
    report = command(platform, "audit", "verify")
    assert report["holds"]
    assert report["copies"] == [
        {"name": "audit", "records": count, "repeats": 1},
        {"name": "lake/audit", "records": count, "repeats": 0},
    ]
    assert (report["heads"], report["after_last_head"], report["lake_behind"]) == (count, 0, 0)
    told = command(platform, "audit", "--actor", "ann")
    assert len(told) == count - 1
    assert {one["actor"] for one in told} == {"ann"}
    assert orjson.loads(ran(platform, "lake", "verify").splitlines()[-1])["holds"]


@pytest.fixture(scope="module")
def recorded(broker: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A trail of nine records that nobody writes to any more."""
    made = Platform.create(broker, pipeline_named("recorded"), tmp_path_factory.mktemp("recorded"))
    services = [made.start(service) for service in ("registry", "training", "lake")]
    ask(made, 1, 2, 3, 4)
    made.drained("registry", "training", "lake")
    for child in services:
        made.kill(child)
    assert command(made, "audit", "verify")["holds"]
    yield made
    made.close()


def edited(platform: Platform) -> None:
    delta(platform).update(predicate="sequence = 4", updates={"actor": "'eve'"})


def cut(platform: Platform) -> None:
    delta(platform).delete("sequence IN (4, 5)")


def cut_tail(platform: Platform) -> None:
    delta(platform).delete("sequence > 7")


def swapped(platform: Platform) -> None:
    places = {row["sequence"]: row["kafka_offset"] for row in rows(platform)}
    for sequence, other in ((4, 6), (6, 4)):
        updates = {"kafka_offset": f"{places[other]}", "kafka_key": "'x'"}
        delta(platform).update(predicate=f"sequence = {sequence} AND kafka_key <> 'x'", updates=updates)


def chained_anew(platform: Platform) -> None:
    """Somebody who knows how it is done."""
    found = delta(platform).to_pyarrow_dataset().to_table().sort_by("kafka_offset")
    held = found.to_pylist()
    held[3]["actor"] = "eve"
    names = ("audit_id", "actor", "action", "subject", "reason", "evidence", "before", "after")
    clocks = [int(row["clock"].timestamp() * 1_000_000) for row in held]
    values = [{name: row[name] for name in names} | {"clock": at} for row, at in zip(held, clocks, strict=True)]
    for row, link in zip(held, Trail().links(values), strict=True):
        assert link is not None
        row["hash"] = link.hash.hex()
    write_deltalake(delta(platform), type(found).from_pylist(held, schema=found.schema), mode="overwrite")


@pytest.mark.parametrize(
    ("manipulate", "expected"),
    [
        (edited, "record 4 was changed: expected "),
        (cut, "records 4 to 5 are missing before "),
        (cut_tail, "records 8 to 9 are missing at the end, the first of them is "),
        (swapped, "records 4 and 6 have changed places: "),
        (chained_anew, "record 4 was changed: expected "),
    ],
)
def test_what_is_done_to_the_table_is_found_with_and_without_the_topic(
    recorded: Platform, manipulate: Callable[[Platform], None], expected: str
) -> None:
    version = delta(recorded).version()
    ids = {row["sequence"]: row["audit_id"] for row in rows(recorded)}
    manipulate(recorded)
    try:
        for words in ((), ("--lake",)):
            (fault,) = command(recorded, "audit", "verify", *words, code=1)["faults"]
            assert fault["what"].startswith(expected)
            assert ids[8 if manipulate is cut_tail else 4] in fault["what"]
            assert fault["where"].startswith("lake/audit@")
    finally:
        delta(recorded).restore(version)


def test_what_is_done_to_the_table_does_nothing_to_the_topic(recorded: Platform) -> None:
    version = delta(recorded).version()
    edited(recorded)
    try:
        assert command(recorded, "audit", "verify", "--topic")["holds"]
    finally:
        delta(recorded).restore(version)


def test_what_is_done_to_the_topic_and_its_heads_is_found(recorded: Platform, tmp_path: Path) -> None:
    known = recorded.read("audit")
    forged = dict(known[1].value) | {"actor": "eve"}
    recorded.publish("audit", "driftmill.AuditRecorded", [(forged["audit_id"], forged)])
    (fault,) = command(recorded, "audit", "verify", code=1)["faults"]
    assert fault["what"] == f"{forged['audit_id']} comes again and says something else"
    make_keys(tmp_path)
    link = Link(10, "eve-1", b"\0" * 32)
    head = dict(Heads(recorded.pipeline.name, tmp_path).signed(link, 7))
    recorded.publish("audit.heads", "driftmill.AuditHeadSigned", [("eve-1", head)])
    found = command(recorded, "audit", "verify", code=1)
    told = "the head of record 10 (eve-1): it isn't signed by the key that is trusted"
    assert found["faults"][0]["what"] == told
    assert found["heads"] == 9
    admin = AdminClient(client.admin(recorded.settings))
    topic = recorded.settings.topic("audit")
    admin.delete_records([TopicPartition(topic, 0, known[2].offset)])[TopicPartition(topic, 0)].result()
    what = [fault["what"] for fault in command(recorded, "audit", "verify", "--topic", code=1)["faults"]]
    assert any(one.startswith(f"records 1 to 2 are missing before {known[2].value['audit_id']}") for one in what)
