"""What a model card tells of how a model was made: the procedure, what was tried, and what it had to show."""

from collections.abc import Iterator

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import Criterion
from services.registry.domain.acceptance import Verdict
from services.registry.domain.markdown import Facts, code, heading, number, table, time


def design(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    """The experiment: which rows did what, and how numbers were compared."""
    split, measured = pipeline.evaluate.split, manifest["measured"]
    yield from heading("Design of the experiment")
    lengths = f"the newest {split.holdout} measure, the {split.validation or split.holdout} before them choose"
    yield f"- rows by time, never by chance: {lengths}, the rest trains"
    if split.by:
        yield f"- a fifth of all {split.by} entities only measures and is never learnt from; another fifth chooses"
    if pipeline.label.target.task.labelled:
        known = "its label was known before the hold-out's first event"
        yield f"- between them no gap but this: a row develops only if {known}"
    else:
        yield "- rows are those of the clean time; where they measure and choose, one in ten is there a second time,"
        yield "  made unusual: half its inputs another row's, a number shifted, or two exchanged; these are positive"
    has_classes = pipeline.label.target.task.has_classes
    counts = f"{measured['rows']:,} rows" + (f", {measured['positives']:,} positive" if has_classes else "")
    span = f"{time(measured['holdout_from'])} to {time(measured['holdout_through'])}"
    yield f"- the hold-out was used once, by the model that was chosen: {counts}, {span}"
    single = "quantiles of each field alone"
    usual = "shares of the classes" if pipeline.label.target.task.several else f"usual `{pipeline.label.target.field}`"
    prior = usual if not has_classes else "share of positives" if pipeline.label.target.task.labelled else single
    yield f"- beside it, on the same rows: the baseline ({pipeline.model.baseline.kind}) and the {prior}"
    if measured.get("champion"):
        yield f"- and {measured['champion']}, which answered then, on the {measured['unseen']:,} rows it had not seen"
    if (through := measured.get("peer_through")) is not None:
        yield f"  (it knew more: beside it stands this configuration, fitted on what was known before {time(through)})"
    yield "- intervals by bootstrap of blocks of time, differences by pairs"
    yield f"- seed {manifest['seed']} of learners, search and intervals"
    yield ""


def procedure(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    """Pseudo-code, then each configuration that was tried."""
    yield from heading("How it was made")
    yield from code(_steps(manifest, pipeline))
    optimise, trials = pipeline.model.optimise or "", manifest["trials"]
    yield from table(("family", "settings", "history", optimise), map(_trial, trials))
    if (search := pipeline.model.search) is not None:
        given_up = sum(one.get("given_up", False) for one in trials)
        yield f"Searched by Optuna, at most {search.trials} configurations or {search.seconds} seconds:"
        yield f"{len(trials)} were tried, {given_up} of them given up after a part of the rows."
        yield ""
    yield from _members(manifest)
    yield from _refused(manifest)
    if "calibrate" in str(manifest["learner"]):
        yield "Scores are mapped to probabilities by a sigmoid, fitted to scores of rows that the learner had not seen."
        yield ""
    if manifest.get("share_of_negatives", 1) < 1:
        yield f"Of the negatives {manifest['share_of_negatives']:.1%} were learnt from; scores are corrected for it."


def _members(manifest: Facts) -> Iterator[str]:
    """Of an ensemble: each with its weight and its file."""
    if "members" not in manifest:
        return
    each = zip(manifest["learner"]["members"], manifest["members"], strict=True)
    yield "Its score is the weighted mean of those of its members:"
    yield ""
    yield from table(
        ("member", "settings", "history", "weight", "digest of its file"),
        ((*_trial(one)[:3], number(made["weight"]), f"`{made['digest'][:16]}`") for one, made in each),
    )


def _refused(manifest: Facts) -> Iterator[str]:
    """Learners that were left out, if any were, since they can't be served as they are."""
    if refused := manifest.get("refused"):
        for name, why in refused.items():
            yield f"- `{name}` was better on the validation rows and was left out, since its file was refused: {why}"
        yield ""


def selection(pipeline: Pipeline, verdict: Verdict | None) -> Iterator[str]:
    """What a model must show, and what this one showed."""
    yield from heading("Selection")
    yield f"Among configurations by {pipeline.model.optimise} on the validation rows. To be released it must show:"
    yield ""
    asked = pipeline.evaluate.accept or ()
    yield from (f"- {_asked(one)}" for one in asked)
    if not asked:
        yield "- nothing: every model is accepted"
    yield ""
    if verdict is None:
        yield "It was offered, and not judged yet."
        return
    yield f"The registry's verdict: **{'accepted' if verdict.accepted else 'rejected'}**."
    yield ""
    yield from (f"- {'holds' if one.passed else 'fails'}: {one.detail}" for one in verdict.criteria)


def _steps(manifest: Facts, pipeline: Pipeline) -> Iterator[str]:
    split, model = pipeline.evaluate.split, pipeline.model
    family, settings, history, _ = _trial(manifest["learner"])
    yield f"rows       = {_rows(manifest, pipeline)}, by event time"
    yield f"holdout    = the newest {split.holdout} of rows"
    known = "whose label was known" if pipeline.label.target.task.labelled else "that came"
    yield f"develop    = rows {known} before the first event of holdout"
    yield f"validation = the newest {split.validation or split.holdout} of develop"
    yield f"train      = rows of develop {known} before the first event of validation"
    yield "for each configuration below:"
    yield "    model     = fit(configuration, train within its history)"
    yield f"    threshold = {_threshold(pipeline)}"
    yield f"    measure   = {model.optimise} of model on validation"
    yield f"chosen     = the best: {family}({settings}), history {history}"
    yield "evaluated  = fit(chosen, develop)"
    yield "measure evaluated and its rivals on holdout, and each input's importance by shuffling it"
    rows = f"rows of the {split.by} entities that don't measure" if split.by else "rows"
    yield f"released   = {f'fit(chosen, {rows})' if split.refit else 'evaluated'}"
    yield "file       = ONNX of released, refused unless it scores as released, on hostile rows too"


def _rows(manifest: Facts, pipeline: Pipeline) -> str:
    known = f"outcomes whose label was known before {time(manifest['dataset']['clock'])}"
    return f"outcomes {clean_time(pipeline)}" if pipeline.model.clean is not None else known


def clean_time(pipeline: Pipeline) -> str:
    """The time that the file declares as clean, in words; empty where there is none."""
    clean = pipeline.model.clean
    if clean is None:
        return ""
    return f"from {clean.since}" + ("" if clean.to is None else f" to before {clean.to}")


def _threshold(pipeline: Pipeline) -> str:
    cost, decide = pipeline.model.cost, pipeline.model.decide
    if pipeline.label.target.task.several:
        return "none: the most probable class is decided"
    if not pipeline.label.target.task.has_classes:
        return "none: nothing is decided"
    if (rate := pipeline.model.alert_rate) is not None:
        return f"the score that {rate:.2%} of the clean rows of validation reach"
    if cost is not None:
        chosen = f"where validation costs least: missed {cost.missed}, false alarm {cost.false_alarm}"
    else:
        chosen = "the score from which to decide positive, chosen on validation"
    return chosen if decide is None or decide.at_most is None else f"{chosen}; positive are at most {decide.at_most}"


def _asked(one: Criterion) -> str:
    told = one.model_dump(exclude_none=True, mode="json")
    said = ", ".join(f"{name.replace('_', ' ')} {_words(value)}" for name, value in told.items() if name != "metric")
    return f"{one.metric}: {said}"


def _words(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def _trial(one: Facts) -> tuple[str, str, str, str]:
    """Family, settings, history and measure. one: a trial, or a learner, which has no measure."""
    value = number(one.get("value")) + (", given up" if one.get("given_up") else "")
    said = (f"{name}={value}" for name, value in one["settings"].items())
    settings = ", ".join(member["family"] for member in one.get("members", ())) or ", ".join(said)
    return one["family"], settings, one.get("history", "all"), value
