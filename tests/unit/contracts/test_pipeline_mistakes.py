"""Every mistake of a pipeline's files is reported, at the line and column it stands on."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from services.contracts.pipeline import Mistake, Pipeline, PipelineInvalid, check, load

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


def test_the_text_they_all_begin_with_has_none() -> None:
    assert Pipeline.from_texts(TEXTS).name == "payments"


# what is replaced, by what, the line of the mistake, the text at its column, its path, a part of the message
WRONG: list[tuple[str, str, int, str, str, str]] = [
    # names and types
    ("name: payments", "name: Pay.ments", 2, "Pay.ments", "name", "is 'Pay.ments'; expected text that matches"),
    ("name: payments", "name: 7", 2, "7", "name", "is the number 7; expected text"),
    ("driftmill: 1", "driftmill: 2", 1, "2", "driftmill", "expected 1"),
    ("name: payments\n", "", 1, "driftmill", "name", "is required"),
    ("  id: payment_id\n", "", 5, "event", "event.id", "is required"),
    ("field: paid_at, ", "", 8, "time", "event.time.field", "is required"),
    ("model:\n  inputs: [amount, country, customer.*, row.*]", "model:", 28, "model", "model.inputs", "is required"),
    ("retrain:", "retrian:", 34, "retrian", "retrian", "did you mean 'retrain'?"),
    ("smooth: 20", "smoth: 20", 24, "smoth", "features.customer.risk.smoth", "did you mean 'smooth'?"),
    ("1/week}", "1/week, colour: red}", 36, "colour", "monitor.colour", "known here: window, false_alarms, floors"),
    ("learners: [logistic]", "learners: [logistc]", 30, "logistc", "model.learners[0]", "did you mean 'logistic'?"),
    ("learners: [logistic]", "learners: 3", 30, "3", "model.learners", "is the number 3"),
    ("slice: true", "slice: yes", 11, "yes", "event.fields.country.slice", "is 'yes'; expected true or false"),
    ("monitor: {false_alarms: 1/week}", "monitor: []", 36, "[]", "monitor", "is an empty list; expected a mapping"),
    ("monitor: {false_alarms: 1/week}", "monitor:", 36, "monitor", "monitor", "has no value"),
    ("prior: 0.02", "prior: 2", 16, "2", "label.target.prior", "less than 1"),
    ("lags: [1, 2]", "lags: [0, 2]", 23, "0", "features.customer.past.lags[0]", "at least 1"),
    ("schema: event.avsc", "schema: ../event.avsc", 6, "../event", "event.schema", "matches"),
    ("country: {slice: true}", "a-b: {}", 11, "a-b", "event.fields.a-b", "expected text that matches"),
    # durations and rates
    ("lateness: 10m", "lateness: 10", 8, "10}", "event.time.lateness", "a duration needs a unit"),
    ("lateness: 10m", "lateness: soon", 8, "soon", "event.time.lateness", "a duration is a whole number and a unit"),
    ("lateness: 10m", "lateness: 999999d", 8, "999999d", "event.time.lateness", "at most a hundred years"),
    ("windows: [1d, 7d]", "windows: [1d, 0d]", 19, "0d", "features.default.windows[1]", "longer than nothing"),
    ("1/week", "1/fortnight", 36, "1/fort", "monitor.false_alarms", "a rate is a number, a slash"),
    ("1/week", "1/0d", 36, "1/0d", "monitor.false_alarms", "longer than nothing"),
    # names of later versions
    ("  time: {field", "  fields2: {}\n  time: {field", 8, "fields2", "event.fields2", "did you mean 'fields'?"),
    (
        "{key: customer_id}",
        "{key: customer_id}\n  terminal: {key: t}",
        5,
        "terminal",
        "entities.terminal",
        "a second entity",
    ),
    ("retrain:", "release: {canary: {steps: [5]}}\nretrain:", 34, "canary", "release.canary", "not supported yet"),
    ("learners: [", "decide: {at_most: 200/day}\n  learners: [", 30, "decide", "model.decide", "not supported yet"),
    ("{labels: {rows: 100}}", "{changed: [model]}", 35, "changed", "retrain.when[0].changed", "not supported yet"),
    ("agg: time_since_last", "agg: [distinct]", 22, "distinct", "features.customer.idle.agg[0]", "not supported yet"),
    (
        "is_fraud, positive",
        "is_fraud, kind: regression, positive",
        16,
        "regr",
        "label.target.kind",
        "not supported yet",
    ),
    ("entities:", "clock: wall\nentities:", 3, "wall", "clock", "not supported yet"),
    # sections that contradict themselves
    ("above: baseline}", "above: baseline, at_least: 1}", 33, "{", "evaluate.accept[0]", "exactly one of above"),
    ("{labels: {rows: 100}}", "{labels: {rows: 1}, every: 1d}", 35, "{", "retrain.when[0]", "exactly one of alert"),
    ("{labels: {rows: 100}}", "{labels: {}}", 35, "{}", "retrain.when[0].labels", "needs rows, positives or both"),
    ("{labels: {rows: 100}}", "{every: 1d, wait: {}}", 35, "{", "retrain.when[0]", "only an alert waits"),
    ("{rule: amount > 220}", "{rule: a, last: b}", 31, "{", "model.baseline", "a baseline is prior"),
    ("{rule: amount > 220}", "mean", 31, "mean", "model.baseline", "is 'mean'"),
    ("maturity: 10d", "maturity: 5d", 17, "5d", "label.known.maturity", "before labels are expected"),
    # event
    ("  id: payment_id", "  id: paymentid", 7, "paymentid", "event.id", "did you mean 'payment_id'?"),
    ("  id: payment_id", "  id: blocked", 7, "blocked", "event.id", "field 'blocked' has type boolean"),
    ("  id: payment_id", "  id: note", 7, "note", "event.id", "may be null"),
    ("field: paid_at", "field: amount", 8, "amount", "event.time.field", "timestamp-micros"),
    ("{key: customer_id}", "{key: amount}", 4, "amount", "entities.customer.key", "has type double"),
    ("country: {slice", "countri: {slice", 11, "countri", "event.fields.countri", "did you mean 'country'?"),
    ("kind: number", "kind: flag", 10, "flag", "event.fields.amount.kind", "can't be a flag; expected number"),
    ("min: 0}", "nullable: true}", 10, "true", "event.fields.amount.nullable", "doesn't allow null"),
    ("min: 0}", "min: 5, max: 4}", 10, "5", "event.fields.amount.min", "min 5 is above max 4"),
    ("min: 0}", "pattern: x}", 10, "x", "event.fields.amount.pattern", "needs text"),
    ("min: 0}", "rare_below: 5}", 10, "5", "event.fields.amount.rare_below", "a number has no rare_below"),
    ("min: 0}", "one_of: [1, a]}", 10, "a", "event.fields.amount.one_of[1]", "doesn't fit the field's type double"),
    ("slice: true", "min: 1", 11, "1", "event.fields.country.min", "a category has no min"),
    ("slice: true", "pattern: '['", 11, "'['", "event.fields.country.pattern", "isn't a regular expression"),
    (
        "country: {sl",
        "channel: {one_of: [chp], sl",
        11,
        "chp",
        "event.fields.channel.one_of[0]",
        "did you mean 'chip'?",
    ),
    ("card: {", "blocked: {", 12, "hash", "event.fields.blocked.pii", "only text can be masked"),
    ("card: {", "customer_id: {", 12, "hash", "event.fields.customer_id.pii", "can't be masked"),
    ("check: amount > 0", "check: amuont > 0", 10, "amuont", "event.fields.amount.check", "did you mean 'amount'?"),
    ("check: amount > 0", "check: 'amount > > 0'", 10, "> 0'", "event.fields.amount.check", "expected a name"),
    ("check: amount > 0", "check: amount * 2", 10, "amount *", "event.fields.amount.check", "gives a number"),
    # label
    (
        "target: {field: is_fraud",
        "target: {field: fraud",
        16,
        "fraud",
        "label.target.field",
        "did you mean 'is_fraud'?",
    ),
    ("target: {field: is_fraud", "target: {field: known_at", 16, "known_at", "label.target.field", "has type long"),
    ("positive: true", "positive: 1", 16, "1", "label.target.positive", "doesn't fit 'is_fraud' of type boolean"),
    ("time: known_at", "time: reason", 17, "reason", "label.known.time", "has type string"),
    ("label.avsc\n", "label.avsc\n  id: customer\n", 16, "customer", "label.id", "to join them"),
    # features
    (
        "  customer:\n    spend",
        "  costumer:\n    spend",
        20,
        "costumer",
        "features.costumer",
        "did you mean 'customer'?",
    ),
    ("windows: [1d, 7d]", "windows: [1d, 24h, 7d]", 19, "[", "features.default.windows", "1d stands 2 times"),
    ("agg: [count, mean]", "agg: [mean, mean]", 21, "[", "features.customer.spend.agg", "mean stands 2 times"),
    ("{agg: time_since_last}", "{agg: mean}", 22, "mean", "features.customer.idle.agg", "mean needs a value"),
    ("{agg: time_since_last}", "{agg: last, value: card}", 22, "card", "features.customer.idle.value", "personal data"),
    (
        "{agg: time_since_last}",
        "{agg: last, value: x y}",
        22,
        "y}",
        "features.customer.idle.value",
        "expected an operator",
    ),
    (
        "{agg: time_since_last}",
        "{agg: last, value: country}",
        22,
        "country",
        "features.customer.idle.value",
        "is a category",
    ),
    (
        "{agg: time_since_last}",
        "{agg: last, value: is_fraud}",
        22,
        "is_fr",
        "features.customer.idle.value",
        "unknown name",
    ),
    (
        "{agg: time_since_last}",
        "{agg: time_since_last, windows: 1d}",
        22,
        "1d",
        "features.customer.idle.windows",
        "no window",
    ),
    (", lags: [1, 2]", "", 23, "lag", "features.customer.past.agg", "lag needs lags"),
    ("agg: lag, lags: [1, 2]", "agg: last, lags: [1]", 23, "[1]", "features.customer.past.lags", "agg has no lag"),
    (
        "agg: lag, lags",
        "by: known_at, agg: lag, lags",
        23,
        "known",
        "features.customer.past.by",
        "only features of labels",
    ),
    ("agg: lag, lags", "smooth: 2, agg: lag, lags", 23, "2", "features.customer.past.smooth", "mean of the target"),
    ("smooth: 20", "by: paid_at", 24, "paid_at", "features.customer.risk.by", "isn't when a label becomes known"),
    ("smooth: 20", "by: reason", 24, "reason", "features.customer.risk.by", "has type string"),
    ("smooth: 20", "current_event: included", 24, "incl", "features.customer.risk.current_event", "own label"),
    ("amount / customer", "amount / custmer", 26, "custmer", "features.row.ratio", "did you mean 'customer.spend"),
    ("hour: hour(paid_at)", "hour: hour(amount)", 27, "amount", "features.row.hour", "hour needs a time"),
    ("hour: hour(paid_at)", "hour: paid_at", 27, "paid_at", "features.row.hour", "gives a time"),
    ("hour: hour(paid_at)", "hour: row.ratio", 27, "row.ratio", "features.row.hour", "is a row feature"),
    ("hour: hour(paid_at)", "hour: is_missing(age_band)", 27, "is_m", "features.row.hour", "role fairness"),
    # inputs and baseline
    ("[amount, country,", "[amount, contry,", 29, "contry", "model.inputs[1]", "did you mean 'country'?"),
    (
        "[amount, country,",
        "[amount, customer.spend,",
        29,
        "customer.s",
        "model.inputs[1]",
        "'customer.spend.*' (4 columns)",
    ),
    ("customer.*, row.*]", "customer.*, rows.*]", 29, "rows.*", "model.inputs[3]", "matches no field"),
    ("[amount, country,", "[amount, paid_at,", 29, "paid_at", "model.inputs[1]", "use hour(paid_at)"),
    ("[amount, country,", "[amount, payment_id,", 29, "payment_id", "model.inputs[1]", "the event's id"),
    ("[amount, country,", "[amount, age_band,", 29, "age_band", "model.inputs[1]", "role fairness"),
    ("[amount, country,", "[amount, card,", 29, "card", "model.inputs[1]", "personal data"),
    ("rule: amount > 220", "rule: blocked", 31, "blocked", "model.baseline.rule", "isn't one of model.inputs"),
    ("rule: amount > 220", "rule: country", 31, "country", "model.baseline.rule", "gives a category"),
    ("rule: amount > 220", "rule: amount >", 31, "}", "model.baseline.rule", "found the end"),
    ("rule: amount > 220", "rule: country > 220", 31, "220", "model.baseline.rule", "one kind"),
    ("rule: amount > 220", "last: row.rato", 31, "row.rato", "model.baseline.last", "did you mean 'row.ratio'?"),
    ("rule: amount > 220", "last: country", 31, "country", "model.baseline.last", "is a category"),
]


@pytest.mark.parametrize(("old", "new", "line", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(old: str, new: str, line: int, at: str, path: str, message: str) -> None:
    texts = changed(old, new)
    mistakes = mistakes_of(texts)
    assert len(mistakes) == 1, "\n".join(map(str, mistakes))
    found = mistakes[0]
    assert (found.file, found.line, found.path) == ("pipeline.yaml", line, path), str(found)
    assert message in str(found)
    assert texts["pipeline.yaml"].splitlines()[line - 1][found.column - 1 :].startswith(at), str(found)


# the file changed, what is replaced, by what, the mistake's line, a part of its text
SCHEMAS: list[tuple[str, str, str, int, str]] = [
    ("event.avsc", EVENT, "{", 1, "event.avsc:1:2: isn't JSON"),
    ("event.avsc", '"type": "record"', '"type": "map"', 1, "isn't an Avro record"),
    ("event.avsc", '"name": "Payment"', '"name": "1x"', 1, "isn't an Avro name"),
    ("event.avsc", '"amount", "type": "double"', '"amount", "type": "bytes"', 5, "type bytes isn't supported yet"),
    ("event.avsc", '"amount", "type": "double"', '"amount", "type": ["int", "string"]', 5, "a union of several types"),
    ("event.avsc", '"name": "blocked"', '"name": "amount"', 5, "amount: stands twice"),
    ("event.avsc", '"name": "blocked"', '"name": "a.b"', 1, "a field has no usable name"),
    ("event.avsc", "timestamp-micros", "timestamp-millis", 3, "times are timestamp-micros"),
    ("label.avsc", '"Judged"', '"Payment"', 15, "both named Payment"),
    ("label.avsc", '"name": "customer_id"', '"name": "customer"', 15, "no field 'customer_id'"),
    ("label.avsc", '"payment_id", "type": "string"', '"payment_id", "type": "long"', 15, "one type in both"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "message"), SCHEMAS)
def test_a_mistake_of_a_schema_is_reported_where_it_stands(
    file: str, old: str, new: str, line: int, message: str
) -> None:
    mistakes = mistakes_of(changed(old, new, file))
    assert len(mistakes) == 1, "\n".join(map(str, mistakes))
    assert mistakes[0].line == line
    assert message in str(mistakes[0])


# the whole file, the mistake's line, a part of its text
NOT_YAML: list[tuple[str, int, str]] = [
    ("a: [1\nb: 2\n", 2, "isn't YAML"),
    ("\ta: 1", 1, "isn't YAML"),
    ("a: &x [1]\nb: *y\n", 2, "isn't YAML"),
    ("x" * 300_000, 1, "longer than 200000 characters"),
    ("[" * 2_000, 1, "isn't"),
    ("a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
        for old, new in zip("abcdef", "bcdefg", strict=True)
    ), 1, "more than 20000 values"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), NOT_YAML)
def test_what_is_no_yaml_is_refused(text: str, line: int, message: str) -> None:
    mistakes = mistakes_of({**TEXTS, "pipeline.yaml": text})
    assert (mistakes[0].line, len(mistakes)) == (line, 1)
    assert message in str(mistakes[0])


def test_a_key_that_stands_twice_is_a_mistake() -> None:
    mistakes = mistakes_of(changed("name: payments", "name: payments\nname: payments2"))
    assert [str(mistake) for mistake in mistakes] == [
        "pipeline.yaml:3:1: name: 'name' stands twice; the first is in line 2"
    ]


def test_an_empty_file_says_all_that_is_required() -> None:
    paths = {mistake.path for mistake in mistakes_of({**TEXTS, "pipeline.yaml": ""})}
    assert paths == {"driftmill", "name", "entities", "event", "label", "model"}


def test_every_mistake_is_reported_not_only_the_first() -> None:
    edits: list[Callable[[str], str]] = [
        lambda text: text.replace("name: payments", "name: 5"),
        lambda text: text.replace("check: amount > 0", "check: amuont > 0"),
        lambda text: text.replace("maturity: 10d", "maturity: 1d"),
        lambda text: text.replace("agg: [count, mean]", "agg: [count, meen]"),
        lambda text: text.replace("smooth: 20", "smoth: 20"),
        lambda text: text.replace("hour(paid_at)", "hour(amount)"),
        lambda text: text.replace("[amount, country", "[amount, contry"),
        lambda text: text.replace("1/week", "weekly"),
    ]
    text = YAML
    for edit in edits:
        text = edit(text)
    mistakes = mistakes_of({**TEXTS, "pipeline.yaml": text})
    assert [mistake.line for mistake in mistakes] == [2, 10, 17, 21, 24, 27, 29, 36]
    with pytest.raises(PipelineInvalid, match="the pipeline has 8 mistakes:"):
        Pipeline.from_texts({**TEXTS, "pipeline.yaml": text})


def test_a_wrong_feature_does_not_make_its_readers_wrong() -> None:
    mistakes = mistakes_of(changed("agg: [count, mean]", "agg: [count, meen]"))
    assert [mistake.path for mistake in mistakes] == ["features.customer.spend.agg[1]"]


def test_a_country_called_no_stays_text() -> None:
    fields = Pipeline.from_texts(changed("slice: true", "one_of: [NO, DK, on]")).event.fields
    assert fields["country"].one_of == ("NO", "DK", "on")


def test_files_that_are_absent_are_named(tmp_path: Path) -> None:
    assert "there is no such directory" in str(check(tmp_path / "nowhere")[0])
    assert [str(mistake) for mistake in check(tmp_path)] == ["pipeline.yaml: there is no such file"]
    (tmp_path / "pipeline.yaml").write_text(YAML)
    (tmp_path / "event.avsc").write_text(EVENT)
    assert [str(mistake) for mistake in check(tmp_path)] == [
        "pipeline.yaml:15:11: label.schema: there is no file 'label.avsc' beside it"
    ]
    (tmp_path / "label.avsc").write_bytes(b"\xff\xfe")
    assert "isn't UTF-8" in str(check(tmp_path)[0])
    (tmp_path / "label.avsc").write_text(LABEL)
    assert check(tmp_path) == []
    assert load(tmp_path).texts == TEXTS


def test_no_text_breaks_the_reading() -> None:
    chance = random.Random(11)
    scraps = (
        "null",
        "[]",
        "{",
        "-1",
        "7d",
        "'",
        "*",
        "&a",
        ": ",
        "\n  ",
        "1e400",
        ".nan",
        "? ",
        "!!x",
        "<<: ",
        "0x1",
        "",
    )
    for _ in range(150):
        text = YAML
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(text))
            text = text[:start] + chance.choice(scraps) + text[start + chance.choice((0, 1, 9, 90)) :]
        try:
            read = Pipeline.from_texts({**TEXTS, "pipeline.yaml": text}).resolved.feature_set
        except PipelineInvalid as invalid:
            read = str(invalid)
            assert all(mistake.line > 0 for mistake in invalid.mistakes)
        assert read
