"""A value that lies in its bytes is the same value, and what is carried on from it are the same bytes."""

import copy
import random
from collections.abc import Mapping
from typing import Any

import pytest
from fastavro import parse_schema

from services.chassis.codec import Codec
from services.chassis.columnar_writer import ColumnarWriter
from services.chassis.rows import Columns, Row
from services.contracts.record import Extended
from services.contracts.schemas import own_schema, plain
from tests.unit.chassis.scene import VECTOR, vector

ANSWER = "driftmill.Prediction"
CARRIED = ("seq", "event_id", "event_time", "feature_set", "numbers", "categories")


def vectors(count: int) -> list[dict[str, Any]]:
    chance = random.Random(3)
    texts = ("abc", "ä€雪", "", "x" * 90)
    return [
        vector(chance) | {"event_id": chance.choice(texts), "categories": chance.choices(texts, k=chance.randint(0, 3))}
        for _ in range(count)
    ]


def rows(codec: Codec, values: list[dict[str, Any]]) -> list[Any]:
    found = codec.decode_all("features", [codec.encode("features", VECTOR, value) for value in values])
    assert {type(value) for _, value in found} == {Row}
    return [value for _, value in found]


ALIKE: dict[str, Any] = {"model": "m", "low": None, "high": None, "explore": False, "propensity": 0.25}
ALIKE |= {"decided_class": None, "scores": [], "policy": "p1", "arm": "champion", "beside": None}


def answer(base: Any, number: int, alike: Mapping[str, Any] = ALIKE) -> Extended:
    own: dict[str, Any] = {"status": "ok", "score": number / 7 if number % 3 else None, "label": number % 2 == 0}
    own |= {"label_key": f"c{number % 9}" if number % 4 else None}
    return Extended(base, CARRIED, own, alike)


def test_rows_are_the_values_of_their_bytes(codec: Codec) -> None:
    values = vectors(300)
    found = rows(codec, values)
    assert found == values
    assert copy.deepcopy(found[7:9]) == values[7:9]
    assert Columns(found)["event_id"] == [value["event_id"] for value in values]
    with pytest.raises(KeyError):
        found[0]["nothing"]


def test_a_column_of_rows_in_any_order_and_of_several_blocks(codec: Codec) -> None:
    values = vectors(300)
    found = rows(codec, values[:200]) + rows(codec, values[200:])
    order = random.Random(1).sample(range(300), 250)
    assert Columns([found[place] for place in order])["seq"] == [values[place]["seq"] for place in order]
    assert Columns([found[0], values[1]])["seq"] == [values[0]["seq"], values[1]["seq"]]


@pytest.mark.parametrize("count", [3, 300])
def test_what_is_carried_is_written_as_if_taken_apart(codec: Codec, count: int) -> None:
    values = vectors(300)
    found = rows(codec, values)
    plain = [codec.encode("predictions", ANSWER, dict(answer(v, n))) for n, v in enumerate(values[:count])]
    assert codec.encode_all("predictions", ANSWER, [answer(row, n) for n, row in enumerate(found[:count])]) == plain
    mixed = [answer(found[n] if n % 2 else values[n], n) for n in range(count)]
    assert codec.encode_all("predictions", ANSWER, mixed) == plain
    of_two = [answer(row, n, ALIKE if n % 2 else ALIKE | {"model": "o"}) for n, row in enumerate(found[:count])]
    apart = [codec.encode("predictions", ANSWER, dict(one)) for one in of_two]
    assert codec.encode_all("predictions", ANSWER, of_two) == apart
    backwards = [answer(row, n) for n, row in reversed(list(enumerate(found[:count])))]
    assert codec.encode_all("predictions", ANSWER, backwards) == plain[::-1]


def test_what_is_alike_in_several_partitions_is_not_left_to_one_record_at_a_time(codec: Codec) -> None:
    found, writer = rows(codec, vectors(300)), ColumnarWriter(parse_schema(plain(own_schema(ANSWER))))
    apart = [answer(row, n, dict(ALIKE)) for n, row in enumerate(found)]
    assert writer.write(b"", apart) == writer.write(b"", [answer(row, n) for n, row in enumerate(found)])


def test_scores_of_several_classes_are_written_as_if_taken_apart(codec: Codec) -> None:
    found, own = rows(codec, vectors(300)), ("decided_class", "scores")
    alike = {name: value for name, value in ALIKE.items() if name not in own} | {"label_key": None}
    decided: dict[str, Any] = {
        "status": "ok",
        "score": 0.5,
        "label": None,
        "decided_class": "x",
        "scores": [0.5, 0.3, 0.2],
    }
    failed = decided | {"status": "failed", "score": None, "decided_class": None, "scores": []}
    answers = [Extended(row, CARRIED, decided if n % 3 else failed, alike) for n, row in enumerate(found)]
    apart = [codec.encode("predictions", ANSWER, dict(one)) for one in answers]
    assert codec.encode_all("predictions", ANSWER, answers) == apart
