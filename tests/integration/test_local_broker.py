"""The local broker itself: each test starts one of its own beside that of the session."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from services.broker.errors import PortTaken
from services.broker.local import Endpoints, LocalBroker
from tests.eventually import Eventually

SCHEMA = Schema('{"type": "record", "name": "E", "fields": [{"name": "a", "type": "int"}]}', "AVRO")


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalBroker]:
    """A broker that isn't up yet, under a path with a space and a letter beyond ASCII."""
    local = LocalBroker(tmp_path / "a höme")
    yield local
    local.down()


def pids(local: LocalBroker) -> list[int]:
    return [server.pid for server in local.status().servers if server.pid]


def topics(endpoints: Endpoints) -> set[str]:
    return set(AdminClient({"bootstrap.servers": endpoints.bootstrap}).list_topics(timeout=10).topics)


def make_topic(endpoints: Endpoints, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": endpoints.bootstrap})
    for made in admin.create_topics([NewTopic(name, 1, 1)]).values():
        made.result(timeout=10)


def test_two_live_side_by_side_and_down_leaves_no_process(broker: Endpoints, local: LocalBroker, prefix: str) -> None:
    assert not local.status().up
    endpoints = local.up()
    assert local.status().up
    assert all(server.memory > 50_000_000 for server in local.status().servers)
    running = pids(local)
    assert local.up() == endpoints
    assert pids(local) == running

    assert {endpoints.bootstrap, endpoints.schema_registry}.isdisjoint({broker.bootstrap, broker.schema_registry})
    make_topic(endpoints, prefix)
    assert prefix in topics(endpoints)
    assert prefix not in topics(broker)

    local.down()
    assert not any(psutil.pid_exists(pid) for pid in running)
    assert not local.status().up
    assert topics(broker) is not None


def test_topics_and_schema_ids_survive_a_kill_and_end_with_a_reset(local: LocalBroker, eventually: Eventually) -> None:
    endpoints = local.up()
    make_topic(endpoints, "kept")
    identifier = SchemaRegistryClient({"url": endpoints.schema_registry}).register_schema("kept-value", SCHEMA)
    for pid in pids(local):
        psutil.Process(pid).kill()
    eventually(lambda: not pids(local))

    assert local.up() == endpoints
    assert "kept" in topics(endpoints)
    assert SchemaRegistryClient({"url": endpoints.schema_registry}).get_schema(identifier).schema_str

    local.reset()
    assert local.endpoints == endpoints
    assert not local.status().up
    assert local.up() == endpoints
    assert "kept" not in topics(endpoints)


def test_only_what_ended_is_started_again(local: LocalBroker, eventually: Eventually) -> None:
    local.up()
    kafka, registry = pids(local)
    psutil.Process(registry).kill()
    eventually(lambda: pids(local) == [kafka])
    local.up()
    assert pids(local)[0] == kafka
    assert len(pids(local)) == 2


def test_nothing_outlives_an_owner_that_was_killed(local: LocalBroker, eventually: Eventually) -> None:
    program = Path(__file__).with_name("broker_owner.py")
    with subprocess.Popen([sys.executable, program, local.home], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        running = pids(local)
        owner.kill()
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in running), within=40)


def test_a_taken_port_is_named_with_the_way_out(local: LocalBroker) -> None:
    host, _, port = local.endpoints.bootstrap.partition(":")
    with socket.socket() as other:
        other.bind((host, int(port)))
        other.listen()
        with pytest.raises(PortTaken, match=rf"port {port} .* delete .*ports\.json"):
            local.up()
    assert not pids(local)
