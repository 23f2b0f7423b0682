from services.monitoring.domain.reference import KEPT, VERSIONS, History, Model, inputs_reference
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, model, policy


def window(day: int, stream: str = "inputs", version: str = "", rows: int = 10) -> Window:
    return Window(stream, version, at(day), at(day + 1), at(day + 1), rows, {}, [])


def starts(windows: list[Window]) -> list[int]:
    return [(held.start - at(0)) // (at(1) - at(0)) for held in windows]


def test_without_windows_there_is_no_reference() -> None:
    assert inputs_reference(policy(), Model(), []) == []
    assert inputs_reference(policy(), model(), []) == []


def test_the_baseline_is_compared_with_the_first_windows_there_are() -> None:
    found = inputs_reference(policy(), Model(), [window(day) for day in range(40)])
    assert starts(found) == list(range(14))


def test_a_model_is_compared_with_the_newest_windows_of_its_training() -> None:
    trained = model(day=35, trained=(3, 30))
    found = inputs_reference(policy(), trained, [window(day) for day in range(40)])
    assert starts(found) == list(range(16, 30))


def test_windows_that_stand_only_partly_in_the_training_stay_out() -> None:
    partly = Model("m1", 1, at(20), at(0) + 1, at(9) - 1)
    found = inputs_reference(policy(), partly, [window(day) for day in range(15)])
    assert starts(found) == list(range(1, 8))


def test_a_model_whose_training_was_hardly_seen_is_compared_with_what_there_is() -> None:
    seen = [window(day) for day in range(10, 30)]
    assert starts(inputs_reference(policy(), model(trained=(0, 16)), seen)) == list(range(10, 24))
    assert starts(inputs_reference(policy(), model(trained=(0, 17)), seen)) == list(range(10, 17))


def test_windows_without_rows_are_no_reference() -> None:
    seen = [window(day, rows=day % 2) for day in range(8)]
    assert starts(inputs_reference(policy(), Model(), seen)) == [1, 3, 5, 7]


def test_the_history_tells_streams_and_versions_apart() -> None:
    history = History(policy())
    for held in (window(0, "scores", "m1"), window(0, "scores", "m2"), window(1, "scores", "m1"), window(0)):
        history.update(held)
    assert starts(history.of("scores", "m1")) == [0, 1]
    assert starts(history.of("scores", "m1", after=at(1))) == [1]
    assert history.of("quality", "m1") == []


def test_the_history_forgets_the_oldest_windows() -> None:
    history, most = History(policy()), KEPT * policy().reference
    for day in range(most + 3):
        history.update(window(day))
    assert starts(history.of("inputs", "")) == list(range(3, most + 3))


def test_the_history_forgets_the_version_that_has_been_silent_longest() -> None:
    history = History(policy())
    for number in range(VERSIONS):
        history.update(window(number, "scores", f"m{number}"))
    history.update(window(VERSIONS, "scores", "m0"))
    history.update(window(VERSIONS, "scores", "new"))
    assert history.of("scores", "m1") == []
    assert len(history.of("scores", "m0")) == 2
    assert len(history.of("scores", "new")) == 1
