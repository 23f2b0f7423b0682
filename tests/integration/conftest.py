"""What tests against the real broker share."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.broker.local import Endpoints
from services.contracts.pipeline import Pipeline
from tests.platform import Platform, pipeline_named

MakeTopic = Callable[..., str]
MakePlatform = Callable[[Mapping[str, str]], Platform]


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


@pytest.fixture
def make_platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[MakePlatform]:
    """`make_platform({old: new})` is a platform of the small pipeline with something else in its files, in each place
    once."""
    made: list[Platform] = []

    def make(changes: Mapping[str, str]) -> Platform:
        texts = dict(pipeline_named(prefix).texts)
        for old, new in changes.items():
            (name,) = [name for name, text in texts.items() if text.count(old) == 1]
            texts[name] = texts[name].replace(old, new)
        made.append(Platform.create(broker, Pipeline.from_texts(texts), tmp_path))
        return made[0]

    yield make
    for platform in made:
        platform.close()
