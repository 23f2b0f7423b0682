"""The card as a page: whole, the same again, and nothing in it that a browser would run."""

from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from services.registry.adapters.card_page import page
from tests.platform import pipeline_named
from tests.unit.registry.facts import facts, of, of_numbers

BINS = [
    {"bin": 0, "rows": 900, "score": 0.04, "positive_rate": 0.05},
    {"bin": 9, "rows": 9, "score": 0.97, "positive_rate": 1.0},
]
MARKDOWN = "# shop v1\n\n| a | b |\n| --- | --- |\n| 1 | `x` |\n"


def recorded(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = facts(**changes)
    return found | {"measured": found["measured"] | {"reliability": BINS}}


class Tags(HTMLParser):
    """Tags that stand open, and all there were."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.seen = list[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "circle", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in ("circle", "line", "rect") or self.open.pop() == tag


def test_a_whole_card_becomes_a_page_with_tables_and_plots() -> None:
    text = page(of(pipeline_named("small")), recorded())
    tags = Tags(text)
    assert tags.open == []
    assert tags.seen.count("svg") == 3
    assert tags.seen.count("table") == 3
    assert text == page(of(pipeline_named("small")), recorded())


def test_what_people_wrote_is_text_and_never_runs() -> None:
    bad = "<script>alert(1)</script>"
    losses = [{"input": bad, "value": 0.1, "low": None, "high": None}]
    text = page(f"# {bad}\n\n{bad}\n", recorded(importance=losses))
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


def test_plots_lie_within_their_frames() -> None:
    losses = [
        {"input": "a", "value": 0.5, "low": 0.4, "high": 0.6},
        {"input": "b", "value": -0.1, "low": -0.2, "high": 0},
    ]
    text = page(MARKDOWN, recorded(importance=losses))
    for drawing in text.split("<svg")[1:]:
        root = ElementTree.fromstring("<svg" + drawing.partition("</svg>")[0] + "</svg>")
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for one in root.iter():
            places = [
                (float(value), name) for name, value in one.attrib.items() if name in ("x", "y", "x1", "x2", "cx")
            ]
            assert all(0 <= value <= (height if name == "y" else width) for value, name in places), one.attrib


def test_a_version_of_which_nothing_of_that_was_recorded_has_no_plots() -> None:
    old = {name: value for name, value in facts().items() if name not in ("importance", "robustness")}
    assert "<svg" not in page(MARKDOWN, old)
    assert "<td>1</td>" in page(MARKDOWN, old)


def test_numbers_are_plotted_between_the_least_and_the_greatest() -> None:
    text = page("# bikes v1\n", of_numbers())
    assert Tags(text).open == []
    assert "mean label</text>" in text
    assert ">12.5</text>" in text
    assert ">80</text>" in text
