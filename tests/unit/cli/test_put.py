"""Files are stored under the digests that events name them by."""

from pathlib import Path

import pytest

from services.chassis.references import References
from services.chassis.store import Store
from services.cli.main import main
from services.contracts.reference import reference_to


def test_files_are_stored_and_their_digests_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRIFTMILL_STORE", (tmp_path / "store").as_uri())
    (tmp_path / "one.jpg").write_bytes(b"one")
    (tmp_path / "two [b].jpg").write_bytes(b"two")
    files = [str(tmp_path / name) for name in ("one.jpg", "two [b].jpg")]
    for _ in range(2):
        assert main(["put", "--pipeline", "vehicles", *files]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("  ", 1) for line in lines] == [
            [reference_to(b"one"), files[0]],
            [reference_to(b"two"), files[1]],
        ]
    stored = References(Store((tmp_path / "store").as_uri())).resolve([reference_to(b"one"), reference_to(b"two")])
    assert sorted(stored.values()) == [b"one", b"two"]


def test_nothing_is_stored_where_one_file_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRIFTMILL_STORE", (tmp_path / "store").as_uri())
    (tmp_path / "one.jpg").write_bytes(b"one")
    assert main(["put", "--pipeline", "vehicles", str(tmp_path / "one.jpg"), str(tmp_path / "absent.jpg")]) == 2
    assert "absent.jpg" in capsys.readouterr().err
    assert not (tmp_path / "store").exists()
