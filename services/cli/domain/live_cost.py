"""What serving each version costs, by what inference has measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Cost = dict[str, Any]

UNMEASURED: Cost = {"scored": 0, "ms_per_1000": None, "slowest_ms": None}
"""Of a version that scored nothing in the time that is kept."""


def live_cost(measured: Iterable[Mapping[str, Any]]) -> dict[str, Cost]:
    """By version: rows scored, as champion or beside it; milliseconds of processor time for 1,000 of them in the mean;
    and a row of the call whose rows took longest. measured: `driftmill.ServingMeasured`."""
    of_version: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in measured:
        of_version[one["version"]].append(one)
    return {
        version: {
            "scored": (rows := sum(one["rows"] for one in some)),
            "ms_per_1000": 1_000 * sum(one["milliseconds"] for one in some) / rows,
            "slowest_ms": max(one["slowest"] for one in some),
        }
        for version, some in of_version.items()
    }
