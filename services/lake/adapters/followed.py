"""Up to where the lake has both what the stages of features read and all that they made of it."""

from collections.abc import Sequence

from services.chassis import clock
from services.chassis.errors import TransientError
from services.chassis.progress import Place, Progress
from services.chassis.settings import ChassisSettings
from services.lake.adapters.topic_log import told_offsets

_PATIENCE, _PAUSE = 60.0, 0.5
"""Seconds for which the lake is waited for, and between two looks."""


def followed(settings: ChassisSettings, stages: Sequence[str]) -> dict[Place, int]:
    """The offset by input of a stage and partition. Raises TransientError while the lake is behind."""
    inputs, outputs = ("events", *stages[1:]), (*stages[1:], "features")
    progress = Progress(settings, stages)
    try:
        worked = {place: offset for stage in stages for place, (offset, _) in progress.committed(stage).items()}
        # only now, so that all that was made of it lies before
        ends = progress.written(outputs)
    finally:
        progress.close()
    deadline = clock.monotonic() + _PATIENCE
    while True:
        told = told_offsets(settings, {*inputs, *outputs})
        if all(told[place] >= end for place, end in ends.items()):
            return {place: min(offset, told[place]) for place, offset in worked.items()}
        if clock.monotonic() > deadline:
            raise TransientError("The lake hasn't kept yet what features wrote: nothing is compared this time.")
        clock.sleep(_PAUSE)
