"""Published models: verified as inference verifies them, since a training period decides what counts as normal."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.chassis.metrics import Metrics
from services.contracts.manifest import verify
from services.contracts.record import Record
from services.monitoring.domain.reference import Model

log = logging.getLogger(__name__)

_PUBLISHED = "driftmill.ModelPublished"


class Unbelievable(ValueError):
    """Why a published model isn't taken."""


class PublishedModels:
    """Reads the records of `models`; one that can't be read or verified is told of and left out, as inference does."""

    def __init__(self, key: Ed25519PublicKey, metrics: Metrics) -> None:
        self._key, self._metrics = key, metrics

    def read(self, record: Record) -> Model | None:
        """The model of a record, None if it isn't to be believed."""
        try:
            return _model(record, self._key)
        except Exception as error:
            self._metrics.refused.inc()
            log.error("published model left out", extra={"why": _why(error), "offset": record.offset})
            return None


def _model(record: Record, key: Ed25519PublicKey) -> Model:
    value = record.value
    if record.kind != _PUBLISHED:
        raise Unbelievable(f"expected {_PUBLISHED}, found {record.kind}")
    if not verify(value["manifest"], value["signature"], key):
        raise Unbelievable(f"{value['version']} isn't signed by the key that is trusted")
    manifest: Mapping[str, Any] = json.loads(value["manifest"])
    if (manifest["version"], manifest["model_digest"]) != (value["version"], value["model_digest"]):
        raise Unbelievable(f"{value['version']}: the signed manifest is about {manifest['version']}")
    return Model(
        version=value["version"],
        sequence=value["sequence"],
        clock=value["clock"],
        trained_from=int(manifest.get("trained_from") or -1),
        trained_through=int(manifest.get("trained_through") or -1),
    )


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, Unbelievable) else f"{type(error).__name__}: {error}"
