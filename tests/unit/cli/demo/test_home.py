"""Demos have homes of their own."""

from pathlib import Path

from services.cli.demo.home import KEPT, own_home, remove


def test_two_at_once_have_two_homes_and_the_place_is_used_again(tmp_path: Path) -> None:
    with own_home(tmp_path) as first, own_home(tmp_path) as second:
        assert first != second
        (first / "data").mkdir()
    with own_home(tmp_path) as again:
        assert again == first
        assert not (again / "data").exists()


def test_a_kept_home_is_left_alone(tmp_path: Path) -> None:
    with own_home(tmp_path) as first:
        (first / KEPT).touch()
    with own_home(tmp_path) as second:
        assert second != first


def test_a_removed_home_is_empty(tmp_path: Path) -> None:
    with own_home(tmp_path) as home:
        (home / "store").mkdir()
        (home / "store" / "file").touch()
        remove(home)
        assert [path.name for path in home.iterdir()] == ["demo.lock"]
