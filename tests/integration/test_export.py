"""An exported version answers files and requests as it answers live, wherever it is taken."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from services.broker.local import Endpoints
from services.broker.ports import free_ports
from services.chassis.store import Store
from tests.eventually import eventually
from tests.integration.exporting import (
    FOREIGN,
    ROWS,
    answered,
    as_of_lake,
    asked,
    by_name,
    exported,
    offer,
    predictions,
    read,
    requested,
    scored,
    told,
)
from tests.model import decided_otherwise, published
from tests.platform import Platform

DOCKER = f"""#!{sys.executable}
import sys
from pathlib import Path
words = sys.argv[1:]
Path(words[words.index("--iidfile") + 1]).write_text("sha256:" + "ab" * 32)
assert words[0] == "build" and (Path(words[-1]) / "Dockerfile").exists()
"""
"""Builds nothing, and tells a digest."""

ONE = pytest.mark.parametrize("platform", ["binary"], indirect=True)
"""What doesn't depend on what is learnt."""


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def platform(
    request: pytest.FixtureRequest, broker: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """With a champion that has answered."""
    made = answered(broker, request.param, tmp_path_factory.mktemp("export") / "home")
    yield made
    made.close()


def test_a_file_gets_the_answers_that_the_events_got(platform: Platform, tmp_path: Path) -> None:
    folder, live = exported(platform, tmp_path / "v1"), predictions(platform)
    assert len(live) == ROWS
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(b"\n".join(orjson.dumps(as_of_lake(one)) for one in live))
    done = scored(folder, rows)
    assert done.returncode == 1, done
    assert f"{ROWS} rows; 2 of them have no answer: row {FOREIGN[0] + 1} is of the feature set other" in done.stderr
    found = read(tmp_path / "answers.csv")
    assert told(found) == told(live)
    assert [one["event_id"] for one in found] == [one["event_id"] for one in live]
    assert {one["status"] for one in found[: FOREIGN[0]]} == {"ok"}
    assert len({one["score"] for one in found}) > ROWS / 2

    known = [one for one in live if one["status"] == "ok"]
    frame = by_name(platform, known)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    for name in ("rows.csv", "rows.parquet"):
        assert scored(folder, tmp_path / name).returncode == 0
        assert told(read(tmp_path / "answers.csv")) == told(known)
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(as_of_lake(known[0])))
    assert scored(folder, rows).returncode == 0
    assert told(read(tmp_path / "answers.csv")) == told(known[:1])


def test_requests_get_the_answers_that_the_events_got(platform: Platform, tmp_path: Path) -> None:
    folder = exported(platform, tmp_path / "v1", "--image", PATH=str(tmp_path))
    live = [one for one in predictions(platform) if one["status"] == "ok"]
    frame, name = by_name(platform, live), platform.pipeline.name
    (port,) = free_ports(1)
    command = [sys.executable, str(folder / "serve.py"), "--port", str(port)]
    server = subprocess.Popen(command, cwd="/", env={}, stderr=subprocess.PIPE)
    try:
        eventually(lambda: asked(port, "GET", "/v2/health/ready")[0] == 200, 30)
        status, metadata = asked(port, "GET", f"/v2/models/{name}")
        assert status == 200
        assert [one["name"] for one in metadata["inputs"]] == list(frame.columns[1:])
        tensors = requested(frame, metadata)
        status, found = asked(port, "POST", f"/v2/models/{name}/versions/v1/infer", {"id": "7", "inputs": tensors})
        assert (status, found["id"], found["model_name"], found["model_version"]) == (200, "7", name, "v1")
        assert [one["name"] for one in found["outputs"]] == [one["name"] for one in metadata["outputs"]]
        for output in found["outputs"]:
            expected = [one[output["name"]] for one in live]
            flat = [value for one in expected for value in one] if output["name"] == "scores" else expected
            assert output["data"] == flat
        assert asked(port, "POST", f"/v2/models/{name}/infer", {"inputs": tensors[1:]})[0] == 400
        assert asked(port, "GET", f"/v2/models/{name}/versions/v9/ready")[0] == 404
        server.terminate()
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.communicate()


