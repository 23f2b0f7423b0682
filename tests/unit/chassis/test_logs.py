"""One JSON object a line, whatever is logged."""

import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from services.chassis.logs import JsonFormatter, configure


def line(message: str, *args: object, **extra: Any) -> dict[str, Any]:
    logger = logging.getLogger("services.test")
    record = logger.makeRecord("services.test", logging.WARNING, "", 0, message, args, None, None, extra or None)
    text = JsonFormatter("features").format(record)
    assert "\n" not in text
    return dict(orjson.loads(text))


def test_a_line_says_when_who_and_what() -> None:
    told = line("state %s", "replayed", partition=1)
    assert told.pop("time").endswith("+00:00")
    assert told == {"level": "warning", "service": "features", "message": "state replayed", "partition": 1}


@pytest.mark.parametrize("value", ["two\nlines", "ä€雪", b"\xff", 2**70, {"a": {1, 2}}, object(), float("nan")])
def test_anything_can_be_told(value: object) -> None:
    assert "value" in line("m", value=value)


def test_text_that_is_no_unicode_can_be_told() -> None:
    assert "\ud800" not in line("\ud800", path="\udcff")["message"]


def test_an_error_comes_with_its_trace() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        caught = error
    record = logging.LogRecord("n", logging.ERROR, "", 0, "m", None, (ValueError, caught, caught.__traceback__))
    assert "ValueError: broken" in orjson.loads(JsonFormatter("s").format(record))["error"]


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("restored")
def test_libraries_are_heard_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    configure("features", "info")
    logging.getLogger("httpx").info("a request")
    logging.getLogger("httpx").warning("trouble")
    logging.getLogger("services.x").info("news")
    assert [orjson.loads(text)["message"] for text in capsys.readouterr().err.splitlines()] == ["trouble", "news"]
