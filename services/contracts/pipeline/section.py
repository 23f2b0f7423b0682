"""What all sections of a pipeline file share: frozen, strict about names, strict about types."""

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from services.contracts.pipeline.units import Duration, Rate

T = TypeVar("T")


class Section(BaseModel):
    """A mapping of the file. An unknown key is a mistake; YAML's types are taken as they are (`1` is no string)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """As pydantic makes it, with defaults as the file would write them."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, field in cls.model_fields.items():
            shown = properties.get(field.alias or name, {})
            if "default" in shown:
                shown["default"] = _written(field.default)
        return found


def _written(value: Any) -> Any:
    """A default as plain data."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    return str(value) if isinstance(value, Duration | Rate) else value


class _OneOrMore:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many.get("items", {}), many]}


def _listed(value: Any) -> Any:
    """A single value where a list may stand; lists become tuples, since strict tuples refuse lists."""
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, tuple) or value is None else (value,)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


OneOrMore = _OneOrMore()
"""Marks a tuple for which the file may also give one value."""

Listed = BeforeValidator(_tuple)
"""Marks a tuple, which the file gives as a list."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
"""A field of an Avro record."""

Short = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]
"""The name of an entity or a feature."""

SchemaFile = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.avsc$", max_length=100)]
"""A file beside the pipeline file."""

Share = Annotated[float, BeforeValidator(_number), Field(gt=0, lt=1)]
"""A share strictly between 0 and 1."""

Real = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
"""A finite number."""

Count = Annotated[int, Field(ge=1)]
"""At least one."""


def positive(duration: T) -> T:
    """Refuses a duration of nothing."""
    if duration == 0:
        raise ValueError("must be longer than nothing")
    return duration


Positive = AfterValidator(positive)
"""Marks a duration that must be longer than nothing."""
