from services.cli.domain.touched import by_dataset, by_version
from services.cli.domain.touched_page import dataset_page, version_page
from tests.unit.cli.domain.recorded import COUNTS, control


def test_a_version_s_page_begins_with_what_it_answered() -> None:
    found = by_version(control(), COUNTS, "v2", "signed")
    assert found is not None
    told = version_page(found)
    assert told.startswith(
        "# v2, now rejected\n\n## Answers\n\n| state | policy | events | failed | from | through |\n"
    )
    assert "| canary | p1 | 7 | 1 | 1970-01-01T00:01:40Z | 1970-01-01T00:03:20Z |" in told
    assert "| on_time | p2 | 2 | 1 |" in told
    assert "None was raised about it." in told
    idle = by_version(control(), [], "v1", "signed")
    assert idle is not None
    assert "It has answered no event that the lake holds." in version_page(idle)


def test_a_dataset_s_page_names_its_ranges_runs_and_versions() -> None:
    found = by_dataset(control(), COUNTS, "abc1")
    assert found is not None
    told = dataset_page(found)
    assert told.startswith("# Dataset abc1\n\n- labels known before: 1970-01-01T00:00:50Z\n")
    assert "| 1 | 0 | 9 | 5 |" in told
    assert "| r2 | alert | 1970-01-01T00:00:51Z | candidate | v2 | forest was best |" in told
    assert "## Answers of v2.p2, now champion" in told
