"""What people read of the alerts of one cause: the most severe first, with the plot that explains it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.contracts.alert_life import Life, Lives
from services.contracts.alert_plot import plot
from services.monitoring.domain.notice import Notice

_SHOWN = 12
"""Alerts of a cause that are listed."""


@dataclass(frozen=True, slots=True)
class Message:
    """picture: an SVG, empty where the statistic by window isn't known."""

    title: str
    body: str
    severity: str
    over: bool
    picture: str


def message_of(pipeline: str, notice: Notice, lives: Lives) -> Message:
    """The message of a notice, whose alerts are known."""
    told = [lives.alerts[alert_id] for alert_id in notice.alerts]
    root, more = told[0], len(told) - 1
    subject = " ".join(filter(None, (root.raised["kind"], root.raised["name"])))
    state = "over" if notice.over else notice.severity
    title = f"[{pipeline}] {state}: {subject}" + (f" and {more} more" if more else "")
    return Message(title, "\n".join(_lines(notice, told)), notice.severity, notice.over, plot(root))


def _lines(notice: Notice, told: list[Life]) -> Iterator[str]:
    if notice.over:
        yield "It is over."
    elif len(told) > 1:
        yield f"{len(told)} alerts of one cause, the most severe first:"
    for life in told[:_SHOWN]:
        yield from _of(life)
    if len(told) > _SHOWN:
        yield f"and {len(told) - _SHOWN} more."
    yield ""
    yield f"driftmill alerts show {told[0].alert_id[:12]}"
    yield f"cause {notice.cause}, notification {notice.notification_id}"


def _of(life: Life) -> Iterator[str]:
    raised, newest = life.raised, life.newest
    yield f"- {life.severity}: {raised['message']}"
    if life.updates:
        yield f"  {newest['message']}"
    if life.drift:
        nature = "drift, labels of its time are still to come" if life.drift == "unknown" else f"{life.drift} drift"
        yield f"  {nature}" + (f", most likely from {life.fields}" if life.fields else "")
    change = raised["change_point"]
    since = f"raised {_date(raised['clock'])}" + (f", changed about {_date(change)}" if change is not None else "")
    end = "" if life.cleared is None else f", {life.cleared['reason']} {_date(life.cleared['clock'])}"
    yield f"  {newest['value']:.4g} against {newest['threshold']:.4g}; {since}{end}"


def _date(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")
