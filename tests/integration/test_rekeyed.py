"""Labels that name their event alone, on the wire: each comes to its event once, whatever validation went through."""

from services.cli.verification import Verification
from services.contracts.partition import partition_of
from tests.eventually import eventually
from tests.integration.conftest import MakePlatform
from tests.integration.test_validation import MINUTE, START, order
from tests.platform import Platform

COUNT = 900
SHOP = '"shop", "type": "string", "doc": "Which shop."},\n    {"name": "returned"'
CHANGES = {"label: {": "label: {join: event_id, ", SHOP: '"returned"'}


def returned(name: str, number: int) -> tuple[str, dict[str, object]]:
    """Known a minute after the order; some labels come before it. In Kafka it stands wherever its key belongs."""
    at = START + number * MINUTE // 10 + MINUTE
    return f"key{number}", {"order_id": name, "returned": number % 3 == 0, "known_at": at}


def labels_of(platform: Platform) -> list[tuple[str, str, int, float]]:
    """Event, entity, partition and label of each that was accepted."""
    found = platform.read("events", "driftmill.LabelAccepted")
    return [(one.value["event_id"], one.key, one.partition, one.value["label"]) for one in found]


def test_kill_9_loses_and_doubles_no_label(make_platform: MakePlatform) -> None:
    platform, half = make_platform(CHANGES), COUNT // 2
    labels = [returned(f"o{number}", number) for number in range(COUNT)]
    child = platform.start("validation", DRIFTMILL_BATCH_RECORDS="50")
    platform.publish("labels", "small.Return", [*labels[: half + 50], returned("nobody", 7)])
    platform.publish("events.raw", "small.Order", [order(number) for number in range(half)])
    eventually(lambda: len(labels_of(platform)) > COUNT // 8, 60)
    platform.kill(child)
    platform.publish("labels", "small.Return", labels[half + 50 :])
    platform.publish("events.raw", "small.Order", [order(number) for number in range(half, COUNT)])
    end = {"time": START + 20 * 60 * MINUTE}
    platform.publish("events.raw", "driftmill.Tick", [(f"s{shop}", end) for shop in range(7)])
    platform.start("validation")
    platform.drained("validation")
    shops = {f"o{number}": f"s{number % 7}" for number in range(COUNT)}
    assert sorted(labels_of(platform)) == sorted(
        (name, shop, partition_of(shop.encode(), 2), float(int(name[1:]) % 3 == 0)) for name, shop in shops.items()
    )
    (refused,) = platform.read("events.quarantined")
    assert refused.value["event_id"] == "nobody"
    assert [reason["rule"] for reason in refused.value["reasons"]] == ["unknown"]
    found = Verification(platform.settings, platform.pipeline, platform.codec, lambda _topic, _count: None).run()
    assert found.accounted.holds, found.accounted
    assert found.numbered.holds, found.numbered
