"""Channels that tell people: the log, and all that apprise speaks to (e-mail, webhooks, Slack and others)."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import apprise
from apprise.attachment.memory import AttachMemory
from pydantic import SecretStr

from services.monitoring.domain.message import Message

log = logging.getLogger(__name__)

LOG = "log"
"""Name of the channel that is always there."""
_SECONDS = 20.0
_TYPES = {
    "info": apprise.NotifyType.INFO,
    "warning": apprise.NotifyType.WARNING,
    "critical": apprise.NotifyType.FAILURE,
}
_SECRET = 8
"""Parts of a URL at least so long never stand in a log: tokens are anywhere in them."""


class Channel(Protocol):
    """Where messages go."""

    def send(self, message: Message) -> str:
        """Empty once the channel has taken it, else why it hasn't."""
        ...


class LogChannel:
    """The service's own log."""

    def send(self, message: Message) -> str:
        level = logging.INFO if message.over or message.severity == "info" else logging.WARNING
        log.log(level, "alert", extra={"title": message.title, "body": message.body})
        return ""


class AppriseChannel:
    """A channel by its apprise URL. Raises ValueError for one that apprise doesn't know."""

    def __init__(self, name: str, url: SecretStr) -> None:
        asset = apprise.AppriseAsset(app_id="Driftmill", app_desc="Driftmill alerts")
        self._url, self._told = url, apprise.Apprise(asset=asset)
        with _unheard():
            is_known = self._told.add(url.get_secret_value())
        if not is_known:
            raise ValueError(f"DRIFTMILL_NOTIFY_{name.upper()} is no URL that apprise knows")

    def send(self, message: Message) -> str:
        said: list[str] = []
        picture = _attached(message.picture) if message.picture else None
        taken = self._told.notify(
            body=message.body,
            title=message.title,
            notify_type=apprise.NotifyType.SUCCESS if message.over else _TYPES[message.severity],
            body_format=apprise.NotifyFormat.TEXT.value,
            attach=picture,
            timeout=_SECONDS,
            log_callback=lambda entry, _service: said.append(entry.message),
            log_level=logging.WARNING,
        )
        return "" if taken else self._scrubbed(said[-1] if said else "the channel took nothing")

    def _scrubbed(self, text: str) -> str:
        for part in re.split(r"[^\w.@-]+", self._url.get_secret_value()):
            if len(part) >= _SECRET:
                text = text.replace(part, "***")
        return text[:300]


def _attached(picture: str) -> Any:
    untyped: Any = AttachMemory
    return untyped(picture, name="alert.svg", mimetype="image/svg+xml")


@contextmanager
def _unheard() -> Iterator[None]:
    """apprise logs a URL that it doesn't know, with all its secrets; of the rest it tells who asks, and no others."""
    logger = logging.getLogger("apprise")
    logger.propagate, logger.disabled = False, True
    try:
        yield
    finally:
        logger.disabled = False


class MissingChannel:
    """One that the pipeline's file names and no setting describes."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, message: Message) -> str:
        return self._why


def channels_of(names: Iterable[str], urls: Mapping[str, SecretStr]) -> dict[str, Channel]:
    """The channels of a pipeline by name; what is wrong with one is told at once, and with each message for it."""
    return {name: _channel(name, urls) for name in names}


def _channel(name: str, urls: Mapping[str, SecretStr]) -> Channel:
    if name == LOG:
        return LogChannel()
    try:
        if name not in urls:
            raise ValueError(f"monitor.notify names {name}, and DRIFTMILL_NOTIFY_{name.upper()} is not set")
        return AppriseChannel(name, urls[name])
    except ValueError as error:
        log.error("no such channel", extra={"channel": name, "why": str(error)})
        return MissingChannel(str(error))
