import pytest

from services.outcomes.step import OutcomesStep
from tests.unit.outcomes.log import DAY, Log, pipeline, run, values


def quality(log: Log) -> list[tuple[float, str, int, int, int]]:
    """Window start in days, version, rows, positives and correct of each profile of quality."""
    found = values(run(log)[0], "ProfileClosed", stream="quality")
    return [(v["window_start"] / DAY, v["version"], v["rows"], v["positives"], v["correct"]) for v in found]


def three() -> Log:
    return Log().event("a", 0.1, score=0.9).event("b", 0.2, score=0.2).event("c", 0.3, score=0.6)


def test_a_cohort_is_reported_only_when_all_of_it_is_resolved() -> None:
    log = three().label("a", 1.0, 0.8).label("b", 0.0, 0.9).tick(1)
    assert quality(log) == []
    assert quality(log.label("c", 0.0, 1.5).tick(2)) == [(0.0, "m1", 3, 1, 2), (1.0, "", 0, 0, 0)]


def test_what_is_missing_resolves_a_cohort_but_is_not_judged() -> None:
    log = three().label("a", 1.0, 0.8).tick(1).tick(2).tick(3)
    assert quality(log) == [(0.0, "m1", 1, 1, 1), (2.0, "", 0, 0, 0)]


def test_windows_are_reported_in_order() -> None:
    log = three().event("d", 1.1).event("e", 1.2).event("f", 1.3)
    for name in "def":
        log.label(name, 0.0, 1.5)
    log.tick(2)
    assert quality(log) == []
    for name in "abc":
        log.label(name, 0.0, 2.5)
    assert [start for start, *_ in quality(log.tick(3))] == [0.0, 1.0, 2.0]


def test_a_correction_reports_its_window_again() -> None:
    log = Log().event("a", 0.1, score=0.9).label("a", 1.0, 0.8).tick(1).label("a", 0.0, 1.5).tick(2)
    assert quality(log) == [(0.0, "m1", 1, 1, 1), (0.0, "m1", 1, 0, 0), (1.0, "", 0, 0, 0)]


def test_errors_are_summed_over_each_32_in_the_order_of_events() -> None:
    log = Log()
    for number in range(70):
        log.event(f"e{number}", number / 100, score=0.5 if number < 32 else 0.25)
    for number in reversed(range(70)):
        log.label(f"e{number}", 1.0, 0.9)
    [profile] = values(run(log.tick(1))[0], "ProfileClosed", stream="quality")
    assert [(e["rows"], e["total"], e["wrong"]) for e in profile["errors"]] == [
        (32, pytest.approx(8.0), 0),
        (32, pytest.approx(18.0), 32),
        (6, pytest.approx(3.375), 6),
    ]
    assert profile["errors"][1]["from_time"] == int(0.32 * DAY)
    assert profile["errors"][1]["to_time"] == int(0.63 * DAY)
    assert profile["up_to_seq"] == 69


def test_what_was_acted_on_is_left_out_and_what_was_explored_speaks_for_it() -> None:
    """Nine are blocked, one that would have been is left alone: it stands for four, as one in four is explored."""
    step = OutcomesStep(pipeline(acted="{when: decision, label: censored, explore: 25%}"))
    log = Log()
    for number in range(9):
        log.event(f"b{number}", 0.1, score=0.9)
    log.event("x", 0.2, score=0.75, explore=True).event("c", 0.3, score=0.25).event("d", 0.4, score=0.25)
    log.label("b0", 1.0, 0.8).label("x", 0.0, 0.8).label("c", 0.0, 0.8).label("d", 1.0, 0.8)
    [profile] = values(run(log.tick(1), step)[0], "ProfileClosed", stream="quality")
    assert [profile[name] for name in ("rows", "positives", "correct", "censored")] == [6, 1, 1, 9]
    [run_] = profile["errors"]
    assert (run_["rows"], run_["wrong"], run_["positives"], run_["missed"]) == (6, 5, 1, 1)
    assert run_["total"] == 4 * 0.75**2 + 0.25**2 + 0.75**2
    assert (run_["positive_total"], run_["heaviest"]) == (0.75**2, 4)


def test_errors_among_positives_are_told_apart() -> None:
    log = three().label("a", 1.0, 0.8).label("b", 1.0, 0.8).label("c", 0.0, 0.8)
    [profile] = values(run(log.tick(1))[0], "ProfileClosed", stream="quality")
    [errors] = profile["errors"]
    assert (errors["rows"], errors["wrong"], errors["positives"], errors["missed"]) == (3, 2, 2, 1)
    assert errors["total"] == pytest.approx(0.01 + 0.64 + 0.36)
    assert errors["positive_total"] == pytest.approx(0.01 + 0.64)


def test_a_failed_answer_is_not_judged() -> None:
    assert quality(Log().event("a", 0.1, score=None).label("a", 1.0, 0.8).tick(1)) == [(0.0, "m1", 0, 0, 0)]


def test_a_late_event_does_not_hold_back_younger_windows() -> None:
    log = Log().event("a", 0.1).label("a", 0.0, 0.8).tick(1).event("late", 0.999).event("b", 1.1).label("b", 0.0, 1.5)
    assert quality(log.tick(2)) == [(0.0, "m1", 1, 0, 1), (1.0, "m1", 1, 0, 1)]
    assert quality(log.tick(3))[2:] == [(0.0, "m1", 1, 0, 1), (2.0, "", 0, 0, 0)]


def test_of_a_slice_all_errors_are_one_sum() -> None:
    log = Log()
    for number in range(140):
        log.event(f"e{number}", number / 200, 0.75, region="north" if number % 2 else "south").label(
            f"e{number}", 1.0, 0.8
        )
    outputs = run(log.tick(1))[0]
    [whole] = values(outputs, "ProfileClosed", stream="quality")
    [north] = values(outputs, "ProfileClosed", stream="quality", slice="region=north")
    assert [one["rows"] for one in whole["errors"]] == [32, 32, 32, 32, 12]
    [errors] = north["errors"]
    assert (errors["rows"], errors["positives"], errors["total"]) == (70, 70, 70 * 0.0625)
    assert (errors["from_time"], errors["to_time"]) == (int(1 / 200 * DAY), int(139 / 200 * DAY))
