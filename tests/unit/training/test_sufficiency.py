"""Whether there is enough to learn from: of a clean time not before it is over, and of it alone."""

from services.contracts.pipeline import Pipeline
from services.training.domain.history import History
from services.training.domain.next_run import Start
from services.training.domain.sufficiency import learnable, promises
from services.training.domain.trigger import decide, started_value
from tests.laws.pumps import pumps
from tests.unit.training.story import DAY, dataset, finished, pipeline, told


def clean(new: str) -> Pipeline:
    """Pumps with another clean time."""
    texts = dict(pumps().texts)
    old = "clean: {from: 2022-01-08, to: 2022-01-13}"
    assert old in texts["pipeline.yaml"]
    return Pipeline.from_texts(texts | {"pipeline.yaml": texts["pipeline.yaml"].replace(old, new)})


def test_with_labels_all_rows_count() -> None:
    history = told(dataset(0.1, 40, 12), dataset(5, 2_000, 600))
    assert learnable(pipeline(), history)[:2] == (2_000, 600)
    assert promises(pipeline(), *learnable(pipeline(), history))
    assert not promises(pipeline(), 2_000, 3, 5 * DAY)


CLEAN = clean("clean: {from: 2023-11-15, to: 2023-11-20}")
"""The story begins on the 14th, at a quarter past ten in the evening."""


def grown(day: float) -> History:
    """A hundred rows each tenth of a day."""
    return told(*(dataset(tenth / 10, 100 * tenth, 0) for tenth in range(1, round(10 * day) + 1)))


def test_nothing_is_promised_before_the_clean_time_is_over_and_then_its_rows_alone() -> None:
    assert learnable(CLEAN, grown(5)) == (0, 0, 0)
    assert decide(CLEAN, grown(5), champion=None) is None
    rows, positives, span = learnable(CLEAN, grown(8))
    assert (positives, span) == (0, 5 * DAY)
    assert abs(rows - 5_000) <= 100
    begun = decide(CLEAN, grown(8), champion=None)
    assert isinstance(begun, Start)
    assert begun.reason == f"{rows:,} clean rows, and no model yet"


def test_without_an_end_all_that_come_are_clean() -> None:
    endless = clean("clean: {from: 2023-11-15}")
    assert learnable(endless, grown(4))[0] < learnable(endless, grown(6))[0]
    assert isinstance(decide(endless, grown(4), champion=None), Start)


def test_another_clean_time_starts_a_run_once_it_is_over() -> None:
    history = grown(8)
    first = decide(CLEAN, history, champion=None)
    assert isinstance(first, Start)
    begun = ("driftmill.RunStarted", started_value(CLEAN, first, history, None) | {"dataset": b""})
    history = history.after([begun, finished(first.run_id, 8)])
    assert decide(CLEAN, history.after([dataset(10, 10_000, 0)]), champion="v1") is None
    later = clean("clean: {from: 2023-11-20, to: 2023-11-26}")
    assert decide(later, history.after([dataset(10, 10_000, 0)]), champion="v1") is None
    over = decide(later, history.after([dataset(10, 10_000, 0), dataset(12, 12_000, 0)]), champion="v1")
    assert isinstance(over, Start)
    assert (over.trigger, over.reason) == ("changed", "changed since the last run: model")
