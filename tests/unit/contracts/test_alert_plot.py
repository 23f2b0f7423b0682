"""The plot of an alert: well-formed, alone, and with all that explains it."""

from xml.etree import ElementTree

import pytest

from services.contracts.alert_life import CLEARED, RAISED, UPDATED, Lives
from services.contracts.alert_plot import plot
from tests.unit.contracts.alerts import DAY, cleared, raised, updated


def drawn(*steps: tuple[str, dict[str, object]]) -> str:
    lives = Lives()
    for kind, value in steps:
        lives.apply(kind, value)
    return plot(lives.alerts["a"])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def test_it_shows_the_statistic_its_limit_what_is_usual_the_change_and_the_end() -> None:
    svg = drawn((RAISED, raised("a")), (UPDATED, updated("a")), (CLEARED, cleared("a")))
    said = texts(svg)
    assert {"threshold 0.15", "usual 0.1", "change", "raised", "over", "critical, recovered"} <= set(said)
    assert svg.count("<circle") == 26 + 2
    assert svg == drawn((RAISED, raised("a")), (UPDATED, updated("a")), (CLEARED, cleared("a")))


def test_everything_lies_on_the_picture() -> None:
    root = ElementTree.fromstring(drawn((RAISED, raised("a")), (UPDATED, updated("a", value=9.0))))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        for name, most in (("x", width), ("cx", width), ("x1", width), ("y", height), ("cy", height), ("y1", height)):
            assert 0 <= float(element.attrib.get(name, 0)) <= most


@pytest.mark.parametrize(
    "more",
    [
        {"level": None, "change_point": None, "change_low": None, "change_high": None},
        {"points": [{"window_end": 100 * DAY, "value": 0.2}]},
        {"points": [{"window_end": day * DAY, "value": 0.0} for day in (99, 100)], "threshold": 0.0, "level": 0.0},
        {"name": "<b>&'\"", "message": "x" * 500, "version": ""},
        {"points": [{"window_end": day * DAY, "value": -day / 1e9} for day in (99, 100)], "threshold": 1e12},
    ],
)
def test_whatever_is_known_it_is_well_formed(more: dict[str, object]) -> None:
    assert texts(drawn((RAISED, raised("a", **more))))


def test_without_a_statistic_by_window_there_is_none() -> None:
    assert drawn((RAISED, raised("a", points=[]))) == ""
