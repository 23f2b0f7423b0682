"""A stage of the flow: what one service does, or one of its parts, and what it leaves to the next owner."""

from dataclasses import dataclass
from typing import Any

from services.chassis.step import Step
from services.chassis.succession import NOTHING, Succession


@dataclass(frozen=True, slots=True)
class Stage:
    """service: name of the service, or of its stage, which names group, transactions and stored state."""

    service: str
    step: Step[Any, Any]
    succession: Succession = NOTHING
