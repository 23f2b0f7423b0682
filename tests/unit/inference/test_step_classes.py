"""The inference step of several classes: every answer has the scores of all and the one that is decided."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.domain.vectors import Vectors
from tests.unit.inference.scene import features
from tests.unit.inference.test_step import Amounts, process, told


@dataclass
class Thirds(Amounts):
    """Of three classes the first has the amount as its probability, the others share the rest."""

    threshold: float | None = None
    classes: tuple[str, ...] = ("cod", "eel", "ray")

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        first = super().scores(vectors)
        return np.column_stack([first, (1 - first) * 0.6, (1 - first) * 0.4])


def test_of_several_classes_the_most_probable_is_decided_and_all_are_told() -> None:
    batch = [features(1, 0.5), features(2, 0.25), features(3, 99.0), features(4, 0.75, error="no vector")]
    result = process(batch, Thirds(beyond=[99.0]))
    assert told(result, "decided_class") == ["cod", "eel", None, None]
    assert told(result, "score") == [0.5, pytest.approx(0.45), None, None]
    assert told(result, "scores")[2:] == [[], []]
    assert told(result, "scores")[0] == pytest.approx([0.5, 0.3, 0.2])
    assert told(result, "label") == [None] * 4
    assert told(result, "status") == ["ok", "ok", "failed", "failed"]


def test_answers_of_one_score_say_so_in_the_same_fields() -> None:
    result = process([features(1, 0.7)])
    assert (told(result, "decided_class"), told(result, "scores")) == ([None], [[]])
