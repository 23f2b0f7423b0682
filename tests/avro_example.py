"""Values that fit an Avro schema, drawn by chance from a seed."""

import random
import string
from collections.abc import Callable
from typing import Any

from fastavro import parse_schema

_LETTERS = string.ascii_letters + "äß€雪 \n'\\"


def example(schema: Any, chance: random.Random) -> Any:
    """A value of a schema; times are whole numbers, as the chassis gives them."""
    return _Examples(parse_schema(schema), chance).value


class _Examples:
    def __init__(self, parsed: Any, chance: random.Random) -> None:
        self._chance = chance
        self._named: dict[str, Any] = {}
        self.value = self._of(parsed)

    def _of(self, kind: Any) -> Any:
        if isinstance(kind, list):
            return self._of(self._chance.choice(kind))
        if isinstance(kind, str):
            return self._of(self._named[kind]) if kind in self._named else self._primitive(kind)
        if "name" in kind:
            self._named[kind["name"]] = kind
        return self._complex(kind)

    def _complex(self, kind: dict[str, Any]) -> Any:
        match kind["type"]:
            case "record":
                return {field["name"]: self._of(field["type"]) for field in kind["fields"]}
            case "array":
                return [self._of(kind["items"]) for _ in range(self._chance.randint(0, 4))]
            case "map":
                return {self._primitive("string"): self._of(kind["values"]) for _ in range(self._chance.randint(0, 4))}
            case "enum":
                return self._chance.choice(kind["symbols"])
            case "fixed":
                return self._chance.randbytes(kind["size"])
            case inner:
                return self._of(inner)

    def _primitive(self, kind: str) -> Any:
        chance = self._chance
        draws: dict[str, Callable[[], Any]] = {
            "null": lambda: None,
            "boolean": lambda: chance.random() < 0.5,
            "int": lambda: chance.randint(-(2**31), 2**31 - 1),
            "long": lambda: chance.randint(-(2**63), 2**63 - 1),
            "float": lambda: float(chance.randint(-(2**20), 2**20)) / 8,
            "double": lambda: chance.uniform(-1e9, 1e9),
            "bytes": lambda: chance.randbytes(chance.randint(0, 40)),
            "string": lambda: "".join(chance.choices(_LETTERS, k=chance.randint(0, 20))),
        }
        return draws[kind]()
