"""The way of an accepted version to champion, as a pipeline asks for it."""

from dataclasses import dataclass

from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.pipeline.pipeline import Pipeline
from services.contracts.pipeline.release import GUARDS, Confirm, Release
from services.registry.domain.flight import Flight
from services.registry.domain.versions import CANARY, SHADOW


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. state: shadow or canary. share: of the entities that the version answers. lasts: microseconds by the
    pipeline's clock, at least. at_least: events, those it answered in a canary."""

    state: str
    share: float
    lasts: int
    at_least: int

    def __str__(self) -> str:
        return self.state if self.state == SHADOW else f"{self.state} at {self.share:.0%}"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """alpha: for all versions tried together. within: microseconds after the beginning of the last step. keeps: what
    is neither better nor worse by then becomes champion."""

    alpha: float
    within: int
    keeps: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """stages: none where an accepted version is champion at once. per_day: how many may become it, None for any number.
    partitions: how many report."""

    approval: bool = False
    stages: tuple[Stage, ...] = ()
    guards: tuple[str, ...] = GUARDS
    confirmation: Confirmation | None = None
    per_day: int | None = None
    partitions: int = 1
    task: LearningTask = BINARY

    def place(self, flight: Flight) -> int:
        """Which stage a flight is in; where the file was changed meanwhile, the first that lets it answer as much."""
        fitting = (
            number
            for number, stage in enumerate(self.stages)
            if stage.state == flight.state and stage.share >= flight.share
        )
        return next(fitting, len(self.stages) - 1)


def plan_of(pipeline: Pipeline, partitions: int) -> Plan:
    """What the file says. partitions: of the topics of events."""
    release, confirm = pipeline.release, pipeline.release.confirm
    return Plan(
        approval=release.approval,
        stages=tuple(_stages(release)),
        guards=release.canary.guard if release.canary else GUARDS,
        confirmation=None if confirm is None else _confirmation(confirm),
        per_day=release.limits.per_day if release.limits else None,
        partitions=partitions,
        task=pipeline.label.target.task,
    )


def _confirmation(confirm: Confirm) -> Confirmation:
    return Confirmation(confirm.alpha, int(confirm.within), confirm.otherwise == "keep")


def _stages(release: Release) -> list[Stage]:
    shadow, canary = release.shadow, release.canary
    first = [Stage(SHADOW, 0.0, int(shadow.lasts), shadow.at_least)] if shadow else []
    steps = [Stage(CANARY, step / 100, int(canary.each), canary.at_least) for step in canary.steps] if canary else []
    return first + steps
