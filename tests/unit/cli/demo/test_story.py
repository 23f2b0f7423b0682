"""The story tells each thing once, with its numbers."""

from typing import Any

from services.cli.demo.story import Story
from services.contracts.record import Record


def _tell(story: Story, name: str, /, **value: Any) -> list[str]:
    return [beat.text for beat in story.tell(Record("topic", 0, 0, 0, "", f"driftmill.{name}", value))]


def test_the_first_answer_is_told_once() -> None:
    story = Story("the rule amount > 220")
    assert "the rule amount > 220" in _tell(story, "Prediction", event_time=1)[0]
    assert _tell(story, "Prediction", event_time=2) == []


def test_a_waiting_run_is_told_once_and_then_shown_as_it_grows() -> None:
    story = Story("")
    waiting = {"run_id": "r1", "clock": 1, "change_point": 0, "need": 100, "reason": "labels after the change"}
    assert "10 of 100" in _tell(story, "RunWaiting", have=10, **waiting)[0]
    assert _tell(story, "RunWaiting", have=20, **waiting) == []
    assert "20 of 100" in story.waiting


def _criterion(passed: bool) -> dict[str, Any]:
    numbers = {"value": 0.2, "bound": 0.0, "low": -0.1, "high": 0.3, "rows": 900, "detail": ""}
    return {"name": "average_precision above champion", "passed": passed} | numbers


def test_verdicts_come_with_their_numbers() -> None:
    story = Story("")
    move = {"version": "v2", "from_state": "candidate", "clock": 1, "reason": "…", "run_id": "r"}
    _tell(story, "ModelMoved", to_state="rejected", criteria=[_criterion(False)], **move)
    assert story.refused == ["v2"]
    (beat,) = story.tell(
        Record(
            "t", 0, 0, 0, "", "driftmill.ModelMoved", move | {"to_state": "champion", "criteria": [_criterion(True)]}
        )
    )
    assert beat.details == ("✓ average_precision above champion 0.2 [-0.1, 0.3] bound 0 900 rows",)
    assert story.released == ["v2"]
    assert story.champion == "v2"


def test_a_repeated_alert_is_one_alert() -> None:
    story = Story("")
    alert = {"alert_id": "a", "kind": "scores", "name": "score", "clock": 1, "value": 0.4, "threshold": 0.2}
    assert "0.4 against 0.2" in _tell(story, "AlertRaised", message="scores have moved", **alert)[0]
    assert _tell(story, "AlertRaised", message="scores have moved", **alert) == []
    assert "superseded" in _tell(story, "AlertCleared", alert_id="a", clock=2, reason="superseded")[0]


def test_runs_that_find_too_little_are_told_once_until_one_comes_to_something() -> None:
    story = Story("")
    started = {"version": "v1", "trigger": "labels", "clock": 1, "reason": "labels have come"}
    short = {"outcome": "not_enough", "version": None, "clock": 1, "reason": "10 of 100 positives"}
    assert len(_tell(story, "RunStarted", run_id="r1", **started)) == 1
    assert len(_tell(story, "RunFinished", run_id="r1", **short)) == 1
    assert _tell(story, "RunStarted", run_id="r2", **started) == []
    assert _tell(story, "RunFinished", run_id="r2", **short) == []
    assert story.waiting == "10 of 100 positives"
    assert _tell(story, "RunStarted", run_id="r3", **started) == []
    told = _tell(story, "RunFinished", run_id="r3", **(short | {"outcome": "candidate", "version": "v1"}))
    assert [text.split(":")[0] for text in told] == ["Training of v1 begins", "v1 is trained"]
    assert story.waiting == ""
