"""Labels by rule: what is taken, and what is reported where."""

from collections.abc import Mapping

import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.label import Rule
from services.contracts.pipeline.units import Duration
from tests.unit.contracts.cards import EVENT, LABEL, TEXTS, assert_only, changed

RULE = "rule: {when: blocked or amount > 50, within: 24h}"
CARRYING = LABEL.replace('  {"name": "reason", "type": "string"},\n', "")
"""Labels that have nothing but what an event has, too."""


def ruled(text: str = RULE, label: str = CARRYING, event: str = EVENT) -> dict[str, str]:
    return changed("label.avsc\n", f"label.avsc\n  {text}\n") | {"label.avsc": label, "event.avsc": event}


def replaced(texts: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    assert texts["pipeline.yaml"].count(old) == 1
    return {**texts, "pipeline.yaml": texts["pipeline.yaml"].replace(old, new)}


def test_a_rule_is_a_condition_over_a_later_event_and_a_time() -> None:
    rule = Pipeline.from_texts(ruled()).label.rule
    assert rule == Rule(when="blocked or amount > 50", within=Duration("24h"))
    assert rule.takes(600_000_000) == (24 * 3600 + 600) * 1_001_000


def test_a_label_may_have_fields_that_no_event_has_if_they_have_a_default() -> None:
    label = LABEL.replace('"name": "reason", "type": "string"', '"name": "reason", "type": "string", "default": ""')
    assert Pipeline.from_texts(ruled(label=label)).label.rule is not None


def test_what_was_acted_on_goes_with_a_rule() -> None:
    acted = "\n  acted: {when: decision, label: censored, explore: 1%}"
    assert Pipeline.from_texts(ruled(RULE + acted)).label.acted is not None


def test_a_pipeline_without_a_rule_means_what_it_always_did() -> None:
    assert "rule" not in Pipeline.from_texts(TEXTS).settled()["label"]
    said = {"when": "blocked or amount > 50", "within": "24h"}
    assert Pipeline.from_texts(ruled()).settled()["label"]["rule"] == said


# what the label section says, the text at the mistake, its path, a part of the message
WRONG: list[tuple[str, str, str, str]] = [
    ("rule: blocked", "blocked", "rule", "expected a mapping"),
    ("rule: {when: blocked}", "rule", "rule.within", "is required"),
    ("rule: {within: 1h}", "rule", "rule.when", "is required"),
    ("rule: {when: blocked, within: 1}", "1}", "rule.within", "a duration needs a unit"),
    ("rule: {when: blocked, within: 0h}", "0h", "rule.within", "longer than nothing"),
    ("rule: {when: blokked, within: 1h}", "blokked", "rule.when", "did you mean 'blocked'?"),
    ("rule: {when: is_fraud, within: 1h}", "is_fraud", "rule.when", "is_fraud"),
    ("rule: {when: amount, within: 1h}", "amount", "rule.when", "gives a number; expected a condition over a later"),
    ("rule: {when: card == 'x', within: 1h}", "card", "rule.when", "reads 'card', which is masked (pii)"),
    ("rule: {when: blocked and, within: 1h}", ",", "rule.when", "found the end"),
    (RULE + "\n  conflict: last", "last", "conflict", "with label.rule an event has one label"),
]


@pytest.mark.parametrize(("text", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(text: str, at: str, path: str, message: str) -> None:
    assert_only(ruled(text), 16 + text.count("\n"), at, f"label.{path}", message)


def test_maturity_must_leave_the_time_to_tell() -> None:
    tight = RULE.replace("24h", "9d")
    assert Pipeline.from_texts(ruled(tight)).label.rule is not None
    message = "maturity 10d would be before the rule can tell that a label is negative: 10d (label.rule.within) and 10m"
    assert_only(ruled(RULE.replace("24h", "10d")), 18, "10d}", "label.known.maturity", f"{message} (event.time.latenes")
    assert_only(ruled(RULE.replace("24h", "10d")), 18, "10d}", "label.known.maturity", "expected at least 14425m")


def test_so_must_the_maturity_that_follows_from_when_labels_are_expected() -> None:
    texts = replaced(ruled(RULE.replace("24h", "14d")), "7d, maturity: 10d", "7d")
    assert_only(texts, 18, "{time", "label.known.maturity", "maturity 14d would be before the rule can tell")


def test_silence_means_nothing_where_every_event_is_labelled() -> None:
    texts = replaced(ruled(), "maturity: 10d", "maturity: 10d, silence: negative")
    assert_only(texts, 18, "negative", "label.known.silence", "every event is labelled before maturity")


def test_the_target_of_a_rule_is_yes_or_no() -> None:
    texts = ruled(label=CARRYING.replace('"is_fraud", "type": "boolean"', '"is_fraud", "type": "int"'))
    texts = replaced(texts, "positive: true", "positive: 1")
    texts = replaced(
        texts, "risk: {of: labels, value: is_fraud, agg: mean, smooth: 20}", "risk: {of: labels, agg: count}"
    )
    assert_only(texts, 17, "is_fraud", "label.target.field", "has type int in label.avsc:4, and a rule says yes or no")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('"reason", "type": "string"', "nothing gives a label 'reason' in label.avsc:5"),
        ('"amount", "type": "float"', "'amount' in label.avsc:5 doesn't take what the event has there (event.avsc:5)"),
        ('"country", "type": "string"', "'country' in label.avsc:5 takes no null, which the event may have"),
        (
            '"channel", "type": {"type": "enum", "name": "Way", "symbols": ["chip"]}',
            "'channel' in label.avsc:5 doesn't take what the event has",
        ),
    ],
)
def test_every_field_of_a_label_must_come_from_somewhere(field: str, message: str) -> None:
    label = CARRYING.replace('  {"name": "known_at"', f'  {{"name": {field}}},\n  {{"name": "known_at"', 1)
    assert_only(ruled(label=label), 16, "{when", "label.rule", message)
