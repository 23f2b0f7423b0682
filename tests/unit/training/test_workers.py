"""The process of a run works on its pieces one after the other."""

from services.training.domain.workers import ALONE


def test_pieces_are_worked_on_in_their_order_with_what_they_share() -> None:
    seen: list[int] = []

    def power(piece: int, exponent: int) -> int:
        seen.append(piece)
        return int(piece**exponent)

    assert ALONE.each(power, [3, 1, 2], 2) == [9, 1, 4]
    assert (seen, ALONE.count, ALONE.each(power, [], 2)) == ([3, 1, 2], 1, [])
