"""A reference is the SHA-256 of what it names."""

import pytest

from services.contracts.reference import DIGEST, reference_to, unresolved


def test_a_reference_is_the_digest_of_its_bytes() -> None:
    assert reference_to(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert DIGEST.fullmatch(reference_to(b""))
    assert not DIGEST.fullmatch(reference_to(b"").upper())


def test_nobody_resolves_by_mistake() -> None:
    assert unresolved(set()) == {}
    with pytest.raises(LookupError, match="nothing was given that finds the bytes of ab"):
        unresolved({"ab"})
