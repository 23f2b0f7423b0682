from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.drift import EFFECT, FieldDrift, drifts_of
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, numbers, policy, words


def normals(count: int, mean: float = 0.0, rows: int = 400, seed: int = 3) -> list[Histogram]:
    rng = np.random.default_rng(seed)
    return [Histogram.from_record(numbers("x", rng.normal(mean, 1.0, rows))) for _ in range(count)]


def constant(value: float) -> Histogram:
    return Histogram.from_record(numbers("x", np.full(200, value)))


def watching(reference: Sequence[Histogram]) -> FieldDrift:
    return FieldDrift.of(policy(), ("inputs", "x", "m1"), reference, 1.0)


def verdicts(drift: FieldDrift, windows: Sequence[Histogram]) -> list[str | None]:
    return [drift.update(window, at(day), at(day + 1)) for day, window in enumerate(windows)]


def window(day: int, **fields: Histogram) -> Window:
    return Window("inputs", "", at(day), at(day + 1), at(day + 1), 400, fields, [])


def test_windows_like_the_reference_raise_nothing() -> None:
    drift = watching(normals(14))
    assert set(verdicts(drift, normals(30, seed=4))) == {None}


def test_a_field_that_moved_is_raised_once_and_cleared_when_it_is_back() -> None:
    drift = watching(normals(14))
    found = verdicts(drift, normals(5, mean=1.5) + normals(5, seed=4))
    assert [verdict for verdict in found if verdict] == ["raised", "cleared"]
    assert found.index("raised") < 5 <= found.index("cleared")


def test_by_hours_a_small_move_has_to_last_and_a_great_one_is_told_in_two() -> None:
    hourly = replace(policy(), window=DAY // 24)
    drift, other = (FieldDrift.of(hourly, ("inputs", "x", "m1"), normals(336), 1.0) for _ in range(2))
    small, great = verdicts(drift, normals(40, mean=0.5, seed=4)), verdicts(other, normals(5, mean=8.0, seed=4))
    assert 6 <= small.index("raised") <= 24
    assert great.index("raised") == 1


def test_a_constant_field_is_watched_without_a_variance() -> None:
    drift = watching([constant(3.0)] * 14)
    assert verdicts(drift, [constant(3.0)] * 10) == [None] * 10
    assert verdicts(drift, [constant(4.0)] * 2) == [None, "raised"]


def test_a_reference_of_one_window_can_be_compared_with() -> None:
    drift = watching(normals(1))
    assert (drift.cusum.level, drift.cusum.limit) == (0.0, EFFECT)
    assert "raised" in verdicts(drift, normals(3, mean=1.5))


def test_a_window_without_rows_shows_no_drift() -> None:
    drift = watching(normals(14))
    assert verdicts(drift, [Histogram.empty()] * 5) == [None] * 5


def test_a_category_that_vanished_is_drift() -> None:
    both = Histogram.from_record(words("x", ["a"] * 120 + ["b"] * 80))
    drift = watching([both] * 14)
    assert verdicts(drift, [Histogram.from_record(words("x", ["a"] * 200))] * 2) == [None, "raised"]


def test_the_level_is_never_below_nothing() -> None:
    assert watching([constant(3.0)] * 14).cusum.level == 0.0


def test_the_reference_holds_all_rows_of_its_windows() -> None:
    assert watching(normals(1, rows=30) + normals(1, rows=50)).reference.sum() == 80


def test_every_field_of_any_window_has_its_watch() -> None:
    first, *rest = normals(5)
    reference = [window(day, x=held) for day, held in enumerate(rest)] + [window(4, y=first, x=first)]
    drifts = drifts_of(policy(), "inputs", "m1", reference)
    assert list(drifts) == ["x", "y"]
    assert (drifts["x"].reference.sum(), drifts["y"].reference.sum()) == (2000, 400)


def test_the_same_reference_gives_the_same_watch() -> None:
    reference = [window(day, x=held) for day, held in enumerate(normals(14))]
    one, other = (drifts_of(policy(), "inputs", "m1", reference)["x"].cusum for _ in range(2))
    assert one == other


def test_other_statistics_tell_how_far_the_windows_that_were_raised_moved() -> None:
    drift = watching(normals(14))
    verdicts(drift, [*normals(3, seed=4), *normals(2, mean=1.5)])
    found = {one.statistic: one for one in drift.evidence()}
    assert found["kolmogorov_smirnov"].value > 0.5
    assert found["kolmogorov_smirnov"].effect is not None
    assert found["kolmogorov_smirnov"].effect > 0.6
    before = drift.evidence()
    drift.update(normals(1, seed=9)[0], at(5), at(6))
    assert drift.evidence() == before


def test_how_far_a_field_moved_is_told_of_a_time_and_never_of_later() -> None:
    drift = watching(normals(14))
    verdicts(drift, [*normals(4, seed=4), *normals(4, mean=1.5)])
    assert drift.moved(at(0), at(4)) < 0.1 < 1.0 < drift.moved(at(4), at(8))
    assert drift.moved(at(0), at(8)) < drift.moved(at(4), at(8))
    assert drift.moved(at(8), at(20)) == 0.0
