"""Which keys are trusted is the own one, or what the list beside it says."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.errors import Refused
from services.chassis.keys import make_keys, private_key, public_key
from services.chassis.trust import Distrusted, Trust, TrustedKey
from services.contracts.manifest import canonical

HOUR = 3_600_000_000


def signed(key: Ed25519PrivateKey, key_id: str = "signing") -> dict[str, object]:
    content = canonical({"version": "v1", "model_digest": "d1"})
    named = {"version": "v1", "model_digest": "d1", "key_id": key_id}
    return named | {"manifest": content, "signature": key.sign(content)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path)
    return tmp_path


def test_without_a_list_the_own_key_is_trusted_for_ever(folder: Path) -> None:
    trust = Trust.read(folder)
    assert trust.keys == {"signing": TrustedKey(public_key(folder))}
    assert trust.manifest_of(signed(private_key(folder)), 10**17)["version"] == "v1"
    assert trust.id_of(private_key(folder).public_key()) == "signing"


def test_a_new_key_takes_over_from_one_that_is_trusted_until_then(folder: Path) -> None:
    old = private_key(folder)
    (folder / "signing.pub").rename(folder / "before.pub")
    (folder / "signing.key").unlink()
    make_keys(folder)
    (folder / "trusted.json").write_text(
        '{"signing": {"file": "before.pub", "not_after": "1970-01-01T02:00:00+01:00"}, "new": {"file": "signing.pub"}}'
    )
    trust, new = Trust.read(folder), private_key(folder)
    assert (trust.id_of(new.public_key()), trust.keys["signing"].not_after) == ("new", HOUR)
    assert trust.manifest_of(signed(new, "new"), 2 * HOUR)
    assert trust.manifest_of(signed(old), HOUR)
    with pytest.raises(Distrusted, match="trusted until 1970-01-01 01:00, v1 was offered 1970-01-01 02:00"):
        trust.manifest_of(signed(old), 2 * HOUR)
    assert trust.manifest_of(signed(old))  # what was admitted then


def test_a_key_that_signs_and_is_not_trusted_is_refused_before_it_does(folder: Path) -> None:
    with pytest.raises(Refused, match="none of the trusted keys, signing: name its public half"):
        Trust.read(folder).id_of(Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "invalid json"),
        ("[]", "should be an object"),
        ('{"a": {}}', "field required"),
        ('{"a": {"file": "signing.pub", "until": 1}}', "extra inputs"),
        ('{"a": {"file": "signing.pub", "not_after": "2027-01-01T00:00:00"}}', "timezone"),
        ('{"a": {"file": "gone.pub"}}', "gone.pub is missing"),
        ('{"a": {"file": "trusted.json"}}', "trusted.json is no public key"),
    ],
)
def test_a_list_that_cannot_be_read_stops_the_service(folder: Path, text: str, problem: str) -> None:
    (folder / "trusted.json").write_text(text)
    with pytest.raises(Refused, match=problem):
        Trust.read(folder)
