"""How long cooldown and daily budget keep a run from starting."""

from typing import Any

from services.training.domain.history import History
from services.training.domain.limit import limit_of
from tests.unit.training.story import DAY, HOUR, START, after_a_run, pipeline, told

RULES = pipeline(retrain="retrain: {when: [{labels: {rows: 10}}], limits: {cooldown: 6h, per_day: 2}}")


def after(*hours: float) -> History:
    """Runs at these hours after the fifth day; the first of all is at its beginning."""
    history = after_a_run()
    for number, hour in enumerate(hours):
        run: dict[str, Any] = {
            "run_id": f"n{number}",
            "trigger": "request",
            "alert_id": None,
            "request_id": None,
            "requests": [],
        }
        run |= {"clock": START + 5 * DAY + int(hour * HOUR), "rows": 9, "positives": 3, "version": "v2"}
        history.start(run | {"features": "", "model": ""})
    return history


def limit(history: History, hour: float) -> tuple[str, float, str] | None:
    """Name, end in hours, and the last run."""
    found = limit_of(RULES, history, START + 5 * DAY + int(hour * HOUR))
    return None if found is None else (found.name, (found.until - START - 5 * DAY) / HOUR, found.last.run_id)


def test_nothing_holds_back_a_first_run() -> None:
    assert limit_of(RULES, told(), START) is None


def test_the_cooldown_ends_so_long_after_the_last_run() -> None:
    assert limit(after(), 5.9) == ("cooldown", 6.0, after().runs[0].run_id)
    assert limit(after(), 6) is None


def test_the_budget_is_free_again_a_day_after_the_first_of_the_runs_that_spent_it() -> None:
    assert limit(after(7), 8) == ("per_day", 24.0, "n0")
    assert limit(after(7), 23.9) == ("per_day", 24.0, "n0")
    assert limit(after(7), 24) is None


def test_of_both_the_one_that_ends_later_is_told() -> None:
    assert limit(after(20), 21) == ("cooldown", 26.0, "n0")


def test_runs_that_never_began_are_not_counted() -> None:
    history = after(7)
    history.runs[-1].outcome = "no_evidence"
    assert limit(history, 8) is None
