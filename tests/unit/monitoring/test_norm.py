from services.monitoring.domain.norm import EFFECT, Norm
from services.monitoring.domain.symptom import REFUSED, Missing, Refused
from tests.unit.monitoring.story import at
from tests.unit.monitoring.whole import POLICY, days, refusing, without_amount

SYMPTOM = Missing("amount")


def norm(first: int = 0, last: int = 14) -> Norm:
    made = Norm.of(POLICY, ("integrity", "missing amount"), SYMPTOM, days(first, last))
    assert made is not None
    return made


def test_what_is_usual_is_the_mean_and_a_rise_must_matter() -> None:
    cusum = norm().cusum
    assert 0.01 < cusum.level < 0.03
    assert cusum.effect == EFFECT
    assert cusum.limit >= EFFECT


def test_the_same_windows_give_the_same_norm() -> None:
    assert norm().cusum == norm().cusum


def test_a_window_in_which_nothing_could_show_says_nothing() -> None:
    judge = norm()
    for held in days(14, 18, broken=lambda one: one.__class__("inputs", "", one.start, one.end, one.end, 0, {}, [])):
        judge.update(held)
    assert judge.cusum == norm().cusum


def test_a_rise_is_said_in_words() -> None:
    judge = norm()
    for held in days(14, 16, broken=without_amount):
        judge.update(held)
    assert judge.cusum.raised
    assert judge.words(judge.cusum).startswith("The share of events without amount rose from 2.")


def test_what_is_new_is_named_of_the_windows_since_the_rise_began() -> None:
    found = Norm.of(POLICY, ("x",), REFUSED[0], days(0, 14))
    assert found is not None
    for held in (*days(14, 16), *days(16, 18, broken=refusing("type"))):
        found.update(held)
    assert found.words(found.cusum).endswith(" (amount type, amount check)")
    assert [held.start for held in found.since] == [at(16), at(17)]


def test_one_window_is_no_norm_and_nothing_at_all_is_neither() -> None:
    assert Norm.of(POLICY, ("x",), SYMPTOM, days(0, 1)) is None
    assert Norm.of(POLICY, ("x",), Missing("age"), days(0, 14)) is None


def test_few_events_of_which_none_was_refused_promise_less_than_many() -> None:
    few = Norm.of(POLICY, ("x",), Refused("odd", "Odd", "odd"), days(0, 4))
    assert few is not None
    assert few.cusum.level == 0.0
    assert few.cusum.limit >= few.cusum.effect > 0
