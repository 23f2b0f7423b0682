"""A YAML 1.2 file as a tree whose every node knows its line and column."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from services.contracts.pipeline.mistake import Mistake

Loc: TypeAlias = tuple[str | int, ...]

MAX_SIZE = 200_000
MAX_NODES = 20_000
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Place:
    """A node: `data` is a dict or a list of places, or a plain value. `key_*`: where its key stands, if it has one."""

    data: Any
    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    quoted: bool = False

    def plain(self) -> Any:
        """The data without positions."""
        if isinstance(self.data, dict):
            return {key: place.plain() for key, place in self.data.items()}
        if isinstance(self.data, list):
            return [place.plain() for place in self.data]
        return self.data

    def child(self, part: str | int) -> "Place | None":
        """The place under a key or an index, if there is one."""
        if isinstance(self.data, dict):
            return self.data.get(part)
        if isinstance(self.data, list) and isinstance(part, int) and part < len(self.data):
            place: Place = self.data[part]
            return place
        return None


@dataclass(slots=True)
class Document:
    """The file: its root, and what is wrong with its YAML."""

    file: str
    root: Place
    mistakes: list[Mistake] = field(default_factory=list)

    @classmethod
    def read(cls, file: str, text: str) -> "Document":
        """Read `text`. Where it isn't YAML, the root is an empty mapping and `mistakes` say why."""
        document = cls(file, Place({}, 1, 1))
        try:
            if len(text) > MAX_SIZE:
                raise YAMLError(f"longer than {MAX_SIZE} characters")
            node = YAML(typ="safe", pure=True).compose(text)
            if node is not None:
                document.root = _Reader(document).place(node, "")
        except MarkedYAMLError as error:
            document._refuse(error)
        except (YAMLError, RecursionError, ValueError) as error:
            document.mistakes.append(Mistake(file, 1, 1, "", f"isn't readable as YAML: {error}"))
        return document

    def _refuse(self, error: MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reason = " ".join(str(part) for part in (error.context, error.problem) if part)
        self.mistakes.append(Mistake(self.file, line, column, "", f"isn't YAML: {reason}"))

    def walk(self, loc: Sequence[str | int]) -> Iterator[tuple[str | int, Place]]:
        """The places on the way to `loc`; parts that aren't in the file (types of a union) are passed over."""
        place = self.root
        for part in loc:
            child = place.child(part)
            if child is not None:
                place = child
                yield part, child

    def find(self, loc: Sequence[str | int]) -> Place | None:
        """The place at exactly `loc`."""
        place: Place | None = self.root
        for part in loc:
            place = place.child(part) if place else None
        return place

    def position(self, loc: Sequence[str | int], key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or of the key) at `loc`, or of the nearest thing around it that is there."""
        places = [place for _, place in self.walk(loc)]
        if not places:
            return self.root.line, self.root.column
        last = places[-1]
        return (last.key_line, last.key_column) if key and last.key_line else (last.line, last.column)

    def remove(self, loc: Sequence[str | int]) -> None:
        """Take the node at `loc` out; positions of the others stay."""
        parent = self.find(loc[:-1])
        if parent is not None and isinstance(parent.data, dict):
            parent.data.pop(loc[-1], None)
        elif parent is not None and parent.child(loc[-1]) is not None:
            del parent.data[loc[-1]]


@dataclass(slots=True)
class _Reader:
    """Turns composed nodes into places, and counts them, since aliases can multiply."""

    document: Document
    count: int = 0

    def place(self, node: Any, path: str) -> Place:
        self.count += 1
        if self.count > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES} values")
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, MappingNode):
            return Place(self._mapping(node, path), line, column)
        if isinstance(node, SequenceNode):
            items = [self.place(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            return Place(items, line, column)
        return Place(_scalar(node), line, column, quoted=bool(node.style))

    def _mapping(self, node: MappingNode, path: str) -> dict[Any, Place]:
        found: dict[Any, Place] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            key = _key(key_node)
            inner = f"{path}.{key}" if path else str(key)
            if key is None or key_node.tag == f"{_TAG}merge":
                self._mistake(line, column, path, "a key is a plain name", "write the section out")
                continue
            if key in found:
                self._mistake(
                    line, column, inner, f"'{key}' stands twice", f"the first is in line {found[key].key_line}"
                )
                continue
            place = self.place(value_node, inner)
            place.key_line, place.key_column = line, column
            if place.data is None and not value_node.value:
                place.line, place.column = line, column  # nothing is written: YAML says it is in the next line
            found[key] = place
        return found

    def _mistake(self, line: int, column: int, path: str, message: str, hint: str) -> None:
        self.document.mistakes.append(Mistake(self.document.file, line, column, path, message, hint=hint))


def _key(node: Any) -> str | None:
    # keys are names: `on`, `no` and 1 stay text
    return str(node.value) if isinstance(node, ScalarNode) else None


def _scalar(node: ScalarNode) -> Any:
    kind = str(node.tag).removeprefix(_TAG)
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return _integer(text)
    if kind == "float":
        return _float(text)
    return text


def _integer(text: str) -> int | float:
    plain = text.replace("_", "")
    return int(plain, 0) if plain.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(plain)


def _float(text: str) -> float:
    plain = text.replace("_", "").lower()
    if plain.lstrip("+-") == ".inf":
        return -math.inf if plain.startswith("-") else math.inf
    return math.nan if plain == ".nan" else float(plain)


def dotted(loc: Sequence[str | int]) -> str:
    """`features.customer.spend.windows[0]` for a location."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
