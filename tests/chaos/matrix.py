"""All rows, in the order in which they are played."""

from tests.chaos import backlog, brokers, failpoints, network, records, replay, restarts, state, surroundings
from tests.chaos.world import Row

ROWS: tuple[Row, ...] = (
    *failpoints.ROWS,
    *restarts.ROWS,
    *brokers.ROWS,
    *network.ROWS,
    *records.ROWS,
    *surroundings.ROWS,
    *state.ROWS,
    *replay.ROWS,
    *backlog.ROWS,
)
