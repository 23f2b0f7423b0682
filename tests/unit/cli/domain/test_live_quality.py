"""How each version's answers did, from the profiles of partitions and windows."""

from typing import Any

import pytest

from services.cli.domain.live_quality import live_quality


def profile(stream: str, version: str = "v1", window: int = 0, partition: int = 0, **said: Any) -> dict[str, Any]:
    about = {"stream": stream, "version": version, "window_start": window, "slice": "", "partition": partition}
    return about | {"rows": 0, "decided": 0, "beside": 0, "cost": None, "reliability": []} | said


def part(bin_: int, rows: int, scores: float, positives: int) -> dict[str, Any]:
    return {"bin": bin_, "rows": rows, "scores": scores, "positives": positives}


def test_windows_and_partitions_are_added_up_by_version() -> None:
    found = live_quality(
        [
            profile("scores", rows=100, decided=10),
            profile("scores", partition=1, rows=300, decided=10),
            profile("scores", "v1.p2", rows=50, decided=25),
            profile("quality", rows=10, cost=30.0, reliability=[part(0, 6, 0.3, 1), part(9, 4, 3.8, 4)]),
            profile("quality", window=1, rows=10, cost=10.0, reliability=[part(0, 10, 0.7, 1)]),
        ]
    )
    assert found["v1"] == {
        "answers": 400,
        "decision_rate": 0.05,
        "judged": 20,
        "cost": 2.0,
        "calibration_error": pytest.approx((abs(1.0 - 2) + 0.2) / 20),
    }
    assert (found["v1.p2"]["decision_rate"], found["v1.p2"]["cost"]) == (0.5, None)


def test_a_later_profile_of_a_window_replaces_the_earlier() -> None:
    found = live_quality([profile("scores", rows=100, decided=10), profile("scores", rows=110, decided=11)])
    assert found["v1"]["answers"] == 110


def test_a_cost_that_is_not_known_of_all_is_not_told() -> None:
    found = live_quality([profile("quality", rows=5, cost=9.0), profile("quality", window=1, rows=5)])
    assert (found["v1"]["judged"], found["v1"]["cost"]) == (10, None)


def test_inputs_and_windows_without_a_version_tell_nothing() -> None:
    assert live_quality([profile("inputs", ""), profile("quality", "")]) == {}


def test_what_was_said_beside_anothers_answer_counts_for_all_but_the_answers() -> None:
    found = live_quality([profile("scores", rows=100, decided=10, beside=95), profile("quality", rows=90, beside=80)])
    assert (found["v1"]["answers"], found["v1"]["decision_rate"], found["v1"]["judged"]) == (5, 0.1, 90)
