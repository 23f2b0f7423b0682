"""JSON logs: one object a line on standard error."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

_CHATTY = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "numba"})
_PLAIN = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message", "taskName"}


class JsonFormatter(logging.Formatter):
    """Renders a log record with its extra fields as one JSON object."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _PLAIN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a text that is no Unicode, a number beyond 64 bits
            return orjson.dumps({key: _as_text(value) for key, value in line.items()}).decode()


def _as_text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


def configure(service: str, level: str) -> None:
    """Send all logs of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    handler.addFilter(_is_news)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _is_news(record: logging.LogRecord) -> bool:
    """Libraries that tell each request are heard only when something is wrong."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _CHATTY
