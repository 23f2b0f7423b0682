"""Clean rows are made unusual in three ways, beside themselves, by a seed."""

import numpy as np
import pytest

from services.training.domain.cohort import Rows
from services.training.domain.injection import ONE_IN, injected
from services.training.domain.split import Split, SplitRule, split
from tests.unit.training.clean_rows import clean_rows
from tests.unit.training.rows import DAY


def pairs(rows: Rows) -> tuple[Rows, Rows]:
    """Rows that were made unusual, and those that they were made of, which lie before them."""
    made = np.flatnonzero(rows.label == 1)
    return rows.take(made), rows.take(made - 1)


def test_one_in_ten_is_there_again_at_its_time_and_the_others_stay() -> None:
    clean, found = clean_rows(), injected(clean_rows(), 3)
    made, source = pairs(found)
    assert len(made) == len(clean) // ONE_IN
    assert (source.label == 0).all()
    for name in ("event_time", "label_time", "entity"):
        assert (getattr(made, name) == getattr(source, name)).all()
    assert (made.groups["mode"] == source.groups["mode"]).all()
    rest = found.take(found.label == 0)
    assert rest.inputs.reset_index(drop=True).equals(clean.inputs)
    assert list(rest.inputs.dtypes) == list(clean.inputs.dtypes) == list(made.inputs.dtypes)


def test_the_same_seed_makes_the_same_of_them() -> None:
    first, again, other = (injected(clean_rows(), seed).inputs for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)


def test_each_is_changed_by_other_rows_by_far_or_by_exchange() -> None:
    made, source = pairs(injected(clean_rows(), 3))
    inputs, before = (one.inputs.reset_index(drop=True) for one in (made, source))
    same = (inputs == before) | (inputs.isna() & before.isna())
    assert (inputs["count"] == 60).all()  # what never differs has no scale to be shifted by
    assert (~same.all(axis=1)).mean() > 0.9
    power = clean_rows().inputs["power"]
    is_far = (inputs["power"] - before["power"]).abs() > 2.5 * (power.quantile(0.75) - power.quantile(0.25)) / 1.349
    assert is_far.any()
    others = inputs["mode"] != before["mode"]
    assert others.any()
    assert set(inputs["mode"]) == {"eco", "full"}


@pytest.mark.parametrize("names", [("flow",), ("mode",), ("flow", "mode"), ("count",)])
def test_few_columns_leave_the_ways_that_they_have(names: tuple[str, ...]) -> None:
    found = injected(clean_rows().learnt_from(names), 3)
    made, source = pairs(found)
    assert made.inputs["lag.1"].reset_index(drop=True).equals(source.inputs["lag.1"].reset_index(drop=True))
    assert len(made) == len(clean_rows()) // ONE_IN


def test_they_choose_and_measure_and_no_model_learns_from_one() -> None:
    rows = injected(clean_rows(), 3)
    made = split(rows, SplitRule(2 * DAY, 1 * DAY, 200, 100))
    assert isinstance(made, Split)
    assert {part: bool(rows.label[getattr(made, part)].any()) for part in ("train", "development", "released")} == {
        "train": False,
        "development": False,
        "released": False,
    }
    assert 0.05 < rows.label[made.holdout].mean() < 0.15
    assert rows.label[made.validation].any()


def test_of_fewer_than_ten_rows_none_is_made_unusual() -> None:
    few = clean_rows().take(np.arange(ONE_IN - 1))
    assert injected(few, 3).inputs.equals(few.inputs)
