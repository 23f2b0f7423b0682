"""Fields that refer to bytes: what may be said of them, and row features of several values that look at them."""

import pytest

from services.contracts.pipeline import Mistake, Pipeline, explain
from tests.unit.contracts.cards import TEXTS, mistakes_of

NOTE = "note: {kind: reference}"
CALL = "look: {function: look, of: [note, amount], values: 3}"
SOURCE = "def look(note, amount):\n    return note\n"


def referring(field: str = NOTE, row: str = CALL, inputs: str = "row.*") -> dict[str, str]:
    yaml = TEXTS["pipeline.yaml"].replace("age_band: {role: fairness}", f"age_band: {{role: fairness}}\n    {field}")
    yaml = yaml.replace("hour: hour(paid_at)", row).replace("row.*]", f"{inputs}]")
    return {**TEXTS, "pipeline.yaml": yaml, "features.py": SOURCE}


def only(texts: dict[str, str]) -> Mistake:
    mistakes = mistakes_of(texts)
    assert len(mistakes) == 1, "\n".join(map(str, mistakes))
    return mistakes[0]


def test_a_call_of_several_values_is_as_many_columns() -> None:
    pipeline = Pipeline.from_texts(referring())
    columns = ("row.look.0", "row.look.1", "row.look.2")
    assert pipeline.resolved.numbers[-3:] == columns
    assert pipeline.resolved.kinds["note"] == "reference"
    assert len({pipeline.resolved.digests[name] for name in columns}) == 3
    again = Pipeline.from_texts({**pipeline.texts, "pipeline.yaml": explain(pipeline)})
    assert again.resolved == pipeline.resolved
    assert Pipeline.from_texts(referring(inputs="row.look.1")).resolved.inputs[-1] == "row.look.1"


@pytest.mark.parametrize(
    ("texts", "path", "message"),
    [
        (referring(inputs="note"), "model.inputs[3]", "'note' is a reference, which is never an input"),
        (referring(inputs="row.look"), "model.inputs[3]", "did you mean 'row.look.*' (3 columns)?"),
        (referring("amount2: {kind: reference}"), "event.fields.amount2", "has no field 'amount2'"),
        (referring("blocked: {kind: reference}"), "event.fields.blocked.kind", "can't be a reference; expected flag"),
        (referring("note: {kind: reference, pii: hash}"), "event.fields.note.pii", "a reference has no pii"),
        (referring("note: {kind: reference, one_of: [a]}"), "event.fields.note.one_of", "a reference has no one_of"),
        (referring("note: {kind: reference, slice: true}"), "event.fields.note.slice", "a reference has no slice"),
        (referring("note: {kind: reference, role: fairness}"), "event.fields.note.role", "makes no groups"),
        (referring("note: {kind: reference, check: note == 'a'}"), "event.fields.note.check", "has no check"),
        (referring("payment_id: {kind: reference}"), "event.fields.payment_id.kind", "can't be references"),
        (referring(row="look: is_missing(note)"), "features.row.look", "only a function of features.py reads"),
        (referring(row="look: note"), "features.row.look", "gives a reference; expected a number or a condition"),
        (referring(row="look: {function: look, of: [note == 'a', amount]}"), "features.row.look.of[0]", "only a func"),
        (
            referring(row="look: {function: look, of: [note, amount], values: 0}"),
            "features.row.look.values",
            "at least 1",
        ),
        (
            referring(row="look: {function: look, of: [row.look.0, amount], values: 2}"),
            "features.row.look.of[0]",
            "row",
        ),
    ],
)
def test_what_makes_no_sense_is_told(texts: dict[str, str], path: str, message: str) -> None:
    found = {mistake.path: str(mistake) for mistake in mistakes_of(texts)}
    assert message in found[path]


@pytest.mark.parametrize("feature", ["{value: note, agg: distinct}", "{value: note, agg: last}"])
def test_no_window_holds_references(feature: str) -> None:
    texts = referring()
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("idle: {agg: time_since_last}", f"idle: {feature}")
    assert "'note' is a reference; expected a number" in str(only(texts))
