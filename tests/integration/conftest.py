"""What tests against the real broker share."""

from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.broker.local import Endpoints

MakeTopic = Callable[..., str]


@pytest.fixture
def admin(broker: Endpoints) -> AdminClient:
    """An admin client of the session's broker."""
    return AdminClient({"bootstrap.servers": broker.bootstrap})


@pytest.fixture
def make_topic(admin: AdminClient, prefix: str) -> MakeTopic:
    """`make_topic("events", partitions=2, **settings)` creates `<prefix>.events` and returns that name."""

    def make(name: str, partitions: int = 1, **settings: str) -> str:
        topic = f"{prefix}.{name}"
        config = {key.replace("_", "."): value for key, value in settings.items()}
        (made,) = admin.create_topics([NewTopic(topic, partitions, 1, config=config)]).values()
        made.result(timeout=10)
        return topic

    return make
