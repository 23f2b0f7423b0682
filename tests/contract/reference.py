"""The pages of the documentation that are made from the code; `scripts/document` writes them."""

import importlib
import re
import types
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from services.chassis.settings import ChassisSettings
from services.contracts.topics import FOREVER, Topic, stage_of, topics_of

ROOT = Path(__file__).parents[2]

_SETTINGS = """# Settings

Each is an environment variable, read once when a process starts. `driftmill up` and `driftmill run` set what a service
needs; set others beside them. Bad values end the process with exit code 2 and a sentence that names the variable.
"""
_OUTSIDE = {
    "DRIFTMILL_CACHE": "Directory of downloaded files, shared by all clones; the platform's cache directory if unset.",
    "DRIFTMILL_PYTHON": "Interpreter that `scripts/setup` makes the environment with.",
    "DRIFTMILL_IMAGE": "Image of all services in `docker-compose.yml`.",
    "DRIFTMILL_TEST_DATA": "Directory of the real streams for the tests that use them.",
}
"""Read by scripts, containers, tests and the local broker."""
INTERNAL = {
    "DRIFTMILL_FAILPOINT",
    "DRIFTMILL_SABOTAGE",
    "DRIFTMILL_SETUP_LOCKED",
    "DRIFTMILL_TEST_HOME",
    "DRIFTMILL_TEST_OWNER",
}
"""Set by a process of the project for another one; nobody else sets them."""

_TOPICS = """# Topics

Every topic of a pipeline, from the catalogue `services/contracts/topics.py`. In Kafka each name begins with the
pipeline's: `payments.events`. Records are Avro in Confluent's wire format; `schemas/` holds those of Driftmill, the
pipeline's directory those of its events and labels. All topics have log-append timestamps.

Producers and consumers of your own belong where **users** or **people** stand. Read with
`isolation.level=read_committed`: what a transaction gave up stays in the log.

`features.<entity>` stands for one topic of each entity after the first that has features; without such entities the
service writes `features` at once. Each is read by a stage of the service, see [features](features.md).
"""
_SHOWN = topics_of([stage_of(""), stage_of("<entity>")])
"""All topics of a pipeline with several entities."""


def settings_classes() -> dict[str, type[BaseSettings]]:
    """Settings of each room that has its own, by the room's name; the chassis first."""
    found: dict[str, type[BaseSettings]] = {}
    for path in sorted((ROOT / "services").glob("*/settings.py")):
        module = importlib.import_module(f"services.{path.parent.name}.settings")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.__module__ == module.__name__:
                found[path.parent.name] = kind
    return {"chassis": found.pop("chassis"), **found}


def own_fields(kind: type[BaseSettings]) -> dict[str, FieldInfo]:
    """Fields that a service adds to those of the chassis, or of another service."""
    shared = {name for other in kind.__mro__[1:] if issubclass(other, ChassisSettings) for name in other.model_fields}
    shared |= set() if kind is ChassisSettings else set(ChassisSettings.model_fields)
    return {name: field for name, field in kind.model_fields.items() if name not in shared}


def settings_page() -> str:
    """docs/settings.md."""
    parts = [_SETTINGS]
    for room, kind in settings_classes().items():
        title = (
            "Every service" if kind is ChassisSettings else f"The {room} service" if room != "cli" else "The command"
        )
        rows = [_setting(name, field) for name, field in own_fields(kind).items()]
        if rows:
            parts.append(f"## {title}\n\n" + _table(("variable", "type", "default", "meaning"), rows))
    outside = [(f"`{name}`", meaning) for name, meaning in _OUTSIDE.items()]
    parts.append("## Scripts, containers and tests\n\n" + _table(("variable", "meaning"), outside))
    return "\n".join(parts)


def known_variables() -> set[str]:
    """All environment variables that mean something."""
    fields = [one for kind in settings_classes().values() for one in kind.model_fields.items()]
    return {_variable(*one) for one in fields} | set(_OUTSIDE) | INTERNAL


def is_known(variable: str) -> bool:
    """Whether an environment variable means something, by itself or as one of those of a mapping."""
    known = known_variables()
    many = (name.removesuffix("<NAME>") for name in known if name.endswith("<NAME>"))
    return variable in known or variable.startswith(tuple(many))


def topics_page() -> str:
    """docs/topics.md."""
    rows = [_topic(topic) for topic in _SHOWN]
    columns = ("topic", "written by", "read by", "records", "key", "partitions", "kept")
    return "\n".join([_TOPICS, "```mermaid", "flowchart LR", *_drawing(), "```\n", _table(columns, rows)])


def _setting(name: str, field: FieldInfo) -> tuple[str, ...]:
    default = "required" if field.is_required() else _default(field.default)
    return f"`{_variable(name, field)}`", _type_name(field), default, field.description or ""


def _variable(name: str, field: FieldInfo) -> str:
    """Another tool's variable has that tool's name; of a mapping, each key has a variable of its own."""
    each = "_<NAME>" if get_origin(field.annotation) is dict else ""
    return str(field.validation_alias or f"DRIFTMILL_{name.upper()}{each}")


def _default(value: Any) -> str:
    shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return "" if shown is None or shown == "" else f"`{shown}`"


def _type_name(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is dict:
        kind = get_args(kind)[1]
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    names = {"str": "text", "int": "number", "float": "number", "Path": "path", "SecretStr": "secret text"}
    limits = [text for rule in field.metadata for text in _limits(rule)]
    return ", ".join([names.get(kind.__name__, kind.__name__), *limits])


def _limits(rule: Any) -> Iterator[str]:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    yield from (f"{sign} {getattr(rule, name):g}" for name, sign in signs.items() if hasattr(rule, name))


def _topic(topic: Topic) -> tuple[str, ...]:
    records = ", ".join(f"`{record.removeprefix('driftmill.')}`" for record in topic.records)
    records = records.replace("`{event}`", "your event").replace("`{label}`", "your label")
    kept = "newest of each key" if topic.cleanup == "compact" else "for ever" if topic.retention_ms == FOREVER else ""
    kept = kept or f"{topic.retention_ms // 86_400_000} days"
    partitions = "the pipeline's" if topic.partitioned else "1"
    return (
        f"`{topic.name}`",
        topic.writer,
        ", ".join((*topic.readers, *topic.followers)),
        records,
        topic.key,
        partitions,
        kept,
    )


def _drawing() -> list[str]:
    """One arrow for each writer and reader of a topic; dead letters and what all read would hide the rest."""
    lines = []
    for topic in _SHOWN:
        if topic.name.startswith("deadletters.") or topic.name == "configs":
            continue
        node = re.sub(r"\W", "_", topic.name)
        lines.append(f'  t_{node}[["{escape(topic.name)}"]]')
        lines += [f"  {writer} --> t_{node}" for writer in topic.writer.split(", ")]
        lines += [f"  t_{node} --> {reader}" for reader in (*topic.readers, *topic.followers)]
    return lines


def _table(columns: tuple[str, ...], rows: list[Any]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PAGES = {"settings.md": settings_page, "topics.md": topics_page}


def write() -> None:
    """Write all pages into docs/."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
