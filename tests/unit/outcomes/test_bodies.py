import pytest

from services.outcomes.domain.answer import Body
from services.outcomes.domain.bodies import bodies_of, group_key, written
from tests.unit.outcomes.test_answers import answer_to


def _body(seq: int) -> Body:
    answer = answer_to(seq)
    return Body(answer.event_id, answer.key, answer.slices, answer.numbers, answer.categories)


def _kept(first: int, *counts: int) -> dict[bytes, bytes]:
    """Groups after answers from `first` came in batches of so many."""
    kept: dict[bytes, bytes] = {}
    for count in counts:
        added = [answer_to(seq) for seq in range(first, first + count)]
        kept.update(written(added, kept.get(group_key(first // 4))))
        first += count
    return kept


@pytest.mark.parametrize("counts", [(10,), (1,) * 10, (3, 1, 5, 1), (4, 4, 2)])
def test_groups_do_not_tell_in_which_batches_answers_came(counts: tuple[int, ...]) -> None:
    kept = _kept(4, *counts)
    assert kept == _kept(4, 10)
    assert list(bodies_of(kept.get, range(4, 14))) == [_body(seq) for seq in range(4, 14)]


def test_bodies_come_in_the_order_in_which_they_are_asked_for() -> None:
    kept = _kept(0, 9)
    assert list(bodies_of(kept.get, [8, 1, 6])) == [_body(8), _body(1), _body(6)]
