import pytest

from services.monitoring.domain.measure import MEASURES
from services.monitoring.domain.window import Run
from tests.unit.monitoring.story import policy

BINARY = MEASURES["binary"]


def run(rows: int, wrong: int, positives: int = 0, missed: int = 0, at: int = 0) -> Run:
    return Run(at, at + 9, rows, wrong * 0.5, wrong, positives, missed, missed * 0.8)


def test_no_outcome_is_no_measure() -> None:
    assert [measure.of([]) for measure in BINARY.values()] == [None] * len(BINARY)
    assert BINARY["error_rate"].of([run(0, 0)]) is None


def test_without_positives_only_the_measures_of_all_rows_are_known() -> None:
    known = {name for name, measure in BINARY.items() if measure.of([run(10, 1)]) is not None}
    assert known == {"error_rate", "brier"}


def test_each_measure_divides_its_errors_by_its_rows() -> None:
    runs = [run(60, 6, positives=8, missed=1), run(40, 4, positives=2, missed=1)]
    values = {name: sums.value for name, measure in BINARY.items() if (sums := measure.of(runs))}
    assert values == pytest.approx({"error_rate": 0.1, "brier": 0.05, "miss_rate": 0.2, "positive_brier": 0.16})


def test_long_runs_weigh_more_than_short_ones() -> None:
    sums = BINARY["error_rate"].of([run(90, 0), run(10, 10)])
    assert sums is not None
    assert (sums.value, sums.rows) == (0.1, 100)


def test_runs_that_agree_leave_no_doubt() -> None:
    sums = BINARY["error_rate"].of([run(20, 5), run(40, 10), run(4, 1)])
    assert sums is not None
    assert sums.deviation == 0.0


def test_the_deviation_of_runs_of_one_row_is_the_standard_error_of_a_share() -> None:
    sums = BINARY["error_rate"].of([run(1, 1)] * 20 + [run(1, 0)] * 80)
    assert sums is not None
    assert sums.deviation == pytest.approx((0.2 * 0.8 / 100) ** 0.5)


def test_the_time_spans_all_runs_in_whatever_order() -> None:
    sums = BINARY["error_rate"].of([run(1, 0, at=50), run(1, 0, at=10), run(1, 0, at=30)])
    assert sums is not None
    assert (sums.from_time, sums.to_time) == (10, 59)


def test_the_least_rise_is_a_quarter_of_the_level_but_never_less_than_the_effect() -> None:
    assert BINARY["error_rate"].least_rise(0.0) == 0.02
    assert BINARY["error_rate"].least_rise(0.08) == 0.02
    assert BINARY["error_rate"].least_rise(0.4) == 0.1


def test_the_budget_of_false_alarms_counts_every_measure() -> None:
    assert policy().tests == policy().fields + 2 + len(BINARY)


NUMBERS = MEASURES["regression"]


def of_numbers(rows: int, absolute: float, squared: float) -> Run:
    return Run(0, 9, rows, squared, 0, 0, 0, 0.0, absolute=absolute)


def test_errors_of_numbers_are_means_of_their_sums() -> None:
    runs = [of_numbers(60, 120.0, 600.0), of_numbers(40, 80.0, 400.0)]
    values = {name: sums.value for name, measure in NUMBERS.items() if (sums := measure.of(runs))}
    assert values == {"mae": 2.0, "mse": 10.0}
    sums = NUMBERS["miscoverage"].of([runs[0]._replace(intervals=50, outside=5)])
    assert sums is not None
    assert (sums.value, sums.rows) == (0.1, 50)


def test_a_rise_of_an_error_that_has_a_unit_is_a_quarter_of_its_level_whatever_that_is() -> None:
    assert [NUMBERS["mae"].least_rise(level) for level in (0.004, 4.0, 4e6)] == [0.001, 1.0, 1e6]


def test_where_nothing_was_wrong_anything_is_a_rise() -> None:
    assert 0 < NUMBERS["mae"].least_rise(0.0) < 1e-6
