"""The model card of a version (Mitchell et al. 2019), made of recorded facts only: the same whenever it is made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.cli.domain.dataset_report import MOVED
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.metric import DISPARITIES

Facts = Mapping[str, Any]

_LEAKS = {"roc_auc": "ROC AUC", "r2": "R²"}
_DECIDED = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_OF_BINS = {"score": "mean score", "positive_rate": "share of positives"}
_OF_TENTHS = {"score": "mean score", "label": "mean label", "mae": "mean absolute error"}
"""What is told of rows with about the same score, of a probability and of a number."""


def card(manifest: Facts, pipeline: Pipeline, moves: Sequence[Facts], moved: Mapping[str, float]) -> str:
    """The card as Markdown. manifest: as it was signed. moves: the version's `driftmill.ModelMoved`, in order.

    moved: index of each column of its dataset against the last one, the most moved first; empty without one.
    """
    parts = (_purpose, _state, _data, _training, _inputs, _measures, _backtest, _contract)
    told = {part: [*part(manifest, pipeline, moves)] for part in parts}
    told[_data] += _drift(moved)
    sections = [line for lines in told.values() for line in (*lines, "")]
    return "\n".join([f"# {pipeline.name} {manifest['version']}", "", *sections]).rstrip() + "\n"


def _purpose(_manifest: Facts, pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    yield "## What it is for"
    yield ""
    problem, owner, target = pipeline.problem, pipeline.owner, pipeline.label.target
    yield f"- purpose: {pipeline.purpose or 'not stated'}"
    yield f"- owner: {', '.join(filter(None, (owner.team, owner.notify))) if owner else 'not stated'}"
    probable = f"how probable it is that `{target.field}` is {target.positive}"
    yield f"- answers: {probable if target.task.has_classes else f'what `{target.field}` is expected to be'}"
    if problem is not None:
        told = problem.model_dump(exclude_none=True)
        yield from (f"- {name.replace('_', ' ')}: {text}" for name, text in told.items())
    for source in pipeline.sources:
        how = f"obtained: {source.obtained or 'not stated'}; basis: {source.basis or 'not stated'}"
        yield f"- data from {source.name} ({source.kind}); {how}"


def _state(_manifest: Facts, _pipeline: Pipeline, moves: Sequence[Facts]) -> Iterator[str]:
    yield "## What became of it"
    yield ""
    if not moves:
        yield "It was offered, and not judged yet."
    for move in moves:
        yield f"- {_day(move['clock'])} {move['to_state']}, by {move['by']}: {move['reason']}"
        yield from (f"  - {one['detail']}" for one in move["criteria"])


def _data(manifest: Facts, pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    dataset, measured, label = manifest["dataset"], manifest["measured"], pipeline.label
    yield "## Data"
    yield ""
    has_classes, counts = label.target.task.has_classes, f"{dataset['rows']:,} labelled"
    if has_classes:
        share = f"{dataset['positives'] / dataset['rows']:.2%}" if dataset["rows"] else "–"
        counts += f", {dataset['positives']:,} of them positive ({share})"
    yield f"- dataset `{dataset['dataset_id']}`: {counts}"
    if censored := dataset.get("censored", 0):
        share = censored / (censored + dataset["rows"])
        yield f"- acted on, so that their truth isn't known: {censored:,} ({share:.1%} of the outcomes), left out"
    if (acted := label.acted) is not None and acted.explore is not None:
        yield f"- left alone to explore: {acted.explore} of the events; a row of these that would have been acted on"
        yield f"  stands for {int(acted.explore)}"
    yield f"- events from {_time(manifest['trained_from'])} to before {_time(manifest['trained_through'])}"
    yield f"- labels: final after {label.known.maturity}; feature set `{manifest['feature_set']}`"
    counts = f"{measured['rows']:,} rows" + (f", {measured['positives']:,} positive" if has_classes else "")
    span = f"{_time(measured['holdout_from'])} to {_time(measured['holdout_through'])}"
    yield f"- hold-out, of the evaluated model: {counts}, {span}"


def _drift(moved: Mapping[str, float]) -> Iterator[str]:
    if moved:
        far = ", ".join(f"`{name}` {index:.3g}" for name, index in moved.items() if index >= MOVED)
        yield f"- rows new since the last dataset that was learnt from: {far or 'no column'} moved"


def _training(manifest: Facts, pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    split, optimise = pipeline.evaluate.split, pipeline.model.optimise
    yield "## How it was made"
    yield ""
    yield f"1. Rows by time: the newest {split.holdout} measure; what was known before them develops."
    if split.by:
        yield f"   A fifth of all {split.by} entities only measures and is never learnt from; another fifth chooses."
    yield f"2. Each configuration is fitted on the older rows and measured by {optimise} on the newer ones:"
    yield ""
    yield from _table(("family", "settings", "history", optimise or ""), map(_trial, manifest["trials"]))
    yield ""
    if (search := pipeline.model.search) is not None:
        tried, given_up = len(manifest["trials"]), sum(one.get("given_up", False) for one in manifest["trials"])
        yield f"   Searched by Optuna, at most {search.trials} configurations or {search.seconds} seconds: {tried} were"
        yield f"   tried, {given_up} of them given up after a part of the rows."
        yield ""
    learner, settings, history, _ = _trial(manifest["learner"])
    chosen = f"{learner} ({settings}; history: {history})"
    yield f"3. The best, {chosen}, is fitted on all that develops, and measured on the hold-out."
    if split.refit:
        rows = f"all rows of the other {split.by} entities" if split.by else "all rows, the hold-out included"
        yield f"4. It is fitted again on {rows}, and that is what is offered."
    if "members" in manifest:
        each = zip(manifest["learner"]["members"], manifest["members"], strict=True)
        yield ""
        yield "Its score is the weighted mean of those of its members:"
        yield ""
        yield from _table(
            ("member", "settings", "history", "weight", "digest of its file"),
            ((*_trial(one)[:3], _number(made["weight"]), f"`{made['digest'][:16]}`") for one, made in each),
        )
    if "calibrate" in str(manifest["learner"]):
        yield ""
        yield "Scores are mapped to probabilities by a sigmoid, fitted to scores of rows that the learner had not seen."
    if manifest.get("share_of_negatives", 1) < 1:
        yield ""
        yield f"Of the negatives {manifest['share_of_negatives']:.1%} were learnt from; scores are corrected for it."


def _inputs(manifest: Facts, _pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    yield "## Inputs"
    yield ""
    yield "In the order of the file; *loss*: of the metric on the hold-out when the input is shuffled among its rows,"
    yield "*missing*: when no row has it."
    yield ""
    names = (*manifest["numbers"], *manifest["categories"])
    yield from _table(("input", "meaning", "loss", "interval", "missing"), (_input(manifest, name) for name in names))
    for one in manifest.get("leakage", ()):
        yield ""
        ((metric, value),) = ((_LEAKS[name], one[name]) for name in _LEAKS if name in one)
        yield f"**`{one['input']}` alone tells the label almost without fail:** {metric} {value:.4f}."
        yield "Is it known when the model must answer?"


def _input(manifest: Facts, name: str) -> Sequence[str]:
    """Versions from before something was measured don't tell it."""
    shuffled, missing = (
        next(
            (one for one in manifest.get(what, ()) if one["input"] == name), {"value": None, "low": None, "loss": None}
        )
        for what in ("importance", "robustness")
    )
    told = _number(shuffled["value"]), _span(shuffled), _number(missing["loss"])
    return (f"`{name}`", f"`{manifest['input_digests'][name]}`", *told)


