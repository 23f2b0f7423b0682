"""Where a version comes from, as parts of a Markdown page. its: as `lineage` tells it."""

from collections.abc import Iterator

from services.cli.domain.page_parts import Facts, criteria, line, section, table, text


def lineage_parts(its: Facts) -> Iterator[str]:
    """Training, verdict, moves and requests of a version."""
    name = its["version"]
    yield from section(f"Training of {name}", list(_training(its)))
    gate = its["gate"]
    verdict = [line("verdict", f"{gate['verdict']} {text(gate['clock'])}: {gate['reason']}")]
    yield from section(f"Gate of {name}", [*verdict, *_spaced(criteria(gate["criteria"]))])
    moves = table(its["moves"], ("clock", "from_state", "to_state", "by", "reason", "share"))
    evidence = [row for move in its["moves"] for row in criteria(move["criteria"])[2:]]
    measured = (
        [*criteria(next(m["criteria"] for m in its["moves"] if m["criteria"]))[:2], *evidence] if evidence else []
    )
    yield from section(f"Moves of {name}", [*moves, *_spaced(measured)])
    requests = table(its["requests"], ("request", "kind", "by", "reason", "approved", "to_state", "to_version"))
    yield from section(f"Asked for by people, of {name}", requests, "Nobody has asked for anything.")


def _training(its: Facts) -> Iterator[str]:
    training = its["training"]
    yield line("file", f"SHA-256 `{its['file']}`, {its['signature']}")
    why = ", ".join(filter(None, (training["trigger"], training["reason"])))
    yield line("run", f"`{training['run']}`, accepted {text(training['accepted'])}; {why or 'not in `runs` any more'}")
    if training["alert"]:
        yield line("asked for by the alert", training["alert"])
    if training["ended"]:
        yield line("came to", training["ended"])
    yield from _dataset(training)
    yield line("events", f"from {text(training['from'])} to before {text(training['through'])}")
    config = training["config"]
    if config is not None:
        who = f", applied {config['applied']} by {config['by']}" if config["by"] else ", not in `configs` any more"
        yield line("configuration", f"`{config['digest']}`{who}")
    if training["learner"]:
        yield line("learner", training["learner"])
    for name in ("feature_set", "threshold", "seed"):
        if training[name] is not None:
            yield line(name.replace("_", " "), training[name])
    code = {name: value for name, value in training["code"].items() if value is not None}
    yield line("code", code or "not told in the manifest")


def _dataset(training: Facts) -> Iterator[str]:
    dataset = training["dataset"]
    if dataset is None:
        return
    yield line("dataset", f"`{dataset['dataset_id']}`, {dataset['rows']:,} rows of `outcomes`:")
    for one in dataset["ranges"]:
        upto = f"of events up to number {one['matured_seq']}"
        yield f"  partition {one['partition']}, offsets from {one['from_offset']} to before {one['to_offset']}, {upto}"


def _spaced(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []
