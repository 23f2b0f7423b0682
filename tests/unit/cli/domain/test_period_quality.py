"""Quality of the windows that became known in a period."""

from typing import Any

from services.cli.domain.period import Period
from services.cli.domain.period_quality import PeriodQuality
from services.contracts.pipeline.learning_task import BINARY, REGRESSION
from services.contracts.record import Record
from tests.unit.cli.domain.recorded import record
from tests.unit.cli.domain.test_live_measures import quality, scores

ALL = Period()


def told(timestamp: int, value: dict[str, Any]) -> Record:
    return record("profiles", "ProfileClosed", value | {"window_end": value["window_start"] + 1}, timestamp=timestamp)


def of(records: list[Record], period: Period, task: Any = BINARY) -> PeriodQuality:
    return PeriodQuality.of(records, period, task, None, ["age"])


def realised(found: PeriodQuality, metric: str = "accuracy") -> list[float]:
    return [row["realised"] for row in found.measures() if row["metric"] == metric]


def test_a_window_counts_in_the_period_in_which_its_labels_became_known() -> None:
    records = [told(1, scores(0, 0.9)), told(5, quality(0, 4, 1)), told(8, quality(1, 4, 4))]
    assert realised(of(records, Period(None, 5))) == []
    assert realised(of(records, Period(5, 8))) == [0.75]
    assert realised(of(records, Period(8, None))) == [0.0]
    assert realised(of(records, ALL)) == [0.375]


def test_corrections_count_until_the_period_ends_and_move_no_window_to_another_period() -> None:
    records = [told(5, quality(0, 4, 1)), told(7, quality(0, 4, 2)), told(9, quality(0, 4, 4))]
    assert realised(of(records, Period(None, 8))) == [0.5]
    assert realised(of(records, Period(8, 10))) == []


def test_of_what_was_asked_in_the_period_it_is_told_how_much_is_known_by_its_end() -> None:
    asked = [told(1, scores(0, 0.9, 0.9, 0.9)), told(2, scores(1, 0.9))]
    records = [*asked, told(5, quality(0, 3, 0)), told(9, quality(1, 1, 0))]
    assert of(records, Period(None, 3)).matured() == {"v1": 0.0}
    assert of(records, Period(None, 6)).matured() == {"v1": 0.75}
    assert of(records, ALL).matured() == {"v1": 1.0}
    assert of(records, Period(2, 6)).matured() == {"v1": 0.0}


def test_groups_of_people_are_told_apart_from_other_slices() -> None:
    some = [
        told(1, quality(window, 40, missed, positives=20, missed=missed, group=f"age={age}"))
        for window in (0, 1)
        for age, missed in (("old", 2), ("young", 12))
    ]
    found = of([*some, told(1, quality(0, 4, 1, group="region=north"))], ALL)
    assert {row["slice"] for row in found.groups()} == {"age=old", "age=young", "between age"}
    assert found.measures() == []


def test_series_are_by_version_and_window() -> None:
    records = [
        told(1, scores(0, 0.9, 0.1)),
        told(1, scores(0, 0.1, 0.1, partition=1)),
        told(2, scores(1, 0.9, version="v2")),
        told(3, quality(0, 4, 1, positives=2, missed=1)),
    ]
    found = of(records, ALL)
    assert found.decided_over_time() == {"v1": [(1, 0.25)], "v2": [(2, 1.0)]}
    metric, series = found.quality_over_time()
    assert (metric, series) == ("f1", {"v1": [(1, 2 / 3)]})
    assert of(records, ALL, REGRESSION).quality_over_time()[0] == "mae"
