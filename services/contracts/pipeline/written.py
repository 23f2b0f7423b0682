"""Values that a pipeline file writes as one text, such as `10m` or `1/week`, as pydantic types."""

from abc import abstractmethod
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Written:
    """A value whose `str` is the text that the user wrote. pattern, examples: of that text."""

    __slots__ = ()

    pattern: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def read(cls, value: Any) -> Self:
        """What `value` stands for: text, or such a value already; raises ValueError."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validated by `read`, written as text."""
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A string like the examples."""
        return {"type": "string", "pattern": cls.pattern, "examples": list(cls.examples)}
