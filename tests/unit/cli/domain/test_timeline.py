"""Plots of values over time."""

from services.cli.domain.timeline import timeline


def test_each_name_has_a_line_and_a_place_in_the_legend() -> None:
    told = timeline({"v1": [(0, 0.5), (60_000_000, 1.0)], "<v2>": [(60_000_000, 0.25)]})
    assert told.count("<polyline") == 2
    assert told.count("<circle") == 3
    assert "&lt;v2&gt;" in told
    assert "<v2>" not in told
    assert "1970-01-01 00:01: 0.25" in told


def test_the_scale_begins_at_nothing_and_one_point_is_enough() -> None:
    told = timeline({"v1": [(0, 0.0)]})
    assert 'cx="60.0"' in told
    assert told == timeline({"v1": [(0, 0.0)]})
    assert '<polyline points="60.0,12.0 880.0,101.0"' in timeline({"v1": [(0, 1.0), (10, 0.5)]})


def test_what_is_below_nothing_has_room() -> None:
    assert ">-1</text>" in timeline({"v1": [(0, -1.0), (10, 1.0)]})
