import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.fields import ENOUGH, Fields
from services.monitoring.domain.policy import DAY
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, numbers, policy, words


def window(day: int, mean: float = 0.0, rows: int = ENOUGH) -> Window:
    values = np.random.default_rng(day).normal(mean, 1.0, rows)
    fields = {
        "moving": Histogram.from_record(numbers("moving", values)),
        "still": Histogram.from_record(numbers("still", np.full(rows, 2.0))),
    }
    return Window("inputs", "", at(day), at(day + 1), at(day + 1) + 5, rows, fields, [])


def watching(kind: str = "inputs", note: str = "", rows: int = ENOUGH, windows: int = 14) -> Fields:
    return Fields(policy(), kind, "m1", [window(day, rows=rows) for day in range(windows)], note)


def told(fields: Fields, windows: list[Window]) -> list[Fact]:
    return [fact for held in windows for fact in fields.update(held)]


def test_only_the_field_that_moved_is_told_with_the_time_around_its_change() -> None:
    fields = watching()
    (alert,) = told(fields, [window(day, 3.0 if day >= 16 else 0.0) for day in range(14, 18)])
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name, alert.version, alert.clock) == ("inputs", "moving", "m1", at(18) + 5)
    assert alert.change is not None
    assert (alert.change.low, alert.change.point, alert.change.high) == (at(16) - DAY, at(16), at(16) + DAY)
    assert alert.value >= alert.threshold
    assert fields.open == {"moving": alert}


def test_an_alert_is_cleared_when_its_field_is_back() -> None:
    fields = watching()
    (alert, end) = told(fields, [window(day, 3.0 if day < 17 else 0.0) for day in range(14, 24)])
    assert isinstance(alert, Raised)
    assert end == Cleared(alert.alert_id, at(20) + 5, "recovered")
    assert fields.open == {}


def test_the_message_says_what_moved_and_what_is_to_be_known_of_the_reference() -> None:
    moved = [window(day, 3.0) for day in (14, 15)]
    (inputs,) = told(watching(note=" (provisional reference)"), moved)
    (scores,) = told(watching("scores"), moved)
    assert isinstance(inputs, Raised)
    assert isinstance(scores, Raised)
    assert inputs.message.startswith("The distribution of moving moved")
    assert inputs.message.endswith(" (provisional reference).")
    assert scores.message.startswith("The distribution of scores moved")
    assert inputs.alert_id != scores.alert_id


def test_without_two_windows_of_reference_nothing_is_judged() -> None:
    moved = [window(day, 3.0) for day in range(14, 24)]
    assert told(watching(windows=0), moved) == []
    assert told(watching(windows=1), moved) == []
    assert told(watching(rows=ENOUGH // 2, windows=3), moved) == []


def test_small_windows_wait_for_each_other() -> None:
    fields = watching(rows=ENOUGH // 2)
    halves = [window(day, 3.0, ENOUGH // 2) for day in range(14, 18)]
    assert told(fields, halves[:3]) == []
    (alert,) = told(fields, halves[3:])
    assert isinstance(alert, Raised)
    assert alert.change is not None
    assert alert.change.high - alert.change.point == 2 * DAY


def test_a_field_the_reference_never_had_and_one_that_is_gone_are_passed_over() -> None:
    odd = Window("inputs", "", at(14), at(15), at(15), ENOUGH, {"new": window(14).fields["still"]}, [])
    assert told(watching(), [odd] * 5) == []


def test_classes_that_are_decided_otherwise_are_told_though_their_probabilities_stay() -> None:
    def decided(day: int, shares: tuple[float, float, float]) -> Window:
        rng = np.random.default_rng(day)
        names = rng.choice(["cod", "eel", "ray"], ENOUGH, p=shares).tolist()
        fields = {
            "score": Histogram.from_record(numbers("score", rng.beta(8, 2, ENOUGH))),
            "decided_class": Histogram.from_record(words("decided_class", names)),
        }
        return Window("scores", "m1", at(day), at(day + 1), at(day + 1), ENOUGH, fields, [])

    usual, other = (0.6, 0.3, 0.1), (0.2, 0.3, 0.5)
    fields = Fields(policy(), "scores", "m1", [decided(day, usual) for day in range(14)], "")
    assert told(fields, [decided(day, usual) for day in range(14, 20)]) == []
    (alert,) = told(fields, [decided(day, other) for day in range(20, 24)])
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name) == ("scores", "decided_class")
