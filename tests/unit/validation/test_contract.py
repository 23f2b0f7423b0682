"""What a pipeline asks of its raw records."""

import json
from dataclasses import replace

import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.label import Target
from services.validation.domain.contract import Contract
from tests.unit.validation.scene import DAY, EVENT_FIELDS, FILE, HOUR, KEY, LABEL_FIELDS, MINUTE, home_of, pipeline

CONTRACT = Contract.of(pipeline(), 4, KEY)


def changed(*changes: tuple[str, str], partitions: int = 4, also_in_labels: tuple[str, ...] = ()) -> Contract:
    text = FILE.replace("CARD", "")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    labels = LABEL_FIELDS + [field for field in EVENT_FIELDS if field["name"] in also_in_labels]
    schemas = {"event.avsc": ("Bought", EVENT_FIELDS), "label.avsc": ("Judged", labels)}
    files = {
        file: json.dumps({"type": "record", "name": name, "namespace": "shop", "fields": fields})
        for file, (name, fields) in schemas.items()
    }
    return Contract.of(Pipeline.from_texts(files | {"pipeline.yaml": text}), partitions, KEY)


def test_names_and_bounds_are_those_of_the_file() -> None:
    names = (CONTRACT.entity, CONTRACT.event_id, CONTRACT.event_time, CONTRACT.label_event_id, CONTRACT.label_known)
    assert names == ("who", "id", "at", "id", "known_at")
    assert (CONTRACT.lateness, CONTRACT.window, CONTRACT.partitions) == (10 * MINUTE, HOUR, 4)


def test_labels_are_remembered_until_an_outcome_cannot_be_restated_any_more() -> None:
    assert CONTRACT.label_memory == 10 * MINUTE + HOUR + 2 * (2 * DAY)
    assert changed(("1d}", "1d, maturity: 3d}")).label_memory == 10 * MINUTE + HOUR + 2 * (3 * DAY)


def test_profiled_are_the_fields_that_describe_an_event() -> None:
    assert set(CONTRACT.profiled) == {"amount", "items", "code", "channel", "trusted", "card"}
    kinds = {name: CONTRACT.profiled[name] for name in ("amount", "items", "code", "channel", "trusted")}
    assert kinds == {
        "amount": "number",
        "items": "number",
        "code": "category",
        "channel": "category",
        "trusted": "flag",
    }


def test_personal_fields_are_masked_and_not_profiled() -> None:
    masking = Contract.of(pipeline(masked=True), 4, KEY)
    assert masking.masks
    assert "card" not in masking.profiled
    assert masking.event_masking.fields == {"card"}
    assert masking.label_masking.fields == frozenset()
    assert not CONTRACT.masks


def test_a_personal_field_that_labels_carry_is_masked_there_with_the_same_result() -> None:
    masking = changed(("    items: {min: 1}", "    card: {pii: hash}"), also_in_labels=("card",))
    assert masking.event_masking.fields == masking.label_masking.fields == {"card"}
    masked = masking.event_masking.mask({"card": "4111"})
    assert masked == masking.label_masking.mask({"card": "4111"}) != {"card": "4111"}


@pytest.mark.parametrize("key", [b"", b"fifteen bytes.."])
def test_a_weak_key_is_refused_where_something_is_personal(key: bytes) -> None:
    Contract.of(pipeline(), 1, key)
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Contract.of(pipeline(masked=True), 1, key)


def test_the_home_of_an_entity_is_where_kafka_clients_put_its_key() -> None:
    whos = [f"customer-{number}" for number in range(50)]
    homes = [CONTRACT.home(who) for who in whos]
    assert homes == [home_of(who, 4) for who in whos]
    assert set(homes) == {0, 1, 2, 3}


@pytest.mark.parametrize(("positive", "value"), [(True, 1.0), (False, 0.0)])
def test_the_target_is_1_for_the_positive_class(positive: bool, value: float) -> None:
    contract = replace(CONTRACT, target=Target(field="bad", positive=positive))
    assert contract.label_value({"bad": True}) == value
    assert contract.label_value({"bad": False}) == 1.0 - value


def test_a_target_of_text_is_compared_as_it_stands() -> None:
    contract = replace(CONTRACT, target=Target(field="verdict", positive="fraud"))
    assert [contract.label_value({"verdict": text}) for text in ("fraud", "Fraud", "")] == [1.0, 0.0, 0.0]


def test_labels_may_tell_their_source() -> None:
    assert CONTRACT.label_source({"source": "bank"}) == "bank"
    assert CONTRACT.label_source({}) == ""


@pytest.mark.parametrize(
    "other",
    [
        changed(("lateness: 10m", "lateness: 11m")),
        changed(("window: 1h", "window: 2h")),
        changed(("1d}", "2d}")),
        changed(("    items: {min: 1}", "    card: {pii: hash}")),
        changed(partitions=5),
    ],
    ids=["lateness", "window", "maturity", "profiled fields", "partitions"],
)
def test_the_digest_changes_with_what_the_state_depends_on(other: Contract) -> None:
    assert other.digest != CONTRACT.digest


def test_the_digest_stays_when_only_a_rule_changes() -> None:
    assert changed(("max: 1000", "max: 2000"), ("[chip, online]", "[chip]")).digest == CONTRACT.digest


def test_a_number_is_the_label_of_a_regression() -> None:
    contract = replace(CONTRACT, target=Target(field="loss", kind="regression"))
    assert [contract.label_value({"loss": loss}) for loss in (3, -2.5)] == [3.0, -2.5]
