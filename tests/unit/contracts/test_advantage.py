import numpy as np
import pytest

from services.contracts.advantage import BLOCK_ROWS, Block, counted, hold_out_loss, together
from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION, LearningTask


def test_few_rows_are_put_together_and_are_known_with_the_last() -> None:
    half = BLOCK_ROWS // 2
    assert together([]) == []
    assert together(Block(half, 1.5, day) for day in range(5)) == [
        Block(2 * half, 3.0, 1),
        Block(2 * half, 3.0, 3),
    ]
    assert together([Block(3 * half, 1.0, 1), Block(half, 9.0, 2)]) == [Block(3 * half, 1.0, 1)]


def test_a_mean_counts_up_to_the_scale() -> None:
    blocks = [Block(100, 5.0), Block(50, -5.0), Block(100, 900.0), Block(100, -900.0)]
    np.testing.assert_allclose(counted(blocks, 0.2), [0.25, -0.5, 1.0, -1.0])


@pytest.mark.parametrize(
    ("bins", "task", "loss"),
    [
        (
            [{"rows": 30, "score": 0.2, "positive_rate": 0.1}, {"rows": 10, "score": 0.5, "positive_rate": 0.5}],
            BINARY,
            0.1375,
        ),
        (
            [{"rows": 30, "score": 0.45, "right_rate": 0.5}, {"rows": 70, "score": 0.9, "right_rate": 0.9}],
            MULTICLASS,
            0.22,
        ),
        ([{"rows": 30, "mae": 2.0}, {"rows": 10, "mae": 6.0}], REGRESSION, 3.0),
        ([{"rows": 9, "score": 0.0, "positive_rate": 0.0}], BINARY, None),
        ([{"rows": 9, "score": 0.4}], ANOMALY, None),
        ([], BINARY, None),
    ],
)
def test_the_scale_is_the_loss_on_the_hold_out(
    bins: list[dict[str, float]], task: LearningTask, loss: float | None
) -> None:
    found = hold_out_loss({"reliability": bins}, task)
    assert found == (None if loss is None else pytest.approx(loss))
