"""Plays one demo from the first service to the summary."""

from pathlib import Path

from services.chassis import clock
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.cli.demo.account import Account
from services.cli.demo.feed import Feed
from services.cli.demo.kept_model import KeptModel
from services.cli.demo.order import DemoOrder
from services.cli.demo.screen import Screen, View
from services.cli.demo.stage import Stage
from services.cli.demo.story import Beat
from services.cli.demo.summary import Summary, summarise
from services.cli.failure import Failure
from services.contracts.pipeline import Pipeline

_DRAW_SECONDS = 0.25
_ASK_SECONDS = 2.0
_IDLE_SECONDS = 0.05


def perform(order: DemoOrder, pipeline: Pipeline, home: Path, screen: Screen) -> Summary:
    """Start everything, follow the stream to its end, stop everything. Raises Failure if the stream can't be played."""
    begun = clock.monotonic()
    account = Account(pipeline, f"Driftmill: {pipeline.name}", begun)
    stage = Stage(order, pipeline, home, screen.stage)
    try:
        settings, feed = stage.open()
        try:
            _follow(stage, feed, account, screen, begun)
        finally:
            feed.close()
        first = _first_model(account, settings, pipeline)
        return summarise(account, pipeline, order, first, clock.monotonic() - begun)
    finally:
        screen.close()
        stage.close()


def _follow(stage: Stage, feed: Feed, account: Account, screen: Screen, begun: float) -> None:
    drawn = asked = total = 0.0
    code: int | None = None
    while code is None:
        code = stage.replay_ended()
        for child in stage.supervisor.tend():
            screen.beat(Beat(f"{child.name} ended with exit code {child.exit_code} and is started again.", "bad"))
        before = account.ledger.events
        account.take(feed.poll(), screen)
        for line in stage.progress():
            total = _played(account.view, line, total)
        now = clock.monotonic()
        if now - asked > _ASK_SECONDS:
            account.note(stage.supervisor.conditions())
            asked = now
        if now - drawn > _DRAW_SECONDS:
            account.view.seconds, drawn = now - begun, now
            screen.show(account.refresh())
        if account.ledger.events == before:
            clock.sleep(_IDLE_SECONDS)
    if code != 0:
        raise Failure(f"The stream could not be played to its end: {stage.replay_words()}")
    account.take(feed.to_end(), screen)
    screen.show(account.refresh())


def _played(view: View, line: dict[str, object], total: float) -> float:
    """Note a report of the replay; returns how many rows the stream has."""
    counts = [float(str(line.get(name, 0))) for name in ("events", "labels")]
    if line["progress"] == "begin":
        return sum(counts)
    if line["progress"] in ("chunk", "end") and total:
        view.share = sum(counts) / total
        view.clock = int(str(line["clock"]))
    return total


def _first_model(account: Account, settings: ChassisSettings, pipeline: Pipeline) -> KeptModel | None:
    released = account.story.released
    if not released or released[0] not in account.published:
        return None
    view = pipeline.resolved
    return KeptModel(account.published[released[0]], Store(settings.store_url), view.numbers, view.categories)
