"""What the registry answers decides between poison, waiting and refusing."""

import datetime
from base64 import b64encode
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from services.chassis import clock
from services.chassis.errors import PoisonRecord, Refused, TransientError
from services.chassis.schema_registry import SchemaRegistry
from tests.schema_server import SchemaServer, schema_server
from tests.unit.chassis.scene import EVENT

PROTOBUF = 'syntax = "proto3"; message A { string x = 1; }'


def test_a_schema_is_registered_and_found(server: SchemaServer) -> None:
    number = SchemaRegistry(server.url).register("shop.events.raw", "shop.Sold", EVENT)
    assert SchemaRegistry(server.url).schema(number) == EVENT


def test_a_registry_behind_tls_must_prove_who_it_is(server: SchemaServer, tmp_path: Path) -> None:
    server.behind_tls(self_signed(tmp_path))
    with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
        SchemaRegistry(server.url).schema(server.add(EVENT))
    assert server.calls == 0


@pytest.mark.parametrize("status", [None, 503])
def test_of_several_registries_one_that_can_answer_does(server: SchemaServer, status: int | None) -> None:
    with schema_server() as other:
        other.status = status
        if status is None:
            other.close()
        registry = SchemaRegistry(f"{other.url}, {server.url}")
        assert registry.schema(registry.register("t", "shop.Sold", EVENT)) == EVENT


def test_name_and_password_in_the_address_are_sent_as_such(server: SchemaServer) -> None:
    address = server.url.replace("http://", "http://me:a%2Fb@")
    SchemaRegistry(address).register("t", "shop.Sold", EVENT)
    assert server.authorization == f"Basic {b64encode(b'me:a/b').decode()}"


@pytest.mark.parametrize("found", ["no JSON", [], {}])
def test_an_answer_that_is_none_is_waited_for(server: SchemaServer, found: object) -> None:
    server.instead = found
    with pytest.raises(TransientError, match="schema registry"):
        SchemaRegistry(server.url).schema(1)


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


def self_signed(folder: Path) -> Path:
    """A file of a key and of a certificate for 127.0.0.1 that nobody else has signed."""
    key, name = generate_private_key(SECP256R1()), x509.Name([])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(36_500))
        .add_extension(address, critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "registry.pem"
    file.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return file
