"""A share of the events, by nothing but their numbers."""

import numpy as np
import pytest

from services.contracts.sample import Sample

EVENTS = 200_000


@pytest.mark.parametrize("share", [0.5, 0.1, 0.05, 0.01, 0.0123, 0.001])
@pytest.mark.parametrize("length", [1, 100, 2_000, 17_711])
def test_no_stretch_of_events_has_much_more_or_less_than_its_share(share: float, length: int) -> None:
    before = np.concatenate([[0], np.cumsum(Sample(share).chosen(range(EVENTS)))])
    found = before[length:] - before[:-length]
    assert np.abs(found - share * length).max() <= 5


def test_all_of_them_are_all_of_them() -> None:
    assert Sample(1.0).chosen(range(1_000)).all()


@pytest.mark.parametrize("every", [2, 7, 10, 24, 100, 144])
def test_what_comes_at_regular_distances_is_chosen_as_often(every: int) -> None:
    """A tenth of the events that come by the day are a tenth of them, and not all or none."""
    chosen = Sample(0.1).chosen(range(0, EVENTS, every))
    assert chosen.mean() == pytest.approx(0.1, abs=0.01)


def test_an_event_is_chosen_whatever_lies_beside_it() -> None:
    sample, seqs = Sample(0.03), [5, 999, 3, 2**40, 0]
    assert [sample.chosen([seq])[0] for seq in seqs] == sample.chosen(seqs).tolist()
    assert sample.chosen([]).tolist() == []
