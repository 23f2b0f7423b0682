"""Bytes in the object store, by their SHA-256."""

from pathlib import Path

import pytest

from services.chassis import references
from services.chassis.errors import TransientError
from services.chassis.references import References
from services.chassis.store import Store
from services.contracts.reference import reference_to


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path.as_uri())


def test_bytes_are_found_again_by_anybody(store: Store) -> None:
    names = [References(store).put(data) for data in (b"one", b"", b"three")]
    assert References(store).resolve(names) == dict(zip(names, (b"one", b"", b"three"), strict=True))
    assert References(store).put(b"one") == names[0] == reference_to(b"one")


def test_what_is_absent_or_damaged_is_left_out(store: Store) -> None:
    kept, damaged = References(store).put(b"kept"), References(store).put(b"damaged")
    store.put(f"references/{damaged}", b"demagad")
    assert References(store).resolve([kept, damaged, reference_to(b"never")]) == {kept: b"kept"}


def test_what_was_cut_off_is_stored_again(store: Store) -> None:
    name = References(store).put(b"whole")
    store.put(f"references/{name}", b"who")
    References(store).put(b"whole")
    assert References(store).resolve([name]) == {name: b"whole"}


def test_the_last_ones_are_kept_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_KEPT_BYTES", 10)
    held = References(store)
    first, second = held.put(b"12345"), held.put(b"67890")
    held.resolve([first, second])
    store.delete([f"references/{one}" for one in (first, second)])
    assert held.resolve([first, second]) == {first: b"12345", second: b"67890"}
    third = held.put(b"third")
    assert set(held.resolve([third])) == {third}
    assert set(held.resolve([first, second])) == {second}


def test_a_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    held = References(Store((tmp_path / "file").as_uri()))
    (tmp_path / "file" / "references").write_text("no folder")
    with pytest.raises(TransientError, match="object store"):
        held.put(b"x")
    with pytest.raises(TransientError, match="object store"):
        held.resolve([reference_to(b"x")])
