"""Shows the demo as it goes: a live display on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from services.cli.demo.story import Beat
from services.cli.domain.moment import iso
from services.cli.supervisor import Condition

_COLOURS = {"plain": "", "good": "green", "warning": "yellow", "bad": "bold red", "quiet": "dim"}
_BAR = 24
_BARS = 8
_FRAME = 12
"""Lines of the display that neither beats nor bars take."""


@dataclass(frozen=True)
class Bar:
    """Quality of a period that has matured."""

    start: int
    value: float
    rows: int
    models: str


@dataclass
class View:
    """What the live display shows. share: of the stream that is played, 0 to 1. positives: None without classes."""

    title: str
    measure: str = ""
    seconds: float = 0.0
    share: float = 0.0
    clock: int = 0
    events: int = 0
    answers: int = 0
    quarantined: int = 0
    matured: int = 0
    positives: int | None = 0
    champion: str = "baseline"
    waiting: str = ""
    services: list[Condition] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


class Screen(Protocol):
    """Where the demo tells what happens."""

    def stage(self, text: str) -> None:
        """What is being prepared."""
        ...

    def beat(self, beat: Beat) -> None:
        """Something happened."""
        ...

    def show(self, view: View) -> None:
        """How everything stands now."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class PlainScreen:
    """One line a thing, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""
        self._bars = 0

    def stage(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self._print(text)

    def beat(self, beat: Beat) -> None:
        self._print(beat_text(beat).plain)

    def show(self, view: View) -> None:
        for bar in view.bars[self._bars :]:
            self._print(f"{_day(bar.start)}  {view.measure} {bar.value:.3f} over {bar.rows:,} outcomes ({bar.models})")
        self._bars = max(self._bars, len(view.bars))

    def close(self) -> None:
        """Lines stay as they are."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveScreen:
    """A display that is drawn anew as things change; what happened stays above it at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._beats: list[Beat] = []
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def stage(self, text: str) -> None:
        self._live.update(Text(text, style="cyan"), refresh=True)

    def beat(self, beat: Beat) -> None:
        self._beats.append(beat)

    def show(self, view: View) -> None:
        self._live.update(self._drawn(view), refresh=True)

    def close(self) -> None:
        self._live.stop()
        for beat in self._beats:
            self._console.print(beat_text(beat))

    def _drawn(self, view: View) -> RenderableType:
        parts: list[RenderableType] = [_head(view), Text()]
        room = self._console.height - _FRAME - min(len(view.bars), _BARS)
        parts += [beat_text(beat) for beat in newest(self._beats, room)]
        if view.waiting:
            parts += [Text(f"waits: {view.waiting}", style="yellow")]
        if view.bars:
            parts += [Text(), _quality(view)]
        if view.services:
            parts += [Text(), _services(view)]
        return Panel(Group(*parts), title=view.title, border_style="cyan")


def screen_for(console: Console) -> Screen:
    """Live on a terminal, else plain."""
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


def newest(beats: Sequence[Beat], lines: int) -> list[Beat]:
    """As many of the last beats as have room in so many lines, at least one."""
    chosen: list[Beat] = []
    for beat in reversed(beats):
        lines -= 1 + len(beat.details)
        if lines < 0 and chosen:
            break
        chosen.insert(0, beat)
    return chosen


def beat_text(beat: Beat) -> Text:
    """A thing that happened, with its time and its details below."""
    text = Text()
    text.append(f"{_day(beat.time) if beat.time else '':10}  ", style="dim")
    text.append(beat.text, style=_COLOURS[beat.tone])
    for detail in beat.details:
        text.append(f"\n{'':12}{detail}", style="red" if detail.startswith("✗") else "dim")
    return text


def _head(view: View) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    clock = (iso(view.clock) or "").replace("T", " ").replace("Z", "") if view.clock else "–"
    grid.add_row(
        ProgressBar(total=1.0, completed=view.share, width=30),
        f"{view.share:.0%}",
        f"event time {clock}",
        f"{view.seconds:.0f} s",
    )
    positives = "" if view.positives is None else f", {view.positives:,} positive"
    counts = Text(
        f"{view.events:,} events accepted, {view.answers:,} answered, {view.quarantined:,} quarantined; "
        f"{view.matured:,} outcomes final{positives}; answers come from {view.champion}"
    )
    return Group(grid, counts)


def _quality(view: View) -> RenderableType:
    """Bars of shares against 1, of errors against the greatest that is shown."""
    grid = Table.grid(padding=(0, 2))
    whole = max((1.0, *(bar.value for bar in view.bars[-_BARS:] if bar.value == bar.value)))
    for bar in view.bars[-_BARS:]:
        filled = round(_BAR * max(bar.value, 0.0) / whole) if bar.value == bar.value else 0
        grid.add_row(_day(bar.start), f"{view.measure} {bar.value:.3f}", "█" * filled, Text(bar.models, style="dim"))
    return grid


def _services(view: View) -> RenderableType:
    text = Text()
    for one in view.services:
        style = "green" if one.state == "ready" else "yellow" if one.state in ("starting", "waiting") else "red"
        text.append(f"● {one.service}", style=style)
        again = f" ↻{one.restarts}" if one.restarts else ""
        text.append(f" {one.memory / 1e6:.0f} MB{again}  ", style="dim")
    return text


def _day(time: int) -> str:
    return (iso(time) or "")[:10]
