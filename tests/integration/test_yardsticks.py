"""A yardstick beside a champion that errs: measured once by each dataset whatever is killed, told of, and answered."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from services.chassis.keys import private_key
from services.chassis.progress import Yardstick
from services.contracts.manifest import canonical
from tests.eventually import eventually
from tests.integration.conftest import MakePlatform
from tests.learning.test_yardsticks import DAY, datasets, filled, measured
from tests.platform import Platform

DAYS = 22
LIMIT = 90.0


def tell(platform: Platform, told: Sequence[dict[str, Any]]) -> None:
    platform.publish("datasets", "driftmill.DatasetExtended", [(one["dataset_id"], one) for one in told])


def publish_champion(platform: Platform) -> None:
    bins = [{"rows": 10, "score": 0.5, "positive_rate": 0.5}]
    manifest = canonical({"version": "v1", "model_digest": "", "measured": {"reliability": bins}})
    signature = private_key(platform.settings.home / "keys").sign(manifest)
    value = {"version": "v1", "state": "champion", "sequence": 1, "clock": 3 * DAY, "model_uri": "", "model_digest": ""}
    signed = value | {"manifest": manifest, "signature": signature, "key_id": "signing"}
    for key in ("v1", "champion"):
        platform.publish("models", "driftmill.ModelPublished", [(key, signed)])


def test_a_better_learner_is_told_of_and_asks_for_a_run_also_after_a_kill(
    make_platform: MakePlatform, request: pytest.FixtureRequest
) -> None:
    alert = {"alert: quality, wait: {positives: 50, at_most: 2d}": "alert: yardstick"}
    platform = make_platform({"window: 1h}": "window: 1d, yardsticks: true}"} | alert)
    told = datasets(platform.pipeline, DAYS)
    yardstick = Yardstick(platform.settings, platform.codec)
    request.addfinalizer(yardstick.close)
    publish_champion(platform)
    training = platform.start("training")
    platform.start("monitoring")
    tell(platform, told[:1])
    platform.drained("training", "monitoring", within=LIMIT)
    assert yardstick.is_behind()
    log = platform.settings.home / "training-0.log"
    eventually(lambda: "no yardstick for a while" in log.read_text(), LIMIT)
    filled(platform.settings.store_url, platform.pipeline, DAYS)
    tell(platform, told[1:9])
    eventually(lambda: len(platform.read("yardsticks")) == 9, LIMIT)
    assert not yardstick.is_behind()
    platform.kill(training)
    tell(platform, told[9:-1])
    platform.start("training")
    (raised,) = eventually(lambda: platform.read("alerts", "driftmill.AlertRaised"), LIMIT)
    assert (raised.value["kind"], raised.value["name"], raised.value["version"]) == ("yardstick", "logistic", "v1")
    tell(platform, told[-1:])
    (run,) = eventually(lambda: platform.read("runs", "driftmill.RunStarted"), LIMIT)
    assert (run.value["trigger"], run.value["alert_id"]) == ("alert", raised.key)
    eventually(lambda: len(platform.read("yardsticks")) == DAYS, LIMIT)
    usual = measured(platform.pipeline, platform.settings.store_url, told)
    assert [record.value for record in platform.read("yardsticks")] == usual
    shown = platform.driftmill("quality", "--json")
    (row,) = (one for one in orjson.loads(shown.stdout) if one["metric"] == "yardstick_advantage")
    assert (row["version"], row["realised"] > 0) == ("v1", True)
    assert row["judged"] == sum(one["rows"] for sums in usual for one in sums["pairs"])
