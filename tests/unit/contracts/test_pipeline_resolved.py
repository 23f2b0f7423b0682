"""The resolved view: columns, layout and digests, as services read them."""

import pytest

from services.contracts.pipeline import FeatureDefinition, Pipeline
from services.contracts.pipeline.model import Imbalance

DAY = 86_400_000_000
EVENT = """{"type": "record", "name": "Payment", "namespace": "shop", "fields": [
  {"name": "payment_id", "type": "long"},
  {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
  {"name": "customer_id", "type": "string"},
  {"name": "amount", "type": ["null", "float"]},
  {"name": "country", "type": "string"},
  {"name": "gift", "type": "boolean"}
]}"""
LABEL = """{"type": "record", "name": "Judged", "namespace": "shop", "fields": [
  {"name": "payment_id", "type": "long"},
  {"name": "customer_id", "type": "string"},
  {"name": "is_fraud", "type": "boolean"},
  {"name": "known_at", "type": {"type": "long", "logicalType": "timestamp-micros"}}
]}"""
TWELVE_LINES = """\
driftmill: 1
name: shop
entities: {customer: {key: customer_id}}
event:
  schema: event.avsc
  id: payment_id
  time: {field: paid_at}
label:
  schema: label.avsc
  target: {field: is_fraud}
  known: {time: known_at}
model: {inputs: [amount, country]}
"""
FEATURES = """\
features:
  default: {windows: [24h, 7d], current_event: included}
  customer:
    spend: {value: amount, agg: [count, mean]}
    past: {value: gift, agg: [last, lag, time_since_last], lags: [1, 48], current_event: excluded}
    risk: {of: labels, value: is_fraud, agg: mean, windows: 28d, smooth: 20}
  row:
    ratio: amount / customer.spend.mean.24h
    big: amount > 100
"""


def pipeline(text: str) -> Pipeline:
    return Pipeline.from_texts({"pipeline.yaml": text, "event.avsc": EVENT, "label.avsc": LABEL})


def with_features(
    features: str = FEATURES, inputs: str = "country, row.*, gift, customer.spend.*, customer.*"
) -> Pipeline:
    inputs = f"model: {{inputs: [{inputs}]}}\n"
    return pipeline(TWELVE_LINES.replace("model: {inputs: [amount, country]}\n", features + inputs))


def test_twelve_lines_are_a_pipeline() -> None:
    assert TWELVE_LINES.count("\n") == 12
    small = pipeline(TWELVE_LINES)
    assert (small.resolved.numbers, small.resolved.categories) == (("amount",), ("country",))
    assert not small.resolved.features
    assert not small.resolved.row
    assert small.model.learners == ("logistic", "hist_boosting")
    assert small.model.imbalance == Imbalance(keep_negatives=20)
    assert small.model.baseline.kind == "prior"
    assert small.evaluate.accept
    assert small.evaluate.accept[0].above == ("baseline", "champion")


def test_what_follows_from_elsewhere_is_filled_in() -> None:
    small = pipeline(TWELVE_LINES)
    assert small.label.id == "payment_id"
    assert small.label.known.maturity == 2 * small.label.known.expected_after == 2 * DAY
    assert small.evaluate.split.validation == small.evaluate.split.holdout
    assert {name: field.kind for name, field in small.event.fields.items()} == {
        "payment_id": "number",
        "paid_at": "time",
        "customer_id": "category",
        "amount": "number",
        "country": "category",
        "gift": "flag",
    }
    assert [name for name, field in small.event.fields.items() if field.nullable] == ["amount"]


def test_rare_positives_are_judged_by_average_precision() -> None:
    assert pipeline(TWELVE_LINES).model.optimise == "roc_auc"
    rare = pipeline(TWELVE_LINES.replace("{field: is_fraud}", "{field: is_fraud, prior: 0.02}"))
    assert rare.model.optimise == "average_precision"


def test_names_and_schemas_are_resolved() -> None:
    resolved = with_features().resolved
    assert (resolved.entity, resolved.entity_field) == ("customer", "customer_id")
    assert (resolved.event_record_name, resolved.label_record_name) == ("shop.Payment", "shop.Judged")
    assert resolved.event_schema["name"] == "Payment"
    assert resolved.event_types["paid_at"] == "timestamp"
    assert resolved.kinds["customer.risk.mean.28d"] == "number"


def test_every_column_of_a_feature_is_defined() -> None:
    defined = {feature.name: feature for feature in with_features().resolved.features}
    assert list(defined) == [
        "customer.spend.count.24h",
        "customer.spend.count.7d",
        "customer.spend.mean.24h",
        "customer.spend.mean.7d",
        "customer.past.last",
        "customer.past.lag.1",
        "customer.past.lag.48",
        "customer.past.time_since_last",
        "customer.risk.mean.28d",
    ]
    assert defined["customer.spend.mean.24h"] == FeatureDefinition(
        name="customer.spend.mean.24h",
        entity="customer",
        source="events",
        value="amount",
        agg="mean",
        window=DAY,
        current=True,
    )
    assert defined["customer.past.lag.48"] == FeatureDefinition(
        name="customer.past.lag.48", entity="customer", source="events", value="gift", agg="lag", lag=48
    )
    assert defined["customer.risk.mean.28d"] == FeatureDefinition(
        name="customer.risk.mean.28d",
        entity="customer",
        source="labels",
        value="is_fraud",
        agg="mean",
        window=28 * DAY,
        by="known_at",
        smooth=20.0,
        prior=0.5,
    )


