"""The stages of a chain of three entities, list in, list out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from services.chassis.errors import Refused
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record
from services.features.step import NOT_HELD, FeaturesStep
from services.kernel.vector import unpack
from tests.entries import entries_of
from tests.unit.features.scene import PARTITIONS, Log, chained, read_again, run, through


def labels(outputs: Sequence[Output]) -> list[tuple[str, str, list[str]]]:
    """Id, key and further keys of each label that is passed on."""
    return [
        (output.value["event_id"], output.key, output.value["keys"])
        for output in outputs
        if output.kind == "driftmill.LabelForwarded" and output.value is not None
    ]


def vectors(pipeline: Pipeline, outputs: Sequence[Output]) -> dict[str, dict[str, float]]:
    """Numbers of each vector by name, by event."""
    names = pipeline.resolved.numbers
    values = [output.value or {} for output in outputs]
    numbers = unpack([value["numbers"] for value in values], len(names))
    return {
        value["event_id"]: dict(zip(names, row.tolist(), strict=True))
        for value, row in zip(values, numbers, strict=True)
    }


def test_an_event_goes_from_entity_to_entity_and_back_to_its_partition() -> None:
    pipeline = chained()
    [[to_area], [to_rider], [vector]] = through(pipeline, Log().order("a", 1).records)
    for output, topic, key in ((to_area, "features.area", "7"), (to_rider, "features.rider", "ann")):
        assert (output.topic, output.key, output.kind) == (topic, key, "driftmill.EventForwarded")
        assert output.partition == partition_of(key.encode(), PARTITIONS)
        assert output.value is not None
        assert (output.value["seq"], output.value["event_id"], output.value["key"]) == (0, "a", "s")
    assert (vector.topic, vector.key, vector.partition) == ("features", "s", partition_of(b"s", PARTITIONS))
    assert vector.value is not None
    assert vector.value["feature_set"] == pipeline.resolved.feature_set
    assert vector.value["categories"] == ["a"]


def test_the_numbers_grow_on_the_way() -> None:
    chain = chained().resolved.chain
    [[to_area], [to_rider], _] = through(chained(), Log().order("a", 1).records)
    sizes = [len(entity.features) for entity in chain]
    assert to_area.value is not None
    assert to_rider.value is not None
    assert len(to_area.value["numbers"]) == 4 * sizes[0]
    assert len(to_rider.value["numbers"]) == 4 * (sizes[0] + sizes[1])
    assert to_rider.value["numbers"].startswith(to_area.value["numbers"])


def test_each_entity_has_its_own_past() -> None:
    log = Log().order("a", 1, "ann", "s", 7).order("b", 2, "bob", "s", 8).order("c", 3, "ann", "t", 7).back("b", 4)
    found = vectors(chained(), through(chained(), log.order("d", 5, "bob", "t", 8).records)[-1])
    assert found["c"]["shop.spend.count.1h"] == 0
    assert found["c"]["area.traffic.count.1h"] == 2
    assert found["c"]["rider.spend.mean.1h"] == 0.0
    assert found["c"]["row.ratio"] != found["c"]["row.ratio"]  # nothing is known of shop t
    assert found["d"]["rider.spend.time_since_last"] == 180.0
    assert found["d"]["rider.back.count.1d"] == 1.0
    assert found["d"]["rider.back.mean.1d"] == pytest.approx(1.6 / 3)
    assert np.isnan(found["d"]["shop.back.mean.1d"])


def test_an_event_without_the_entity_finds_no_past_and_leaves_none() -> None:
    log = Log().order("a", 1, None).order("b", 2, None).order("c", 3, "ann").order("d", 4, "")
    to_area, to_rider, answered = through(chained(), log.records)
    found = vectors(chained(), answered)
    for name in "abcd":
        assert found[name]["rider.back.mean.1d"] == pytest.approx(0.3)
        assert np.isnan(found[name]["rider.spend.mean.1h"])
    assert [found[name]["area.traffic.count.1h"] for name in "abcd"] == [1, 2, 3, 4]
    _, state = run(FeaturesStep(chained(), PARTITIONS, 2), read_again(to_rider))
    assert len(state.rows) == 1
    assert [(output.key, output.partition) for output in to_rider if not output.key] == [
        ("", output.partition) for output in to_area if output.value and not output.value["payload"]["rider"]
    ]


def test_a_first_label_follows_its_event_to_the_last_entity_that_reads_labels() -> None:
    log = Log().order("a", 1).order("b", 2, None).back("a", 10).back("a", 11, revision=1).back("b", 12).tick(13)
    to_area, to_rider, answered = through(chained(), log.records)
    assert labels(to_area) == [("a", "7", ["ann"]), ("b", "7", [""])]
    assert labels(to_rider) == [("a", "ann", [])]
    assert {output.kind for output in answered} == {"driftmill.FeatureVector"}


def test_the_order_of_events_and_labels_is_kept() -> None:
    log = Log().order("a", 1).back("a", 10).order("b", 11).order("c", 12).back("c", 13)
    for outputs in through(chained(), log.records)[:2]:
        assert [output.value["event_id"] for output in outputs if output.value] == ["a", "a", "b", "c", "c"]


def test_a_label_before_its_event_or_after_its_maturity_goes_no_further() -> None:
    log = Log().back("a", 1).order("a", 2).order("b", 100).tick(2 + 360).back("a", 363).back("b", 364)
    to_area, state = run(FeaturesStep(chained(), PARTITIONS), log.records)
    assert labels(to_area) == [("b", "7", ["ann"])]
    assert state.held is not None
    assert list(state.held.events) == ["b"]


def test_labels_that_go_no_further_for_want_of_their_event_are_counted() -> None:
    log = Log().back("a", 1).order("a", 2).order("b", 100).back("b", 101, revision=1).tick(2 + 360).back("a", 363)
    step = FeaturesStep(chained(), PARTITIONS)
    assert step.process(step.new_state(1), log.records).dropped == {NOT_HELD: 2}
    held = Log().order("a", 1, None).order("b", 2).back("a", 3).back("b", 4)
    assert [step.process(step.new_state(1), some).dropped for some in (held.records, [])] == [{}, {}]


def test_time_passes_by_events_too() -> None:
    late = [("late1", 362.0), ("late2", 363.0), ("late3", 364.0)]
    log = Log().order("a", 2).order("b", 100)
    for name, minute in late:
        log.order(name, minute)
    to_area, state = run(FeaturesStep(chained(), PARTITIONS), log.back("a", 365).back("b", 366).records)
    assert labels(to_area) == [("b", "7", ["ann"])]
    assert state.held is not None
    assert len(state.held) == 4


def test_a_label_that_names_the_entities_needs_no_event() -> None:
    log = Log().back("x", 1, area=9, rider="eve").order("a", 2).back("a", 3, area=7, rider=None)
    to_area, state = run(FeaturesStep(chained(carried=True), PARTITIONS), log.records)
    assert labels(to_area) == [("x", "9", ["eve"]), ("a", "7", [""])]
    assert state.held is None


def test_every_stage_has_its_own_input_and_digest() -> None:
    stages = [FeaturesStep(chained(), PARTITIONS, place) for place in range(3)]
    assert [stage.inputs for stage in stages] == [("events",), ("features.area",), ("features.rider",)]
    assert [stage.log for stage in stages] == [stage.inputs for stage in stages]
    assert len({stage.digest for stage in stages}) == 3


def keyed_by(entity: str) -> Pipeline:
    """The same features of one entity alone, as a pipeline of its own."""
    texts: dict[str, Any] = dict(chained().texts)
    lines = texts["pipeline.yaml"].splitlines()
    kept = [line for line in lines if not line.startswith(("  shop:", "  area:", "  rider:", "  row:"))]
    own = next(line for line in lines if line.startswith(f"  {entity}:"))
    kept.insert(kept.index("features:") + 1, own)
    text = "\n".join(kept).replace("area: {key: area}, shop: {key: shop, primary: true}, rider: {key: rider}", "ENTITY")
    text = text.replace("ENTITY", f"{entity}: {{key: {entity}}}").replace(
        "row.*, area.*, shop.*, rider.*", f"{entity}.*"
    )
    texts["event.avsc"] = texts["event.avsc"].replace('["null", "string"], "default": null', '"string"')
    kind = "int" if entity == "area" else "string"
    if entity != "shop":
        texts["label.avsc"] = texts["label.avsc"].replace(
            '{"name": "shop", "type": "string"', f'{{"name": "{entity}", "type": "{kind}"'
        )
    return Pipeline.from_texts(texts | {"pipeline.yaml": text})


def busy() -> tuple[list[Record], dict[str, dict[str, Any]]]:
    """Three hundred orders and the first labels of most, and the entities of each order."""
    chance = np.random.default_rng(3)
    log, owners = Log(), {}
    unlabelled = set(range(300))
    for number in range(300):
        owner: dict[str, Any] = {
            "shop": f"s{chance.integers(4)}",
            "area": int(chance.integers(3)),
            "rider": f"r{chance.integers(5)}",
        }
        log.order(f"o{number}", number * 7, **owner)
        owners[f"o{number}"] = owner
        earlier = number - int(chance.integers(20))
        if earlier in unlabelled and number > 20:
            unlabelled.remove(earlier)
            log.back(f"o{earlier}", number * 7 + 3)
    return log.records, owners


def test_passing_labels_do_not_touch_an_entity_without_features_of_labels() -> None:
    to_area, *_ = through(chained(), Log().order("a", 1).back("a", 500).order("b", 100).records)
    _, state = run(FeaturesStep(chained(), PARTITIONS, 1), read_again(to_area))
    _, without = run(FeaturesStep(chained(), PARTITIONS, 1), [r for r in read_again(to_area) if "Event" in r.kind])
    assert len(labels(to_area)) == 1
    staged, expected = state.rows.gather(["7"]), without.rows.gather(["7"])
    np.testing.assert_array_equal(staged.rows, expected.rows)


@pytest.mark.parametrize("entity", ["area", "rider"])
def test_a_chain_gives_each_entity_what_it_has_alone(entity: str) -> None:
    """Bit for bit: each entity's features are those of a pipeline that is keyed by it."""
    records, owners = busy()
    chain = vectors(chained(), through(chained(), records)[-1])
    alone = [
        Record("events", 1, record.offset, 0, str(owners[record.value["event_id"]][entity]), record.kind, record.value)
        for record in records
        if entity == "rider" or record.kind.endswith("EventAccepted")
    ]
    outputs, _ = run(FeaturesStep(keyed_by(entity), PARTITIONS), alone)
    for name, numbers in vectors(keyed_by(entity), outputs).items():
        expected = {column: value for column, value in numbers.items() if column.startswith(entity)}
        assert expected
        np.testing.assert_array_equal([chain[name][column] for column in expected], list(expected.values()))


def test_features_of_other_definitions_are_not_taken_from_a_stage_before() -> None:
    to_area, *_ = through(chained(), Log().order("a", 1).order("b", 2).records)
    records = read_again(to_area)
    foreign = records[1]._replace(value={**records[1].value, "feature_set": "other"})
    step = FeaturesStep(chained(), PARTITIONS, 1)
    with pytest.raises(Refused, match=r"features.area\[\d\]@1 carries features of other definitions"):
        step.process(step.new_state(1), [records[0], foreign])


def test_a_replay_does_not_look_at_features_of_other_definitions() -> None:
    to_area, *_ = through(chained(), Log().order("a", 1).order("b", 2).records)
    records = read_again(to_area)
    foreign = [one._replace(value={**one.value, "feature_set": "other", "numbers": b"\0" * 4}) for one in records]
    step = FeaturesStep(chained(), PARTITIONS, 1)
    expected, state = step.new_state(1), step.new_state(1)
    step.fold(expected, records)
    step.fold(state, foreign)
    assert entries_of(state) == entries_of(expected)
