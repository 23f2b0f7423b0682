"""The silent replay of a log, without a broker."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, Message

from services.chassis.codec import Codec
from services.chassis.errors import TransientError
from services.chassis.replay import Replay
from services.chassis.storage import Storage
from services.validation.step import ValidationStep
from tests.platform import pipeline_named
from tests.unit.chassis.scene import context


class Endless:
    """A consumer to which records keep coming; `stop` is set when the first are asked for."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop, self.asked = stop, 0

    def assign(self, _places: Sequence[Any]) -> None:
        """Whatever is read, it comes."""

    def consume(self, _count: int, _timeout: float) -> list[Message]:
        self.stop.set()
        self.asked += 1
        return [Message("shop.events", 0, self.asked, b"anna", b"unreadable", None, None, (2, 0))]


def test_a_replay_ends_when_the_process_is_told_to_stop(codec: Codec, tmp_path: Path) -> None:
    made = context(codec, tmp_path)
    step = ValidationStep(pipeline_named("shop"), 1)
    replay = Replay(made, step, Storage("validation", made, step), 0, step.new_state(0))
    reader = Endless(made.stop)
    with pytest.raises(TransientError, match="told to stop"):
        replay.run(cast(Consumer, reader), {"events": 0}, {"events": 1_000})
    assert reader.asked == 1
