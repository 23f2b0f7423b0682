"""The features of a log, whatever the chunks in which it comes."""

import pytest

from services.cli.domain.recompute import Recompute, fingerprint
from services.kernel.computer import FeatureComputer
from tests.unit.cli.domain.world import PIPELINE, event, label

LOG = [event(0), event(1), label(0, 2), event(2, 3), label(0, 4, returned=False, revision=1), event(3, 5)]


@pytest.fixture(scope="module")
def computer() -> FeatureComputer:
    return FeatureComputer(PIPELINE)


def test_chunks_make_no_difference(computer: FeatureComputer) -> None:
    at_once, by_one = Recompute(PIPELINE, computer), Recompute(PIPELINE, computer)
    found = at_once.fold(LOG)
    assert found == [one for record in LOG for one in by_one.fold([record])]
    assert len(set(found)) == 4


def test_a_correction_changes_no_features_and_a_first_label_does(computer: FeatureComputer) -> None:
    usual = Recompute(PIPELINE, computer).fold(LOG)
    assert Recompute(PIPELINE, computer).fold([LOG[0], LOG[1], LOG[2], LOG[3], LOG[5]]) == usual
    assert Recompute(PIPELINE, computer).fold([LOG[0], LOG[1], LOG[3], LOG[5]]) != usual


def test_a_fingerprint_tells_numbers_from_categories() -> None:
    assert len({fingerprint(b"ab", ["c"]), fingerprint(b"a", ["bc"]), fingerprint(b"ab", ["c", ""])}) == 3
