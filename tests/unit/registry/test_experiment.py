"""An A/B experiment: a canary held at a share until labels decide, looked at after every window."""

from dataclasses import replace

import numpy as np
import pytest

from services.registry.domain.flight_report import report_of, told
from services.registry.domain.plan import Confirmation, Stage
from tests.unit.registry.play import CONFIRMED, DAY, Play, asked, begun, days, labelled

WITHIN = 60
PLAN = replace(
    CONFIRMED,
    stages=(Stage("canary", 0.5, DAY, 500),),
    confirmation=Confirmation(0.05, WITHIN * DAY, False),
)


def experiment(gains: list[float]) -> tuple[Play, list[str]]:
    """Days with labels that tell so much of each, until it ends; the moves that follow."""
    play, made = begun(PLAN), list[str]()
    for day, gain in enumerate(gains):
        made += play.see(*(asked(day, partition, 0.5) for partition in (0, 1)))
        made += play.see(*(labelled(day, partition, gain, after=1) for partition in (0, 1)))
        if made:
            break
    return play, made


def test_it_is_held_at_its_share_until_labels_decide() -> None:
    play = begun(PLAN)
    assert play.viewed("challenger") == ("v2", "canary", 0.5)
    assert play.see(*days(0, 30, share=0.5)) == []
    assert play.viewed("challenger") == ("v2", "canary", 0.5)
    assert report_of(play.state, PLAN)["waits_for"] == "labels that tell whether it is better"


@pytest.mark.parametrize(
    ("gain", "moves"), [(0.2, ["v1 champion → retired", "v2 canary → champion"]), (-0.2, ["v2 canary → rejected"])]
)
def test_a_true_difference_ends_it_early(gain: float, moves: list[str]) -> None:
    play, made = experiment(np.random.default_rng(1).normal(gain, 0.1, WITHIN).tolist())
    assert made == moves
    assert play.moves()[-1]["clock"] < 40 * DAY
    assert play.viewed("challenger") is None


def test_without_a_difference_it_ends_when_the_file_says_so() -> None:
    rng = np.random.default_rng(2)
    play, made = experiment(rng.normal(0.0, 0.2, WITHIN + 5).tolist())
    assert made == ["v2 canary → rejected"]
    assert "rolled back: labels didn't tell in time that it is better" in play.moves()[-1]["reason"]
    assert play.moves()[-1]["clock"] == WITHIN * DAY


def test_equal_versions_are_told_apart_no_oftener_than_alpha_says_though_it_is_looked_at_every_day() -> None:
    """A first version may err with 0.03: of 40 that is one in the mean, and above 5 with a chance of 1 in 700."""
    rng = np.random.default_rng(3)
    ended = [experiment(rng.normal(0.0, 0.2, 40).tolist())[1] for _ in range(40)]
    assert sum(bool(made) for made in ended) <= 5


def test_its_report_tells_both_arms() -> None:
    play, _ = experiment([0.05] * 10)
    lines = told(report_of(play.state, PLAN)).splitlines()
    assert lines[0].startswith("v2 is in canary at 50%, beside v1; since")
    assert lines[1] == "10,000 events, 5,000 of them answered by it, 0 without an answer of its own."
    assert any(line.startswith("✗ loss below that of v1 by labels: isn't known yet, advantage") for line in lines)
    assert lines[-1] == "It waits for: labels that tell whether it is better."
