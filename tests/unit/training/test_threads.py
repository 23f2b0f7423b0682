"""Numeric libraries keep to one thread, those too that are loaded later, and get back what they had."""

import sys
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from services.training.domain.threads import _controller, one_thread


def had() -> list[int]:
    return [one["num_threads"] for one in threadpool_info()]


def test_each_library_has_one_thread_and_gets_back_what_it_had() -> None:
    assert np.linalg.det(np.eye(2)) == 1  # loads one
    with threadpool_limits(limits=2):
        before = had()
        assert max(before) == 2
        for _ in range(2):
            with one_thread():
                assert set(had()) == {1}
            assert had() == before


def test_libraries_are_looked_for_again_only_after_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    with one_thread():
        pass  # the first look imports something itself
    with one_thread():
        looked = _controller.cache_info().misses
    with one_thread():
        assert _controller.cache_info().misses == looked
    monkeypatch.setitem(sys.modules, "loaded_later", ModuleType("loaded_later"))
    with one_thread():
        assert _controller.cache_info().misses == looked + 1
