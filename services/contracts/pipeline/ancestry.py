"""Which fields of the event a column rests on: itself, or what its feature is computed from."""

from collections.abc import Iterable, Mapping

from services.contracts.expression import parse
from services.contracts.pipeline.definition import definitions, row_features
from services.contracts.pipeline.specification import Specification

Ancestry = Mapping[str, frozenset[str]]


def ancestry(specification: Specification) -> Ancestry:
    """Of each feature the event fields behind it; none behind one of labels or of counted events alone."""
    found: dict[str, frozenset[str]] = {}
    for definition in definitions(specification):
        read = parse(definition.value).names if definition.value and definition.source == "events" else ()
        found[definition.name] = _behind(found, read)
    for row in row_features(specification):
        found[row.name] = _behind(found, [name for text in row.expressions for name in parse(text).names])
    return found


def _behind(found: Ancestry, names: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(found.get(name, (name,)) for name in names))
