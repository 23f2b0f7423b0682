"""What a pipeline's file may say, something reads: a key that is taken and ignored would be believed."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from services.contracts.pipeline.specification import Specification
from tests.platform import ROOT

OTHERWISE = frozenset({"wrong_hold", "wrong_release", "why_learning", "unit", "schema_file", "last_by"})
"""Shown to people as they stand there; `schema_file` is read before the rest, and `last_by` refused unless it says what
is done."""


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def keys(section: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """Names of the fields of a section and of those within it that leave a choice."""
    seen.add(section)
    for name, field in section.model_fields.items():
        if len(get_args(field.annotation)) != 1:
            yield name
        for inner in parts(field.annotation):
            if inner not in seen:
                yield from keys(inner, seen)


@cache
def readers() -> str:
    """All code but what checks a file: that a key was looked at there makes no difference to a run."""
    paths = (path for path in (ROOT / "services").rglob("*.py") if not path.name.endswith("_check.py"))
    return "".join(path.read_text() for path in paths)


def test_every_key_of_the_format_is_read() -> None:
    found = dict.fromkeys(keys(Specification, set()))
    assert len(found) > 60
    unread = {name for name in found if not re.search(rf"\.{name}\b(?!\()", readers())}
    assert unread - OTHERWISE == set()
