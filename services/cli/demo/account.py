"""Keeps account of a demo as records come: the story, the counts, the quality of periods that have matured."""

from collections.abc import Iterable

from services.chassis import clock
from services.cli.demo.baseline import described
from services.cli.demo.ledger import Ledger
from services.cli.demo.quality import DAY, MEASURES, OF_DECISIONS, measured, shown_by
from services.cli.demo.screen import Bar, Screen, View
from services.cli.demo.story import Story
from services.cli.supervisor import Condition
from services.contracts.baseline import BASELINE
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Value

SHORT = {"average_precision": "AP", "roc_auc": "AUC", "accuracy": "accuracy", "f1": "F1", "mae": "MAE", "rmse": "RMSE"}


class Account:
    """All that is known of a running demo. begun: when it was started, by the monotonic clock."""

    def __init__(self, pipeline: Pipeline, title: str, begun: float) -> None:
        self._begun = begun
        self.measure = shown_by(pipeline)
        self._has_classes = pipeline.label.target.task.counts_positives
        self.story = Story(described(pipeline))
        self.ledger = Ledger()
        self.view = View(title, SHORT[self.measure])
        self.published: dict[str, Value] = {}
        """Version → what inference needs to serve it."""
        self.first_answer: float | None = None
        """Seconds from the start of everything to the first answer."""
        self.memory: dict[str, int] = {}
        """Service → most megabytes that it was seen to take."""
        self._maturity = int(pipeline.label.known.maturity or 0)
        self._period = 7 * max(int(pipeline.monitor.window), DAY)
        self._due: int | None = None

    def take(self, records: Iterable[Record], screen: Screen) -> None:
        """Account for records and tell what they mean."""
        kept: list[Record] = []
        for record in records:
            for beat in self.story.tell(record):
                screen.beat(beat)
            if record.kind == "driftmill.ModelPublished":
                self.published[record.value["version"]] = record.value
            if record.kind == "driftmill.EventAccepted" and self._due is None:
                self._due = record.value["event_time"] // DAY * DAY + self._period
            kept.append(record)
        self.ledger.take(kept)
        if self.first_answer is None and self.ledger.answered:
            self.first_answer = clock.monotonic() - self._begun
        self._close_periods()

    def note(self, services: list[Condition]) -> None:
        """How the services are now."""
        self.view.services = services
        for one in services:
            self.memory[one.service] = max(self.memory.get(one.service, 0), round(one.memory / 1e6))

    def refresh(self) -> View:
        """The view brought up to date."""
        view, story = self.view, self.story
        view.clock = max(view.clock, story.clock)
        view.events, view.answers = self.ledger.events, len(self.ledger.answered)
        view.quarantined = sum(self.ledger.quarantined.values())
        view.matured, view.positives = story.matured, story.positives if self._has_classes else None
        view.champion, view.waiting = story.champion, story.waiting
        return view

    def _close_periods(self) -> None:
        while self._due is not None and self.story.clock - self._maturity >= self._due:
            start, self._due = self._due - self._period, self._due + self._period
            labels, scores, decisions, models = self.ledger.between(start, start + self._period)
            if len(labels):
                shown = decisions if self.measure in OF_DECISIONS else scores
                value = measured(MEASURES[self.measure], labels, shown)
                self.view.bars.append(Bar(start, value, len(labels), ", ".join(models) or BASELINE))
