"""Labels by rule on the wire: each event has one, whatever validation went through; nobody sends any."""

from tests.eventually import eventually
from tests.integration.conftest import MakePlatform
from tests.integration.test_validation import MINUTE, START, accepted, order, returned

COUNT = 900
WITHIN = 10 * MINUTE


def test_kill_9_loses_and_doubles_no_label(make_platform: MakePlatform) -> None:
    platform = make_platform({"label: {": "label: {rule: {when: amount > 5, within: 10m}, "})
    dear = {number for number in range(COUNT) if number % 300 > 270 and number % 7 < 3}
    orders = [order(number, amount=9.0 if number in dear else 1.0) for number in range(COUNT)]
    child = platform.start("validation", DRIFTMILL_BATCH_RECORDS="50")
    platform.publish("labels", "small.Return", [returned(1)])
    platform.publish("events.raw", "small.Order", orders[: COUNT // 2])
    eventually(lambda: len(accepted(platform)) > COUNT // 4, 60)
    platform.kill(child)
    platform.start("validation")
    platform.publish("events.raw", "small.Order", orders[COUNT // 2 :])
    end = {"time": START + COUNT * MINUTE}
    platform.publish("events.raw", "driftmill.Tick", [(f"s{shop}", end) for shop in range(7)])
    platform.drained("validation")
    labels = [one.value for one in platform.read("events", "driftmill.LabelAccepted")]
    told = {value["event_id"]: value["label"] for value in labels}
    assert len(told) == len(labels) == COUNT
    near = WITHIN * 10 // MINUTE
    followed = {n for n in range(COUNT) if any(m in dear for m in range(n + 7, min(n + near, COUNT - 1) + 1, 7))}
    assert {int(name[1:]) for name, label in told.items() if label} == followed
    (refused,) = platform.read("events.quarantined")
    assert [reason["rule"] for reason in refused.value["reasons"]] == ["rule"]
