"""The pipelines that ship are without mistakes, and say what they promise."""

from pathlib import Path

import pytest

from services.contracts.pipeline import Pipeline, check, explain, load

PIPELINES = Path(__file__).parents[2] / "pipelines"
NAMES = ("payments", "electricity", "flights", "bikes", "vehicles")


def test_these_ship() -> None:
    assert {path.name for path in PIPELINES.iterdir() if path.is_dir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_pipeline_has_no_mistake(name: str) -> None:
    assert check(PIPELINES / name) == []
    assert load(PIPELINES / name).name == name
    assert (PIPELINES / name / "README.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_pipeline_explains_itself(name: str) -> None:
    pipeline = load(PIPELINES / name)
    again = Pipeline.from_texts({**pipeline.texts, "pipeline.yaml": explain(pipeline)})
    assert again.digest == pipeline.digest
    assert again.resolved.feature_set == pipeline.resolved.feature_set


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_a_shipped_schema_is_documented(name: str) -> None:
    resolved = load(PIPELINES / name).resolved
    for schema in (resolved.event_schema, resolved.label_schema):
        assert schema["doc"]
        assert all(field.get("doc") for field in schema["fields"])


def test_electricity_never_shows_the_current_price() -> None:
    electricity = load(PIPELINES / "electricity")
    assert not [field for field in electricity.event.fields if field in ("price", "nswprice", "up")]
    prices = [feature for feature in electricity.resolved.features if feature.value in ("price", "up")]
    assert prices
    assert {feature.source for feature in prices} == {"labels"}
    assert electricity.model.baseline.last == "market.up.last"


def test_flights_look_at_landed_flights_only() -> None:
    flights = load(PIPELINES / "flights").resolved
    delays = [feature for feature in flights.features if feature.value in ("late", "minutes")]
    assert delays
    assert {feature.by for feature in delays} == {"landed_at"}


def test_payments_hide_what_a_model_may_not_see() -> None:
    payments = load(PIPELINES / "payments")
    assert payments.event.fields["card_number"].pii == "hash"
    assert payments.event.fields["age_band"].role == "fairness"
    assert not {"card_number", "age_band", "payment_id", "paid_at"} & set(payments.model.inputs)


def test_bikes_know_a_count_only_when_its_hour_is_over() -> None:
    bikes = load(PIPELINES / "bikes")
    counts = [feature for feature in bikes.resolved.features if feature.value == "count"]
    assert {(feature.source, feature.by) for feature in counts} == {("labels", "known_at")}
    assert "count" not in bikes.event.fields
    assert bikes.model.baseline.last == "slot.hired.last"


def test_vehicles_show_a_network_their_pictures_alone() -> None:
    vehicles = load(PIPELINES / "vehicles")
    assert vehicles.event.fields["image"].kind == "reference"
    assert vehicles.model.inputs == tuple(f"row.look.{place}" for place in range(48))
    assert vehicles.model.learners == ("mlp",)
    (floor,) = vehicles.monitor.floors
    assert (floor.metric, floor.below, floor.do) == ("precision", 0.4, ("notify", "retrain"))
