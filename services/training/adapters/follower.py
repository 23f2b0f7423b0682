"""Follows topics beside the loop, and tells a server outside what comes of them: never in the way of training."""

import logging
import threading
from typing import Protocol

from services.chassis.configs import bare_codec
from services.chassis.errors import TransientError
from services.chassis.reading import FOLLOWED_MS, TopicReader
from services.chassis.settings import ChassisSettings
from services.chassis.store import STORE_ERRORS
from services.contracts.record import Record

log = logging.getLogger(__name__)

_LOOK_SECONDS, _MOST_SECONDS = 2.0, 60.0
_LEAVE_SECONDS = 2.0
_PASSING = (401, 403, 408, 429)
"""What an administrator or time may mend, beside all that is the server's fault."""


class NotTaken(Exception):
    """The server refused a request, and would refuse it again."""


def refused(server: str, code: int, told: str) -> TransientError | NotTaken:
    """What an answer of this HTTP status means: whether it is worth another try."""
    problem = f"{server} answers {code} {told}"
    return TransientError(problem) if code >= 500 or code in _PASSING else NotTaken(problem)


class Teller(Protocol):
    """What knows a server. topics: that it is fed with, each from its beginning at every start."""

    server: str
    topics: tuple[str, ...]

    def take(self, record: Record) -> None:
        """Remember a record."""
        ...

    def tell(self) -> None:
        """Tell all that can be told by now and wasn't. Raises TransientError, errors of the store; is then asked again.

        A repeat must do no harm: what was cut off comes again.
        """
        ...


class Follower:
    """A thread that feeds a teller until it is closed."""

    def __init__(self, settings: ChassisSettings, teller: Teller) -> None:
        self._settings, self._teller = settings, teller
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=teller.server, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is being told is told again by the next process."""
        self._stop.set()
        self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        codec = bare_codec(self._settings)
        readers = [TopicReader(self._settings, codec, topic, wait_ms=FOLLOWED_MS) for topic in self._teller.topics]
        try:
            self._follow(readers)
        except Exception:
            log.exception("nothing more is told to a server outside", extra={"server": self._teller.server})
        finally:
            for reader in readers:
                reader.close()

    def _follow(self, readers: list[TopicReader]) -> None:
        pause, told = _LOOK_SECONDS, ""
        while not self._stop.wait(pause):
            try:
                for record in (record for reader in readers for record in reader.to_end()):
                    self._teller.take(record)
                self._teller.tell()
                pause, told = _LOOK_SECONDS, ""
            except (TransientError, *STORE_ERRORS) as error:
                pause = min(2 * pause, _MOST_SECONDS)
                if told != str(error):
                    told = str(error)
                    log.warning("server outside not reached", extra={"server": self._teller.server, "why": told})
