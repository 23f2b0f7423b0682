"""Names that belong to the format but that this version doesn't do: they are refused by name, never ignored."""

from collections.abc import Sequence

MESSAGE = "not supported yet in this version"

KEYS: tuple[tuple[str, ...], ...] = (
    ("label", "carries"),
    ("features", "*", "*", "where"),
    ("monitor", "telemetry"),
)

VALUES: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("clock",), frozenset({"wall"})),
    (("sources", "*", "kind"), frozenset({"sql", "sheet", "delta"})),
    (("event", "fields", "*", "kind"), frozenset({"text"})),
    (("event", "fields", "*", "else"), frozenset({"flag", "keep", "repair"})),
    (("event", "fields", "*", "pii"), frozenset({"drop", "mask", "encrypt"})),
    (("features", "default", "absent"), frozenset({"zero"})),
    (
        ("monitor", "floors", "*", "metric"),
        frozenset({"average_precision", "brier", "calibration_error", "cost", "log_loss", "r2", "roc_auc"}),
    ),
)


def _fits(pattern: Sequence[str], loc: Sequence[str | int]) -> bool:
    return len(pattern) == len(loc) and all(want in ("*", part) for want, part in zip(pattern, loc, strict=True))


def is_later_key(loc: Sequence[str | int]) -> bool:
    """Whether the key at `loc` is one of a later version."""
    return any(_fits(pattern, loc) for pattern in KEYS)


def is_later_value(loc: Sequence[str | int], value: object) -> bool:
    """Whether the value at `loc` is one of a later version."""
    return isinstance(value, str) and any(_fits(pattern, loc) and value in values for pattern, values in VALUES)
