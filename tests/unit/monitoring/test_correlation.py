from dataclasses import replace

import pytest

from services.monitoring.domain.correlation import CorrelationDrift, differences
from services.monitoring.domain.drift import EFFECT
from services.monitoring.domain.reconstruction import reconstruction_error
from tests.unit.monitoring.story import at, policy
from tests.unit.monitoring.together import NAMES, window

POLICY = replace(policy(), numbers=len(NAMES))


def watching(together: float = 0.0) -> CorrelationDrift:
    found = CorrelationDrift.of(POLICY, "m1", [window(day, together) for day in range(14)])
    assert found is not None
    return found


def verdicts(drift: CorrelationDrift, together: float, first: int, last: int) -> list[str | None]:
    parts = [(day, window(day, together).correlation) for day in range(first, last)]
    return [drift.update(part, at(day), at(day + 1)) for day, part in parts if part is not None]


def test_windows_like_the_reference_raise_nothing() -> None:
    assert set(verdicts(watching(), 0.0, 14, 60)) == {None}
    assert set(verdicts(watching(0.7), 0.7, 14, 60)) == {None}


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.6), (0.6, 0.0), (0.5, -0.5), (0.3, 0.9)])
def test_what_goes_together_otherwise_is_raised_and_cleared_when_it_is_back(before: float, after: float) -> None:
    drift = watching(before)
    assert verdicts(drift, after, 14, 17).count("raised") == 1
    assert "cleared" in verdicts(drift, before, 17, 21)


def test_the_columns_that_changed_have_the_distance_and_the_reconstruction_is_told() -> None:
    drift = watching(0.6)
    verdicts(drift, 0.0, 14, 16)
    found = drift.columns()
    assert sorted(found, key=lambda name: -found[name])[:2] == ["a", "b"]
    assert found["a"] == pytest.approx(0.33, abs=0.1)
    assert found["c"] < EFFECT
    (evidence,) = drift.evidence()
    assert evidence.statistic == "pca_reconstruction"


def test_a_change_that_no_reconstruction_shows_is_raised_all_the_same() -> None:
    """Where nothing went together, what components leave of the variance says little of what does now."""
    drift = watching()
    before = reconstruction_error(drift.reference, drift.reference)
    assert "raised" in verdicts(drift, 0.5, 14, 17)
    (evidence,) = drift.evidence()
    assert evidence.value == pytest.approx(before, abs=0.1)


def test_pairs_of_few_rows_say_nothing() -> None:
    few = window(1, 1.0, rows=40).correlation
    assert few is not None
    assert differences(watching().reference, few).tolist() == [0.0] * 10


def test_without_what_goes_together_nothing_is_watched() -> None:
    assert CorrelationDrift.of(POLICY, "m1", [replace(window(day), correlation=None) for day in range(9)]) is None
