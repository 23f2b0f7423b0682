"""What all sections of a pipeline file share: frozen, strict about names, strict about types."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

T = TypeVar("T")


class Section(BaseModel):
    """A mapping of the file. An unknown key is a mistake; YAML's types are taken as they are (`1` is no string)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


def _listed(value: Any) -> Any:
    """A single value where a list may stand; lists become tuples, since strict tuples refuse lists."""
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, tuple) or value is None else (value,)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


OneOrMore = BeforeValidator(_listed)
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
