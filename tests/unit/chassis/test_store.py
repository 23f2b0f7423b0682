"""Objects by key on a file system."""

from pathlib import Path

import pytest

from services.chassis.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store((tmp_path / "a store with ä").as_uri())


def test_an_object_comes_back(store: Store) -> None:
    store.put("models/shop/abc.onnx", b"\0model")
    assert store.get("models/shop/abc.onnx") == b"\0model"
    assert store.size("models/shop/abc.onnx") == 6


def test_a_key_holds_what_was_put_last(store: Store) -> None:
    store.put("k", b"first, and longer")
    store.put("k", b"second")
    assert store.get("k") == b"second"


def test_an_absent_object_is_told(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.get("models/none")
    with pytest.raises(FileNotFoundError):
        store.size("models/none")


def test_another_process_sees_the_same(store: Store) -> None:
    store.put("a/b", b"x")
    assert Store(store.url).get("a/b") == b"x"
