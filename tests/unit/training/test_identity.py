from typing import Any

import numpy as np
import pytest

from services.training.domain.identity import identity_of

COUNT = 2_000
CHANCE = np.random.default_rng(2)


@pytest.mark.parametrize(
    ("values", "is_rising"),
    [
        (np.array([f"order-{n}" for n in range(COUNT)], object), False),
        (np.array([f"order-{n}" if n % 20 else "" for n in range(COUNT)], object), False),
        (CHANCE.permutation(COUNT).astype(np.float32), False),
        (np.arange(COUNT, dtype=np.float32), True),
        ((1_700_000_000 + 60 * np.arange(COUNT)).astype(np.float32), True),
        (np.cumsum(CHANCE.random(COUNT)), True),
    ],
    ids=["text", "text with gaps", "shuffled ids", "counter", "seconds", "clock"],
)
def test_what_names_rows_is_found(values: Any, is_rising: bool) -> None:
    found = identity_of("x", values)
    assert found is not None
    assert (found.column, found.is_rising) == ("x", is_rising)
    assert found.share >= 0.9


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.normal(size=COUNT),
        np.round(CHANCE.gamma(2, 50, COUNT)),
        np.arange(COUNT) // 200,
        np.full(COUNT, np.nan),
        np.ones(COUNT),
        CHANCE.choice(np.array([f"tail-{n}" for n in range(800)], object), COUNT),
        np.full(COUNT, "", object),
        np.array([f"few-{n}" for n in range(50)], object),
        np.arange(50.0),
    ],
    ids=[
        "measure",
        "amounts",
        "month",
        "missing",
        "constant",
        "many categories",
        "no text",
        "few texts",
        "few numbers",
    ],
)
def test_what_tells_about_rows_is_not(values: Any) -> None:
    assert identity_of("x", values) is None
