"""Why an answer has its score, for people. facts: as `services.inference.explain` tells them."""

from collections.abc import Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]


def explanation(facts: Facts) -> str:
    """As Markdown: the score, what it is compared with, and what each feature adds to it."""
    lines = [f"# Prediction {facts['prediction']}", "", *_score(facts), ""]
    lines += _of_baseline(facts) if "baseline" in facts else _of_model(facts)
    return "\n".join(lines).rstrip() + "\n"


def _score(facts: Facts) -> Iterator[str]:
    yield f"- score {_number(facts['served'])}{_decided(facts)}"
    yield f"- by {facts['model']}" + (f", SHA-256 `{facts['model_digest']}`" if "model_digest" in facts else "")
    if facts["score"] != facts["served"]:
        yield f"- **now the score comes out as {facts['score']!r}, not as {facts['served']!r}**"


def _decided(facts: Facts) -> str:
    """Nothing where nothing is decided."""
    if facts["threshold"] is None:
        return ""
    decided = "positive" if facts["decision"] else "negative"
    return f", decided {decided}: positive from {_number(facts['threshold'])} on"


def _of_baseline(facts: Facts) -> Iterator[str]:
    ((kind, said),) = facts["baseline"].items()
    if kind == "prior":
        yield f"No model answered, but the baseline: {_number(said)} for every event."
        return
    yield f"No model answered, but the baseline, {'the value of' if kind == 'last' else 'the rule'} `{said}`, where:"
    yield ""
    yield from (f"- {_values(one)}" for one in facts["features"])


def _of_model(facts: Facts) -> Iterator[str]:
    yield "| feature | adds | values |"
    yield "| --- | --- | --- |"
    for one in facts["features"]:
        yield f"| `{one['feature']}` | {one['adds']:+.4f} | {_values(one)} |"
    yield ""
    base, rows, orders = _number(facts["base"]), facts["rows"], "all" if facts["exact"] else 2 * facts["rows"]
    yield f"The base, {base}, is the mean score of {rows} rows of the hold-out. With all that is added it is the score."
    yield "A feature adds what the score changes by when the event's value takes the place of the value of such a row:"
    yield f"the mean over {orders} orders in which features can do so."


def _values(one: Facts) -> str:
    """Of a feature of several columns each by the rest of its name."""
    start = f"{one['feature']}."
    return ", ".join(f"{name.removeprefix(start)} = {_text(value)}" for name, value in one["values"].items())


def _text(value: float | str | None) -> str:
    if value is None:
        return "missing"
    # a bar would end the cell of the table
    return "`{}`".format(value.replace("|", "\\|")) if isinstance(value, str) else f"{value:.6g}"


def _number(value: float) -> str:
    return f"{value:.4g}"
