"""A replay is cut at multiples of its step."""

import numpy as np

from services.ingestion.domain.chunks import Chunk, chunks, last_tick


def _chunks(times: list[int], step: int) -> list[Chunk]:
    return list(chunks(np.array(times, dtype=np.int64), step))


def test_rows_of_a_step_are_one_chunk() -> None:
    assert _chunks([10, 11, 19, 20, 25], 10) == [Chunk(0, 3, 20), Chunk(3, 5, 30)]


def test_a_gap_of_many_steps_is_one_empty_chunk() -> None:
    assert _chunks([5, 47], 10) == [Chunk(0, 1, 10), Chunk(1, 1, 40), Chunk(1, 2, 50)]


def test_times_before_1970_are_cut_at_the_same_places() -> None:
    assert _chunks([-11, -5, 5], 10) == [Chunk(0, 1, -10), Chunk(1, 2, 0), Chunk(2, 3, 10)]


def test_no_rows_give_no_chunk() -> None:
    assert _chunks([], 10) == []


def test_chunks_hold_every_row_once() -> None:
    times = np.sort(np.random.default_rng(1).integers(0, 10_000, 500))
    parts = list(chunks(times, 77))
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(500))
    assert all(times[part.start : part.stop].max(initial=0) < part.end for part in parts)


def test_the_last_tick_lies_past_maturity_at_a_window_boundary() -> None:
    assert last_tick(100, 35, 20) == 160
    assert last_tick(100, 40, 20) == 160
