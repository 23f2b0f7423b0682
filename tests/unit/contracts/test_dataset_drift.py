from typing import Any

import numpy as np
import pytest

from services.contracts.dataset_drift import drift
from services.contracts.histogram import Histogram
from services.contracts.profile import FieldProfile
from services.contracts.psi import index_between

CHANCE = np.random.default_rng(1)
OLD, SAME, MOVED = CHANCE.normal(size=4_000), CHANCE.normal(size=1_000), CHANCE.normal(1.5, size=1_000)
KINDS = CHANCE.choice(["a", "b"], 4_000).tolist()


def held(name: str, values: Any, digest: str = "d") -> dict[str, Any]:
    made = FieldProfile(name)
    if isinstance(values, list):
        made.update_categories(values)
    else:
        made.update_numbers(values)
    return made.to_record() | {"digest": digest}


def profile(*columns: dict[str, Any], feature_set: str = "f") -> dict[str, Any]:
    return {"feature_set": feature_set, "columns": list(columns)}


LAST = profile(held("still", OLD), held("moving", OLD), held("kind", KINDS))


def grown(new: Any, kinds: list[str]) -> dict[str, Any]:
    still, moving = np.concatenate([OLD, SAME]), np.concatenate([OLD, new])
    return profile(held("still", still), held("moving", moving), held("kind", KINDS + kinds))


def test_new_rows_are_compared_with_the_rows_of_the_last_the_most_moved_first() -> None:
    found = drift(LAST, grown(MOVED, ["a"] * 700 + ["b"] * 250 + ["c"] * 50))
    assert list(found) == ["moving", "kind", "still"]
    assert found["moving"] == pytest.approx(index_of(OLD, MOVED))
    assert found["moving"] > 0.25
    assert found["kind"] > 0.25
    assert abs(found["still"]) < 0.05


def index_of(old: Any, new: Any) -> float:
    return index_between(*(Histogram.from_record(held("x", values)) for values in (old, new)))


def test_missing_values_count() -> None:
    found = drift(LAST, grown(np.full(1_000, np.nan), ["a"]))
    assert found["moving"] > 1


def test_without_new_rows_there_is_nothing_to_tell() -> None:
    assert drift(LAST, LAST) == {}


def test_features_of_another_set_are_of_other_rows() -> None:
    other = profile(held("still", SAME), held("moving", MOVED), feature_set="g")
    assert drift(LAST, other)["moving"] == pytest.approx(index_of(OLD, MOVED))


def test_only_columns_that_mean_the_same_are_compared() -> None:
    other = profile(held("still", SAME, "other"), held("new", SAME), held("moving", MOVED), feature_set="g")
    assert list(drift(LAST, other)) == ["moving"]
