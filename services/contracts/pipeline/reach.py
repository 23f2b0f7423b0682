"""How far what a column is computed from may lie back."""

from collections.abc import Mapping

from services.contracts.expression import parse
from services.contracts.pipeline.definition import FeatureDefinition, definitions, row_features
from services.contracts.pipeline.specification import Specification

_HALVES = 4
"""After so many half-lives a sixteenth is left."""
_WEEK = 7 * 86_400_000_000
"""Of features without a window, such as the last value: most entities have been seen by then."""


def reach(specification: Specification) -> Mapping[str, int]:
    """Of each feature and row feature, in microseconds; of labels with the time they take to mature. Until a stream is
    as old, the feature changes though nothing else does.
    """
    maturity = int(specification.label.known.maturity or 0)
    found = {one.name: _back(one) + (maturity if one.source == "labels" else 0) for one in definitions(specification)}
    for row in row_features(specification):
        read = [name for text in row.expressions for name in parse(text).names]
        found |= dict.fromkeys(row.columns, max((found.get(name, 0) for name in read), default=0))
    return found


def _back(definition: FeatureDefinition) -> int:
    if definition.half_life is not None:
        return _HALVES * definition.half_life
    return definition.window if definition.window is not None else _WEEK
