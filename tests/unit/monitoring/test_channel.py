"""Messages reach real servers, with their plots; what doesn't is told without its secrets."""

import base64
import logging

import pytest
from pydantic import SecretStr

from services.monitoring.adapters.channel import channels_of
from services.monitoring.domain.message import Message
from services.monitoring.settings import MonitoringSettings
from tests.webhook import free_port, mailbox, webhook

SVG = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
MESSAGE = Message("[p] critical: quality brier", "- it rose & <fell>\nnotification 12", "critical", False, SVG)


def sent(url: str, message: Message = MESSAGE) -> str:
    return channels_of(["there"], {"there": SecretStr(url)})["there"].send(message)


def test_a_webhook_gets_text_severity_and_plot() -> None:
    with webhook() as hook:
        assert sent(hook.url) == ""
        assert sent(hook.url, Message("over", "it is over", "critical", True, "")) == ""
        first, second = hook.received
    assert (first["title"], first["message"], first["type"]) == (MESSAGE.title, MESSAGE.body, "failure")
    (attached,) = first["attachments"]
    assert (attached["filename"], attached["mimetype"]) == ("alert.svg", "image/svg+xml")
    assert base64.b64decode(attached["base64"]).decode() == SVG
    assert (second["type"], second["attachments"]) == ("success", [])


def test_a_letter_has_the_plot_attached() -> None:
    with mailbox() as (box, url):
        assert sent(url) == ""
    (letter,) = box.letters
    assert (letter["subject"], letter["to"]) == (MESSAGE.title, "risk@example.org")
    parts = {part.get_content_type(): part for part in letter.walk()}
    text = parts["text/plain"].get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().split() == MESSAGE.body.split()
    assert parts["image/svg+xml"].get_filename() == "alert.svg"
    assert parts["image/svg+xml"].get_payload(decode=True) == SVG.encode()


def test_a_server_that_refuses_or_is_not_there_is_told_of_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    with webhook() as hook:
        hook.status = 503
        assert "503" in (refused := sent(hook.url))
    gone = sent(f"json://user:secret-password@127.0.0.1:{free_port()}/secret-path")
    assert gone
    assert "secret" not in refused + gone + caplog.text


def test_what_no_setting_describes_or_apprise_does_not_know_fails_each_time_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    channels = channels_of(["mail", "chat", "log"], {"chat": SecretStr("nonsense://secret-token")})
    assert channels["mail"].send(MESSAGE) == "monitor.notify names mail, and DRIFTMILL_NOTIFY_MAIL is not set"
    assert channels["chat"].send(MESSAGE) == "DRIFTMILL_NOTIFY_CHAT is no URL that apprise knows"
    assert channels["log"].send(MESSAGE) == ""
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == ["no such channel"] * 2
    assert "secret-token" not in caplog.text


def test_urls_come_from_the_environment_by_the_channels_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTMILL_NOTIFY_RISK_MAIL", "mailto://secret@example.org")
    monkeypatch.setenv("DRIFTMILL_NOTIFY_HOURS", "2")
    settings = MonitoringSettings(pipeline="p")
    assert settings.notify["risk_mail"].get_secret_value() == "mailto://secret@example.org"
    assert settings.notify_hours == 2
    assert "secret" not in repr(settings)
