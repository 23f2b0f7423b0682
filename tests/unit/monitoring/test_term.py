from dataclasses import replace

import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.floor import Floor
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.reference import History, Model
from services.monitoring.domain.term import Term
from services.monitoring.domain.window import Run, Window
from tests.unit.monitoring.story import at, model, numbers, policy


def window(day: int, stream: str = "inputs", version: str = "", mean: float = 0.0) -> Window:
    values = np.random.default_rng(day).normal(mean, 1.0, 300)
    fields = {"x": Histogram.from_record(numbers("x", values))}
    return Window(stream, version, at(day), at(day + 1), at(day + 1), 300, fields, [])


def lived(champion: Model, windows: list[Window]) -> tuple[Term, list[Fact]]:
    """A term that saw each window as it came."""
    history = History(policy())
    term = Term(policy(), champion, history)
    facts = term.begin()
    for held in windows:
        history.update(held)
        facts += term.update(held)
    return term, facts


def begun(champion: Model, windows: list[Window]) -> tuple[Term, list[Fact]]:
    """A term that begins when all windows have passed."""
    history = History(policy())
    for held in windows:
        history.update(held)
    term = Term(policy(), champion, history)
    return term, term.begin()


def moved(first: int, last: int, stream: str = "inputs", version: str = "", begin: int = 0) -> list[Window]:
    return [window(day, stream, version, 3.0 if day >= first else 0.0) for day in range(begin, last)]


def test_a_term_without_history_begins_with_nothing() -> None:
    term, facts = lived(model(), [])
    assert (facts, term.open(), term.superseded(at(20))) == ([], [], [])


def test_the_baseline_is_judged_by_a_full_reference_that_is_called_provisional() -> None:
    assert lived(Model(), moved(8, 14))[1] == []
    (alert,) = lived(Model(), moved(14, 18))[1]
    assert isinstance(alert, Raised)
    assert (alert.version, alert.kind, alert.name) == ("baseline", "inputs", "x")
    assert "provisional" in alert.message


def test_what_passed_before_the_model_was_known_is_judged_when_its_term_begins() -> None:
    term, (alert,) = begun(model(), moved(19, 24))
    assert isinstance(alert, Raised)
    assert alert.clock <= at(23)
    assert term.open() == [alert]


def test_the_window_in_which_two_models_may_have_answered_is_not_judged() -> None:
    first, second = (begun(model(), moved(17, last))[1] for last in (19, 20))
    assert first == []
    assert len(second) == 1


def test_scores_are_judged_by_the_model_s_own_first_season() -> None:
    scores = moved(30, 34, "scores", "m1", begin=17)
    term, facts = lived(model(), scores)
    (alert,) = facts
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.version) == ("scores", "m1")
    assert term.open() == [alert]
    assert lived(model(), moved(22, 24, "scores", "m1", begin=17))[1] == []


def test_windows_of_another_version_or_of_before_the_model_are_passed_over() -> None:
    assert lived(model(), moved(30, 40, "scores", "m2", begin=17))[1] == []
    assert lived(model(day=39), moved(30, 40, "scores", "m1", begin=17))[1] == []


def test_another_model_ends_the_alerts_that_stand_never_before_they_were_raised() -> None:
    term, (alert,) = begun(model(), moved(19, 24))
    assert isinstance(alert, Raised)
    assert term.superseded(at(25)) == [Cleared(alert.alert_id, at(25), "superseded")]
    assert term.superseded(at(3)) == [Cleared(alert.alert_id, alert.clock, "superseded")]


def quality(day: int, missed: int) -> Window:
    runs = [Run(at(day), at(day) + 9, 100, 5.0, missed, 20, missed, 1.0) for _ in range(4)]
    return Window("quality", "m1", at(day), at(day + 1), at(day + 2), 400, {}, runs)


def test_a_floor_stands_beside_what_is_usual_and_ends_with_its_model() -> None:
    floored, history = replace(policy(), floors=(Floor("recall", 0.5),)), History(policy())
    term = Term(floored, model(day=0), history)
    facts = term.begin()
    for day in range(1, 9):
        history.update(quality(day, 15))
        facts += term.update(quality(day, 15))
    (alert,) = facts
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.version) == ("floor", "recall", "m1")
    assert term.open() == [alert]
    assert term.superseded(at(20)) == [Cleared(alert.alert_id, at(20), "superseded")]


def test_without_a_floor_a_model_that_was_always_bad_is_usual() -> None:
    assert lived(model(day=0), [quality(day, 15) for day in range(1, 9)])[1] == []


def test_a_model_grows_old_alike_whether_its_time_is_seen_as_it_passes_or_afterwards() -> None:
    aging, days = replace(policy(), max_age=15 * DAY), moved(1000, 40)
    history = History(aging)
    seen = Term(aging, model(), history)
    facts = seen.begin()
    for held in days:
        history.update(held)
        facts += seen.update(held)
    later = Term(aging, model(), history)
    (alert,) = [fact for fact in facts if isinstance(fact, Raised)]
    assert (alert.kind, alert.clock) == ("stale", at(29))
    assert [fact for fact in later.begin() if isinstance(fact, Raised)] == [alert]
    assert alert in seen.open()
    assert later.superseded(at(50))[0].alert_id == alert.alert_id


def test_what_is_refused_is_judged_beside_what_is_accepted_whether_a_term_was_lived_or_begins_later() -> None:
    whole = [window(day) for day in range(24) if day not in (20, 21)]
    refused = [replace(held, refused={("x", "type"): 30}) if held.start >= at(17) else held for held in whole]
    alerts = [lived(Model(), refused)[1], begun(Model(), refused)[1]]
    assert alerts[0] == alerts[1]
    assert [(fact.kind, fact.name) for fact in alerts[0] if isinstance(fact, Raised)] == [
        ("integrity", "rejected"),
        ("integrity", "silent"),
    ]


def test_alerts_of_integrity_stand_and_end_with_their_model() -> None:
    refused = [replace(window(day), refused={("x", "type"): 30 * (day >= 19)}) for day in range(22)]
    term, _ = lived(model(), refused)
    (alert,) = term.open()
    assert (alert.kind, alert.version) == ("integrity", "m1")
    assert term.superseded(at(30)) == [Cleared(alert.alert_id, at(30), "superseded")]
