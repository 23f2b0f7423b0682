"""The report as a page: whole, the same again, plots within their frames, nothing that a browser would run or fetch."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from services.cli.dataset_page import page
from services.contracts.profile import FieldProfile
from tests.unit.cli.domain.test_dataset_report import MOVED, NUMBER, OF_NUMBERS, PROFILE, text
from tests.unit.registry.test_card_page import Tags

ENDS = ("x1", "x2", "y1", "y2")


def drawings(made: str) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring("<svg" + drawing.partition("</svg>")[0] + "</svg>") for drawing in made.split("<svg")[1:]
    ]


def test_label_drift_and_every_column_are_drawn() -> None:
    made = page(text(), PROFILE, MOVED)
    tags = Tags(made)
    assert tags.open == []
    assert tags.seen.count("svg") == 4
    assert made == page(text(), PROFILE, MOVED)
    assert "http" not in made


def test_labels_that_are_numbers_are_drawn_as_spread_over_time_and_as_histogram() -> None:
    made = page(text(OF_NUMBERS, None), OF_NUMBERS, {})
    assert Tags(made).seen.count("svg") == 4
    over_time = drawings(made)[0]
    points = [one for one in over_time.iter() if one.tag == "circle"]
    assert [str(point[0].text) for point in points] == [
        "120 rows, mean 3.25, median 3",
        "80 rows, mean 9.5, median 3",
    ]
    assert float(points[0].attrib["cy"]) > float(points[1].attrib["cy"]) == 10
    assert "positives" not in made


def test_what_people_wrote_is_text_and_never_runs() -> None:
    bad = "<script>alert(1)</script>"
    columns = [one | {"name": bad, "top": [{"value": bad, "rows": 3}]} for one in PROFILE["columns"]]
    profile = PROFILE | {"columns": columns}
    assert "<script" not in page(text(profile, moved={bad: 0.2}), profile, {bad: 0.2})


@pytest.mark.parametrize("profile", [PROFILE, OF_NUMBERS], ids=["classes", "numbers"])
def test_plots_lie_within_their_frames(profile: dict[str, Any]) -> None:
    moved = {"amount": 0.4, "kind": -0.01}
    for root in drawings(page(text(profile, None), profile, moved)):
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for one in list(root.iter())[1:]:
            at = {name: float(one.attrib.get(name, 0)) for name in (*"xy", "cx", "cy", *ENDS, "width", "height")}
            assert min(at.values()) >= 0, one.attrib
            assert max(at["x"] + at["width"], at["cx"], at["x1"], at["x2"]) <= width, one.attrib
            assert max(at["y"] + at["height"], at["cy"], at["y1"], at["y2"]) <= height, one.attrib


@pytest.mark.parametrize(
    "values", [np.linspace(0, 40, 4_001), np.repeat([0.0, 1.0, 2.0], [100, 500, 400]), -np.arange(1, 900.0)]
)
def test_the_bars_of_a_number_hold_its_middle_rows(values: Any) -> None:
    held = FieldProfile("amount")
    held.update_numbers(values)
    quantiles = {"0.01": float(np.quantile(values, 0.01)), "0.99": float(np.quantile(values, 0.99))}
    column = NUMBER | {name: held.to_record()[name] for name in ("bins", "bin_counts")} | {"quantiles": quantiles}
    (drawn,) = drawings(page("# x\n", PROFILE | {"label": [], "columns": [column]}, {}))
    bars = [one for one in drawn.iter() if one.tag == "rect"]
    told = [float(str(bar[0].text).rpartition(": ")[2].removesuffix(" rows").replace(",", "")) for bar in bars]
    assert sum(told) == pytest.approx(len(values), rel=0.06)
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert max(heights) == pytest.approx(110, abs=0.2)


def test_a_constant_number_and_an_empty_dataset_have_no_plot() -> None:
    constant = NUMBER | {"quantiles": {"0.01": 2.0, "0.99": 2.0}}
    assert drawings(page("# x\n", PROFILE | {"label": [], "columns": [constant]}, {})) == []
    still = PROFILE | {"label": [{"from_time": 0, "rows": 5, "positives": 0}], "columns": []}
    assert len(drawings(page("# x\n", still, {}))) == 1
