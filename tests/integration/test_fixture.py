from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from services.broker.local import Endpoints
from tests.integration.conftest import MakeTopic


def test_a_committed_transaction_is_read_and_an_aborted_one_is_not(broker: Endpoints, make_topic: MakeTopic) -> None:
    topic = make_topic("events")
    producer = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": topic})
    producer.init_transactions(10)
    for value, ends in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(10)
        ends(10)
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([topic])
    message = consumer.poll(10)
    consumer.close()
    assert message is not None
    assert message.value() == b"committed"


def test_the_registry_refuses_what_old_readers_could_not_read(broker: Endpoints, prefix: str) -> None:
    client = SchemaRegistryClient({"url": broker.schema_registry})
    client.set_compatibility(prefix, "BACKWARD")
    fields = '{{"type": "record", "name": "E", "fields": [{}]}}'
    old = Schema(fields.format('{"name": "a", "type": "int"}'), "AVRO")
    new = Schema(fields.format('{"name": "a", "type": "int"}, {"name": "b", "type": "int"}'), "AVRO")
    identifier = client.register_schema(prefix, old)
    assert client.get_schema(identifier).schema_type == "AVRO"
    assert not client.test_compatibility(prefix, new)
