"""How long labels are waited for, and what their silence means."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from services.contracts.pipeline.learning_task import BINARY, LEARNING_TASKS, LearningTask
from services.outcomes.domain.acting import NOTHING, Acting
from services.outcomes.domain.conflict import LAST, Conflict

if TYPE_CHECKING:
    from services.outcomes.domain.pricing import Pricing
    from services.outcomes.domain.vectors import Vectors

LAYOUT = 7
"""Raised when the layout of the state or the meaning of the join changes."""
SLOTS = 16
"""Slots of a window, by which is found what is due: as many deadlines are in memory as lie in one."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations in microseconds.

    maturity: after its event time plus this, an event without a label is given up. negative_silence: it then counts as
    labelled 0. lateness: how far behind the watermark an event may still come. window: length of profile windows and
    distance of cohort marks. slices: event fields whose values are kept with the outcome. conflict: which of several
    labels counts. acting: which events were acted on. kind: of the learning task. pricing: what wrong decisions cost,
    None if nobody says it. classes: where there are several, their names; further ones come last, so that the numbers
    of those before them stay what they are. vectors: which features are profiled, None for none.
    """

    maturity: int
    lateness: int
    window: int
    negative_silence: bool = False
    slices: tuple[str, ...] = ()
    conflict: Conflict = LAST
    acting: Acting = NOTHING
    kind: str = BINARY.kind
    pricing: "Pricing | None" = field(default=None, compare=False)
    classes: tuple[str, ...] = ()
    vectors: "Vectors | None" = field(default=None, compare=False)

    @property
    def task(self) -> LearningTask:
        """What answers and labels are."""
        return LEARNING_TASKS[self.kind]

    @property
    def digest(self) -> str:
        """Names the fold: state of another digest can't be used."""
        content = asdict(replace(self, pricing=None, vectors=None))
        del content["pricing"], content["vectors"]  # what is told of answers, not what is known of them
        del content["classes"]  # one more changes nothing of what is known
        if self.task is BINARY:
            del content["kind"]  # as it was before there were others
        text = json.dumps([LAYOUT, content], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def class_of(self, number: float | None) -> str | None:
        """The name of a class by its number, None where there are none."""
        return self.classes[int(number)] if self.classes and number is not None else None

    def window_of(self, time: int) -> int:
        """Start of the window that a time lies in."""
        return time // self.window * self.window

    def slot_of(self, time: int) -> int:
        """The slot that a time lies in, counted from that of 1970."""
        return time * SLOTS // self.window

    def slot_start(self, slot: int) -> int:
        """The first time of a slot."""
        return -(-slot * self.window // SLOTS)

    def forgotten_at(self, window: int) -> int:
        """Watermark from which events of the window starting at `window` are no longer known.

        One more maturity after the last was given up, late labels and corrections are still recognised.
        """
        return window + self.window + self.lateness + 2 * self.maturity
