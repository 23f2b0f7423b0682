from services.outcomes.step import OutcomesStep
from tests.unit.outcomes.log import DAY, Log, outcomes, pipeline, run, values


def marks(log: Log) -> list[tuple[float, int, int, int]]:
    """Watermark in days, matured seq, rows and positives of each mark."""
    found = values(run(log)[0], "CohortMatured")
    return [(v["watermark"] / DAY, v["matured_seq"], v["rows"], v["positives"]) for v in found]


def test_one_mark_for_each_crossing_of_a_window() -> None:
    log = Log().event("a", 0.1).event("b", 0.2).event("c", 0.3).label("a", 1.0, 0.9).tick(1).tick(1.5).tick(2)
    assert marks(log) == [(1.0, 0, 1, 1), (2.0, 0, 1, 1)]


def test_a_gap_of_many_windows_gives_one_mark() -> None:
    assert marks(Log().event("a", 0.1).tick(9.5)) == [(9.5, 0, 0, 0)]


def test_a_partition_without_events_marks_the_time_that_ticks_tell() -> None:
    assert marks(Log().tick(1).tick(2)) == [(1.0, -1, 0, 0), (2.0, -1, 0, 0)]


def test_events_alone_cross_windows_too() -> None:
    log = Log().event("a", 0.1).event("b", 0.2).event("c", 0.3).event("d", 1.1).event("e", 1.2)
    assert marks(log) == []
    assert marks(log.event("f", 1.3)) == [(1.1, -1, 0, 0)]


def test_the_prefix_ends_before_the_first_unresolved_event() -> None:
    log = Log().event("a", 0.1).event("b", 0.5).event("c", 0.6).label("a", 0.0, 0.9).label("c", 1.0, 0.9).tick(1)
    assert marks(log) == [(1.0, 0, 1, 0)]
    assert marks(log.tick(2.5).tick(3)) == [(1.0, 0, 1, 0), (2.5, 2, 2, 1), (3.0, 2, 2, 1)]


def test_what_was_acted_on_has_matured_at_once_and_is_counted_apart() -> None:
    step = OutcomesStep(pipeline(acted="{when: decision, label: censored}"))
    log = Log().event("a", 0.1, score=0.9).event("b", 0.5, score=0.9).event("c", 0.6).label("a", 1.0, 0.9).tick(1)
    found = values(run(log.label("c", 1.0, 1.2).tick(2), step)[0], "CohortMatured")
    assert [(v["matured_seq"], v["rows"], v["positives"], v["censored"]) for v in found] == [(1, 0, 0, 2), (2, 1, 1, 2)]


def test_a_correction_inside_the_prefix_changes_its_counts() -> None:
    log = Log().event("a", 0.1).label("a", 0.0, 0.9).tick(1).label("a", 1.0, 1.1).tick(2)
    assert marks(log) == [(1.0, 0, 1, 0), (2.0, 0, 1, 1)]


def test_a_late_label_inside_the_prefix_adds_a_row() -> None:
    log = Log().event("a", 0.1).tick(3).label("a", 1.0, 3.1).tick(4)
    assert marks(log) == [(3.0, 0, 0, 0), (4.0, 0, 1, 1)]


def test_what_is_missing_stands_before_the_mark_that_counts_it() -> None:
    outputs, _ = run(Log().event("a", 0.1).tick(3))
    assert [o.kind for o in outputs if o.topic == "outcomes"] == ["driftmill.Outcome", "driftmill.CohortMatured"]


def test_the_mark_names_the_time_of_its_last_event() -> None:
    outputs, _ = run(Log().event("a", 0.25).label("a", 1.0, 0.9).tick(1))
    assert values(outputs, "CohortMatured")[0]["matured_time"] == DAY // 4


def test_events_are_forgotten_a_maturity_after_they_were_given_up() -> None:
    log = Log().event("a", 0.1).tick(5)
    _, state = run(log)
    assert state.draft().answer_to("a") is not None
    outputs, state = run(log.tick(6).label("a", 1.0, 6.0))
    assert (state.draft().answer_to("a"), state.windows.spans) == (None, {})
    assert outcomes(outputs) == [("a", "missing", 0, None)]
    assert state.draft().early.get("a") is not None
    assert state.progress.matured_seq == 0


def test_an_event_dated_far_ahead_holds_nothing_back() -> None:
    log = Log().event("far", 300.0).event("a", 0.1).label("a", 1.0, 0.9).tick(7)
    outputs, state = run(log)
    mark = values(outputs, "CohortMatured")[-1]
    assert (mark["matured_seq"], mark["rows"]) == (1, 1)
    assert mark["matured_time"] == DAY // 10
    assert state.draft().answer_to("far") is not None
    later, _ = run(log.label("far", 1.0, 7.5).tick(8))
    mark = values(later, "CohortMatured")[-1]
    assert (mark["matured_seq"], mark["rows"], mark["matured_time"]) == (1, 2, DAY // 10)


def test_a_label_of_an_event_dated_far_ahead_does_not_tell_how_far_the_cohort_is() -> None:
    log = Log().event("a", 0.1).event("far", 300.0).label("a", 1.0, 0.9).label("far", 1.0, 0.9).tick(7)
    mark = values(run(log)[0], "CohortMatured")[-1]
    assert (mark["matured_seq"], mark["rows"], mark["matured_time"]) == (1, 2, DAY // 10)


def test_an_event_a_little_ahead_is_waited_for() -> None:
    log = Log().event("soon", 8.9).event("a", 0.1).label("a", 1.0, 0.9).tick(7)
    assert values(run(log)[0], "CohortMatured")[-1]["matured_seq"] == -1
