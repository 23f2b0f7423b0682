"""What follows for the version in flight at the end of a window: it goes on, is released, rolled back, or waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.advantage import hold_out_loss
from services.registry.domain.acceptance import Criterion
from services.registry.domain.confirmation import Comparison, compare, spent
from services.registry.domain.flight import Flight
from services.registry.domain.guard import Expected, expected_rate, guarded, is_broken
from services.registry.domain.plan import Plan, Stage
from services.registry.domain.score_groups import ScoreGroups
from services.registry.domain.versions import CANARY, CHAMPION, REJECTED


@dataclass(frozen=True, slots=True)
class Judgement:
    """to_state: where the version moves to, empty while it waits. reason: why, or for what it waits. criteria: the
    evidence, each with its numbers."""

    to_state: str
    reason: str
    criteria: tuple[Criterion, ...]
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A flight at the end of a window."""

    stage: Stage
    is_last: bool
    time: Criterion
    samples: Criterion
    guards: tuple[Criterion, ...]
    comparison: Comparison | None
    overdue: bool
    missing: bool

    @property
    def waits_for(self) -> str:
        """What a next step lacks, empty if nothing."""
        lacking = [one.name for one in (self.time, self.samples, *self.guards) if not one.passed]
        return ", ".join([*lacking, *(["events in the newest window"] if self.missing else [])])

    def stops(self, against: str) -> str:
        """Why it goes no further, empty if nothing is against it."""
        broken = [guard.detail for guard in self.guards if is_broken(guard)]
        if self.comparison is not None and self.comparison.is_worse:
            broken.append(self.comparison.criterion(against).detail)
        return "; ".join(broken)

    def evidence(self, against: str) -> tuple[Criterion, ...]:
        """All of it with its numbers; what labels say of it comes last."""
        told = (self.time, self.samples, *self.guards)
        return told if self.comparison is None else (*told, self.comparison.criterion(against))


def standing(flight: Flight, plan: Plan, manifest: Mapping[str, Any], now: int) -> Standing:
    """Where a flight stands. manifest: of its version. now: end of a window of answers, which all partitions have
    reported."""
    place = plan.place(flight)
    stage, since = plan.stages[place], now if flight.since is None else flight.since
    answers, measured = flight.answers(now), manifest.get("measured", {})
    expected = Expected(ScoreGroups.of(measured, plan.task), expected_rate(measured, plan.task), manifest.get("cost"))
    confirmation = plan.confirmation
    is_last = place == len(plan.stages) - 1
    return Standing(
        stage=stage,
        is_last=is_last,
        time=_time(stage, now - since),
        samples=_samples(stage, flight, now),
        guards=tuple(guarded(plan.guards, answers, flight.served, expected)),
        comparison=None if confirmation is None else _compared(flight, plan, measured, now, confirmation.alpha),
        overdue=confirmation is not None and is_last and now - since >= confirmation.within,
        missing=not answers or answers[-1].all_pairs.rows == 0,
    )


def judge_flight(flight: Flight, plan: Plan, manifest: Mapping[str, Any], now: int) -> Judgement:
    """Guards may only stop; labels may stop at any time, and promote after the last step. What is missing never
    promotes, nor lets a share grow."""
    at = standing(flight, plan, manifest, now)
    evidence = at.evidence(flight.against)
    if stops := at.stops(flight.against):
        return Judgement(REJECTED, f"rolled back: {stops}", evidence)
    if at.overdue and not _is_confirmed(at):
        return _overdue(at, plan, evidence)
    if at.waits_for:
        return Judgement("", at.waits_for, evidence)
    if not at.is_last:
        following = plan.stages[plan.place(flight) + 1]
        return Judgement(CANARY, f"{at.stage} went well: {following} begins", evidence, following.share)
    if at.comparison is None:
        return Judgement(CHAMPION, f"{at.stage}, the last step, went well", evidence)
    if not at.comparison.is_better:
        return Judgement("", "labels that tell whether it is better", evidence)
    return Judgement(CHAMPION, evidence[-1].detail, evidence)


def _is_confirmed(at: Standing) -> bool:
    return at.comparison is not None and at.comparison.is_better and not at.waits_for


def _overdue(at: Standing, plan: Plan, evidence: tuple[Criterion, ...]) -> Judgement:
    """Kept is only what lacks nothing but certainty."""
    if plan.confirmation is not None and plan.confirmation.keeps and not at.waits_for:
        return Judgement(CHAMPION, "kept: labels didn't tell in time that it is worse", evidence)
    lacking = at.waits_for or "labels didn't tell in time that it is better"
    return Judgement(REJECTED, f"rolled back: {lacking}", evidence)


def _compared(flight: Flight, plan: Plan, measured: Mapping[str, Any], now: int, alpha: float) -> Comparison:
    loss = hold_out_loss(measured, plan.task)
    return compare(flight.matured(now), flight.against, plan.task, loss, spent(alpha, flight.attempt))


_HOUR = 3_600_000_000


def _time(stage: Stage, passed: int) -> Criterion:
    name, hours, most = f"{stage} for {stage.lasts / _HOUR:g} h", passed / _HOUR, stage.lasts / _HOUR
    detail = f"{name}: {hours:g} h by now"
    return Criterion(name, passed >= stage.lasts, hours, most, None, None, 0, detail)


def _samples(stage: Stage, flight: Flight, now: int) -> Criterion:
    """Events that it answered; in shadow, that it was asked."""
    sums = [window.all_pairs for window in flight.of_step(now)]
    events = sum(one.answered if stage.state == CANARY else one.rows for one in sums)
    name = f"{stage.at_least:,} events in {stage}"
    detail = f"{name}: {events:,} by now"
    return Criterion(name, events >= stage.at_least, float(events), float(stage.at_least), None, None, events, detail)
