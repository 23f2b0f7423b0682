"""Up to four entities of an event: their order, their keys, and what is wrong with them."""

import pytest

from services.contracts.pipeline import Pipeline, explain, json_schema
from tests.unit.contracts.cards import EVENT, LABEL, TEXTS, YAML, assert_only, changed, mistakes_of

FIELDS = '  {"name": "terminal_id", "type": ["null", "string"], "default": null},\n  {"name": "bank", "type": "int"},\n'
TWO = YAML.replace(
    "  customer: {key: customer_id}\n",
    "  customer: {key: customer_id}\n  terminal: {key: terminal_id}\n  bank: {key: bank}\n",
).replace(
    "  row:\n",
    "  terminal:\n    risk: {of: labels, value: is_fraud, agg: mean}\n  bank:\n    traffic: {agg: count}\n  row:\n",
)
CHAIN = {
    "pipeline.yaml": TWO,
    "event.avsc": EVENT.replace('  {"name": "amount"', FIELDS + '  {"name": "amount"'),
    "label.avsc": LABEL,
}


def altered(old: str, new: str, file: str = "pipeline.yaml") -> dict[str, str]:
    assert CHAIN[file].count(old) == 1, old
    return {**CHAIN, file: CHAIN[file].replace(old, new)}


def test_the_others_follow_the_first_in_the_order_of_the_file() -> None:
    resolved = Pipeline.from_texts(CHAIN).resolved
    assert resolved.stages == ("features", "features.terminal", "features.bank")
    assert [(one.name, one.field, one.reads_labels) for one in resolved.chain] == [
        ("customer", "customer_id", True),
        ("terminal", "terminal_id", True),
        ("bank", "bank", False),
    ]
    assert [[feature.name for feature in one.features] for one in resolved.chain[1:]] == [
        ["terminal.risk.mean.1d", "terminal.risk.mean.7d"],
        ["bank.traffic.count.1d", "bank.traffic.count.7d"],
    ]
    assert (resolved.entity, resolved.entity_field) == ("customer", "customer_id")


def test_the_primary_entity_is_the_first() -> None:
    labels = LABEL.replace('  {"name": "is_fraud"', '  {"name": "bank", "type": "int"},\n  {"name": "is_fraud"')
    texts = altered("{key: bank}", "{key: bank, primary: true}") | {"label.avsc": labels}
    resolved = Pipeline.from_texts(texts).resolved
    assert resolved.stages == ("features", "features.customer", "features.terminal")
    assert resolved.entity == "bank"


def test_an_entity_without_features_has_no_stage() -> None:
    texts = altered("  bank:\n    traffic: {agg: count}\n", "")
    assert Pipeline.from_texts(texts).resolved.stages == ("features", "features.terminal")


def test_a_pipeline_of_one_entity_has_one_stage() -> None:
    assert Pipeline.from_texts(TEXTS).resolved.stages == ("features",)


def test_labels_may_name_all_entities_of_the_chain_themselves() -> None:
    assert not Pipeline.from_texts(CHAIN).resolved.labels_carry_keys
    named = LABEL.replace('  {"name": "is_fraud"', FIELDS + '  {"name": "is_fraud"')
    assert Pipeline.from_texts(CHAIN | {"label.avsc": named}).resolved.labels_carry_keys


def test_an_explained_chain_reads_again_as_the_same_pipeline() -> None:
    pipeline = Pipeline.from_texts(CHAIN)
    again = Pipeline.from_texts(CHAIN | {"pipeline.yaml": explain(pipeline)})
    assert "terminal: {key: terminal_id, primary: false}" in explain(pipeline)
    assert (again.digest, again.resolved.stages) == (pipeline.digest, pipeline.resolved.stages)


def test_what_a_feature_of_a_further_entity_means_depends_on_its_key() -> None:
    before = Pipeline.from_texts(CHAIN).resolved.digests
    after = Pipeline.from_texts(altered("{key: bank}", "{key: channel}")).resolved.digests
    assert {name for name in before if before[name] != after[name]} == {
        "bank.traffic.count.1d",
        "bank.traffic.count.7d",
    }


