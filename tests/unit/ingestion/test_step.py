"""A replay writes in known-at order, ticks at chunk ends and rests there."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.ingestion.domain.known_order import known_order
from services.ingestion.step import Replay, Row, Stream


@dataclass
class _Journal:
    """Takes the place of Kafka and the clock: remembers what was asked, in order."""

    lines: list[str] = field(default_factory=list)

    def event(self, kind: str, key: str, value: Row) -> None:
        self.lines.append(f"{kind} {key} {value['id']}")

    def label(self, kind: str, key: str, value: Row) -> None:
        self.lines.append(f"{kind} {key} {value['id']}")

    def tick(self, time: int) -> None:
        self.lines.append(f"tick {time}")

    def until(self, time: int) -> None:
        self.lines.append(f"until {time}")

    def rest(self, end: int) -> None:
        self.lines.append(f"rest {end}")


class _Table(list[Row]):
    """Rows that are there already."""

    def take(self, index: NDArray[np.int64]) -> list[Row]:
        return [self[row] for row in index.tolist()]


def made_stream(events: list[int], labels: list[int]) -> Stream:
    order = known_order(np.array(events, dtype=np.int64), np.array(labels, dtype=np.int64))
    made = _Table({"id": f"e{number}"} for number in range(len(events)))
    judged = _Table({"id": f"e{number}"} for number in range(len(labels)))
    return Stream("Event", "Label", made, ["k"] * len(made), judged, ["k"] * len(judged), order)


def test_each_chunk_ends_with_a_tick_and_rest_and_the_replay_with_one_past_maturity() -> None:
    journal, told = _Journal(), list[dict[str, Any]]()
    Replay(journal, journal, told.append, step=10, maturity=15, window=10, final=True).play(made_stream([1, 12], [8]))
    assert journal.lines == [
        *("until 1", "Event k e0", "Label k e0", "tick 10", "rest 10"),
        *("until 12", "Event k e1", "tick 20", "rest 20"),
        *("tick 50", "rest 50"),
    ]
    assert told == [
        {"progress": "chunk", "chunk": 0, "clock": 10, "events": 1, "labels": 1},
        {"progress": "chunk", "chunk": 1, "clock": 20, "events": 2, "labels": 1},
        {"progress": "end", "clock": 50, "events": 2, "labels": 1},
    ]


def test_unless_it_is_final_time_stops_at_the_last_event_so_that_what_follows_is_in_time() -> None:
    journal = _Journal()
    Replay(journal, journal, lambda _: None, step=10, maturity=15, window=10, final=False).play(
        made_stream([1, 12], [8, 35])
    )
    assert [line for line in journal.lines if line.startswith("tick")] == ["tick 10", "tick 12", "tick 12", "tick 12"]


def test_a_chunk_without_rows_only_lets_time_pass() -> None:
    journal = _Journal()
    Replay(journal, journal, lambda _: None, step=10, maturity=0, window=10, final=True).play(made_stream([1, 55], []))
    assert "tick 50" in journal.lines
    assert journal.lines.index("tick 50") < journal.lines.index("Event k e1")


def test_nothing_to_play_writes_nothing() -> None:
    journal = _Journal()
    Replay(journal, journal, lambda _: None, step=10, maturity=0, window=10, final=True).play(made_stream([], []))
    assert journal.lines == []
