"""What the registry answers decides between poison, waiting and refusing."""

import ssl

import pytest

from services.chassis import clock
from services.chassis.errors import PoisonRecord, Refused, TransientError
from services.chassis.schema_registry import SchemaRegistry
from tests.schema_server import SchemaServer
from tests.unit.chassis.scene import EVENT

PROTOBUF = 'syntax = "proto3"; message A { string x = 1; }'


def test_a_schema_is_registered_and_found(server: SchemaServer) -> None:
    number = SchemaRegistry(server.url).register("shop.events.raw", "shop.Sold", EVENT)
    assert SchemaRegistry(server.url).schema(number) == EVENT


@pytest.mark.parametrize("url", ["https://registry", "http://one,https://other"])
def test_a_registry_behind_tls_must_prove_who_it_is(url: str) -> None:
    assert SchemaRegistry(url)._client._rest_client.verify.verify_mode == ssl.CERT_REQUIRED


def test_a_known_schema_is_asked_for_once(server: SchemaServer) -> None:
    registry = SchemaRegistry(server.url)
    number = server.add(EVENT)
    for _ in range(3):
        registry.schema(number)
    assert server.calls == 1


def test_an_unknown_id_is_poison_and_is_not_asked_for_at_each_record(server: SchemaServer) -> None:
    registry = SchemaRegistry(server.url)
    for _ in range(3):
        with pytest.raises(PoisonRecord, match="unknown_schema"):
            registry.schema(9)
    assert server.calls == 1


def test_an_id_that_is_given_later_is_found(server: SchemaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, began = SchemaRegistry(server.url), clock.monotonic()
    with pytest.raises(PoisonRecord):
        registry.schema(1)
    server.add(EVENT)
    monkeypatch.setattr(clock, "monotonic", lambda: began + 60)
    assert registry.schema(1) == EVENT


def test_a_schema_of_another_format_is_poison_and_no_outage(server: SchemaServer) -> None:
    with pytest.raises(PoisonRecord, match="PROTOBUF"):
        SchemaRegistry(server.url).schema(server.add(PROTOBUF, "PROTOBUF"))


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_registry_that_cannot_answer_is_waited_for(server: SchemaServer, status: int) -> None:
    server.status = status
    with pytest.raises(TransientError):
        SchemaRegistry(server.url).schema(1)
    with pytest.raises(TransientError):
        SchemaRegistry(server.url).register("t", "shop.Sold", EVENT)


def test_an_absent_registry_is_waited_for(server: SchemaServer) -> None:
    server.close()
    with pytest.raises(TransientError):
        SchemaRegistry(server.url).schema(1)


def test_an_incompatible_schema_is_refused_with_the_way_to_mend(server: SchemaServer) -> None:
    server.status = 409
    with pytest.raises(Refused, match="needs a default"):
        SchemaRegistry(server.url).register("t", "shop.Sold", EVENT)
