import hashlib
import hmac

import pytest

from services.validation.domain.masking import Masking

KEY = b"k" * 32


def masked(value: str | None, key: bytes = KEY) -> str | None:
    found: str | None = Masking(frozenset({"card"}), key).mask({"card": value, "amount": 1.0})["card"]
    return found


def test_a_masked_value_is_the_hmac_behind_the_keys_id() -> None:
    digest = hmac.new(KEY, "4111 é".encode(), hashlib.sha256).hexdigest()
    assert masked("4111 é") == f"{hashlib.sha256(KEY).hexdigest()[:8]}:{digest}"


def test_equal_values_stay_equal_under_one_key_only() -> None:
    assert masked("4111") == masked("4111") != masked("4112")
    assert masked("4111") != masked("4111", b"j" * 32)


def test_null_stays_null_and_other_fields_as_they_are() -> None:
    assert masked(None) is None
    assert Masking(frozenset({"card"}), KEY).mask({"amount": 1.0}) == {"amount": 1.0}


def test_the_record_given_is_left_as_it_is() -> None:
    payload = {"card": "4111"}
    Masking(frozenset({"card"}), KEY).mask(payload)
    assert payload == {"card": "4111"}


def test_a_short_key_is_refused_where_there_is_something_to_mask() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Masking(frozenset({"card"}), b"short")
    assert Masking(frozenset(), b"").mask({"card": "4111"}) == {"card": "4111"}
