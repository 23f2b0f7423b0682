"""What one model, or two, say of a batch."""

from typing import Any

import numpy as np

from services.inference.domain.said import Pair, Said, Told
from tests.unit.inference.test_step import Amounts

OLD, NEW = Amounts("v1"), Amounts("v2", "d2", threshold=0.25)
NO = np.nan


def rows(told: Told) -> list[dict[str, Any]]:
    return [one | told.alike for one in told.own]


def pair(champion: list[float], challenger: list[float], arms: list[bool] | None = None, old: Amounts = OLD) -> Pair:
    new = Said(NEW, np.array(challenger), "challenger")
    return Pair(Said(old, np.array(champion)), new, None if arms is None else np.array(arms))


def test_one_model_alone() -> None:
    said = Said(OLD, np.array([0.5, NO]))
    assert said.answered.tolist() == [True, False]
    alike: dict[str, Any] = {
        "model": "v1",
        "policy": "p1",
        "arm": "champion",
        "low": None,
        "high": None,
        "decided_class": None,
        "scores": [],
        "beside": None,
    }
    answers: list[dict[str, Any]] = [
        {"status": "ok", "score": 0.5, "label": True},
        {"status": "failed", "score": None, "label": None},
    ]
    assert rows(said.answers()) == [one | alike for one in answers]
    assert said.speaker(1) is OLD


def test_a_challenger_without_a_share_speaks_beside() -> None:
    found = pair([0.75, NO, 0.125], [0.375, 0.25, NO])
    assert [(one["model"], one["score"], one["beside"]) for one in rows(found.answers())] == [
        ("v1", 0.75, "v2"),
        ("v1", None, "v2"),
        ("v1", 0.125, "v2"),
    ]
    assert [(one["model"], one["arm"], one["score"], one["label"]) for one in rows(found.others())] == [
        ("v2", "challenger", 0.375, True),
        ("v2", "challenger", 0.25, True),
        ("v2", "challenger", None, None),
    ]
    assert found.answered.tolist() == [True, False, True]


def test_in_its_arm_it_answers_where_it_can_and_else_the_champion_goes_on() -> None:
    found = pair([0.75, 0.5, NO, 0.5], [0.25, NO, 0.375, 0.125], [True, True, True, False])
    assert [(one["model"], one["arm"], one["score"], one["beside"]) for one in rows(found.answers())] == [
        ("v2", "challenger", 0.25, "v1"),
        ("v1", "champion", 0.5, "v2"),
        ("v2", "challenger", 0.375, "v1"),
        ("v1", "champion", 0.5, "v2"),
    ]
    assert [(one["model"], one["arm"], one["score"]) for one in rows(found.others())] == [
        ("v1", "champion", 0.75),
        ("v2", "challenger", None),
        ("v1", "champion", None),
        ("v2", "challenger", 0.125),
    ]
    assert [found.speaker(row) for row in range(4)] == [NEW, OLD, NEW, OLD]


def test_each_answer_names_the_policy_of_its_model() -> None:
    found = pair([0.75, 0.5], [0.25, 0.375], [True, False], Amounts("v1", policy="p2"))
    assert [(one["model"], one["policy"]) for one in rows(found.answers())] == [("v2", "p1"), ("v1", "p2")]
    assert [(one["model"], one["policy"]) for one in rows(found.others())] == [("v1", "p2"), ("v2", "p1")]


def test_what_neither_answers_has_no_pair() -> None:
    found = pair([NO, 0.5], [NO, 0.5], [True, False])
    assert found.there.tolist() == [False, True]
    assert [one["beside"] for one in rows(found.answers())] == [None, "v2"]
    assert rows(found.answers())[0]["status"] == "failed"


def test_each_answer_has_its_own_interval() -> None:
    wide = Amounts("v1", threshold=None, half_width=2.0)
    found = pair([10.0, 20.0], [11.0, 21.0], [True, False], wide)
    assert [(one["low"], one["high"]) for one in rows(found.answers())] == [(None, None), (18.0, 22.0)]
    assert [(one["low"], one["high"]) for one in rows(found.others())] == [(8.0, 12.0), (None, None)]