@ONE
def test_what_was_changed_scores_nothing(platform: Platform, tmp_path: Path) -> None:
    folder, rows = exported(platform, tmp_path / "v1"), tmp_path / "rows.jsonl"
    rows.write_text("")
    assert scored(folder, rows).returncode == 0
    for name, old, new, why in (
        ("manifest.json", b'"version":"v1"', b'"version":"v2"', "manifest.json isn't signed by the key"),
        ("manifest.pub", b"", b"\0", "isn't signed by the key"),
        ("model.onnx", b"driftmill", b"driftmile", "model.onnx isn't the file that was signed"),
        ("features.json", b'"layouts"', b'"l"', "tells no layouts"),
    ):
        spoiled = shutil.copytree(folder, tmp_path / f"spoiled-{name}")
        content = (spoiled / name).read_bytes()
        assert old in content
        (spoiled / name).write_bytes(content.replace(old, new, 1))
        done = scored(spoiled, rows)
        assert (done.returncode, why in done.stderr) == (2, True), done
    other = tmp_path / "other.pub"
    other.write_bytes(os.urandom(32))
    assert scored(folder, rows, "--key", str(other)).returncode == 2
    assert scored(folder, rows, "--key", str(platform.settings.home / "keys" / "signing.pub")).returncode == 0


@ONE
def test_only_what_may_be_used_is_exported_and_nothing_is_overwritten(platform: Platform, tmp_path: Path) -> None:
    store, keys = Store(platform.settings.store_url), platform.settings.home / "keys"
    offer(platform, published(platform.pipeline, store, keys, "v2", 2, seed=1), "rejected", "no better")
    for version, why in (
        ("v2", "v2 was rejected: no better. Those that can be exported: v1 (champion)"),
        ("v9", "There is no version v9 that was judged. Those that can be exported: v1 (champion)"),
        ("baseline", "The baseline has no file"),
    ):
        done = platform.driftmill("export", version, "--to", str(tmp_path / "new"))
        assert done.returncode != 0
        assert why in done.stderr
    assert not (tmp_path / "new").exists()
    folder = exported(platform, tmp_path / "v1")
    done = platform.driftmill("export", "v1", "--to", str(folder))
    assert (done.returncode, "is there already" in done.stderr) == (2, True)


@ONE
def test_another_policy_decides_in_the_bundle_too(platform: Platform, tmp_path: Path) -> None:
    store, keys = Store(platform.settings.store_url), platform.settings.home / "keys"
    model = published(platform.pipeline, store, keys, "v1", 1)
    offer(platform, decided_otherwise(model, keys, 2, 0.9), "accepted")
    folder, rows = exported(platform, tmp_path / "v1.p2", version="v1.p2"), tmp_path / "rows.jsonl"
    live = [one for one in predictions(platform) if one["status"] == "ok"]
    rows.write_bytes(b"\n".join(orjson.dumps(as_of_lake(one)) for one in live))
    assert scored(folder, rows).returncode == 0
    found = read(tmp_path / "answers.csv")
    assert [one["score"] for one in found] == [one["score"] for one in live]
    assert [one["label"] for one in found] == [one["score"] >= 0.9 for one in live]
    assert {(one["model"], one["policy"]) for one in found} == {("v1", "p2")}
    policy = folder / "policy.json"
    policy.write_bytes(policy.read_bytes().replace(b"0.9", b"0.1"))
    assert "policy.json isn't signed" in scored(folder, rows).stderr


@ONE
def test_the_digest_of_an_image_is_told_and_is_the_same_fact_again(platform: Platform, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    digest = f"sha256:{'ab' * 32}"
    for name in ("one", "two"):
        exported(platform, tmp_path / name, "--image", PATH=str(tmp_path))
    (shown, *_) = orjson.loads(platform.driftmill("models", "--json").stdout)
    assert (shown["version"], shown["images"]) == ("v1", [digest])
    assert digest in platform.driftmill("models").stdout
    found = [one.value for one in platform.read("requests", "driftmill.ImageBuilt")]
    assert [(one["version"], one["image"]) for one in found] == [("v1", f"{platform.pipeline.name}:v1")] * 2
    assert len({one["request_id"] for one in found}) == 1
