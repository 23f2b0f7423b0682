"""Whether decoding by a writer's schema costs no more than the data are long.

Anyone who may write to a topic can register a schema. Where each value takes at least a byte and no record holds
itself, work and depth are bounded. Otherwise five bytes can stand for billions of items, and a chain of records
recurses until the process dies.
"""

from typing import Any


class Unbounded(Exception):
    """Data by this schema could cost without limit; says why."""


def check_bounded(parsed: Any, within: tuple[str, ...] = ()) -> None:
    """Raises Unbounded. parsed: as by fastavro, so that references are full names; within: records around it."""
    if isinstance(parsed, list):
        for branch in parsed:
            if branch != "null":
                check_bounded(branch, within)
    elif isinstance(parsed, str):
        _check_name(parsed, within)
    else:
        _check_type(parsed, within)


def _check_name(name: str, within: tuple[str, ...]) -> None:
    if name == "null":
        raise Unbounded("a value of type null outside a union takes no bytes")
    if name in within:
        raise Unbounded(f"{name} holds itself")


def _check_type(parsed: dict[str, Any], within: tuple[str, ...]) -> None:
    kind = parsed["type"]
    if kind == "record":
        _check_record(parsed, (*within, parsed["name"]))
    elif kind in ("array", "map"):
        check_bounded(parsed["items" if kind == "array" else "values"], within)
    elif kind == "fixed" and parsed["size"] == 0:
        raise Unbounded(f"{parsed['name']} takes no bytes")
    elif kind not in ("fixed", "enum"):
        check_bounded(kind, within)


def _check_record(parsed: dict[str, Any], within: tuple[str, ...]) -> None:
    if not parsed["fields"]:
        raise Unbounded(f"{parsed['name']} has no fields and takes no bytes")
    for field in parsed["fields"]:
        check_bounded(field["type"], within)
