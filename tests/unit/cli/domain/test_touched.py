from services.cli.domain.touched import by_dataset, by_version
from tests.unit.cli.domain.recorded import COUNTS, DATASET, control, record


def test_a_version_has_touched_what_it_answered_and_what_was_told_of_it() -> None:
    found = by_version(control(), COUNTS, "v2", "signed")
    assert found is not None
    assert [one["events"] for one in found["answers"]] == [7, 3, 5]
    assert [one["events"] for one in found["outcomes"]] == [2]
    assert found["alerts"] == []
    assert [one["audit_id"] for one in found["audit"]] == ["one", "four"]
    first = by_version(control(), COUNTS, "v1", "signed")
    assert first is not None
    assert [one["alert_id"] for one in first["alerts"]] == ["a1", "late", "over"]
    assert by_version(control(), COUNTS, "v9", "signed") is None


def test_a_dataset_has_touched_its_runs_and_their_versions() -> None:
    for name in ("abc1", "ab", "r3", "v2"):
        found = by_dataset(control(), COUNTS, name)
        assert found is not None
        assert found["dataset"] == "abc1"
    assert found is not None
    assert [(one["run"], one["outcome"], one["version"]) for one in found["runs"]] == [
        ("r2", "candidate", "v2"),
        ("r3", "candidate", "v2.p2"),
    ]
    assert [(one["version"], one["state"], len(one["answers"])) for one in found["versions"]] == [
        ("v2", "rejected", 3),
        ("v2.p2", "champion", 1),
    ]
    assert [one["audit_id"] for one in found["audit"]] == ["one", "two"]


def test_a_name_of_no_dataset_or_of_several_is_none() -> None:
    assert by_dataset(control(), COUNTS, "x") is None
    other = record("datasets", "DatasetExtended", DATASET | {"dataset_id": "abc2"})
    assert by_dataset(control(datasets=[other]), COUNTS, "abc") is None


def test_a_run_that_goes_on_has_no_version_yet() -> None:
    runs = control().records["runs"][:1]
    found = by_dataset(control(runs=list(runs)), COUNTS, "abc1")
    assert found is not None
    assert [(one["outcome"], one["version"], one["reason"]) for one in found["runs"]] == [
        ("running", None, "it drifted")
    ]
    assert found["versions"] == []
