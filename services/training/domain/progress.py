"""What a run tells of itself while it is worked on: its steps, in words, the same for the same run."""

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str], None]

_TOLD = 10
"""Of a search about so many trials are told."""


def silent(_step: str) -> None:
    """Where nobody listens."""


def is_told(trial: int, trials: int) -> bool:
    """Whether the beginning of a trial, counted from 1, is told of."""
    return (trial - 1) % -(-trials // _TOLD) == 0
