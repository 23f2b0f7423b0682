import numpy as np

from services.training.domain.side import Side, sides


def test_an_entity_stays_on_its_side_whatever_rows_come() -> None:
    keys = np.array([f"c{n}" for n in range(2_000)], object)
    found = sides(keys)
    order = np.random.default_rng(1).permutation(2_000)[:500]
    assert sides(keys[order]).tolist() == found[order].tolist()
    assert sides(np.array(["c0", "c1", "c2", "c3", "c4", "c5"], object)).tolist() == found[:6].tolist()


def test_a_fifth_is_held_out_and_a_fifth_chooses() -> None:
    found = sides(np.array([f"c{n}" for n in range(10_000)], object))
    shares = np.bincount(found, minlength=3) / len(found)
    assert np.abs(shares - [0.2, 0.2, 0.6]).max() < 0.02


def test_sides_are_recorded_facts() -> None:
    """They must never change: a model would be measured on what another release has learnt from."""
    known = {"c0": Side.TRAINS, "c1": Side.HELD_OUT, "zürich": Side.HELD_OUT, "c5": Side.CHOOSES, "": Side.TRAINS}
    assert {key: Side(int(sides(np.array([key], object))[0])) for key in known} == known
    assert sides(np.array([], object)).tolist() == []
