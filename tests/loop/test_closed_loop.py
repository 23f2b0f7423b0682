"""The loop closes by itself, and only where something has changed: from drift to champion, through all services."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from services.broker.local import Endpoints
from services.contracts.record import Record
from tests.loop.account import Happening, happenings, quiet, stretch
from tests.loop.planted import LIAR
from tests.loop.play import DIRECTORY, TOPICS, play
from tests.loop.turning import END, OFFERED, SLOW, SUDDEN, WORSENED, story
from tests.platform import Platform, pipeline_named

SEED = 7
WAY = ["shadow", "canary 25%", "canary 100%", "champion"]


@pytest.fixture
def platform(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix, DIRECTORY), tmp_path)
    yield made
    made.close()


def between(told: Sequence[Happening], first: float, last: float, what: str) -> list[Happening]:
    return [one for one in told if first <= one.day < last and one.what == what]


def way_of(told: Sequence[Happening], version: str) -> list[str]:
    return [one.what for one in told if one.version == version and one.what not in ("run", "alert", "retired")]


@pytest.mark.timeout(900)
def test_each_drift_is_answered_once_and_nothing_else_is(platform: Platform) -> None:
    play(platform, SEED)
    topics: Mapping[str, Sequence[Record]] = {topic: platform.read(topic) for topic in TOPICS}
    told, parts = happenings(topics), story(SEED)
    champions = [one for one in told if one.what == "champion"]
    assert [way_of(told, one.version) for one in champions] == [WAY] * 3

    # a first model, one for each drift, and the changed file's
    ends = [one.value for one in topics["runs"] if one.kind == "driftmill.RunFinished"]
    assert [one["outcome"] for one in ends] == ["candidate"] * 4, [one["reason"] for one in ends]
    runs = [one for one in told if one.what == "run"]
    assert [one.detail for one in runs] == ["labels", "alert", "alert", "changed"]
    first, sudden, slow = champions
    assert first.day < SUDDEN < runs[1].day < sudden.day < SLOW < runs[2].day < slow.day < WORSENED
    alerts = [one.day for one in told if one.what == "alert"]
    assert all(SUDDEN < day < sudden.day or SLOW < day < slow.day for day in alerts)

    # worse by file: refused; a liar: on its way until labels speak
    bad = runs[3].version
    assert way_of(told, bad) == ["rejected"]
    assert way_of(told, LIAR) == ["shadow", "canary 25%", "canary 100%", "rejected"]
    (back,) = between(told, OFFERED, END, "rejected")
    assert "it is worse" in back.detail

    for begin, end in quiet(told):
        assert stretch(topics["outcomes"], parts, begin, end).ratio < 1.1

    subjects = {one.value["subject"] for one in topics["audit"]}
    assert {one.version for one in champions} | {bad, LIAR} <= subjects
    assert len(topics["audit"]) == len({one.value["audit_id"] for one in topics["audit"]})
