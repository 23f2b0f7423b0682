"""What the checks of one pipeline share: its sections, its two schemas, and the report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.contracts.expression import Kind
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.record_schema import RecordSchema
from services.contracts.pipeline.report import Report
from services.contracts.pipeline.specification import Specification


def field_kinds(specification: Specification, event: RecordSchema) -> dict[str, Kind]:
    """The kind of every event field: the one the pipeline file gives, else that of its Avro type."""
    given = specification.event.fields
    return {name: (given[name].kind if name in given else None) or field.kind for name, field in event.fields.items()}


@dataclass(frozen=True)
class Context:
    """`event_kinds`, `label_kinds`: what the expressions over each record may read."""

    specification: Specification
    event: RecordSchema
    label: RecordSchema
    report: Report

    @property
    def keys(self) -> frozenset[str]:
        """Key fields of all entities."""
        return frozenset(entity.key for entity in self.specification.entities.values())

    @property
    def event_kinds(self) -> dict[str, Kind]:
        """Kinds of the event's fields."""
        return field_kinds(self.specification, self.event)

    @property
    def label_kinds(self) -> Mapping[str, Kind]:
        """Kinds of the label's fields."""
        return {name: field.kind for name, field in self.label.fields.items()}

    def unread(self, names: Iterable[str]) -> bool:
        """Whether one of `names` is a field whose Avro type is already a mistake."""
        return any(name in self.event.broken or name in self.label.broken for name in names)

    def masked(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are masked before anything but a check reads them."""
        fields = self.specification.event.fields
        return [name for name in names if name in fields and fields[name].pii]

    def forbidden(self) -> dict[str, str]:
        """Event fields that a model may not see, directly or through an expression, and why."""
        event = self.specification.event
        reasons = {event.id: "the event's id"}
        for name, field in event.fields.items():
            if field.role != "input":
                reasons[name] = f"a field of role {field.role}"
            elif field.pii:
                reasons[name] = "personal data (pii)"
        return reasons

    def has_field(self, loc: Loc, record: RecordSchema, name: str, key: bool = False) -> bool:
        """Whether the record has a usable field `name`; a mistake at `loc` where it has none at all."""
        if not record.knows(name):
            self.report.unknown(loc, f"{record.file} has no field '{name}'", record.fields, key)
        return name in record.fields

    def require(
        self, loc: Loc, record: RecordSchema, name: str, types: tuple[str, ...], nullable: bool = False
    ) -> bool:
        """As `has_field`; the field must also be of one of `types`, and never null unless it may be.

        True if all of it holds.
        """
        if not self.has_field(loc, record, name):
            return False
        field = record.fields[name]
        if field.type not in types:
            shown = [_SHOWN.get(one, one) for one in types]
            message = f"field '{name}' has type {_SHOWN.get(field.type, field.type)} in {record.file}:{field.line}"
            self.report.add(loc, message, " or ".join(shown))
        elif field.nullable and not nullable:
            self.report.add(loc, f"field '{name}' may be null in {record.file}:{field.line}", "a type without null")
        return field.type in types and (nullable or not field.nullable)

    def require_same(
        self, loc: Loc, name: str, event_name: str, types: tuple[str, ...], nullable: bool = False
    ) -> None:
        """The label must have field `name` of the type of the event's field `event_name`."""
        if not self.label.knows(name):
            self.report.add(loc, f"{self.label.file} has no field '{name}'", "labels that carry it, to join them")
            return
        if not self.require(loc, self.label, name, types, nullable) or event_name not in self.event.fields:
            return
        ours, theirs = self.label.fields[name].type, self.event.fields[event_name].type
        if ours != theirs:
            message = f"'{name}' has type {ours} in {self.label.file} and {theirs} in {self.event.file}"
            self.report.add(loc, message, "one type in both")


_SHOWN = {"timestamp": "long with logicalType timestamp-micros"}
