import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.seen import NOTHING, Seen, together

NUMBERS = Seen.of(Histogram(np.array([3, 7]), np.array([1, 2]), {}, 0))
WORDS = Seen.of(Histogram.merged([Histogram.empty(), Histogram(np.array([], int), np.array([], int), {"de": 2}, 1)]))


def test_of_numbers_the_range_is_seen_and_of_categories_each() -> None:
    assert (NUMBERS.low, NUMBERS.high) == (3, 7)
    assert WORDS.categories == {"de"}
    assert WORDS.low > WORDS.high


def test_together_they_hold_what_either_holds() -> None:
    both = together([NUMBERS, WORDS, NOTHING])
    assert both == Seen(3, 7, frozenset({"de"}))
    assert both.holds(NUMBERS)
    assert both.holds(WORDS)
    assert not NUMBERS.holds(WORDS)
    assert together([]) == NOTHING == Seen.of(Histogram.empty())


def test_what_holds_another_stays_as_it_is() -> None:
    assert NUMBERS | Seen(4, 5) is NUMBERS
    assert Seen(1, 5) | NUMBERS == Seen(1, 7)
