"""Tells people of alerts: an effect outside of Kafka, at least once, in a thread that monitoring doesn't wait for.

1  read `notifications` and `alerts` to their ends: what was told, and what there is to tell
2  wait until `alerts` has been quiet for a moment, so that what moved together is one message
3  send what is due to each channel
4  record in `notifications` what became of it; a process that dies before this sends it again, with the same id
5  a channel that fails is tried again later and later, until the budget is spent; others don't wait for it
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.chassis import clock, failpoint
from services.chassis.codec import Codec
from services.chassis.configs import bare_codec, publish
from services.chassis.context import Context
from services.chassis.errors import TransientError
from services.chassis.reading import FOLLOWED_MS, TopicReader, read_topic
from services.contracts.alert_life import Lives
from services.contracts.record import POISON
from services.monitoring.adapters.channel import Channel
from services.monitoring.domain.attempt import Attempt
from services.monitoring.domain.message import message_of
from services.monitoring.domain.notice import Notice, Notices, Rule
from services.monitoring.domain.quiet import Quiet

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_RETRY_SECONDS = 5.0


class Notifier:
    """budget: seconds for which a channel that fails is tried."""

    def __init__(self, context: Context, rules: Sequence[Rule], channels: Mapping[str, Channel], budget: float) -> None:
        self._context, self._rules, self._channels, self._budget = context, rules, channels, budget
        self._codec: Codec = bare_codec(context.settings)
        self._attempts: dict[str, Attempt] = {}
        self._unrecorded: dict[str, Mapping[str, Any]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, without waiting for a channel that doesn't answer."""
        self._stop.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except TransientError as error:
                log.warning("notifications wait", extra={"why": str(error)})
            except Exception:
                log.exception("notifications failed; they begin anew")
            self._stop.wait(_RETRY_SECONDS)

    # 1
    def _follow(self) -> None:
        notices, lives, quiet = self._told_so_far(), Lives(), Quiet(clock.monotonic())
        reader = TopicReader(self._context.settings, self._codec, "alerts", wait_ms=FOLLOWED_MS)
        try:
            while not self._stop.is_set():
                for record in reader.poll(_POLL_SECONDS):
                    quiet.heard(clock.monotonic())
                    if record.kind != POISON:
                        lives.apply(record.kind, record.value)
                # another process has the topics while this one isn't ready
                if self._context.health.is_ready and (quiet.is_over(clock.monotonic()) or self._is_due(quiet)):
                    self._tell(notices, lives)
                    quiet.looked()
        finally:
            reader.close()

    def _told_so_far(self) -> Notices:
        notices = Notices(self._context.settings.pipeline)
        for record in read_topic(self._context.settings, self._codec, "notifications"):
            if record.kind != POISON:
                notices.apply(record.value)
        for value in list(self._unrecorded.values()):
            self._record(value)
            notices.apply(value)
        return notices

    def _is_due(self, quiet: Quiet) -> bool:
        """Whether a message is to be tried again and nothing new waits."""
        return not quiet.waits and any(one.is_due(clock.monotonic()) for one in self._attempts.values())

    # 3 to 5
    def _tell(self, notices: Notices, lives: Lives) -> None:
        due = notices.due(lives, self._rules)
        self._attempts = {one.notification_id: self._attempt(one) for one in due}
        for notice in due:
            if self._attempts[notice.notification_id].is_due(clock.monotonic()) and not self._stop.is_set():
                self._send(notice, notices, lives)

    def _attempt(self, notice: Notice) -> Attempt:
        known = self._attempts.get(notice.notification_id)
        return Attempt.first(clock.monotonic(), self._budget) if known is None else known

    def _send(self, notice: Notice, notices: Notices, lives: Lives) -> None:
        attempt, message = self._attempts[notice.notification_id], message_of(notices.pipeline, notice, lives)
        why = _taken(lambda: self._channels[notice.to].send(message))
        given_up = attempt.failed(clock.monotonic()) if why else False
        state = "given_up" if given_up else "waiting" if why else "sent"
        self._count(notice, state, why)
        if state == "waiting" and attempt.count > 1:
            return
        failpoint.hit("notified")
        value = notice.to_record(state, attempt.count or 1, why)
        self._unrecorded[notice.notification_id] = value
        self._record(value)
        notices.apply(value)

    # 4
    def _record(self, value: Mapping[str, Any]) -> None:
        """While Kafka doesn't take the record, the message isn't sent again: this process knows."""
        named = value["notification_id"]
        publish(self._context.settings, self._codec, "notifications", named, "driftmill.AlertNotified", dict(value))
        self._unrecorded.pop(named, None)

    def _count(self, notice: Notice, state: str, why: str) -> None:
        self._context.metrics.notifications.labels(notice.to, "failed" if state == "waiting" else state).inc()
        about = {"channel": notice.to, "notification": notice.notification_id, "cause": notice.cause}
        if why:
            log.warning("channel failed" if state == "waiting" else "gave up", extra=about | {"why": why})
        else:
            log.info("people told", extra=about | {"severity": notice.severity, "over": notice.over})


def _taken(send: Callable[[], str]) -> str:
    """Why a message was not taken, empty if it was. A channel's own error goes by name: its text may hold secrets."""
    try:
        return send()
    except Exception as error:
        return type(error).__name__
