"""`driftmill lake` tells what the tables hold."""

from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from services.cli.main import main


def test_what_the_lake_holds_is_told_without_a_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRIFTMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DRIFTMILL_PIPELINE", "small")
    assert main(["lake", "tables"]) == 1
    assert "nothing was kept yet" in capfd.readouterr().err
    lake = tmp_path / "home" / "store" / "lake" / "small"
    lake.mkdir(parents=True)
    times = pa.array(range(60), pa.timestamp("us", "UTC"))
    write_deltalake(str(lake / "labels"), pa.table({"seq": list(range(60)), "raw": [b"\xff"] * 60, "time": times}))
    assert main(["lake", "schema", "labels"]) == 0
    assert "timestamp[us, tz=UTC]" in capfd.readouterr().out
    assert main(["lake", "query", "SELECT seq, raw FROM labels ORDER BY seq LIMIT 1", "--json"]) == 0
    assert orjson.loads(capfd.readouterr().out) == {"seq": 0, "raw": "/w=="}
    assert main(["lake", "query", "SELECT seq FROM labels"]) == 0
    shown = capfd.readouterr().out.splitlines()
    assert len(shown) == 1 + 50 + 1
    assert shown[-1] == "… and 10 more rows: ask for fewer, or for --json"
    assert main(["lake", "query", "SELECT x FROM labels"]) == 2
    assert "No field named x" in capfd.readouterr().err
