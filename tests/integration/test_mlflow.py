"""Runs come to MLflow when it is there, and training doesn't notice when it isn't."""

from pathlib import Path

from services.broker.local import Endpoints
from services.contracts.card import card_key
from tests.eventually import eventually
from tests.mlflow.standin import Held, standin
from tests.mlflow.story import MANIFEST, finished, published, started
from tests.platform import Platform, pipeline_named


def test_finished_runs_are_exported_once_with_their_files(broker: Endpoints, prefix: str, tmp_path: Path) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    store = tmp_path / "store"
    files = {"models/small/abc.onnx": b"onnx", card_key("models/small/abc.onnx", "v1", MANIFEST, "md"): b"# card"}
    for name, content in files.items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(content)
    held = Held(failures=[503])
    with standin(held) as url:
        try:
            child = platform.start("training", MLFLOW_TRACKING_URI=url)
            eventually(lambda: '"ready"' in (tmp_path / "training-0.log").read_text(), 60)
            for kind, value in (
                ("RunStarted", started("r1", "v1")),
                ("RunFinished", finished("r1", "v1")),
                ("RunStarted", started("r2", "v2")),
                ("RunFinished", finished("r2", None)),
            ):
                platform.publish("runs", f"driftmill.{kind}", [(value["run_id"], value)])
            eventually(lambda: [run["info"]["status"] for run in held.runs] == ["FAILED"], 60)
            platform.publish("models", "driftmill.ModelPublished", [("v1", published("v1"))])
            eventually(lambda: [run["info"]["status"] for run in held.runs] == ["FAILED", "FINISHED"], 60)
            assert child.poll() is None
        finally:
            platform.close()
    names = {name.rpartition("/")[2] for name in held.files if name.startswith("1/k1/")}
    assert names == {"report.json", "manifest.json", "model.onnx", "card.md"}
    assert held.files["1/k1/artifacts/card.md"] == b"# card"
    assert held.runs[1]["info"]["start_time"] > 1_700_000_000_000
    assert list(held.experiments) == [prefix]
