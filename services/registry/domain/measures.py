"""What a model card tells of the hold-out: the numbers that were signed, of all rows and of groups."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.metric import DISPARITIES
from services.registry.domain.markdown import Facts, heading, number, span, table, time

_DECIDED = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_OF_BINS = {"score": "mean score", "positive_rate": "share of positives"}
_OF_DECIDED = {"score": "mean probability of the decided class", "right_rate": "share of right decisions"}
_OF_THE_USUAL = {"score": "mean score"}
_OF_TENTHS = {"score": "mean score", "label": "mean label", "mae": "mean absolute error"}
"""What is told of rows with about the same score, of a probability, of several, and of a number."""


def measures(manifest: Facts) -> Iterator[str]:
    """Of all rows, then of each group; decisions, scores, and how exact the file is."""
    measured = manifest["measured"]
    yield from heading("Measured on the hold-out")
    yield "Intervals by blocks of time; *over*: the model's advantage over another, on the same rows."
    yield ""
    yield from table(
        ("metric", "who", "over", "value", "interval", "confidence", "blocks", "rows"),
        (_of_all(one) for one in measured["findings"] if "by" not in one),
    )
    if of_groups := [one for one in measured["findings"] if _is_of_a_group(one, measured)]:
        yield "By group:"
        yield ""
        yield from table(("by", "group", "metric", "value", "interval", "rows"), map(_of_group, of_groups))
    yield from _tallies(measured)
    parity = manifest["parity"]
    if manifest["threshold"] is not None:
        yield f"It decides positive from {manifest['threshold']:.4g} on."
    if "interval" in manifest:
        width, share = manifest["interval"]["half_width"], manifest["interval"]["coverage"]
        yield f"Intervals of ±{width:.4g} around its answers held {share:.0%} of the labels."
    if budget := manifest.get("budget"):
        decided = number(budget["decided"])
        yield f"At most {budget['at_most']} may be; on the hold-out {decided} were in such a period, in the mean."
    distances = f"{parity['distance']:.2g} on the hold-out and {parity['hostile_distance']:.2g} on hostile rows"
    unit = f", counted in standard deviations of the label, {manifest['unit']:.4g}" if "unit" in manifest else ""
    yield f"The ONNX file differs from what was fitted by at most {distances}{unit}."
    if cost := manifest.get("cost"):
        times = f"{cost['together']:.3g} ms of processor time for 1,000 rows, {cost['alone']:.3g} for a row alone"
        yield f"Serving it took {times}, and {cost['mib']:.0f} MiB of memory."


def errors(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    """Where it errs most; of versions from before that was looked for, and of those that err alike, nothing."""
    if regions := manifest.get("errors"):
        loss = "log loss" if pipeline.label.target.task.classifies else "absolute error"
        yield from heading("Where it errs most")
        yield f"Regions with a {loss} above the mean, found on the older half of the hold-out, measured on the newer:"
        yield ""
        yield from table(("region", "rows", loss, "more than elsewhere", "interval"), map(_region, regions))


def _region(one: Facts) -> Sequence[Any]:
    return (
        " and ".join(f"`{told}`" for told in one["conditions"]),
        one["rows"],
        number(one["loss"]),
        number(one["value"]),
        span(one),
    )


def backtest(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    """At earlier times; of versions of which none was asked for, nothing."""
    if origins := manifest.get("backtest"):
        yield from heading("At earlier times")
        yield f"The chosen configuration, fitted on what was known by then and measured by {pipeline.model.optimise} on"
        yield "what followed. Nothing was chosen by it; what was chosen had seen some of these rows."
        yield ""
        counted = ("trained", "rows", *(("positives",) if pipeline.label.target.task.has_classes else ()))
        head = ("from", "to", "learnt from", "measured", *counted[2:], "model", "baseline", "prior")
        yield from table(head, (_origin(one, counted) for one in origins))


def _origin(one: Facts, counted: Sequence[str]) -> Sequence[Any]:
    counts = [f"{one[name]:,}" for name in counted]
    model, *others = [number(one[name]) for name in ("value", "baseline", "prior")]
    return (time(one["begin"]), time(one["end"]), *counts, one["lacking"] or model, *others)


def fairness(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    """How far groups lie apart that a model must be fair to, if any are declared."""
    declared = [name for name, field in pipeline.event.fields.items() if field.role == "fairness"]
    apart = [one for one in manifest["measured"]["findings"] if one["metric"] in DISPARITIES]
    yield from heading("Fairness")
    if not declared:
        yield "No field is declared with `role: fairness`: nothing was measured between groups of people."
        return
    yield f"Never inputs, and measured by: {', '.join(f'`{name}`' for name in declared)}."
    yield ""
    if not pipeline.label.target.task.has_classes:
        yield "No class is positive: how they fare stands above, by group, and no distance between them was measured."
        return
    if not apart:
        yield "No two of their groups had enough rows of either class to be compared."
        return
    yield "How far those groups lie apart that fare best and worst; 0 is equal."
    yield ""
    rows = ((f"`{one['by']}`", one["metric"], number(one["value"]), span(one), one["rows"]) for one in apart)
    yield from table(("between groups of", "metric", "value", "interval", "rows"), rows)


def _is_of_a_group(one: Facts, measured: Facts) -> bool:
    """Of a field that has one value only there is nothing to say: all rows are its group."""
    return "by" in one and one["metric"] not in DISPARITIES and one["rows"] != measured["rows"]


def _tallies(measured: Facts) -> Iterator[str]:
    """Of versions from before they were counted: nothing."""
    if counts := measured.get("confusion"):
        yield from table([name.replace("_", " ") for name in _DECIDED], [[f"{counts[name]:,}" for name in _DECIDED]])
    if classes := measured.get("by_class"):
        yield "Rows of each class, by the class that was decided:"
        yield ""
        counts = ([f"`{one['class']}`", *(f"{count:,}" for count in (one["rows"], *one["decided"]))] for one in classes)
        yield from table(["class", "rows", *(f"decided {one['class']}" for one in classes)], counts)
    if bins := measured.get("reliability"):
        told = next(one for one in (_OF_BINS, _OF_DECIDED, _OF_TENTHS, _OF_THE_USUAL) if one.keys() <= bins[0].keys())
        yield "Scores of clean rows:" if told is _OF_THE_USUAL else "Scores beside what came true:"
        yield ""
        rows = ((f"{one['rows']:,}", *(number(one[name]) for name in told)) for one in bins)
        yield from table(("rows", *told.values()), rows)
    if residuals := measured.get("residuals"):
        yield "Residuals, label less score: mean and quantiles."
        yield ""
        yield from table(list(residuals), [[number(value) for value in residuals.values()]])


def _of_all(one: Facts) -> Sequence[Any]:
    names = one["metric"], one["who"], one["against"]
    return (*names, number(one["value"]), span(one), one["confidence"], one["blocks"], one["rows"])


def _of_group(one: Facts) -> Sequence[Any]:
    of = "" if one["who"] == "model" else f" of {one['who']}"
    metric = f"{one['metric']}{of}" + (f" over {one['against']}" if one["against"] else "")
    return (f"`{one['by']}`", one["group"] or "no value", metric, number(one["value"]), span(one), one["rows"])
