"""The features of a log, whatever the chunks in which it comes."""

import pytest

from services.cli.domain.recompute import Recompute, fingerprint
from services.contracts.record import Record
from services.kernel.computer import FeatureComputer
from tests.platform import CHAINED, pipeline_named
from tests.unit.cli.domain.world import PIPELINE, event, label, record

LOG = [event(0), event(1), label(0, 2), event(2, 3), label(0, 4, returned=False, revision=1), event(3, 5)]


@pytest.fixture(scope="module")
def computer() -> FeatureComputer:
    return FeatureComputer(PIPELINE)


def test_chunks_make_no_difference(computer: FeatureComputer) -> None:
    at_once, by_one = Recompute(computer), Recompute(computer)
    found = at_once.fold(LOG)
    assert found == [one for record in LOG for one in by_one.fold([record])]
    assert len(set(found)) == 4


def test_a_correction_changes_no_features_and_a_first_label_does(computer: FeatureComputer) -> None:
    usual = Recompute(computer).fold(LOG)
    assert Recompute(computer).fold([LOG[0], LOG[1], LOG[2], LOG[3], LOG[5]]) == usual
    assert Recompute(computer).fold([LOG[0], LOG[1], LOG[3], LOG[5]]) != usual


def passed_on(one: Record, key: str = "shop1") -> Record:
    """A record of the log on its way to a further entity."""
    kind = "driftmill.EventForwarded" if "Event" in one.kind else "driftmill.LabelForwarded"
    value = {**dict(one.value), "numbers": b"", "key": one.key}
    return record("features.shop", kind, one.offset, value, key)


def test_labels_that_are_passed_on_count_only_where_they_are_read(computer: FeatureComputer) -> None:
    log = [passed_on(one) for one in (LOG[0], LOG[1], LOG[2], LOG[3], LOG[5])]
    usual = Recompute(computer).fold(LOG)
    assert Recompute(computer).fold(log) == usual
    without = Recompute(computer).fold([LOG[0], LOG[1], LOG[3], LOG[5]])
    assert Recompute(computer, reads_labels=False).fold(log) == without != usual
    nobodys = [passed_on(one, "" if "Label" in one.kind else "shop1") for one in log]
    assert Recompute(computer).fold(nobodys) == without


def test_labels_alone_are_folded_of_a_further_entity_too() -> None:
    last = FeatureComputer(pipeline_named("chained", CHAINED), 2)
    assert Recompute(last).fold([passed_on(label(0, 2))]) == []


def test_a_fingerprint_tells_numbers_from_categories() -> None:
    assert len({fingerprint(b"ab", ["c"]), fingerprint(b"a", ["bc"]), fingerprint(b"ab", ["c", ""])}) == 3
