"""One bit an offset."""

from random import Random

from services.cli.domain.settled import Settled


def test_it_is_a_set_of_offsets_that_says_what_is_marked_again() -> None:
    random, settled, expected = Random(3), Settled(), set[int]()
    for _ in range(2_000):
        offset = random.randrange(5_000)
        assert settled.mark(offset) is (offset not in expected)
        expected.add(offset)
    assert {offset for offset in range(6_000) if offset in settled} == expected
    assert settled.marked == len(expected)
