"""People are told of alerts by real servers, once a cause, through kills and channels that are down."""

import json
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.broker.local import Endpoints
from services.contracts.alert_life import ACKNOWLEDGED, SILENCED, Lives
from services.contracts.pipeline import Pipeline
from tests.eventually import eventually
from tests.integration.test_monitoring import LIMIT, publish, tell
from tests.platform import Platform, pipeline_named
from tests.unit.monitoring.story import model, story
from tests.webhook import Webhook, free_port, mailbox, webhook

pytestmark = pytest.mark.timeout(400)

NOTIFY = "notify: [{to: hook}, {to: risk_mail, when: {severity: critical, kind: quality}}]"


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    texts = dict(pipeline_named(prefix).texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("window: 1h}", f"window: 1d, {NOTIFY}}}")
    made = Platform.create(broker, Pipeline.from_texts(texts), tmp_path)
    yield made
    made.close()


def drifted(platform: Platform, days: int = 45) -> None:
    publish(platform, model())
    tell(platform, [one for profiles in story(days, inputs_change=30, recall_change=36) for one in profiles])


def lives(platform: Platform) -> Lives:
    made = Lives()
    for record in platform.read("alerts"):
        made.apply(record.kind, record.value)
    return made


def notified(platform: Platform, state: str = "sent") -> list[tuple[str, str]]:
    values = [record.value for record in platform.read("notifications")]
    return [(value["to"], value["severity"]) for value in values if value["state"] == state]


def ids(hook: Webhook) -> list[str]:
    return [one["message"].rpartition("notification ")[2] for one in hook.received]


def ask(platform: Platform, record: str, **value: Any) -> None:
    request = {"request_id": f"{record}/{value}", "by": "ann", "reason": "mine", **value}
    platform.publish("requests", f"driftmill.{record}", [(request["request_id"], request)])


def causes(platform: Platform) -> Sequence[str]:
    return [cause for cause, _ in lives(platform).causes()]


def test_a_webhook_and_a_mail_server_are_told_once_whatever_is_killed_and_however_often(platform: Platform) -> None:
    with webhook() as hook, mailbox() as (box, mail):
        urls = {"DRIFTMILL_NOTIFY_HOOK": hook.url, "DRIFTMILL_NOTIFY_RISK_MAIL": mail}
        drifted(platform)
        # it dies when the first message is out and its record isn't there: at least once, and by the same id
        killed = platform.start("monitoring", 0, **urls, DRIFTMILL_FAILPOINT="notified:1:kill")
        assert killed.wait(LIMIT) == -signal.SIGKILL
        assert (len(hook.received), notified(platform)) == (1, [])
        for _ in range(2):
            child = platform.start("monitoring", 0, **urls)
            platform.drained("monitoring", within=LIMIT)
            eventually(lambda: box.letters, LIMIT)
            eventually(lambda: len(notified(platform)) == len(causes(platform)) + len(box.letters), LIMIT)
            platform.kill(child)
    assert len(ids(hook)) == len(set(ids(hook))) + 1
    assert len(set(ids(hook))) == len(causes(platform))
    assert all(one["attachments"][0]["filename"] == "alert.svg" for one in hook.received)
    (letter,) = box.letters
    assert "critical: quality" in letter["subject"]
    log = (platform.settings.home / "monitoring-0.log").read_text()
    assert "secret-token-of-the-hook" not in log


def test_a_channel_that_is_down_holds_nobody_up_and_hears_of_it_when_it_is_back(platform: Platform) -> None:
    port = free_port()
    with mailbox() as (box, mail):
        urls = {
            "DRIFTMILL_NOTIFY_HOOK": f"json://127.0.0.1:{port}/secret-path",
            "DRIFTMILL_NOTIFY_RISK_MAIL": mail,
        }
        drifted(platform)
        child = platform.start("monitoring", 0, **urls)
        platform.drained("monitoring", within=LIMIT)
        eventually(lambda: ("risk_mail", "critical") in notified(platform), LIMIT)
        eventually(lambda: ("hook", "critical") in notified(platform, "waiting"), LIMIT)
        platform.kill(child)
        platform.start("monitoring", 0, **urls)
        with webhook(port) as hook:
            eventually(lambda: len(hook.received) >= len(causes(platform)), LIMIT)
            eventually(lambda: ("hook", "critical") in notified(platform), LIMIT)
    assert len(ids(hook)) == len(set(ids(hook)))
    assert len(box.letters) == 1
    assert "secret-path" not in (platform.settings.home / "monitoring-0.log").read_text()


def test_people_take_alerts_on_and_silence_them_and_it_is_recorded_and_audited(platform: Platform) -> None:
    with webhook() as hook:
        url = {"DRIFTMILL_NOTIFY_HOOK": hook.url}
        ask(platform, "SilenceRequested", kind="inputs", name="", length=10**18)
        child = platform.start("monitoring", 0, **url)
        eventually(lambda: [one for one in platform.read("alerts") if one.kind == SILENCED], LIMIT)
        drifted(platform)
        platform.drained("monitoring", within=LIMIT)
        found = lives(platform).alerts
        quality = next(life for life in found.values() if life.raised["kind"] == "quality")
        assert any(life.raised["kind"] == "inputs" for life in found.values())
        eventually(lambda: hook.received, LIMIT)
        for alert_id in (quality.alert_id, quality.alert_id, "nonsense"):
            ask(platform, "AcknowledgementRequested", alert_id=alert_id)
        platform.drained("monitoring", within=LIMIT)
        platform.kill(child)
        platform.start("monitoring", 0, **url)
        platform.drained("monitoring", within=LIMIT)
    assert not any("inputs" in one["title"] for one in hook.received)
    assert len([one for one in platform.read("alerts") if one.kind == ACKNOWLEDGED]) == 1
    assert lives(platform).alerts[quality.alert_id].state == "acknowledged"
    audit = [record.value for record in platform.read("audit")]
    assert [(one["actor"], one["action"]) for one in audit if one["actor"] == "ann"] == [
        ("ann", "alerts silenced"),
        ("ann", "alert acknowledged"),
        ("ann", "acknowledgement refused"),
    ]


def test_the_command_lists_shows_and_speaks_to_alerts(platform: Platform, tmp_path: Path) -> None:
    drifted(platform)
    platform.start("monitoring", 0)
    platform.drained("monitoring", within=LIMIT)
    eventually(lambda: ("hook", "critical") in notified(platform, "waiting"), LIMIT)
    listed = json.loads(platform.driftmill("alerts", "--json").stdout)
    quality = next(row for row in listed if row["kind"] == "quality")
    assert (quality["state"], quality["severity"]) == ("open", "critical")
    done = platform.driftmill("alerts", "ack", quality["alert"][:10], "--reason", "I look")
    assert done.returncode == 0, done
    eventually(lambda: lives(platform).alerts[quality["alert"]].state == "acknowledged", LIMIT)
    page, picture = tmp_path / "alert.html", tmp_path / "alert.svg"
    shown = platform.driftmill("alerts", "show", quality["alert"], "--html", str(page), "--plot", str(picture))
    assert shown.returncode == 0, shown
    assert all(word in shown.stdout for word in ("raised", "acknowledged", "I look", "waiting", "critical"))
    assert picture.read_text().startswith("<svg xmlns")
    assert "<polyline" in page.read_text()
    assert "DRIFTMILL_NOTIFY_HOOK is not set" in shown.stdout
    assert platform.driftmill("alerts", "silence", "inputs/amount", "--for", "7d", "--reason", "known").returncode == 0
    eventually(lambda: lives(platform).silences, LIMIT)
    for words, why in (
        (("ack", "zzz", "--reason", "x"), "No alert has an id that begins with 'zzz'"),
        (("silence", "weather", "--for", "7d", "--reason", "x"), "weather is no kind of alerts"),
        (("silence", "inputs", "--for", "soon", "--reason", "x"), "a duration is a whole number and a unit"),
    ):
        refused = platform.driftmill("alerts", *words)
        assert (refused.returncode, why in refused.stderr) == (2, True), refused
