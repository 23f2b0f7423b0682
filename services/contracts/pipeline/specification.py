"""The whole pipeline file as typed sections, before it is checked against its Avro schemas."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.contracts.pipeline.entity import MOST, Entity
from services.contracts.pipeline.evaluate import MIN_POSITIVES, Evaluate
from services.contracts.pipeline.event import Event
from services.contracts.pipeline.features import Features
from services.contracts.pipeline.label import Label
from services.contracts.pipeline.lake import Lake
from services.contracts.pipeline.metric import DISPARITIES
from services.contracts.pipeline.model import Model
from services.contracts.pipeline.monitor import Fairness, Monitor
from services.contracts.pipeline.release import Release
from services.contracts.pipeline.retrain import Retrain
from services.contracts.pipeline.section import Listed, Section, Short
from services.contracts.pipeline.source import Owner, Problem, Source
from services.contracts.pipeline.unlabelled import unlabelled

PipelineName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=80)]
"""Begins every topic of the pipeline, so only letters, digits and dashes."""


class Specification(Section):
    """`driftmill`: version of this format. declared_label: None with `model.task: anomaly` only."""

    driftmill: Literal[1]
    name: PipelineName
    purpose: str | None = None
    owner: Owner | None = None
    problem: Problem | None = None
    sources: Annotated[tuple[Source, ...], Listed] = ()
    clock: Literal["event"] = "event"
    entities: dict[Short, Entity] = Field(min_length=1, json_schema_extra={"maxProperties": MOST})
    event: Event
    declared_label: Label | None = Field(default=None, alias="label")
    features: Features = Features()
    model: Model
    evaluate: Evaluate = Evaluate()
    retrain: Retrain = Retrain()
    release: Release = Release()
    monitor: Monitor = Monitor()
    lake: Lake | None = None

    @property
    def label(self) -> Label:
        """The section, or what stands in its place where events have no labels."""
        return unlabelled(self.event) if self.declared_label is None else self.declared_label

    @property
    def fairness(self) -> tuple[Fairness, ...]:
        """How far groups may lie apart live: as `monitor` says, else as a new model must show."""
        asked = (one for one in self.evaluate.accept or () if one.metric in DISPARITIES)
        return self.monitor.fairness or tuple(
            Fairness.model_validate(
                {
                    "metric": one.metric,
                    "by": one.by,
                    "at_most": one.at_most,
                    "min_positives": one.min_positives or MIN_POSITIVES,
                }
            )
            for one in asked
        )

    @property
    def chain(self) -> tuple[tuple[str, Entity], ...]:
        """The entities in the order in which features of an event are made: the primary one, then as in the file."""
        return tuple(sorted(self.entities.items(), key=lambda item: not item[1].primary))
