from dataclasses import replace

import pytest

from services.contracts.pipeline import FeatureDefinition
from services.kernel.parts import tiles_of
from services.kernel.plan import compile_plan
from tests.unit.kernel.streams import DAY, HOUR, every_feature, feature


def typical() -> list[FeatureDefinition]:
    """Three windows of spending, idle time, three windows of risk."""
    definitions = [feature(agg, "amount", w * DAY) for agg in ("count", "mean", "std") for w in (1, 7, 28)]
    definitions += [feature(agg, "fraud", w * DAY, source="labels") for agg in ("count", "mean") for w in (1, 7, 28)]
    return [*definitions, feature("time_since_last")]


def test_a_typical_row_takes_at_most_600_bytes() -> None:
    assert compile_plan(typical()).row_bytes == 576


def test_the_output_follows_the_definitions_and_columns_are_asked_for_once() -> None:
    plan = compile_plan(every_feature())
    assert plan.names == tuple(definition.name for definition in every_feature())
    assert plan.event_columns == (("amount", False), ("odd", False), ("shop", True), ("amount", True))
    assert plan.label_columns == (("fraud", False), ("judge", True))


def test_aggregates_of_one_value_and_window_share_their_tiles() -> None:
    alone = compile_plan([feature("std", "amount", DAY)])
    shared = compile_plan([feature(agg, "amount", DAY) for agg in ("std", "mean", "sum", "count")])
    assert shared.row_bytes == alone.row_bytes


def test_every_byte_of_a_row_is_accounted_for() -> None:
    plan = compile_plan(every_feature())
    parts = {description.memory: description.bytes for description in plan.describe()}
    assert 0 <= plan.row_bytes - 8 - sum(parts.values()) < 8


@pytest.mark.parametrize(
    ("window", "tile", "tiles"),
    [(DAY, 2 * HOUR, 12), (HOUR, 300_000_000, 12), (7 * DAY, DAY, 7), (28 * DAY, 4 * DAY, 7), (5, 1, 5), (None, 0, 1)],
)
def test_tiles_never_reach_beyond_the_window(window: int | None, tile: int, tiles: int) -> None:
    assert tiles_of(window) == (tile, tiles)


def test_the_digest_changes_with_the_layout_only() -> None:
    plan = compile_plan(typical())
    renamed = [replace(definition, name=f"other.{definition.name}") for definition in typical()]
    assert compile_plan(renamed).layout_digest == plan.layout_digest
    others = [
        typical()[:-1],
        [*typical(), feature("last", "amount")],
        [replace(definition, value="price") for definition in typical() if definition.value == "amount"],
        [replace(definition, window=2 * DAY) if definition.window == DAY else definition for definition in typical()],
        [replace(definition, source="labels") for definition in typical()],
        [*typical(), feature("distinct", "amount", DAY)],
        [*typical(), feature("sum", "amount", half_life=DAY)],
        [*typical(), feature("sum", "amount", half_life=2 * DAY)],
    ]
    assert len({plan.layout_digest, *(compile_plan(other).layout_digest for other in others)}) == 9


def test_the_layout_of_a_row_without_sketches_and_decays_is_what_it_was() -> None:
    assert compile_plan(typical()).layout_digest == "257e91e79ca1e63a11ad8fcb75b2a7a9c6d23e21498b795bfd579ba680353a78"


def test_a_feature_is_described_with_its_precision_and_memory() -> None:
    smoothed = feature("mean", "fraud", 28 * DAY, source="labels", smooth=20.0, prior=0.02)
    plan = compile_plan([*typical(), smoothed, feature("lag", "amount", lag=3), feature("sum", "amount", None)])
    described = {description.name: description for description in plan.describe()}
    first = plan.describe()[0]
    assert first.text == "count of events.amount over (t - 1d, t] in 12 tiles of 2h, the event itself excluded"
    assert (first.tile, first.tiles, first.memory, first.bytes) == (2 * HOUR, 12, "ring events.amount 1d", 152)
    assert described[smoothed.name].text == (
        "mean of labels.fraud over (t - 28d, t] in 7 tiles of 4d, drawn towards 0.02 with the weight of 20 values"
    )
    assert plan.describe()[-2].text == "value 3 back of events.amount, the event itself excluded"
    assert plan.describe()[-1].text == "sum of events.amount over the whole past, the event itself excluded"


@pytest.mark.parametrize(
    ("definition", "text", "memory", "size"),
    [
        (
            feature("distinct", "shop", 28 * DAY),
            "number of different values of events.shop over (t - 28d, t] in 7 tiles of 4d, the event itself excluded",
            "sketch events.shop 28d",
            132,
        ),
        (
            feature("rate", None, DAY, current=True),
            "number a second of events over (t - 1d, t] in 12 tiles of 2h, the event itself included",
            "ring events 1d",
            48,
        ),
        (
            feature("count", half_life=7 * DAY),
            "count of events, each with a weight that halves every 7d, the event itself excluded",
            "decay events 7d",
            16,
        ),
        (
            feature("mean", "fraud", half_life=7 * DAY, source="labels", smooth=2.0, prior=0.5),
            "mean of labels.fraud, each with a weight that halves every 7d,"
            " drawn towards 0.5 with the weight of 2 values",
            "decay labels.fraud 7d",
            24,
        ),
    ],
)
def test_what_fades_or_is_counted_once_is_described_too(
    definition: FeatureDefinition, text: str, memory: str, size: int
) -> None:
    described = compile_plan([definition]).describe()[0]
    assert (described.text, described.memory, described.bytes) == (text, memory, size)


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (feature("median", "amount", DAY), "unknown aggregate 'median'"),
        (feature("mean", None, DAY), "mean needs a value"),
        (feature("mean", "amount", 0), "the window must be longer than 0"),
        (feature("last", "amount", DAY), "last takes no window"),
        (feature("lag", "amount", lag=0), "lag counts from 1"),
        (feature("lag", "amount"), "lag counts from 1"),
        (feature("count", None, DAY, source="ticks"), "unknown source 'ticks'"),
        (feature("sum", "amount", DAY, smooth=1.0, prior=0.5), "sum takes no smoothing"),
        (feature("mean", "amount", DAY, smooth=-1.0, prior=0.5), "smoothing must not be negative"),
        (feature("mean", "amount", DAY, smooth=1.0), "smoothing needs a prior"),
        (feature("distinct", None, DAY), "distinct needs a value"),
        (feature("rate"), "rate needs a window"),
        (feature("sum", "amount", half_life=0), "the half-life must be longer than 0"),
        (feature("sum", "amount", DAY, half_life=1), "sum takes no window"),
        (feature("std", "amount", half_life=1), "unknown aggregate 'std', expected one of count, sum, mean"),
    ],
)
def test_a_feature_that_cannot_be_computed_is_named(definition: FeatureDefinition, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^feature ") as error:
        compile_plan([definition])
    assert definition.name in str(error.value)
    assert problem in str(error.value)


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="the name is taken"):
        compile_plan([feature("time_since_last"), feature("time_since_last")])
