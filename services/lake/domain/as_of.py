"""What was known of an entity at a time: the newest vector of its log whose clock had come so far."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NONE = -1
"""Position of a vector that isn't there."""


def clocks(events: pd.DataFrame, labels: pd.DataFrame) -> Ints:
    """The time as of which each vector was computed, in microseconds [events]: the greatest of its entity so far.

    events: columns key, seq, time, in any order. labels: columns key, after_seq, time, of when they became known; a
    label stands in the log behind the event `after_seq`. A late event's vector knows what came before it in the log, so
    it counts from then, and not from the event's own time.
    """
    place = np.concatenate([events["seq"], labels["after_seq"] + 0.5])
    log = pd.DataFrame({name: np.concatenate([events[name], labels[name]]) for name in ("key", "time")})
    ordered = log.assign(place=place).sort_values("place", kind="stable")
    reached: Ints = ordered.groupby("key")["time"].cummax().sort_index().to_numpy(np.int64)
    return reached[: len(events)]


def newest(events: pd.DataFrame, clock: Ints, keys: Sequence[str], times: Ints | None) -> NDArray[np.intp]:
    """Position among the events of the newest vector of each key at each time, NONE where there is none [keys].

    events: as above. clock: as `clocks` gives it. times: microseconds, a vector of the very time included; None: at the
    end of the log.
    """
    until = np.full(len(keys), np.iinfo(np.int64).max) if times is None else times
    order = np.argsort(events["seq"].to_numpy(), kind="stable")
    places = pd.Series(order).groupby(events["key"].to_numpy()[order])
    held = {str(key): its.to_numpy() for key, its in places}
    found = np.full(len(keys), NONE, np.intp)
    for number, (key, time) in enumerate(zip(keys, until, strict=True)):
        if (its := held.get(key)) is not None and (count := int(np.searchsorted(clock[its], time, "right"))):
            found[number] = its[count - 1]
    return found
