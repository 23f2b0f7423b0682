"""Entries written behind the loop."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from services.chassis import kept as module
from services.chassis.database import Database
from services.chassis.errors import Refused
from services.chassis.kept import Kept
from services.chassis.metrics import Metrics
from tests.unit.chassis.points import point


class Later(Executor):
    """Runs what was submitted when told to, or when its result is asked for."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        later = self

        class Asked(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                later.run()
                return super().result(timeout)

        future = Asked()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        self.waiting.append(work)
        return future

    def run(self) -> None:
        """Do all of it."""
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.create(tmp_path / "0")


@pytest.fixture
def kept(database: Database, later: Later) -> Kept:
    return Kept(database, 0, later, Metrics("features", "p"))


def break_writes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(database, "write", full)


def test_what_is_told_is_found_before_it_is_written(kept: Kept, database: Database, later: Later) -> None:
    kept.keep({b"a": b"1", b"b": b"2"}, point(1))
    later.run()
    kept.keep({b"a": None, b"c": b"3"}, point(2))
    assert kept.get([b"a", b"b", b"c", b"d"]) == [None, b"2", b"3", None]
    assert database.get([b"a", b"b", b"c"]) == [b"1", b"2", None]
    assert kept.point == point(1)
    later.run()
    assert kept.get([b"a", b"b", b"c", b"d"]) == database.get([b"a", b"b", b"c", b"d"]) == [None, b"2", b"3", None]
    assert kept.point == point(2)


def test_all_entries_are_found_before_they_are_written(kept: Kept, later: Later) -> None:
    kept.keep({b"a1": b"1", b"a2": b"2", b"a4": b"4", b"b": b"5"}, point(1))
    assert list(kept.items(b"a")) == [(b"a1", b"1"), (b"a2", b"2"), (b"a4", b"4")]
    later.run()
    assert list(kept.items(b"a")) == [(b"a1", b"1"), (b"a2", b"2"), (b"a4", b"4")]
    kept.keep({b"a2": None, b"a3": b"3", b"a4": b"6"}, point(2))
    assert later.waiting
    assert list(kept.items(b"a")) == [(b"a1", b"1"), (b"a3", b"3"), (b"a4", b"6")]


def test_all_entries_are_found_though_they_cannot_be_written(
    kept: Kept, database: Database, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_writes(database, monkeypatch)
    kept.keep({b"a": b"1"}, point(1))
    later.run()
    assert list(kept.items(b"a")) == [(b"a", b"1")]


def test_what_could_not_be_written_is_written_with_the_next(
    kept: Kept, database: Database, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        break_writes(database, broken)
        kept.keep({b"a": b"1", b"b": b"2"}, point(1))
        later.run()
        assert kept.get([b"a", b"b"]) == [b"1", b"2"]
        assert kept.point is None
    kept.keep({b"b": b"3"}, point(2))
    later.run()
    assert database.get([b"a", b"b"]) == [b"1", b"3"]
    assert kept.point == point(2)


def test_memory_for_what_cannot_be_written_is_bounded(
    kept: Kept, database: Database, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_UNWRITTEN", 10)
    break_writes(database, monkeypatch)
    kept.keep({b"%d" % number: b"" for number in range(20)}, point(1))
    later.run()
    with pytest.raises(Refused, match=r"can't be written: no space.*DRIFTMILL_STATE"):
        kept.keep({b"more": b""}, point(2))


def test_closing_writes_to_the_end(kept: Kept, tmp_path: Path) -> None:
    kept.keep({b"a": b"1"}, point(1))
    kept.close()
    assert Database.open(tmp_path / "0").point == point(1)
