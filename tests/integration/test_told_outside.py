"""Runs come to MLflow and to a server of OpenLineage when these are there; training doesn't notice when they aren't."""

from pathlib import Path

from services.broker.local import Endpoints
from services.contracts.card import card_key
from tests.eventually import eventually
from tests.mlflow.standin import Held, standin
from tests.mlflow.story import MANIFEST, finished, offered, published, started
from tests.platform import Platform, pipeline_named
from tests.webhook import webhook


def test_runs_are_told_once_whatever_server_is_away_for_a_while(broker: Endpoints, prefix: str, tmp_path: Path) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    store = tmp_path / "store"
    files = {"models/small/abc.onnx": b"onnx", card_key("models/small/abc.onnx", "v1", MANIFEST, "md"): b"# card"}
    for name, content in files.items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(content)
    held = Held(failures=[503])
    with standin(held) as url, webhook() as lineage:
        lineage.status = 503
        try:
            lineage_url = f"http://127.0.0.1:{lineage.port}"
            child = platform.start("training", MLFLOW_TRACKING_URI=url, OPENLINEAGE_URL=lineage_url)
            eventually(lambda: '"ready"' in (tmp_path / "training-0.log").read_text(), 60)
            for kind, value in (
                ("RunStarted", started("r1", "v1")),
                ("RunFinished", finished("r1", "v1")),
                ("RunStarted", started("r2", "v2")),
                ("RunFinished", finished("r2", None)),
            ):
                platform.publish("runs", f"driftmill.{kind}", [(value["run_id"], value)])
            eventually(lambda: [run["info"]["status"] for run in held.runs] == ["FAILED"], 60)
            platform.publish("candidates", "driftmill.CandidateProposed", [("v1", offered("v1"))])
            platform.publish("models", "driftmill.ModelPublished", [("v1", published("v1"))])
            eventually(lambda: [run["info"]["status"] for run in held.runs] == ["FAILED", "FINISHED"], 60)
            eventually(lambda: lineage.asked > 0, 60)
            lineage.status = 200
            eventually(lambda: len(lineage.received) == 4, 60)
            assert child.poll() is None
        finally:
            platform.close()
    names = {name.rpartition("/")[2] for name in held.files if name.startswith("1/k1/")}
    assert names == {"report.json", "manifest.json", "model.onnx", "card.md"}
    assert held.files["1/k1/artifacts/card.md"] == b"# card"
    assert held.runs[1]["info"]["start_time"] > 1_700_000_000_000
    assert list(held.experiments) == [prefix]
    assert [one["eventType"] for one in lineage.received] == ["START", "COMPLETE", "START", "FAIL"]
    (model,) = lineage.received[1]["outputs"]
    assert (model["namespace"], model["name"]) == ("file", f"{store}/models/{prefix}")
