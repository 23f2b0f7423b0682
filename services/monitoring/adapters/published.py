"""Published models: verified as inference verifies them, since a training period decides what counts as normal."""

import logging
from collections.abc import Mapping
from typing import Any

from services.chassis.metrics import Metrics
from services.chassis.trust import Distrusted, Trust
from services.contracts.advantage import hold_out_loss
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.promise import Losses
from services.contracts.record import Record
from services.monitoring.domain.reference import Model

log = logging.getLogger(__name__)

_PUBLISHED = "driftmill.ModelPublished"


class PublishedModels:
    """Reads the records of `models`; one that can't be read or verified is told of and left out, as inference does."""

    def __init__(self, trust: Trust, metrics: Metrics, task: LearningTask) -> None:
        self._trust, self._metrics, self._task = trust, metrics, task

    def read(self, record: Record) -> Model | None:
        """The model of a record, None if it isn't to be believed."""
        try:
            return _model(record, self._trust, self._task)
        except Exception as error:
            self._metrics.refused.inc()
            log.error("published model left out", extra={"why": _why(error), "offset": record.offset})
            return None


def _model(record: Record, trust: Trust, task: LearningTask) -> Model:
    value = record.value
    if record.kind != _PUBLISHED:
        raise Distrusted(f"expected {_PUBLISHED}, found {record.kind}")
    manifest = trust.manifest_of(value)
    measured = manifest.get("measured") or {}
    return Model(
        version=manifest["version"],
        sequence=value["sequence"],
        clock=_released_at(value, manifest, trust),
        trained_from=int(manifest.get("trained_from") or -1),
        trained_through=int(manifest.get("trained_through") or -1),
        importance={
            one["input"]: float(one["value"]) for one in manifest.get("importance", ()) if one["value"] is not None
        },
        losses=Losses.of(measured),
        loss=hold_out_loss(measured, task),
    )


def _released_at(value: Mapping[str, Any], manifest: Mapping[str, Any], trust: Trust) -> int:
    """When the model took over: its policy may have come later, unless people went back to both."""
    policy, clock = trust.policy_of(value), int(value["clock"])
    return clock if policy is None or policy["dataset"]["clock"] != clock else int(manifest["dataset"]["clock"])


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, Distrusted) else f"{type(error).__name__}: {error}"
