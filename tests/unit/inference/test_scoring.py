"""A row that can't be scored fails alone."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.domain.scoring import score_all, unscored
from services.inference.domain.vectors import Vectors
from tests.unit.inference.scene import features, vectors


@dataclass
class Fussy:
    """Scores amounts below ten; of classes it gives each the amount as a share, infinite from 1 on."""

    classes: tuple[str, ...] = ()
    version: str = "v1"

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        amounts = vectors.columns["amount"].astype(np.float64)
        if (amounts >= 10).any():
            raise ValueError("too much")
        each = np.where(amounts < 1, amounts, np.inf)
        return np.column_stack([each] * len(self.classes)) if self.classes else each


@pytest.mark.parametrize("classes", [(), ("a", "b", "c")])
def test_rows_without_a_score_are_named_with_the_reason(classes: tuple[str, ...]) -> None:
    records = [features(seq) for seq in range(3)]
    scores, failures = score_all(Fussy(classes), vectors(0.5, 12.0, 2.0), records)
    finite = np.isfinite(scores) if not classes else np.isfinite(scores).all(axis=1)
    assert finite.tolist() == [True, False, False]
    assert [(one.record.offset, one.detail[:15]) for one in failures] == [
        (1, "v1: ValueError:"),
        (2, failures[1].detail[:15]),
    ]
    assert "expected a finite number" in failures[1].detail


@pytest.mark.parametrize(("classes", "shape"), [((), (4,)), (("a", "b", "c"), (4, 3))])
def test_what_has_no_score_yet_is_nan(classes: tuple[str, ...], shape: tuple[int, ...]) -> None:
    found = unscored(Fussy(classes), 4)
    assert found.shape == shape
    assert np.isnan(found).all()
