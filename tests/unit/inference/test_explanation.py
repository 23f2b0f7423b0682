"""What each feature adds to a score: told by feature, in the score's own unit, the same whatever is asked beside."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.domain.explanation import Explainer, feature_of
from services.inference.domain.vectors import Vectors

NUMBERS = ("amount", "shop.spend.mean.1d", "shop.spend.mean.7d", "row.hour")
BACKGROUND = Vectors(
    NUMBERS,
    ("kind",),
    np.array([[1, 1, 1, 1], [3, 1, 3, 2], [5, 2, 2, 3], [7, 0, 0, 2]], np.float32),
    [["a"], ["b"], ["a"], ["a"]],
)
"""Mean amount 4, no kind is c."""
ROW = Vectors(NUMBERS, ("kind",), np.array([[8, 3, 4, 2]], np.float32), [["c"]])


def score(vectors: Vectors) -> NDArray[np.float64]:
    columns = vectors.columns
    spend = np.float64(columns["shop.spend.mean.1d"]) * columns["shop.spend.mean.7d"]
    found: NDArray[np.float64] = np.float64(columns["amount"]) / 10 + spend + 3.0 * (columns["kind"] == "c")
    return found


def test_windows_and_aggregates_of_a_feature_are_one() -> None:
    assert [feature_of(one) for one in NUMBERS] == ["amount", "shop.spend", "shop.spend", "row.hour"]
    assert Explainer(score, BACKGROUND).features == ("amount", "shop.spend", "row.hour", "kind")


def test_each_feature_has_what_it_adds_the_farthest_from_0_first() -> None:
    found = Explainer(score, BACKGROUND).explain(ROW)
    assert found is not None
    spend = 12 - (1 + 3 + 4 + 0) / 4
    assert found.contributions == pytest.approx({"shop.spend": spend, "kind": 3.0, "amount": 0.4, "row.hour": 0.0})
    assert list(found.contributions) == ["shop.spend", "kind", "amount", "row.hour"]
    assert found.contributions["row.hour"] == 0.0
    assert found.score == score(ROW)[0]
    assert found.base + sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-12)


def test_a_row_of_more_columns_in_another_order_is_read_by_name() -> None:
    numbers = np.array([[9, 2, 4, 3, 8]], np.float32)
    other = Vectors(
        ("new", "row.hour", "shop.spend.mean.7d", "shop.spend.mean.1d", "amount"), ("x", "kind"), numbers, [["y", "c"]]
    )
    explainer = Explainer(score, BACKGROUND)
    assert explainer.explain(other) == explainer.explain(ROW)


def test_the_same_row_has_the_same_explanation_in_whatever_order_it_is_asked() -> None:
    rows = [ROW, BACKGROUND.rows(np.array([1])), BACKGROUND.rows(np.array([2]))]
    explainer = Explainer(score, BACKGROUND)
    assert [explainer.explain(row) for row in rows] == [Explainer(score, BACKGROUND).explain(row) for row in rows]
    assert [explainer.explain(row) for row in rows[::-1]] == [explainer.explain(row) for row in rows][::-1]


def test_each_explanation_is_scored_in_a_batch_of_its_own_and_known_size() -> None:
    sizes = list[int]()

    def counted(vectors: Vectors) -> NDArray[np.float64]:
        sizes.append(len(vectors))
        return score(vectors)

    Explainer(counted, BACKGROUND).explain(ROW)
    assert sizes == [15 * 4 + 1]


def test_missing_numbers_are_mixed_as_they_are() -> None:
    def where_missing(vectors: Vectors) -> NDArray[np.float64]:
        missing: NDArray[np.bool_] = np.isnan(vectors.columns["amount"])
        return missing.astype(np.float64)

    row = Vectors(NUMBERS, ("kind",), np.array([[np.nan, 3, 4, 2]], np.float32), [["c"]])
    found = Explainer(where_missing, BACKGROUND).explain(row)
    assert found is not None
    assert found.base == 0.0
    assert found.contributions["amount"] == pytest.approx(1.0)


def test_what_can_not_be_scored_has_no_explanation() -> None:
    def beyond(vectors: Vectors) -> NDArray[np.float64]:
        return np.where(vectors.columns["kind"] == "b", np.nan, 1.0).astype(np.float64)

    assert Explainer(beyond, BACKGROUND).explain(ROW) is None


def test_a_model_of_numbers_alone_or_of_categories_alone_is_explained() -> None:
    numbers = Vectors(("amount",), (), np.array([[1], [3]], np.float32), [[], []])
    found = Explainer(lambda rows: rows.columns["amount"].astype(np.float64), numbers).explain(ROW)
    assert found is not None
    assert (found.base, dict(found.contributions)) == (2.0, {"amount": 6.0})
    kinds = Vectors((), ("kind",), np.empty((2, 0), np.float32), [["a"], ["c"]])
    found = Explainer(lambda rows: (rows.columns["kind"] == "c").astype(np.float64), kinds).explain(ROW)
    assert found is not None
    assert (found.base, dict(found.contributions)) == (0.5, {"kind": 0.5})
