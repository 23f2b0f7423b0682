"""What doesn't fit between a pipeline's sections and its schemas is reported where it stands."""

import pytest

from tests.unit.contracts.cards import EVENT, assert_only, changed, mistakes_of

COST = "decide: {{cost: {{missed: {}, false_alarm: 3}}}}\n  learners: ["
# what is replaced, by what, the line of the mistake, the text at its column, its path, a part of the message
WRONG: list[tuple[str, str, int, str, str, str]] = [
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
    (
        "{agg: time_since_last}",
        "{agg: count, half_life: 1d, windows: 7d}",
        22,
        "1d",
        "features.customer.idle.half_life",
        "one of them",
    ),
    (
        "{agg: time_since_last}",
        "{agg: [count, rate], half_life: 1d}",
        22,
        "[count",
        "features.customer.idle.agg",
        "rate has no half_life",
    ),
    (
        "{agg: time_since_last}",
        "{agg: distinct}",
        22,
        "distinct",
        "features.customer.idle.agg",
        "distinct needs a value",
    ),
    (
        "{agg: time_since_last}",
        "{agg: [distinct, last], value: country}",
        22,
        "country",
        "features.customer.idle.value",
        "distinct takes one, in a feature of its own",
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
    ("learners: [", COST.format("amuont"), 30, "amuont", "model.decide.cost.missed", "isn't one of"),
    (
        "learners: [",
        COST.format("country"),
        30,
        "country",
        "model.decide.cost.missed",
        "gives a category",
    ),
    (
        "learners: [",
        COST.format("amount >"),
        30,
        ", false",
        "model.decide.cost.missed",
        "found the end",
    ),
    ("{metric: roc_auc, ", "{metric: cost, ", 33, "cost", "evaluate.accept[0].metric", "nothing says what wrong"),
    ("learners: [", "optimise: cost\n  learners: [", 30, "cost", "model.optimise", "nothing says what wrong"),
    ("rule: amount > 220", "rule: blocked", 31, "blocked", "model.baseline.rule", "isn't one of model.inputs"),
    ("rule: amount > 220", "rule: country", 31, "country", "model.baseline.rule", "gives a category"),
    ("rule: amount > 220", "rule: amount >", 31, "}", "model.baseline.rule", "found the end"),
    ("rule: amount > 220", "rule: country > 220", 31, "220", "model.baseline.rule", "one kind"),
    ("rule: amount > 220", "last: row.rato", 31, "row.rato", "model.baseline.last", "did you mean 'row.ratio'?"),
    ("rule: amount > 220", "last: country", 31, "country", "model.baseline.last", "is a category"),
]


@pytest.mark.parametrize(("old", "new", "line", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(old: str, new: str, line: int, at: str, path: str, message: str) -> None:
    assert_only(changed(old, new), line, at, path, message)


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
