"""The label: the truth about an event, how it is read, and when it becomes known."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, LEARNING_TASKS, LearningTask
from services.contracts.pipeline.section import Identifier, Listed, Positive, Real, SchemaFile, Section
from services.contracts.pipeline.units import Duration, OneIn

SOURCE = "source"
"""The field of a label that says who gave it, where there is one."""
MOST_SOURCES = 250
MOST_CLASSES = 100
"""Of each an answer carries the probability."""

LABEL_KEY = "label_key"
"""The field of an answer that a labeller sends back, and of labels that do so."""

DECISION = "decision"
"""What expressions call the decision of the answer to an event."""


class Target(Section):
    """What is predicted: whether label field `field` is `positive`, or, of `kind: regression`, its number, or, of
    `kind: multiclass`, which of several classes it is.

    classes: of `multiclass` only, at least three values of the field. Their order is that of an answer's scores, and
    further ones are added at the end only; the first is what is decided while nothing is known.
    prior: what is answered before anything is known: the share of positives (default 0.5), or a number (default 0);
    several classes are equally probable then.
    """

    field: Identifier
    kind: Literal["binary", "regression", "multiclass", "anomaly"] = "binary"
    positive: bool | int | str | None = True
    prior: Real = 0.5
    classes: Annotated[tuple[int | str, ...], Listed] | None = Field(default=None, max_length=MOST_CLASSES)

    @property
    def task(self) -> LearningTask:
        """What follows from the kind, and from the classes where there are several."""
        task = LEARNING_TASKS[self.kind]
        return task if self.classes is None else replace(task, classes=self.classes)

    def keeps(self, earlier: "Target") -> bool:
        """Whether the classes of an earlier one are still the first, so that numbers and scores mean what they did."""
        before = earlier.classes or ()
        return (self.classes or ())[: len(before)] == before

    @field_validator("kind")
    @classmethod
    def _has_labels(cls, kind: str) -> str:
        if kind == ANOMALY.kind:
            raise ValueError(
                "anomaly has no labels: leave the section 'label' out, and write 'task: anomaly' below model"
            )
        return kind

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, value: Any) -> Any:
        """Defaults that depend on the kind."""
        if not isinstance(value, dict):
            return value
        task = LEARNING_TASKS.get(str(value.get("kind")), BINARY)
        return {**task.target, **value}

    @field_validator("prior")
    @classmethod
    def _share(cls, prior: float, info: ValidationInfo) -> float:
        if info.data.get("kind") == BINARY.kind and not 0 < prior < 1:
            raise (
                PydanticKnownError("less_than", {"lt": 1})
                if prior > 0
                else PydanticKnownError("greater_than", {"gt": 0})
            )
        return prior


class Known(Section):
    """When a label is known, and when to stop waiting for it.

    time: the label field that says when it became known. expected_after: how long after its event that usually is.
    maturity (default: twice expected_after): after so long an event without a label is judged.
    silence: what it is then, `missing` (left out) or `negative`.
    """

    time: Identifier
    expected_after: Annotated[Duration, Positive] = Duration("1d")
    maturity: Annotated[Duration, Positive] | None = None
    silence: Literal["missing", "negative"] = "missing"


class Priority(Section):
    """Which of several labels of an event counts: that of the source that stands first, of these the latest.

    last_by: `known.time`. sources: values of the label's `source`, first those that win; one that isn't listed counts
    only while no label of a listed one is there. None: whatever the source, the latest counts.
    """

    last_by: Identifier
    sources: Annotated[tuple[str, ...], Listed] = Field(default=(), max_length=MOST_SOURCES)


class Acted(Section):
    """Events that the business acts on, so that nobody learns what would have come of them.

    when: an expression over the event, and `decision` for what was answered. label: their outcomes are `censored`, and
    no measure and no training has them. explore: so large a share of the events isn't to be acted on: those that would
    have been stand for all of these.
    """

    when: str
    label: Literal["censored"]
    explore: OneIn | None = None


RULE_SLOTS = 1_000
"""In so many parts of the time that a rule may take events come to be labelled negative, a whole part at once."""


class Rule(Section):
    """Events label each other: one is positive if a later one of its entity fulfils `when`, an expression over that,
    at most `within` after it; negative once none can come any more.
    """

    when: str
    within: Annotated[Duration, Positive]

    def slot(self, lateness: int) -> int:
        """How far apart in time events may lie that come to be negative together, in microseconds."""
        return -(-(int(self.within) + lateness) // RULE_SLOTS)

    def takes(self, lateness: int) -> int:
        """How long after an event its label is told at the latest, in microseconds of the watermark.

        lateness: how far behind the watermark an event may still come.
        """
        return int(self.within) + lateness + self.slot(lateness)


class Label(Section):
    """schema_file: the Avro file beside the pipeline file. id (default: `event.id`): the field that names the event.

    join: what tells the entity of a label that doesn't name it: the `label_key` of the answer, which it sends back, or
    the `event_id`, by which it is looked up.

    early: cohort: labels count once their whole cohort of event time has matured.
    conflict: which of several labels of an event counts: the `last` to come, which is so without it, or the `first`, or
    by the priority of their sources.
    acted: events whose truth stays unknown, since they were acted on.
    rule: labels are made of later events, and none are taken from elsewhere.
    """

    schema_file: SchemaFile = Field(alias="schema")
    id: Identifier | None = None
    join: Literal["label_key", "event_id"] | None = None
    target: Target
    known: Known
    early: Literal["cohort"] = "cohort"
    conflict: Literal["last", "first"] | Priority | None = None
    acted: Acted | None = None
    rule: Rule | None = None