def test_no_key_is_an_input_by_a_pattern() -> None:
    pipeline = Pipeline.from_texts(altered("[amount, country, customer.*, row.*]", "['*']"))
    assert not {"customer_id", "terminal_id", "bank"} & set(pipeline.resolved.numbers + pipeline.resolved.categories)


def test_editors_know_how_many_there_may_be() -> None:
    assert json_schema()["properties"]["entities"]["maxProperties"] == 4


WRONG: list[tuple[str, str, int, str, str, str]] = [
    ("{key: terminal_id}", "{key: terminal}", 5, "terminal}", "entities.terminal.key", "has no field 'terminal'"),
    ("{key: terminal_id}", "{key: amount}", 5, "amount", "entities.terminal.key", "has type double"),
    ("{key: terminal_id}", "{key: customer_id}", 5, "customer_id", "entities.terminal.key", "is the key of customer"),
    ("  terminal: {key", "  row: {key", 5, "row", "entities.row", "is a word of the features section"),
    ("{key: bank}", "{key: bank, prime: true}", 6, "prime", "entities.bank.prime", "did you mean 'primary'?"),
    ("  bank:\n    traffic", "  banks:\n    traffic", 29, "banks", "features.banks", "did you mean 'bank'?"),
    ("is_fraud, agg: mean}\n  b", "amount, agg: mean}\n  b", 28, "amount", "features.terminal.risk.value", "amount"),
    ("row.*]", "row.*, terminal.rusk.*]", 35, "terminal.rusk", "model.inputs[4]", "matches no field"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(old: str, new: str, line: int, at: str, path: str, message: str) -> None:
    found = [mistake for mistake in mistakes_of(altered(old, new)) if mistake.path == path]
    assert [mistake.line for mistake in found] == [line]
    assert message in str(found[0])
    assert altered(old, new)["pipeline.yaml"].splitlines()[line - 1][found[0].column - 1 :].startswith(at)


@pytest.mark.parametrize(
    ("by", "message"),
    [("bank", "rows can't be parted by 'bank'; expected the primary entity, 'customer'"), ("costumer", "'customer'?")],
)
def test_rows_are_parted_by_the_primary_entity_only(by: str, message: str) -> None:
    accept = "  accept: [{metric: roc_auc, above: baseline}]\n"
    texts = altered(accept, f"{accept}  split: {{by: {by}}}\n")
    assert_only(texts, 40, by, "evaluate.split.by", message)
    assert Pipeline.from_texts(altered(accept, f"{accept}  split: {{by: customer}}\n")).evaluate.split.by == "customer"


def test_only_one_entity_is_primary() -> None:
    texts = altered("{key: bank}", "{key: bank, primary: true}")
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("{key: customer_id}", "{key: customer_id, primary: true}")
    assert_only(texts, 6, "true", "entities.bank.primary", "customer is primary already")


def test_one_entity_must_be_primary() -> None:
    assert_only(
        changed("{key: customer_id}", "{key: customer_id, primary: false}"), 3, "entities", "entities", "no entity is"
    )


def test_five_are_too_many() -> None:
    texts = altered("{key: bank}", "{key: bank}\n  one: {key: channel}\n  two: {key: country}")
    assert_only(texts, 3, "entities", "entities", "there are 5 entities; expected at most 4")


def test_the_first_is_never_absent() -> None:
    texts = altered("terminal: {key: terminal_id}", "terminal: {key: terminal_id, primary: true}")
    assert_only(texts, 5, "terminal_id", "entities.terminal.key", "may be null")


def test_a_key_has_one_type_in_event_and_label() -> None:
    labels = LABEL.replace('  {"name": "is_fraud"', '  {"name": "bank", "type": "string"},\n  {"name": "is_fraud"')
    assert_only(CHAIN | {"label.avsc": labels}, 15 + 2, "label.avsc", "label.schema", "has type string in label.avsc")


def test_no_key_is_masked() -> None:
    texts = altered("    country: {slice: true}\n", "    terminal_id: {pii: hash}\n")
    assert [mistake.path for mistake in mistakes_of(texts)] == ["event.fields.terminal_id.pii"]
