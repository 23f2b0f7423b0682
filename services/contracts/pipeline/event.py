"""The event: its schema, identity, time, and what its fields mean."""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from services.contracts.expression import Kind
from services.contracts.pipeline.section import Identifier, Listed, Real, SchemaFile, Section
from services.contracts.pipeline.units import Duration

Role: TypeAlias = Literal["input", "fairness", "action"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"isn't a regular expression: {error}") from None
    return pattern


class EventField(Section):
    """What a field means. `kind` and `nullable` follow from the Avro type where the file is silent.

    kind `reference`: the SHA-256 of bytes in the object store, such as an image's; functions of features.py read them.
    check: an expression over the event that must hold. one_of, pattern (whole value), min, max: what is allowed.
    else: an event that breaks one of them is quarantined.
    rare_below: categories seen less often are one. slice: quality is also measured by its values.
    role: `fairness` and `action` fields are never model inputs.
    pii: `hash` masks the value before it reaches a durable topic; it is never a model input.
    """

    kind: Kind | None = None
    unit: str | None = None
    nullable: bool | None = None
    check: str | None = None
    one_of: Annotated[tuple[str | Real, ...], Listed] | None = Field(default=None, min_length=1)
    pattern: Annotated[str, AfterValidator(_compiles)] | None = None
    min: Real | None = None
    max: Real | None = None
    otherwise: Literal["reject"] = Field(default="reject", alias="else")
    rare_below: int | None = Field(default=None, ge=1)
    slice: bool = False
    role: Role = "input"
    pii: Literal["hash"] | None = None


class EventTime(Section):
    """`field` holds event time; an event more than `lateness` behind its partition's watermark is too late."""

    field: Identifier
    lateness: Duration = Duration("10m")


class Event(Section):
    """schema_file: the Avro file beside the pipeline file. id: the field that labels name."""

    schema_file: SchemaFile = Field(alias="schema")
    id: Identifier
    time: EventTime
    fields: dict[Identifier, EventField] = {}

    @property
    def groups(self) -> tuple[str, ...]:
        """Fields by whose values quality or fairness is measured, sorted."""
        return tuple(sorted(name for name, field in self.fields.items() if field.slice or field.role == "fairness"))
