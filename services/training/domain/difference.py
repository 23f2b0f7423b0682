"""Where two manifests of one model differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """What was recorded, and what came of making it again. what: its place, such as `golden.scores[3]`."""

    what: str
    recorded: Any
    rebuilt: Any


def differences(recorded: Any, rebuilt: Any, what: str = "") -> Iterator[Difference]:
    """All places in which plain data differs, bit for bit; None stands for what is only in the other."""
    if isinstance(recorded, Mapping) and isinstance(rebuilt, Mapping):
        for name in dict.fromkeys((*recorded, *rebuilt)):
            yield from differences(recorded.get(name), rebuilt.get(name), f"{what}.{name}" if what else str(name))
    elif _is_list(recorded) and _is_list(rebuilt) and len(recorded) == len(rebuilt):
        for place, pair in enumerate(zip(recorded, rebuilt, strict=True)):
            yield from differences(*pair, f"{what}[{place}]")
    elif recorded != rebuilt:
        yield Difference(what, recorded, rebuilt)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
