"""What serving each version costs, summed over processes and times."""

from typing import Any

from services.cli.domain.live_cost import UNMEASURED, live_cost


def measured(version: str, rows: int, milliseconds: float, slowest: float = 0.1) -> dict[str, Any]:
    told = {"process": "p", "version": version, "rows": rows, "calls": 1}
    return told | {"milliseconds": milliseconds, "slowest": slowest}


def test_costs_are_means_over_rows() -> None:
    found = live_cost([measured("v1", 900, 9.0), measured("v1", 100, 11.0, 0.4), measured("v2", 10, 5.0, 0.5)])
    assert found == {
        "v1": {"scored": 1_000, "ms_per_1000": 20.0, "slowest_ms": 0.4},
        "v2": {"scored": 10, "ms_per_1000": 500.0, "slowest_ms": 0.5},
    }
    assert found["v1"].keys() == UNMEASURED.keys()


def test_nothing_measured_is_nothing_told() -> None:
    assert live_cost([]) == {}
