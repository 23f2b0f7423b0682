from services.cli.domain.life import named
from tests.unit.cli.domain.recorded import life, order


def test_event_and_answer_are_found_among_its_records() -> None:
    known = life()
    assert known.event is not None
    assert known.answer is not None
    assert (known.event.topic, known.answer.topic) == ("events", "predictions")
    assert (life([]).event, life([]).answer) == (None, None)


def test_records_of_a_kind_come_in_the_order_of_their_places() -> None:
    assert [one.offset for one in life().of("Outcome")] == [8, 30]


def test_a_place_names_the_topic_as_kafka_does() -> None:
    (label,) = life().of("LabelAccepted")
    place = {"topic": "shop.events", "partition": 1, "offset": 19, "appended": "1970-01-01T00:00:00Z"}
    assert life().at(label) == place


def test_versions_are_named_once_the_one_that_answered_first() -> None:
    assert named([*order(), *order()]) == ["v2.p2", "v2", "v1"]
    assert named([]) == []
