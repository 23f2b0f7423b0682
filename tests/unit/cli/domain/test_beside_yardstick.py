from typing import Any

from services.cli.domain.beside_yardstick import METRIC, beside_yardstick


def told(**sums: tuple[int, float, float]) -> dict[str, Any]:
    pairs = [
        {"version": version, "rows": rows, "loss": loss, "other_loss": other}
        for version, (rows, loss, other) in sums.items()
    ]
    return {"pairs": pairs}


def test_each_version_has_the_mean_of_what_the_learner_lost_less() -> None:
    rows = beside_yardstick([told(v1=(10, 2.0, 3.0)), told(v1=(30, 5.0, 8.0), v2=(5, 4.0, 1.0)), told()])
    assert [(row["version"], row["metric"], row["realised"], row["judged"]) for row in rows] == [
        ("v1", METRIC, 0.1, 40),
        ("v2", METRIC, -0.6, 5),
    ]
    first, second = rows
    assert first["low"] <= first["realised"] <= first["high"]
    assert (second["low"], second["high"]) == (None, None)


def test_where_nothing_was_measured_there_is_no_row() -> None:
    assert beside_yardstick([]) == []
