from services.lake.domain.table import TABLES
from services.lake.domain.trail import BY_ID, BY_NUMBER, activation_of, orphaned, record_of, with_id, with_number

ROW = {"kafka_partition": 1, "kafka_offset": 7, "kafka_key": "s1", "kafka_time": 5, "kafka_day": 0, "seq": 3}


def test_an_id_cannot_say_more_than_that_it_is_one() -> None:
    assert with_id("o'1' OR '1'='1") == "event_id = 'o''1'' OR ''1''=''1'"
    assert orphaned("o1") == "event_id = 'o1' AND seq < 0"


def test_rows_about_an_event_are_named_by_partition_and_number() -> None:
    assert with_number(ROW) == "kafka_partition = 1 AND seq = 3"
    assert activation_of(ROW) == "kafka_partition = 1 AND from_seq <= 3"


def test_a_row_is_told_as_the_record_that_it_was() -> None:
    told = record_of("predictions", ROW | {"model": "v1"})
    position = {"topic": "predictions", "partition": 1, "offset": 7, "timestamp": 5, "key": "s1"}
    assert told == position | {"kind": "driftmill.Prediction", "value": {"seq": 3, "model": "v1"}}


def test_every_table_about_events_of_each_pipeline_is_looked_at() -> None:
    assert {*BY_ID, *BY_NUMBER} == {table.name for table in TABLES if table.about_entities}