def test_columns_may_fade_or_count_different_values() -> None:
    features = """features:
  default: {windows: [1d]}
  customer:
    places: {value: country, agg: distinct, windows: [1d, 7d]}
    pace: {agg: rate}
    habit: {value: amount, agg: [count, mean], half_life: [12h, 7d]}
"""
    defined = {feature.name: feature for feature in with_features(features, "customer.*").resolved.features}
    assert list(defined) == [
        "customer.places.distinct.1d",
        "customer.places.distinct.7d",
        "customer.pace.rate.1d",
        "customer.habit.count.half_life.12h",
        "customer.habit.count.half_life.7d",
        "customer.habit.mean.half_life.12h",
        "customer.habit.mean.half_life.7d",
    ]
    assert defined["customer.habit.mean.half_life.7d"] == FeatureDefinition(
        name="customer.habit.mean.half_life.7d",
        entity="customer",
        source="events",
        value="amount",
        agg="mean",
        half_life=7 * DAY,
    )


def test_a_definition_keeps_the_digest_it_had_before_there_were_half_lives() -> None:
    assert FeatureDefinition("customer.idle.last", "customer", "events", "amount", "last").digest == "3e05d7850c03674c"


def test_inputs_keep_their_order_and_are_split_by_type() -> None:
    resolved = with_features().resolved
    assert resolved.categories == ("country",)
    assert resolved.numbers[:5] == (
        "row.ratio",
        "row.big",
        "gift",
        "customer.spend.count.24h",
        "customer.spend.count.7d",
    )
    assert len(resolved.numbers) == len(set(resolved.numbers)) == 12


def test_the_key_of_the_entity_is_an_input_only_by_name() -> None:
    everything = pipeline(TWELVE_LINES.replace("[amount, country]", "['*']"))
    assert everything.model.inputs == ("amount", "country", "gift")
    named = pipeline(TWELVE_LINES.replace("[amount, country]", "[customer_id]"))
    assert named.resolved.categories == ("customer_id",)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("windows: 28d", "windows: 28d, by: known_at", set()),
        ("smooth: 20", "smooth: 21", {"customer.risk.mean.28d"}),
        ("amount > 100", "amount > 101", {"row.big"}),
        (
            "value: amount, agg",
            "value: amount * 2, agg",
            {
                "customer.spend.count.24h",
                "customer.spend.count.7d",
                "customer.spend.mean.24h",
                "customer.spend.mean.7d",
                "row.ratio",
            },
        ),
    ],
)
def test_a_digest_changes_with_its_meaning_and_only_then(old: str, new: str, changes: set[str]) -> None:
    assert FEATURES.count(old) == 1
    before, after = with_features().resolved, with_features(FEATURES.replace(old, new)).resolved
    assert {name for name in before.digests if before.digests[name] != after.digests[name]} == changes
    assert (before.feature_set == after.feature_set) is not bool(changes)


def test_the_feature_set_names_the_layout() -> None:
    one = pipeline(TWELVE_LINES)
    other = pipeline(TWELVE_LINES.replace("[amount, country]", "[gift, amount, country]"))
    assert len(one.resolved.feature_set) == 16
    assert one.resolved.feature_set != other.resolved.feature_set


def test_a_pipeline_does_not_change() -> None:
    small = pipeline(TWELVE_LINES)
    with pytest.raises(ValueError, match="frozen"):
        small.name = "other"  # type: ignore[misc]


def test_what_is_only_served_travels_behind_what_models_learn_from() -> None:
    inputs = "inputs: [amount, country]"
    assert inputs in TWELVE_LINES
    one = pipeline(TWELVE_LINES).resolved
    other = pipeline(TWELVE_LINES.replace(inputs, "inputs: [country], served: [amount, country]")).resolved
    assert (one.inputs, one.numbers, one.categories) == (("amount", "country"), ("amount",), ("country",))
    assert (other.inputs, other.numbers, other.categories) == (("country",), ("amount",), ("country",))
    assert one.feature_set == other.feature_set
    assert other.layout.lacks(one.layout.digests) == []


def test_a_layout_says_what_a_reader_misses() -> None:
    layout = pipeline(TWELVE_LINES).resolved.layout
    assert layout.lacks({"amount": layout.digests["amount"]}) == []
    assert layout.lacks({"amount": "other", "gift": "g"}) == ["amount (defined otherwise)", "gift (not there)"]
