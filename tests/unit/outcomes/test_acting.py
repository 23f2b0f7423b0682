import pytest

from services.outcomes.domain.acting import NOTHING, Acting
from tests.unit.outcomes.log import pipeline

EVENT = {"loan_id": "a", "asked_at": 5, "amount": 80.0, "region": "north"}


def acting(when: str, explore: str = ", explore: 25%") -> Acting:
    return Acting.of(pipeline(acted=f'{{when: "{when}", label: censored{explore}}}'))


def reply(decision: bool | None, explore: bool = False) -> dict[str, object]:
    return {"label": decision, "explore": explore, "propensity": 0.25}


def test_where_the_file_says_nothing_nothing_is_done() -> None:
    assert Acting.of(pipeline()) == NOTHING
    assert NOTHING.of_event(EVENT, reply(True)) == (False, 1)


@pytest.mark.parametrize(
    ("decision", "explore", "expected"),
    [(True, False, (True, 1)), (True, True, (False, 4)), (False, True, (False, 1)), (None, True, (False, 1))],
)
def test_an_event_that_is_left_alone_stands_for_all_that_would_not_have_been(
    decision: bool | None, explore: bool, expected: tuple[bool, int]
) -> None:
    """One that nothing would have been done about stands for itself, explored or not."""
    assert acting("decision").of_event(EVENT, reply(decision, explore)) == expected


def test_it_is_also_done_to_what_is_decided_negative_where_the_file_says_so() -> None:
    found = acting("not decision")
    assert [found.of_event(EVENT, reply(False, explore)) for explore in (False, True)] == [(True, 1), (False, 4)]
    assert found.of_event(EVENT, reply(True)) == (False, 1)


def test_what_is_done_whatever_was_answered_is_done_to_explored_events_too() -> None:
    found = acting("decision or region == 'north'")
    assert [found.of_event(EVENT, reply(decision, True)) for decision in (False, True)] == [(True, 1), (True, 1)]
    assert found.of_event(EVENT | {"region": "south"}, reply(True, True)) == (False, 4)


def test_conditions_read_fields_of_every_kind_and_a_missing_one_is_no_condition() -> None:
    found = acting("amount > 50 and region == 'north' and hour(asked_at) < 1", "")
    assert found.of_event(EVENT, reply(False)) == (True, 1)
    assert found.of_event(EVENT | {"region": None}, reply(False)) == (False, 1)
    assert found.of_event(EVENT | {"amount": 20.0}, reply(False)) == (False, 1)


def test_where_it_is_unknown_what_was_done_nothing_was() -> None:
    found = Acting("blocked", (("blocked", "flag"),))
    results = [found.of_event({"blocked": done}, reply(True))[0] for done in (True, False, None)]
    assert results == [True, False, False]
