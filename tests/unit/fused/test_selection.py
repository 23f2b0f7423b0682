"""Which stages may share a process."""

import pytest

from services.fused.domain.selection import refusal

ONE, THREE = ("features",), ("features", "features.area", "features.rider")


@pytest.mark.parametrize(
    "chosen", [["validation", "features", "inference"], ["validation", "features"], ["features", "inference"]]
)
def test_consecutive_stages_may(chosen: list[str]) -> None:
    assert refusal(chosen, ONE, 8) == ""


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (["validation", "outcomes"], "outcomes can't share"),
        (["validation", "inference"], "leaves something out"),
        (["inference", "features"], "another order"),
        (["features", "features"], "another order"),
        (["features", "features.area"], "features.area can't share"),
    ],
)
def test_others_may_not(chosen: list[str], why: str) -> None:
    assert why in refusal(chosen, ONE, 1)


def test_what_is_missing_is_named() -> None:
    why = refusal(["validation", "features", "inference"], THREE, 1)
    assert "validation+features+features.area+features.rider+inference" in why


@pytest.mark.parametrize(
    "chosen", [["features", "features.area"], ["features.area", "features.rider"], ["features.rider", "inference"]]
)
def test_stages_that_write_by_another_key_may_with_one_partition_only(chosen: list[str]) -> None:
    assert refusal(chosen, THREE, 1) == ""
    assert "by another key" in refusal(chosen, THREE, 2)
    assert refusal(["validation", "features"], THREE, 2) == ""
