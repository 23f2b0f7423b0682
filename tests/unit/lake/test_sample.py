import numpy as np

from services.lake.domain.sample import Sample, hashed


def test_the_sample_is_the_same_whatever_the_order_in_which_keys_come() -> None:
    keys = hashed([f"c{number}" for number in range(5_000)])
    once = Sample(most=50).update(keys)
    parts = Sample(most=50)
    for part in np.array_split(keys[::-1], 37):
        parts = parts.update(part)
    assert once.to_bytes() == parts.to_bytes() == once.update(keys[:99]).to_bytes()
    assert once.holds(keys).sum() == 50


def test_who_is_in_it_was_in_it_from_the_beginning() -> None:
    keys = hashed([f"c{number}" for number in range(2_000)])
    sample, held = Sample(most=20), np.ones(len(keys), bool)
    for start in range(0, len(keys), 100):
        sample = sample.update(keys[start : start + 100])
        now = sample.holds(keys)
        assert not (now & ~held).any()
        held = now


def test_few_entities_are_all_in_it() -> None:
    sample = Sample().update(hashed(["a", "b"]))
    assert sample.holds(hashed(["a", "b", "c"])).all()
    assert sample.share == 1.0


def test_its_share_is_that_of_the_entities() -> None:
    sample = Sample().update(hashed([f"c{number}" for number in range(20_000)]))
    assert abs(sample.share - 0.01) < 0.002


def test_it_survives_being_written() -> None:
    sample = Sample().update(hashed([f"c{number}" for number in range(900)]))
    again = Sample.from_bytes(sample.to_bytes())
    assert (again.share, again.to_bytes()) == (sample.share, sample.to_bytes())
    assert Sample.from_bytes(b"").share == 1.0
