"""Checks the features section: names, values, windows, lags, and the row expressions."""

from collections import Counter
from collections.abc import Mapping

from services.contracts.expression import ExpressionError, Kind
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.definition import definitions, row_features
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.entity_check import RESERVED
from services.contracts.pipeline.features import DECAYED, VALUELESS, WINDOWED, Feature


def column_kinds(context: Context) -> dict[str, Kind]:
    """What a row expression may read: event fields and features."""
    features: dict[str, Kind] = {definition.name: "number" for definition in definitions(context.specification)}
    return context.event_kinds | features


def check_features(context: Context) -> None:
    """Report what is wrong with entity features and row expressions."""
    entities, report = context.specification.entities, context.report
    windows = context.specification.features.default.windows
    _check_repeats(context, ("features", "default", "windows"), windows)
    for name, features in context.specification.features.entities.items():
        if name not in entities:
            message = f"there is no entity '{name}'"
            report.unknown(("features", name), message, (*entities, *RESERVED), key=True)
            report.partial = True
            continue
        for short, feature in features.items():
            _FeatureCheck(context, ("features", name, short), feature).check()
    _check_rows(context)


def _check_repeats(context: Context, loc: Loc, values: tuple[object, ...]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            context.report.add(loc, f"{value} stands {count} times")


class _FeatureCheck:
    """Checks one feature of an entity."""

    def __init__(self, context: Context, loc: Loc, feature: Feature) -> None:
        self.context = context
        self.loc = loc
        self.feature = feature
        self.of_labels = feature.of == "labels"
        self.record = context.label if self.of_labels else context.event

    def check(self) -> None:
        for key in ("agg", "windows", "half_life", "lags"):
            _check_repeats(self.context, (*self.loc, key), getattr(self.feature, key) or ())
        self._lags_and_windows()
        self._labels_only()
        if self.feature.value is not None:
            self._value(self.feature.value)
        elif needy := [agg for agg in self.feature.agg if agg not in VALUELESS]:
            self._add("agg", f"{needy[0]} needs a value", f"value: a field of {self.record.file}, or an expression")

    def _add(self, key: str, message: str, expected: str = "") -> None:
        self.context.report.add((*self.loc, key), message, expected)

    def _lags_and_windows(self) -> None:
        if "lag" in self.feature.agg and not self.feature.lags:
            self._add("agg", "lag needs lags", "lags: [1, 2], counted from the last value")
        if self.feature.lags and "lag" not in self.feature.agg:
            self._add("lags", "lags are given, but agg has no lag")
        if self.feature.windows and not WINDOWED.intersection(self.feature.agg):
            self._add("windows", f"{', '.join(self.feature.agg)} has no window")
        if self.feature.half_life and self.feature.windows:
            self._add("half_life", "values leave by windows or fade by half_life", "one of them; a feature for each")
        elif self.feature.half_life and (other := [agg for agg in self.feature.agg if agg not in DECAYED]):
            self._add("agg", f"{other[0]} has no half_life", "count, sum or mean; others in a feature of their own")

    def _labels_only(self) -> None:
        if self.of_labels and self.feature.current_event == "included":
            self._add("current_event", "an event's own label isn't known at its time", "excluded")
        if self.feature.by is not None:
            self._by(self.feature.by)
        if self.feature.smooth is not None:
            self._smooth()

    def _by(self, by: str) -> None:
        if not self.of_labels:
            self._add("by", "only features of labels choose their time", "of: labels")
        elif self.context.require((*self.loc, "by"), self.context.label, by, ("timestamp",)):
            known = self.context.specification.label.known.time
            if by != known and known in self.context.label.fields:
                self._add("by", f"'{by}' isn't when a label becomes known", known)

    def _smooth(self) -> None:
        said = self.context.specification.label.target
        target = said.field
        declared = self.context.label.fields.get(target)
        if declared is None or declared.type not in said.task.target_types:
            return  # the target is wrong, and says so
        if not self.of_labels or "mean" not in self.feature.agg or self.feature.value != target:
            expected = f"of: labels, value: {target}, agg with mean"
            self._add("smooth", "only the mean of the target is smoothed to its prior", expected)

    def _value(self, text: str) -> None:
        loc = (*self.loc, "value")
        kinds = self.context.label_kinds if self.of_labels else self.context.event_kinds
        kind = _kind(self.context, loc, text, kinds, {} if self.of_labels else self.context.forbidden())
        if kind == "category" and self.feature.agg == ("distinct",):
            return
        if kind not in (None, "number", "flag"):
            hint = "; distinct takes one, in a feature of its own" if "distinct" in self.feature.agg else ""
            self._add("value", f"'{text}' is a {kind}", f"a number, or a condition such as country == 'NO'{hint}")


def _check_rows(context: Context) -> None:
    rows = {name for row in row_features(context.specification) for name in (row.name, *row.columns)}
    kinds = column_kinds(context)
    for row in row_features(context.specification):
        loc: Loc = ("features", *row.name.split("."))
        for place, text in enumerate(row.expressions):
            at = (*loc, "of", place) if row.function else loc
            kind = _kind(context, at, text, kinds, context.forbidden(), rows)
            if row.function is None and kind not in (None, "number", "flag"):
                context.report.add(loc, f"gives a {kind}", "a number or a condition")


def _kind(
    context: Context,
    loc: Loc,
    text: str,
    kinds: Mapping[str, Kind],
    forbidden: Mapping[str, str],
    rows: frozenset[str] | set[str] = frozenset(),
) -> Kind | None:
    """The kind of the expression at `loc`, None where it is a mistake (reported) or reads one."""
    expression = context.report.expression(loc, text)
    if expression is None or context.unread(expression.names):
        return None
    for name in expression.names:
        if name in forbidden:
            context.report.add(loc, f"'{name}' is {forbidden[name]}, which a model never sees")
            return None
        if name in rows:
            context.report.add(loc, f"'{name}' is a row feature", "event fields and entity features")
            return None
        if name not in kinds and context.report.partial and "." in name:
            return None
    try:
        return expression.kind(kinds)
    except ExpressionError as error:
        context.report.misread(loc, error)
        return None
