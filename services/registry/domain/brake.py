"""Brakes on releases: how many a day, and two models that take turns."""

from collections.abc import Iterable, Sequence

DAY = 86_400_000_000

_TURNS = 4


def is_full(released: Iterable[int], clock: int, per_day: int | None) -> bool:
    """Whether the day of a time has had all its releases. released: the pipeline's clock at each, in microseconds."""
    return per_day is not None and sum(at // DAY == clock // DAY for at in released) >= per_day


def oscillates(crowned: Sequence[str], digest: str) -> bool:
    """Whether two models would take turns if this one became champion: A, B, A, B. crowned: digests of all that did."""
    last = [*crowned, digest][-_TURNS:]
    return len(last) == _TURNS and last[0] == last[2] != last[1] == last[3]