def _measures(manifest: Facts, _pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    yield "## Measured on the hold-out"
    yield ""
    yield "Intervals by blocks of time; *over*: the model's advantage over another, on the same rows."
    yield ""
    yield from _table(
        ("metric", "who", "over", "value", "interval", "confidence", "blocks", "rows"),
        (_finding(one) for one in manifest["measured"]["findings"] if "by" not in one),
    )
    yield ""
    yield from _groups(manifest["measured"])
    yield from _tallies(manifest["measured"])
    parity = manifest["parity"]
    if manifest["threshold"] is not None:
        yield f"It decides positive from {manifest['threshold']:.4g} on."
    if "interval" in manifest:
        width, share = manifest["interval"]["half_width"], manifest["interval"]["coverage"]
        yield f"Intervals of ±{width:.4g} around its answers held {share:.0%} of the labels."
    if budget := manifest.get("budget"):
        decided = _number(budget["decided"])
        yield f"At most {budget['at_most']} may be; on the hold-out {decided} were in such a period, in the mean."
    distances = f"{parity['distance']:.2g} on the hold-out and {parity['hostile_distance']:.2g} on hostile rows"
    unit = f", counted in standard deviations of the label, {manifest['unit']:.4g}" if "unit" in manifest else ""
    yield f"The ONNX file differs from what was fitted by at most {distances}{unit}."


def _backtest(manifest: Facts, pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    """Of versions of which none was asked for: nothing."""
    if origins := manifest.get("backtest"):
        yield "## At earlier times"
        yield ""
        yield f"The chosen configuration, fitted on what was known by then and measured by {pipeline.model.optimise} on"
        yield "what followed. Nothing was chosen by it; what was chosen had seen some of these rows."
        yield ""
        counted = ("trained", "rows", *(("positives",) if pipeline.label.target.task.has_classes else ()))
        head = ("from", "to", "learnt from", "measured", *counted[2:], "model", "baseline", "prior")
        yield from _table(head, (_origin(one, counted) for one in origins))


def _origin(one: Facts, counted: Sequence[str]) -> Sequence[Any]:
    counts = [f"{one[name]:,}" for name in counted]
    model, *others = [_number(one[name]) for name in ("value", "baseline", "prior")]
    return (_time(one["begin"]), _time(one["end"]), *counts, one["lacking"] or model, *others)


def _groups(measured: Facts) -> Iterator[str]:
    """Of a field that has one value only there is nothing to say: all rows are its group."""
    of_groups = [one for one in measured["findings"] if "by" in one and not _is_everything(one, measured)]
    if of_groups:
        yield "By group; *between*: how far those lie apart that fare best and worst."
        yield ""
        yield from _table(("by", "group", "metric", "value", "interval", "rows"), map(_of_group, of_groups))
        yield ""


def _is_everything(one: Facts, measured: Facts) -> bool:
    return one["metric"] not in DISPARITIES and one["rows"] == measured["rows"]


def _tallies(measured: Facts) -> Iterator[str]:
    """Of versions from before they were counted: nothing."""
    if counts := measured.get("confusion"):
        yield from _table([name.replace("_", " ") for name in _DECIDED], [[f"{counts[name]:,}" for name in _DECIDED]])
        yield ""
    if bins := measured.get("reliability"):
        yield "Scores beside what came true:"
        yield ""
        told = _OF_BINS if "positive_rate" in bins[0] else _OF_TENTHS
        rows = ((f"{one['rows']:,}", *(_number(one[name]) for name in told)) for one in bins)
        yield from _table(("rows", *told.values()), rows)
        yield ""
    if residuals := measured.get("residuals"):
        yield "Residuals, label less score: mean and quantiles."
        yield ""
        yield from _table(list(residuals), [[_number(value) for value in residuals.values()]])
        yield ""


def _contract(manifest: Facts, _pipeline: Pipeline, _moves: Sequence[Facts]) -> Iterator[str]:
    yield "## To make it again"
    yield ""
    yield f"`driftmill rebuild {manifest['version']}`"
    yield ""
    yield f"- run `{manifest['run_id']}`, seed {manifest['seed']}"
    yield f"- configuration `{manifest['pipeline_digest']}`"
    yield f"- ONNX file, SHA-256 `{manifest['model_digest']}`"
    yield f"- {', '.join(f'{name} {version}' for name, version in sorted(manifest['environment'].items()))}"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)


def _finding(one: Facts) -> Sequence[Any]:
    names = one["metric"], one["who"], one["against"]
    return (*names, _number(one["value"]), _span(one), one["confidence"], one["blocks"], one["rows"])


def _of_group(one: Facts) -> Sequence[Any]:
    group = "*between*" if one["metric"] in DISPARITIES else one["group"] or "no value"
    of = "" if one["who"] == "model" else f" of {one['who']}"
    over = f" over {one['against']}" if one["against"] else ""
    return (f"`{one['by']}`", group, f"{one['metric']}{of}{over}", _number(one["value"]), _span(one), one["rows"])


def _trial(one: Facts) -> tuple[str, str, str, str]:
    """Family, settings, history and measure. one: a trial, or a learner, which has no measure."""
    value = _number(one.get("value")) + (", given up" if one.get("given_up") else "")
    settings = ", ".join(member["family"] for member in one.get("members", ())) or _settings(one["settings"])
    return one["family"], settings, one.get("history", "all"), value


def _settings(settings: Facts) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _span(estimate: Facts) -> str:
    return "–" if estimate["low"] is None else f"{estimate['low']:.4g} to {estimate['high']:.4g}"


def _time(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def _day(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).strftime("%Y-%m-%d")
