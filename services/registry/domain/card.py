"""The model card of a version (Mitchell et al. 2019), made of recorded facts only: the same whenever it is made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.contracts.dataset_drift import MOVED
from services.contracts.manifest import Manifest
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.learning_task import BINARY
from services.registry.domain.acceptance import Verdict
from services.registry.domain.markdown import Facts, code, heading, number, span, table, time
from services.registry.domain.measures import backtest, errors, fairness, measures
from services.registry.domain.operation import Operation, pseudo_code
from services.registry.domain.procedure import clean_time, design, procedure, selection

_LEAKS = {"roc_auc": "ROC AUC", "r2": "R²"}


def card(
    manifest: Manifest,
    pipeline: Pipeline,
    operations: Sequence[Operation],
    verdict: Verdict | None,
    moved: Mapping[str, float],
) -> str:
    """The card as Markdown.

    manifest: as it was signed. pipeline: that it was made by. operations: of its file. verdict: the registry's on the
    day it was offered, None before it. moved: index of each column of its dataset against the last one, the most moved
    first; empty without one.
    """
    sections: Iterable[Iterator[str]] = (
        _purpose(pipeline),
        selection(pipeline, verdict),
        _data(manifest, pipeline, moved),
        design(manifest, pipeline),
        procedure(manifest, pipeline),
        _inputs(manifest),
        _graph(operations, pipeline.label.target.task.output, manifest),
        measures(manifest),
        errors(manifest, pipeline),
        backtest(manifest, pipeline),
        fairness(manifest, pipeline),
        _limits(manifest, pipeline),
        _lineage(manifest),
    )
    text = "\n\n".join(told for section in sections if (told := "\n".join(section).rstrip()))
    return f"# {pipeline.name} {manifest['version']}\n\n{text}\n"


def _purpose(pipeline: Pipeline) -> Iterator[str]:
    problem, owner, target, cost = pipeline.problem, pipeline.owner, pipeline.label.target, pipeline.model.cost
    yield from heading("What it is for")
    yield f"- purpose: {pipeline.purpose or 'not stated'}"
    yield f"- owner: {', '.join(filter(None, (owner.team, owner.notify))) if owner else 'not stated'}"
    probable = f"how probable it is that `{target.field}` is {target.positive}"
    several = (
        f"how probable it is that `{target.field}` is {', '.join(target.task.names)}, each; the most probable decides"
    )
    expected = several if target.task.several else f"what `{target.field}` is expected to be"
    if target.task.labelled:
        yield f"- answers: {probable if target.task.has_classes else expected}"
    else:
        yield "- answers: how unusual an event is beside those of the clean time, from 0 to 1"
    told = {} if problem is None else problem.model_dump(exclude_none=True)
    yield from (f"- {name.replace('_', ' ')}: {text}" for name, text in told.items())
    if cost is not None:
        missed, false_alarm = (
            f"`{cost.missed}` for a positive that is missed",
            f"`{cost.false_alarm}` for a false alarm",
        )
        yield f"- cost of an error: {missed}, {false_alarm}"
    elif problem is None:
        yield "- cost of errors: not stated"


def _data(manifest: Manifest, pipeline: Pipeline, moved: Mapping[str, float]) -> Iterator[str]:
    dataset, label = manifest["dataset"], pipeline.label
    yield from heading("Data and labels")
    for source in pipeline.sources:
        how = f"obtained: {source.obtained or 'not stated'}; basis: {source.basis or 'not stated'}"
        yield f"- data from {source.name} ({source.kind}); {how}"
    if not pipeline.sources:
        yield "- sources: not stated"
    what = f"labelled{_positives(dataset, pipeline)}" if label.target.task.labelled else "events"
    yield f"- dataset `{dataset['dataset_id']}`: {dataset['rows']:,} {what}"
    yield from _acted(dataset, pipeline)
    if moved:
        far = ", ".join(f"`{name}` {index:.3g}" for name, index in moved.items() if index >= MOVED)
        yield f"- rows new since the last dataset that was learnt from: {far or 'no column'} moved"
    yield f"- events from {time(manifest['trained_from'])} to before {time(manifest['trained_through'])}"
    if not label.target.task.labelled:
        yield f"- declared clean, so that what is usual is learnt from it: {clean_time(pipeline)}; there are no labels"
        return
    yield f"- a label is known as of `{label.known.time}`, mostly {label.known.expected_after} after its event"
    if label.rule is not None:
        whose, within = pipeline.resolved.entity, label.rule.within
        yield f"- labelled by rule: positive if a later event of its {whose}, within {within},"
        yield f"  fulfils `{label.rule.when}`"
    silent = "negative" if label.known.silence == "negative" else "left out"
    yield f"- after {label.known.maturity} without one an event counts as {silent}; rows are taken by whole cohorts"


def _positives(dataset: Facts, pipeline: Pipeline) -> str:
    """Nothing where no class is positive."""
    if not pipeline.label.target.task.has_classes:
        return ""
    share = f"{dataset['positives'] / dataset['rows']:.2%}" if dataset["rows"] else "–"
    return f", {dataset['positives']:,} of them positive ({share})"


def _acted(dataset: Facts, pipeline: Pipeline) -> Iterator[str]:
    """What acting on answers hides of the truth, and what is left alone to see it."""
    if censored := dataset.get("censored", 0):
        share = censored / (censored + dataset["rows"])
        yield f"- acted on, so that their truth isn't known: {censored:,} ({share:.1%} of the outcomes), left out"
    if (acted := pipeline.label.acted) is not None and acted.explore is not None:
        yield f"- left alone to explore: {acted.explore} of the events; a row of these that would have been acted on"
        yield f"  stands for {int(acted.explore)}"


def _inputs(manifest: Manifest) -> Iterator[str]:
    yield from heading("Inputs")
    yield "In the order of the file; *loss*: of the metric on the hold-out when the input is shuffled among its rows,"
    yield "*missing*: when no row has it."
    yield ""
    kinds = [(name, "number") for name in manifest["numbers"]] + [(name, "text") for name in manifest["categories"]]
    yield from table(
        ("", "input", "kind", "meaning", "loss", "interval", "missing"),
        ((str(place), *_input(manifest, name, kind)) for place, (name, kind) in enumerate(kinds, 1)),
    )


def _input(manifest: Manifest, name: str, kind: str) -> Sequence[str]:
    """Versions from before something was measured don't tell it."""
    unknown: Facts = {"value": None, "low": None, "loss": None}
    shuffled, missing = (
        next((one for one in found if one["input"] == name), unknown)
        for found in (manifest.get("importance", ()), manifest.get("robustness", ()))
    )
    told = number(shuffled["value"]), span(shuffled), number(missing["loss"])
    return (f"`{name}`", kind, f"`{manifest['input_digests'][name]}`", *told)


