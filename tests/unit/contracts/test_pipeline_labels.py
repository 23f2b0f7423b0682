"""Which label counts, and which events have none: what is taken, and what is reported where."""

import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.label import Priority
from tests.unit.contracts.cards import EVENT, LABEL, TEXTS, assert_only, changed

BY_SOURCE = "conflict: {last_by: known_at, sources: [chargeback, analyst]}"
ENUM = '{"type": "enum", "name": "Source", "symbols": ["analyst", "chargeback"]}'


def labelled(text: str, source: str = "") -> dict[str, str]:
    """A pipeline whose label section says something more, and whose labels tell their source."""
    texts = changed("label.avsc\n", f"label.avsc\n  {text}\n")
    field = f'{{"name": "source", "type": {source}}},\n  {{"name": "reason"'
    return texts | {"label.avsc": LABEL.replace('{"name": "reason"', field)} if source else texts


@pytest.mark.parametrize("source", ['"string"', '["null", "string"]', ENUM])
def test_sources_go_by_their_place_in_the_list(source: str) -> None:
    conflict = Pipeline.from_texts(labelled(BY_SOURCE, source)).label.conflict
    assert conflict == Priority(last_by="known_at", sources=("chargeback", "analyst"))


@pytest.mark.parametrize("text", ["conflict: last", "conflict: first", "conflict: {last_by: known_at}"])
def test_labels_need_no_source_where_none_is_ranked(text: str) -> None:
    assert Pipeline.from_texts(labelled(text)).label.conflict is not None


def test_a_pipeline_that_says_nothing_means_what_it_always_did() -> None:
    """So that its versions, and the datasets made by it, keep their names."""
    assert not {"conflict", "acted", "join"} & Pipeline.from_texts(TEXTS).settled()["label"].keys()
    assert "conflict" in Pipeline.from_texts(labelled("conflict: first")).settled()["label"]


JOIN = "join: label_key"
KEYED = LABEL.replace('"customer_id"', '"label_key"')


def joined(text: str = JOIN, label: str = KEYED) -> dict[str, str]:
    return labelled(text) | {"label.avsc": label}


def test_a_label_brings_the_key_of_its_answer_in_place_of_the_entity() -> None:
    plain, keyed = Pipeline.from_texts(TEXTS), Pipeline.from_texts(joined())
    assert (plain.resolved.label_entity_field, keyed.resolved.label_entity_field) == ("customer_id", "label_key")
    assert plain.resolved.labels_carry_keys
    assert keyed.resolved.labels_carry_keys
    assert keyed.settled()["label"]["join"] == "label_key"


def test_a_label_may_name_its_event_alone() -> None:
    resolved = Pipeline.from_texts(joined("join: event_id", KEYED.replace("label_key", "note"))).resolved
    assert (resolved.entity_field, resolved.label_entity_field) == ("customer_id", None)


OPTIONAL = KEYED.replace('"label_key", "type": "string"', '"label_key", "type": ["null", "string"]')

# what the label section says, the schema of labels, the text at the mistake, a part of the message
UNJOINED: list[tuple[str, str, str, str]] = [
    (JOIN, KEYED.replace("label_key", "labelkey"), "label_key", "did you mean 'labelkey'?"),
    (JOIN, KEYED.replace('"label_key", "type": "string"', '"label_key", "type": "long"'), "label_key", "type long"),
    (JOIN, OPTIONAL, "label_key", "field 'label_key' may be null"),
    (JOIN, LABEL, "label_key", "labels name their customer themselves: 'customer_id' is in label.avsc"),
    ("join: payment_id", LABEL, "payment_id", "expected 'label_key' or 'event_id'"),
    ("join: event_id", LABEL, "event_id", "labels name their customer themselves"),
    ("join: event_id", KEYED.replace("label_key", "card"), "event_id", "'card' is masked (pii), and a label waits"),
]


@pytest.mark.parametrize(("text", "label", "at", "message"), UNJOINED)
def test_labels_that_cannot_be_joined_are_reported(text: str, label: str, at: str, message: str) -> None:
    assert_only(joined(text, label), 16, at, "label.join", message)


def test_labels_by_rule_need_no_key() -> None:
    bare = KEYED.replace('  {"name": "reason", "type": "string"},\n', "")
    texts = joined(f"{JOIN}\n  rule: {{when: blocked, within: 1h}}", bare.replace('"label_key"', '"customer_id"'))
    assert_only(texts, 16, "label_key", "label.join", "with label.rule no label comes from elsewhere")


