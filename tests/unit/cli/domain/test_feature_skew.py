from typing import Any

from services.cli.domain.feature_skew import feature_skew
from services.contracts.profile import blank_profile
from services.contracts.skew import VECTOR, SkewCount

HOUR = 3_600_000_000


def window(hour: int, *counts: SkewCount, partition: int = 0, sampled: float = 1.0, rows: int = 12) -> dict[str, Any]:
    start = hour * HOUR
    about = {"slice": "features", "rows": rows, "sampled": sampled, "skew": [one.to_record() for one in counts]}
    return blank_profile("skew", start, start + HOUR, partition) | about


def test_windows_add_up_and_what_differs_stands_first() -> None:
    profiles = [
        window(0, SkewCount(VECTOR, 10), SkewCount("a", 10), SkewCount("b", 10, 2, 0, 1), sampled=0.5),
        window(1, SkewCount(VECTOR, 12), SkewCount("a", 12), SkewCount("b", 12), sampled=0.25),
        window(1, SkewCount(VECTOR, 5), SkewCount("a", 5), SkewCount("b", 5), partition=1, rows=5),
    ]
    # one that comes again counts once
    found = feature_skew([*profiles, profiles[0], blank_profile("inputs", 0, HOUR, 0)])
    assert found is not None
    assert (found.events, found.compared, found.sampled, found.through) == (29, 27, 0.25, 2 * HOUR)
    assert found.features[0] == {
        "feature": "b",
        "rows": 27,
        "mismatched": 2,
        "missing": 0,
        "extra": 1,
        "last": "1970-01-01T01:00:00Z",
    }
    assert [(row["feature"], row["last"]) for row in found.features[1:]] == [(VECTOR, None), ("a", None)]


def test_before_the_first_window_there_is_nothing() -> None:
    assert feature_skew([blank_profile("inputs", 0, HOUR, 0)]) is None


def test_a_window_in_which_nothing_could_be_compared_shows() -> None:
    found = feature_skew([window(0, rows=9)])
    assert found is not None
    assert (found.events, found.compared, found.features) == (9, 0, [])