def _graph(operations: Sequence[Operation], output: str, manifest: Manifest) -> Iterator[str]:
    yield from heading("What the file computes")
    yield from code((*pseudo_code(operations, output), *_decision(output, manifest)))


def _decision(output: str, manifest: Manifest) -> Iterator[str]:
    threshold, classes = manifest["threshold"], manifest.get("classes")
    if threshold is not None:
        of = " of the positive class" if output == BINARY.output else ""
        yield f"decision = {output}{of} >= {threshold:.4g}"
    if classes:
        yield f"decision = the first of {', '.join(classes)} with the greatest {output}"


def _limits(manifest: Manifest, pipeline: Pipeline) -> Iterator[str]:
    measured = manifest["measured"]
    yield from heading("Limits")
    first, last = time(manifest["trained_from"]), time(manifest["trained_through"])
    yield f"- it has seen no event from {last} on, and none before {first}"
    has_classes = pipeline.label.target.task.has_classes
    what = "positive" if pipeline.label.target.task.labelled else "made unusual"
    positives = f", {measured['positives']:,} of them {what}" if has_classes else ""
    yield f"- it was measured on {measured['rows']:,} rows{positives}, and nowhere else"
    if pipeline.event.groups:
        groups = ", ".join(f"`{name}`" for name in pipeline.event.groups)
        few = "rows of a class" if has_classes else "rows"
        yield f"- groups of {groups} with fewer {few} than asked for ({MIN_POSITIVES} unless the file says"
        yield "  otherwise) were not measured"
    if pipeline.label.target.task.classifies and "calibrate" not in str(manifest["learner"]):
        yield "- its scores are not calibrated"
    yield from _leaks(manifest.get("leakage", ()))


def _leaks(leakage: Sequence[Facts]) -> Iterator[str]:
    for one in leakage:
        ((metric, value),) = ((_LEAKS[name], one[name]) for name in _LEAKS if name in one)
        yield f"- **`{one['input']}` alone tells the label almost without fail:** {metric} {value:.4f}."
        yield "  Is it known when the model must answer?"


def _lineage(manifest: Manifest) -> Iterator[str]:
    dataset, version = manifest["dataset"], manifest["version"]
    yield from heading("Lineage and environment")
    yield f"- run `{manifest['run_id']}`, compared with {manifest['measured'].get('champion') or 'the baseline'}"
    for one in dataset.get("ranges", ()):
        offsets = f"offsets {one['from_offset']} to {one['to_offset']}, matured up to event {one['matured_seq']}"
        yield f"- outcomes of partition {one['partition']}: {offsets}"
    yield f"- feature set `{manifest['feature_set']}`, configuration `{manifest['pipeline_digest']}`"
    yield f"- ONNX file, SHA-256 `{manifest['model_digest']}`"
    yield f"- {', '.join(map(' '.join, sorted(manifest['environment'].items())))}"
    if "image" in manifest:
        yield f"- image `{manifest['image']}`"
    yield ""
    yield f"`driftmill rebuild {version}` makes it again; `driftmill models` tells what became of it."