ACTED = "acted: {{when: {}, label: censored{}}}"
EXPLORED = ", explore: 1%"


def test_what_was_acted_on_is_a_condition_over_the_event_and_the_decision() -> None:
    acted = Pipeline.from_texts(labelled(ACTED.format("decision and amount > 50", EXPLORED))).label.acted
    assert acted is not None
    assert (acted.when, acted.explore) == ("decision and amount > 50", 100)
    assert Pipeline.from_texts(labelled(ACTED.format("blocked", ""))).label.acted is not None


def test_it_is_written_as_it_was_read() -> None:
    pipeline = Pipeline.from_texts(labelled(ACTED.format("decision", ", explore: 2.5%")))
    assert pipeline.settled()["label"]["acted"] == {"when": "decision", "label": "censored", "explore": "2.5%"}


# what the label section says, the type of `source`, the text at the mistake, its path, a part of the message
WRONG: list[tuple[str, str, str, str, str]] = [
    ("conflict: latest", "", "latest", "conflict", "is 'latest'; expected 'last' or 'first'"),
    ("conflict: 3", "", "3", "conflict", "is the number 3"),
    ("conflict: {sources: [a]}", "", "conflict", "conflict.last_by", "is required"),
    ("conflict: {last_by: known_at, source: a}", "", "source", "conflict.source", "did you mean 'sources'?"),
    ("conflict: {last_by: paid_at}", "", "paid_at", "conflict.last_by", "becomes known; expected known_at"),
    ("conflict: {last_by: reason}", "", "reason", "conflict.last_by", "has type string"),
    ("conflict: {last_by: knownat}", "", "knownat", "conflict.last_by", "did you mean 'known_at'?"),
    (
        BY_SOURCE,
        "",
        "[charge",
        "conflict.sources",
        "has no field 'source', which tells who gave a label; expected such",
    ),
    (ACTED.format("decisio", ""), "", "decisio", "acted.when", "did you mean 'decision'?"),
    (ACTED.format("amount", ""), "", "amount", "acted.when", "gives a number; expected a condition"),
    (ACTED.format("card == '1234'", ""), "", "card", "acted.when", "reads 'card', which is masked (pii)"),
    (ACTED.format("decision and", ""), "", ",", "acted.when", "found the end"),
    (ACTED.format("blocked", EXPLORED), "", "blocked", "acted.when", "expected an expression such as: decision and bl"),
    (ACTED.format("decision", ", explore: 3%"), "", "3%", "acted.explore", "one in a whole number, such as 1%"),
    (ACTED.format("decision", ", explore: 0.01"), "", "0.01", "acted.explore", "is a percentage"),
    ("acted: {when: decision}", "", "acted", "acted.label", "is required"),
    ("acted: {label: censored}", "", "acted", "acted.when", "is required"),
    ("acted: {when: decision, label: negative}", "", "negative", "acted.label", "expected 'censored'"),
    (BY_SOURCE, '"long"', "[charge", "conflict.sources", "field 'source' has type long"),
    (BY_SOURCE.replace("analyst", "chargeback"), '"string"', "chargeback]", "conflict.sources[1]", "stands twice"),
    (BY_SOURCE.replace("analyst", "analist"), ENUM, "analist", "conflict.sources[1]", "did you mean 'analyst'?"),
]


@pytest.mark.parametrize(("text", "source", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(text: str, source: str, at: str, path: str, message: str) -> None:
    assert_only(labelled(text, source), 16, at, f"label.{path}", message)


def test_sources_that_are_masked_cannot_be_told_from_one_another() -> None:
    texts = labelled(BY_SOURCE, '"string"')
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("    card: {pii", "    source: {pii: hash}\n    card: {pii")
    texts["event.avsc"] = EVENT.replace('{"name": "card"', '{"name": "source", "type": "string"},\n  {"name": "card"')
    assert_only(texts, 17, "[charge", "label.conflict.sources", "is masked (pii)")


def test_a_field_of_the_event_that_is_called_decision_would_be_taken_for_the_answer() -> None:
    texts = labelled(ACTED.format("decision", ""))
    texts["event.avsc"] = EVENT.replace('"name": "blocked"', '"name": "decision"')
    assert_only(texts, 16, "decision", "label.acted.when", "is a field of the event, and what was answered to it")
