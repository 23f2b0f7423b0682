"""Personal data becomes a keyed hash before anything is written: equal values stay equal, none can be read back."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any


class Masking:
    """Masks the named text fields of a record by HMAC-SHA256 (RFC 2104).

    A masked value is `<key id>:<64 hexadecimal digits>`; the key id is the beginning of the key's own SHA-256, so that
    values masked with different keys can be told apart. Null stays null.
    """

    def __init__(self, fields: frozenset[str], key: bytes) -> None:
        if fields and len(key) < 16:
            raise ValueError("the key that masks personal data needs at least 16 bytes")
        self.fields = fields
        self._key = key
        self._prefix = f"{hashlib.sha256(key).hexdigest()[:8]}:"

    def mask(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record with its personal fields masked; the same one if there are none."""
        if not self.fields:
            return payload
        masked = dict(payload)
        for name in self.fields:
            value = masked.get(name)
            if value is not None:
                masked[name] = self._prefix + hmac.digest(self._key, value.encode(), "sha256").hex()
        return masked
