"""Protections that are left out, to see that it would be noticed."""

from collections.abc import Callable

from tests.chaos.world import Finding


def without(duty: str) -> dict[str, str]:
    """The environment in which a protection is left out."""
    return {"DRIFTMILL_SABOTAGE": duty}


def red(row: Callable[[], Finding]) -> None:
    """A row that must not pass: answers are doubled, or outcomes stops because it finds its input broken."""
    try:
        told = " ".join(row().troubles)
    except AssertionError as error:
        told = str(error)
    assert "is answered again" in told or "BrokenLog" in told
