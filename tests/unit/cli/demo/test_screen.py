"""The account is readable with and without a terminal."""

import io

from rich.console import Console

from services.cli.demo.screen import Bar, LiveScreen, PlainScreen, View, newest, screen_for
from services.cli.demo.story import Beat

DAY = 86_400_000_000


def test_without_a_terminal_each_thing_is_a_line() -> None:
    out = io.StringIO()
    screen = screen_for(Console(file=out, width=80))
    assert isinstance(screen, PlainScreen)
    screen.stage("Starting")
    screen.stage("Starting")
    screen.beat(Beat("v2 is refused", "warning", DAY, ("✗ worse",)))
    view = View("title", "AP", bars=[Bar(DAY, 0.5, 1000, "v1")])
    screen.show(view)
    screen.show(view)
    screen.close()
    assert out.getvalue().splitlines() == [
        "Starting",
        "1970-01-02  v2 is refused",
        "            ✗ worse",
        "1970-01-02  AP 0.500 over 1,000 outcomes (v1)",
    ]


def test_on_a_terminal_what_happened_stays_when_the_display_is_gone() -> None:
    out = io.StringIO()
    screen = screen_for(Console(file=out, width=80, height=30, force_terminal=True, color_system=None))
    assert isinstance(screen, LiveScreen)
    screen.beat(Beat("First answer", "good", DAY))
    screen.show(View("title", "AP", share=0.5))
    screen.close()
    assert "50%" in out.getvalue()
    assert out.getvalue().rstrip().splitlines()[-1].endswith("1970-01-02  First answer")


def test_the_newest_beats_have_room_first() -> None:
    beats = [Beat("a"), Beat("b", details=("1", "2")), Beat("c")]
    assert [beat.text for beat in newest(beats, 4)] == ["b", "c"]
    assert [beat.text for beat in newest(beats, 5)] == ["a", "b", "c"]
    assert [beat.text for beat in newest(beats, 0)] == ["c"]
