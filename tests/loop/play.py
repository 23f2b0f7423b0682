"""Plays the story of the turned parts through all services, with a bad model and a liar planted near its end."""

import subprocess
import sys
from pathlib import Path

from services.broker.environment import child_environment
from services.chassis.configs import apply_pipeline
from services.cli.supervisor import SERVICES
from services.contracts.pipeline import Pipeline
from tests.loop.planted import LEARNERS, liar
from tests.loop.turning import A_DAY, END, OFFERED, WORSENED, story
from tests.platform import ROOT, Platform

TOPICS = ("alerts", "runs", "models.history", "audit", "outcomes")
"""What tells how it went."""
DIRECTORY = ROOT / "tests" / "pipelines" / "turning"


def play(platform: Platform, seed: int) -> None:
    """The whole story, to its end."""
    services = {name: platform.start(name) for name in SERVICES if name != "ingestion"}
    replay(platform, seed, 0, WORSENED)
    platform.pipeline = worse(platform.pipeline)
    platform.kill(services["training"])
    apply_pipeline(platform.settings, platform.pipeline, "ann")
    platform.start("training")
    replay(platform, seed, WORSENED, OFFERED)
    platform.publish(
        "candidates",
        "driftmill.CandidateProposed",
        [liar(platform, story(seed)[A_DAY * (OFFERED - 20) : A_DAY * OFFERED])],
    )
    replay(platform, seed, OFFERED, END, "--final")


def replay(platform: Platform, seed: int, first: int, last: int, *more: str) -> None:
    """Days of the story, each when what follows from the ones before has been done."""
    options = ("--option", f"from={first}", "--option", f"to={last}", "--seed", str(seed), "--step", "1d", *more)
    source = str(Path(__file__).with_name("turning.py"))
    subprocess.run(
        [sys.executable, "-m", "services.ingestion", "replay", "--source", source, *options],
        cwd=ROOT,
        env=child_environment(platform.environment()),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def worse(pipeline: Pipeline) -> Pipeline:
    """Of the same pipeline, with an estimator that looks at half of what tells."""
    texts, was = dict(pipeline.texts), "learners: [logistic, hist_boosting]"
    assert was in texts["pipeline.yaml"]
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(was, "learners: [{estimator: half_blind}]")
    return Pipeline.from_texts(texts | {"learners.py": LEARNERS})
