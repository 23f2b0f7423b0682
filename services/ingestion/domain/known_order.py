"""The order in which the world learnt of events and labels: what a live source would have sent, and when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]


@dataclass(frozen=True)
class KnownOrder:
    """Events and labels as one sequence; equal lengths.

    times: when each became known, microseconds, ascending. is_label: whether it is a label. index: its row in the table
    of events or of labels.
    """

    times: Times
    is_label: NDArray[np.bool_]
    index: Times

    def __len__(self) -> int:
        return len(self.times)


def known_order(event_times: Times, known_times: Times) -> KnownOrder:
    """Merge by time: event time of events, known-at of labels; labels first on a tie, else as they stand."""
    times = np.concatenate([known_times, event_times])
    is_label = np.concatenate([np.ones(len(known_times), bool), np.zeros(len(event_times), bool)])
    index = np.concatenate([np.arange(len(known_times)), np.arange(len(event_times))])
    order = np.argsort(times, kind="stable")
    return KnownOrder(times[order], is_label[order], index[order])
