"""Numeric libraries keep to one thread, those too that are loaded later, and get back what they had."""

import sys
from types import ModuleType

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from services.training.domain import threads
from services.training.domain.threads import one_thread


def had() -> list[int]:
    return [one["num_threads"] for one in threadpool_info()]


def test_each_library_has_one_thread_and_gets_back_what_it_had() -> None:
    with threadpool_limits(limits=2):
        before = had()
        assert max(before) == 2
        for _ in range(2):
            with one_thread():
                assert set(had()) == {1}
            assert had() == before


def test_libraries_are_looked_for_again_only_after_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    controller = threads.ThreadpoolController
    monkeypatch.setattr(threads, "ThreadpoolController", lambda: looked.append(1) or controller())
    threads._controller.cache_clear()
    for name in (None, None, "loaded_later"):
        if name is not None:
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        with one_thread():
            pass
    assert len(looked) == 2
    threads._controller.cache_clear()
