import numpy as np

from services.monitoring.domain.seen import Seen
from services.monitoring.domain.symptom import REFUSED, Missing, Unseen, symptoms_of
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import numbers, words
from tests.unit.monitoring.whole import window


def of(amounts: list[float], countries: list[str | None], **refused: int) -> Window:
    fields = {"amount": numbers("amount", np.array(amounts)), "country": words("country", countries)}
    return window(0, len(amounts), fields, {("x", rule): rows for rule, rows in refused.items()})


USUAL = of([1.0, 5.0, 9.0], ["de", "fr", None])


def test_missing_is_a_share_of_all_rows() -> None:
    symptom = Missing("country")
    assert symptom.count(USUAL, symptom.known([])) == (1, 3)
    assert Missing("age").count(USUAL, symptom.known([])) == (0, 0)


def test_a_category_that_was_never_there_is_new() -> None:
    symptom = Unseen("country", True)
    assert symptom.count(of([1.0] * 4, ["de", "nl", "nl", None]), symptom.known([USUAL])) == (2, 3)


def test_a_number_is_far_outside_if_it_is_further_away_than_the_range_is_wide() -> None:
    symptom = Unseen("amount", False)
    assert symptom.count(of([15.0, 30.0, -5.0, -30.0, np.nan], ["de"] * 5), symptom.known([USUAL])) == (2, 4)


def test_where_nothing_is_known_all_is_new() -> None:
    for symptom in (Unseen("amount", False), Unseen("country", True)):
        assert symptom.count(USUAL, symptom.known([])) in ((3, 3), (2, 2))


def test_refused_events_have_three_reasons_and_are_a_share_of_all_that_came() -> None:
    held = of([1.0], ["de"], type=2, range=1, duplicate=5, too_late=1)
    assert {one.name: one.count(held, one.known([])) for one in REFUSED} == {
        "rejected": (3, 10),
        "duplicates": (5, 10),
        "late": (1, 10),
    }


def test_what_is_broken_or_new_is_named_the_most_frequent_first() -> None:
    held = of([1.0] * 4, ["de", "nl", "nl", "at"], range=1, type=2, duplicate=5)
    country = Unseen("country", True)
    assert country.detail([held, held], country.known([USUAL])) == " (nl, at)"
    assert [one.detail([held], one.known([])) for one in REFUSED] == [" (x type, x range)", "", ""]
    assert Unseen("amount", False).detail([held], Seen.of(USUAL.fields["amount"])) == ""


def test_what_may_be_found_follows_from_the_fields() -> None:
    assert [one.name for one in symptoms_of([USUAL])] == [
        *("rejected", "duplicates", "late"),
        *("missing amount", "out of range amount", "missing country", "new category country"),
    ]
