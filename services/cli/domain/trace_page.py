"""The life of an event as Markdown. facts: as `trace` tells them."""

from collections.abc import Iterator

from services.cli.domain.lineage_page import lineage_parts
from services.cli.domain.page_parts import Facts, line, place, section, table, text
from services.cli.domain.touched_page import ALERTS, AUDIT


def trace_page(facts: Facts) -> str:
    """All of it, in the order of life."""
    parts = [
        *section("Event", list(_event(facts["event"])), "It was not accepted, or the lake keeps it no longer."),
        *section("Validation", list(_validation(facts["validation"]))),
        *section("Features", list(_features(facts["features"]))),
        *section("Answer", list(_answer(facts)), "There is none."),
        *section("Model", list(_model(facts["model"]))),
        *(part for its in facts["versions"].values() for part in lineage_parts(its)),
        *section("Explanation", list(_explanation(facts))),
        *section("Labels", [_label(one) for one in facts["labels"]], "None is known."),
        *section("Outcomes", [row for one in facts["outcomes"] for row in _outcome(one)], "None yet."),
        *section("Given up", [_failure(one) for one in facts["failures"]]),
        *section(
            "Learnt from it, or measured on it", table(facts["learnt_by"], ("dataset", "run", "outcome", "version"))
        ),
        *section("Alerts at its time", table(facts["alerts"], ALERTS), "None stood."),
        *section("Audit trail", table(facts["audit"], AUDIT), "Nothing."),
    ]
    if facts.get("newer"):
        parts += ["", f"The lake has yet to write {facts['newer']:,} newer records: what they say isn't told here."]
    return "\n".join([f"# Prediction {facts['id']}", *parts]) + "\n"


def _event(event: Facts | None) -> Iterator[str]:
    if event is None:
        return
    yield line("record", place(event))
    yield line("key", event["key"])
    yield line("number in its partition", event["seq"])
    yield line("time", event["event_time"])
    yield line("received", event["received"])
    yield from (f"- `{name}` = {text(value)}" for name, value in event["payload"].items())


def _validation(found: Facts) -> Iterator[str]:
    yield line("verdict", found["verdict"])
    for one in found["refused"]:
        yield line(f"{one['kind']} refused", f"{place(one['source'])}, kept as {place(one)}")
        for reason in one["reasons"]:
            about = f"`{reason['field']}` " if reason["field"] else ""
            yield f"  - {about}{reason['rule']}: expected {reason['expected']}, got {reason['got']}"


def _features(found: Facts | None) -> Iterator[str]:
    if found is None:
        return
    if found["place"] is not None:
        yield line("record", place(found["place"]))
    yield line("feature set", found["feature_set"])
    yield line("defined by the configuration", found["config"] or "none in `configs` any more: values have no names")
    if found["error"]:
        yield line("not computed", found["error"])
    if found["values"]:
        yield ""
        yield from table(found["values"], ("feature", "value", "is", "over", "digest"))


def _answer(facts: Facts) -> Iterator[str]:
    answer, beside = facts["answer"], facts["beside"]
    if answer is None:
        return
    yield line("record", place(answer))
    yield from _said(answer, ("status", "score", "label", "decided_class", "low", "high", "explore", "label_key"))
    if beside is not None:
        said = {
            name: beside[name] for name in ("status", "score", "label", "decided_class") if beside[name] is not None
        }
        yield line(f"beside it {beside['model']}, {beside['arm']}", f"{text(said)}; {place(beside)}")


def _model(model: Facts | None) -> Iterator[str]:
    if model is None:
        return
    now = f", now {model['now']}" if model["now"] else ""
    yield line("answered by", f"{model['version']}, then {model['state']}{now}")
    if model.get("rule"):
        yield line("rule of the baseline", model["rule"])
    since = model["since"]
    if since is not None:
        yield line("active in this partition", f"from number {since['from_seq']} on, {place(since)}")
        if since["challenger"]:
            yield line("in flight beside it", f"{since['challenger']}, with {since['share']:.0%} of the entities")


def _explanation(facts: Facts) -> Iterator[str]:
    if facts["answer"] is None:
        return
    told = facts["explanation"]
    if told is None:
        yield f"None was told beside the answer: `driftmill explain {facts['id']}` computes it."
        return
    yield line("record", place(told))
    yield line("base", told["base"])
    yield from (f"- `{name}` adds {value:+.4f}" for name, value in told["contributions"].items())


def _label(one: Facts) -> str:
    return line(f"revision {one['revision']}", f"{text(one['label'])}, known {one['known_at']}; {place(one)}")


def _outcome(one: Facts) -> Iterator[str]:
    yield line(f"revision {one['revision']}", f"{one['status']}; {place(one)}")
    said = {name: one[name] for name in ("label", "label_class", "label_time", "score", "decision", "decided_class")}
    yield f"  {text({name: value for name, value in said.items() if value is not None})}"


def _failure(one: Facts) -> str:
    return line(f"{one['service']}, {one['reason']}", f"{one['detail']}; {place(one['source'])}, kept as {place(one)}")


def _said(facts: Facts, names: tuple[str, ...]) -> Iterator[str]:
    yield from (line(name.replace("_", " "), facts[name]) for name in names if facts.get(name) is not None)
