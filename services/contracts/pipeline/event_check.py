"""Checks the event section against its schema."""

from collections.abc import Mapping

from services.contracts.expression import ExpressionError
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.event import EventField
from services.contracts.pipeline.record_schema import AvroField

ID_TYPES = ("string", "int", "long")
FITTING: Mapping[str, frozenset[str]] = {
    "number": frozenset({"int", "long", "float", "double"}),
    "flag": frozenset({"boolean"}),
    "category": frozenset({"string", "enum", "int", "long"}),
    "time": frozenset({"timestamp"}),
    "reference": frozenset({"string"}),
}
_NOT_OF_REFERENCES = ("check", "one_of", "pattern", "pii")


def check_event(context: Context) -> bool:
    """Report what doesn't fit between event section and schema; whether the id does."""
    event, report = context.specification.event, context.report
    has_id = context.require(("event", "id"), context.event, event.id, ID_TYPES)
    context.require(("event", "time", "field"), context.event, event.time.field, ("timestamp",))
    if context.event.name == context.label.name:
        report.add(
            ("label", "schema"), f"event and label are both named {context.label.name}", "two names, to tell them apart"
        )
    for field_name, field in event.fields.items():
        if context.has_field(("event", "fields", field_name), context.event, field_name, key=True):
            _FieldCheck(context, field_name, field).check()
    return has_id


class _FieldCheck:
    """Checks what one entry of `event.fields` says."""

    def __init__(self, context: Context, name: str, field: EventField) -> None:
        self.context = context
        self.name = name
        self.field = field
        self.avro: AvroField = context.event.fields[name]
        fits = field.kind is not None and self.avro.type in FITTING[field.kind]
        self.kind = field.kind if field.kind and fits else self.avro.kind

    def check(self) -> None:
        if self.field.kind not in (None, self.kind):
            fitting = ", ".join(sorted(kind for kind, types in FITTING.items() if self.avro.type in types))
            self._add("kind", f"a field of type {self.avro.type} can't be a {self.field.kind}", fitting)
        if self.field.nullable and not self.avro.nullable:
            self._add("nullable", f"the schema ({self.context.event.file}:{self.avro.line}) doesn't allow null")
        self._limits()
        self._values()
        self._masking()
        self._condition()
        self._reference()

    def _add(self, key: str, message: str, expected: str = "") -> None:
        self.context.report.add(("event", "fields", self.name, key), message, expected)

    def _limits(self) -> None:
        low, high = self.field.min, self.field.max
        for key, limit in (("min", low), ("max", high)):
            if limit is not None and self.kind != "number":
                self._add(key, f"a {self.kind} has no {key}", "a field of kind number")
        if low is not None and high is not None and low > high:
            self._add("min", f"min {low:g} is above max {high:g}")
        for key in ("rare_below", "slice"):
            if getattr(self.field, key) and self.kind not in ("category", "flag"):
                self._add(key, f"a {self.kind} has no {key}", "a field of kind category")

    def _values(self) -> None:
        if self.field.pattern is not None and self.avro.type != "string":
            self._add("pattern", f"a pattern needs text, the field has type {self.avro.type}")
        textual = self.avro.type in ("string", "enum")
        for index, value in enumerate(self.field.one_of or ()):
            loc = ("event", "fields", self.name, "one_of", index)
            if isinstance(value, str) != textual:
                self.context.report.add(loc, f"{value!r} doesn't fit the field's type {self.avro.type}")
            elif self.avro.type == "enum" and value not in self.avro.symbols:
                self.context.report.unknown(loc, f"the enum has no symbol '{value}'", self.avro.symbols)

    def _masking(self) -> None:
        if self.field.pii is None:
            return
        event = self.context.specification.event
        if self.name in (event.id, event.time.field, *self.context.keys):
            self._add("pii", "the id, the time and the entities' keys can't be masked")
        elif self.avro.type != "string":
            self._add("pii", f"only text can be masked, the field has type {self.avro.type}")

    def _reference(self) -> None:
        """A digest says nothing of the bytes, so nothing is asked of it but to be one."""
        if self.kind != "reference":
            return
        event = self.context.specification.event
        if self.name in (event.id, *self.context.keys):
            self._add("kind", "the id and the entities' keys can't be references")
        for key in _NOT_OF_REFERENCES:
            if getattr(self.field, key) is not None:
                self._add(key, f"a reference has no {key}", "to be left out")
        if self.field.role == "fairness":
            self._add("role", "a reference makes no groups", "a field of kind category")

    def _condition(self) -> None:
        if self.field.check is None or self.kind == "reference":
            return
        loc = ("event", "fields", self.name, "check")
        condition = self.context.report.expression(loc, self.field.check)
        if condition is None or self.context.unread(condition.names):
            return
        try:
            kind = condition.kind(self.context.event_kinds)
        except ExpressionError as error:
            self.context.report.misread(loc, error)
        else:
            if kind != "flag":
                self._add("check", f"gives a {kind}", "a condition that is true or false")
