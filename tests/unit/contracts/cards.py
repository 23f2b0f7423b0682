"""A small pipeline of card payments, to be changed in one place at a time."""

from collections.abc import Mapping

import pytest

from services.contracts.pipeline import Mistake, Pipeline, PipelineInvalid

YAML = """\
driftmill: 1
name: payments
entities:
  customer: {key: customer_id}
event:
  schema: event.avsc
  id: payment_id
  time: {field: paid_at, lateness: 10m}
  fields:
    amount: {kind: number, check: amount > 0, min: 0}
    country: {slice: true}
    card: {pii: hash}
    age_band: {role: fairness}
label:
  schema: label.avsc
  target: {field: is_fraud, positive: true, prior: 0.02}
  known: {time: known_at, expected_after: 7d, maturity: 10d}
features:
  default: {windows: [1d, 7d]}
  customer:
    spend: {value: amount, agg: [count, mean]}
    idle: {agg: time_since_last}
    past: {value: amount, agg: lag, lags: [1, 2]}
    risk: {of: labels, value: is_fraud, agg: mean, smooth: 20}
  row:
    ratio: amount / customer.spend.mean.7d
    hour: hour(paid_at)
model:
  inputs: [amount, country, customer.*, row.*]
  learners: [logistic]
  baseline: {rule: amount > 220}
evaluate:
  accept: [{metric: roc_auc, above: baseline}]
retrain:
  when: [{labels: {rows: 100}}]
monitor: {false_alarms: 1/week}
"""
EVENT = """\
{"type": "record", "name": "Payment", "fields": [
  {"name": "payment_id", "type": "string"},
  {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
  {"name": "customer_id", "type": "string"},
  {"name": "amount", "type": "double"},
  {"name": "country", "type": ["null", "string"], "default": null},
  {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["chip", "online"]}},
  {"name": "blocked", "type": "boolean"},
  {"name": "card", "type": "string"},
  {"name": "age_band", "type": "string"},
  {"name": "note", "type": ["null", "string"], "default": null}
]}
"""
LABEL = """\
{"type": "record", "name": "Judged", "fields": [
  {"name": "payment_id", "type": "string"},
  {"name": "customer_id", "type": "string"},
  {"name": "is_fraud", "type": "boolean"},
  {"name": "reason", "type": "string"},
  {"name": "known_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
  {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-micros"}}
]}
"""
TEXTS = {"pipeline.yaml": YAML, "event.avsc": EVENT, "label.avsc": LABEL}


def mistakes_of(texts: Mapping[str, str]) -> list[Mistake]:
    with pytest.raises(PipelineInvalid) as caught:
        Pipeline.from_texts(texts)
    return caught.value.mistakes


def changed(old: str, new: str, file: str = "pipeline.yaml") -> dict[str, str]:
    assert TEXTS[file].count(old) == 1, f"{old!r} must stand once"
    return {**TEXTS, file: TEXTS[file].replace(old, new)}


def assert_only(texts: Mapping[str, str], line: int, at: str, path: str, message: str) -> None:
    """The texts have one mistake, in `line` where `at` begins, about `path`, that says `message`."""
    mistakes = mistakes_of(texts)
    assert len(mistakes) == 1, "\n".join(map(str, mistakes))
    found = mistakes[0]
    assert (found.file, found.line, found.path) == ("pipeline.yaml", line, path), str(found)
    assert message in str(found)
    assert texts["pipeline.yaml"].splitlines()[line - 1][found.column - 1 :].startswith(at), str(found)
