"""What may be decided about runs, and what evidence is wanting. Times are the pipeline's clock, in microseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Start:
    """A run starts. trigger: labels, alert, schedule, changed or request. requests: all that it answers. of_policy: it
    only chooses a decision policy, for the model that answers."""

    run_id: str
    trigger: str
    reason: str
    alert_id: str | None = None
    request_id: str | None = None
    change_point: int | None = None
    requests: tuple[str, ...] = ()
    of_policy: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A run that an alert asks for waits for matured outcomes after the change."""

    run_id: str
    alert_id: str
    change_point: int
    have: int
    need: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A run that waited ends without having begun."""

    run_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """A run would start if limits let it. after: the last run that these count. limit: cooldown or per_day."""

    run_id: str
    trigger: str
    alert_id: str | None
    after: str
    limit: str
    until: int
    reason: str

    @property
    def key(self) -> str:
        """What is held back: the run of an alert, or until another run has started whatever this trigger asks for."""
        return self.run_id if self.alert_id else f"{self.trigger}/{self.after}"


Decision = Start | Wait | GiveUp


def lacking(
    rows: int, positives: int, need_rows: int | None, need_positives: int | None, which: str = "labelled"
) -> tuple[int, int, str] | None:
    """Have, need and a sentence for the first need that isn't met; None when all are."""
    for have, need, what in ((positives, need_positives, "positives"), (rows, need_rows, "rows")):
        if need is not None and have < need:
            return have, need, f"{have:,} of {need:,} {which} {what} after the change"
    return None
