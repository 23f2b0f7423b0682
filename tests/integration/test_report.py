"""The four actions of governance on one pipeline: an alert, what people do about it, another model, and the account."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.broker.local import Endpoints
from services.cli.domain.moment import moment
from services.contracts.pipeline import Pipeline
from tests.eventually import eventually
from tests.integration.test_trace import FIRST, MOVED, play
from tests.platform import Platform, pipeline_named

SERVICES = ("validation", "features", "inference", "outcomes", "lake", "training", "registry", "monitoring")
DATA = SERVICES[:5]
LIMIT = 300

pytestmark = pytest.mark.timeout(900)

Facts = dict[str, Any]


@pytest.fixture
def platform(broker: Endpoints, tmp_path: Path) -> Iterator[Platform]:
    """Nothing answers before a person's word, and no accuracy is good enough."""
    texts = dict(pipeline_named(f"t{uuid.uuid4().hex[:12]}").texts)
    floor = "floors: [{metric: accuracy, below: 0.99}], explain: 10%"
    text = (
        texts["pipeline.yaml"].replace("window: 1h}", f"window: 1h, {floor}}}").replace("rows: 1000}", "rows: 100000}")
    )
    text = text.replace("kind: {one_of", "shop: {role: fairness}, kind: {one_of")
    texts["pipeline.yaml"] = text + "\npurpose: orders to look at\nrelease: {approval: true}\nlake: {keep: 400d}\n"
    made = Platform.create(broker, Pipeline.from_texts(texts), tmp_path / "home")
    yield made
    made.close()


def done(platform: Platform, *words: str) -> str:
    ran = platform.driftmill(*words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def moves(platform: Platform) -> list[tuple[str, str]]:
    return [(one.value["version"], one.value["to_state"]) for one in platform.read("models.history", MOVED)]


def released(platform: Platform, version: str, reason: str) -> None:
    eventually(lambda: (version, "accepted") in moves(platform), LIMIT)
    done(platform, "approve", version, "--reason", reason)
    eventually(lambda: (version, "champion") in moves(platform), LIMIT)
    platform.followed()


def floors(platform: Platform, version: str) -> list[Facts]:
    told = [dict(one.value) for one in platform.read("alerts", "driftmill.AlertRaised")]
    return [one for one in told if (one["kind"], one["version"]) == ("floor", version)]


def test_the_account_of_a_period_has_alert_action_and_alternative_and_is_the_same_again(platform: Platform) -> None:
    for service in SERVICES:
        platform.start(service)
    play(platform, 0, FIRST)
    released(platform, "v1", "its card is fine")
    play(platform, FIRST, FIRST + 900)
    alert = eventually(lambda: floors(platform, "v1"), LIMIT)[0]
    platform.drained(*SERVICES)
    middle = platform.read("audit")[-1].timestamp + 1
    until = ("report", "--to", str(moment(middle)), "--json")
    before = done(platform, *until)

    done(platform, "alerts", "ack", alert["alert_id"], "--reason", "I look into it")
    done(platform, "retire", "v1", "--reason", "too many errors")
    eventually(lambda: ("v1", "retired") in moves(platform), LIMIT)
    platform.followed()
    play(platform, FIRST + 900, FIRST + 1200)
    platform.drained(*DATA)
    done(platform, "retrain", "--reason", "with the newest orders")
    released(platform, "v2", "better than the rule")
    play(platform, FIRST + 1200, FIRST + 1500)
    platform.drained(*SERVICES)

    page, again = Path(platform.settings.home / "one.html"), Path(platform.settings.home / "two.html")
    end = max(one.timestamp for topic in ("audit", "predictions", "outcomes") for one in platform.read(topic)) + 1
    for path in (page, again):
        done(platform, "report", "--to", str(moment(end)), "--html", str(path))
    assert page.read_bytes() == again.read_bytes()
    facts: Facts = orjson.loads(done(platform, "report", "--json"))
    answered = [(one["version"], one["arm"]) for one in facts["answers"]]
    assert [version for version, _ in answered[:2]] == ["baseline", "v1"]
    assert answered[-1][0] == "v2"
    assert sum(one["answers"] for one in facts["answers"]) == len(platform.read("predictions", "driftmill.Prediction"))
    (incident,) = (one for one in facts["incidents"] if one["alert"] == alert["alert_id"])
    assert (incident["state"], incident["severity"]) == ("superseded", "critical")
    assert ("alert acknowledged", "I look into it") in [(one["what"], one["why"]) for one in incident["done"]]
    said = {(one["what"], one["to"]): one["why"] for one in facts["people"]}
    assert said["accepted → champion", "v1"] == "its card is fine"
    assert said["champion → retired", "v1"] == "too many errors"
    assert said["accepted → champion", "v2"] == "better than the rule"
    assert {one["who"] for one in facts["people"]} >= {moved.value["by"] for moved in platform.read("requests")}
    assert [one["version"] for one in facts["runs"]][:2] == ["v1", "v2"]
    assert [one["version"] for one in facts["verdicts"]][:1] == ["v1"]
    assert all(one["criteria"] for one in facts["verdicts"])
    assert (facts["trail"]["whole"], facts["trail"]["signed"]) == (True, facts["trail"]["records"])
    assert {one["version"] for one in facts["quality"]} >= {"baseline", "v1"}
    assert any(one["slice"].startswith("shop=") for one in facts["fairness"])
    assert facts["data"]["refused"][0]["rule"] == "range"
    assert facts["about"]["purpose"] == "orders to look at"

    told = page.read_text()
    assert all(word in told for word in ("I look into it", "too many errors", "better than the rule", "<polyline"))
    assert done(platform, *until) == before
    earlier = orjson.loads(before)
    assert [one["version"] for one in earlier["answers"]] == ["baseline", "v1"]
    assert next(one for one in earlier["incidents"] if one["alert"] == alert["alert_id"])["state"] == "open"
    later: Facts = orjson.loads(done(platform, "report", "--from", str(moment(middle)), "--json"))
    assert sum(one["answers"] for one in earlier["answers"] + later["answers"]) == sum(
        one["answers"] for one in facts["answers"]
    )
    refused = platform.driftmill("report", "--from", "soon")
    assert (refused.returncode, "soon is no date and no time" in refused.stderr) == (2, True)
