"""What people do to a pipeline stands in its audit trail, once."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from services.broker.local import Endpoints
from services.chassis.configs import apply_pipeline
from tests.platform import Platform, pipeline_named


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def told(platform: Platform) -> list[tuple[str, str, str]]:
    return [
        (record.value["actor"], record.value["action"], record.value["subject"]) for record in platform.read("audit")
    ]


def test_who_applied_asked_and_moved_is_told_once_though_services_were_killed(platform: Platform) -> None:
    children = [platform.start(service) for service in ("registry", "training")]
    platform.drained("registry", "training")
    assert not apply_pipeline(platform.settings, platform.pipeline, "ann"), "the same files are no news"
    for child in children:
        platform.kill(child)
    asked = {"request_id": "r1", "by": "ann", "reason": "a try"}
    platform.publish("requests", "driftmill.RetrainRequested", [("r1", asked)])
    platform.publish(
        "requests", "driftmill.RollbackRequested", [("r2", asked | {"request_id": "r2", "to_version": None})]
    )
    for service in ("registry", "training"):
        platform.start(service)
    platform.drained("registry", "training")
    assert sorted(told(platform)) == [
        ("ann", "rollback refused", "the previous champion"),
        ("ann", "run asked for", "r1"),
        ("test", "configuration applied", platform.pipeline.name),
    ]
    (applied,) = [record for record in platform.read("audit") if record.value["actor"] == "test"]
    assert (applied.value["before"], applied.value["after"]) == ("", platform.pipeline.digest)
    assert orjson.loads(applied.value["evidence"])["cause"] == {"topic": "configs", "offset": 0}
