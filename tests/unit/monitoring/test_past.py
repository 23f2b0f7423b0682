from collections.abc import Sequence

from services.monitoring.domain.alert import Cleared, Raised
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.past import Judge, Lengths, Pasts
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at
from tests.unit.monitoring.whole import window


class Rows:
    """Judges the rows of windows by their mean."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.cusum = Cusum(sum(held.rows for held in windows) / len(windows), 10.0, 10.0)

    @property
    def cusums(self) -> tuple[Cusum, ...]:
        return (self.cusum,)

    def update(self, held: Window) -> None:
        self.cusum.update(float(held.rows), held.start)

    def words(self, cusum: Cusum) -> str:
        return f"Rows rose from {cusum.level:.0f} to {cusum.value:.0f}"


def day(number: int, rows: int) -> Window:
    return window(number, rows, {}, {})


class Taught:
    """What was learnt from, as it was."""

    def __init__(self) -> None:
        self.lessons: list[tuple[str, int, int]] = []

    def __call__(self, past: str, windows: Sequence[Window]) -> Judge:
        self.lessons.append(
            (past, windows[0].start // at(1) and round((windows[0].start - at(0)) / (at(1) - at(0))), len(windows))
        )
        return Rows(windows)


def pasts(taught: Taught, reference: int = 8) -> Pasts:
    learnt = [day(number, 100) for number in range(reference)]
    return Pasts("p", "m1", "rows", "the reference", Lengths(4, 8), taught, learnt)


def fed(watch: Pasts, first: int, rows: Sequence[int]) -> list[tuple[int, str]]:
    told = []
    for number, count in enumerate(rows, first):
        told += [(number, fact.kind_name.removeprefix("driftmill.Alert")) for fact in watch.update(day(number, count))]
    return told


def test_the_recent_past_is_learnt_every_few_windows_from_the_newest() -> None:
    taught = Taught()
    fed(pasts(taught), 8, [100] * 13)
    assert taught.lessons == [("reference", 0, 8), ("recent", 4, 8), ("recent", 8, 8), ("recent", 12, 8)]


def test_a_short_reference_grows_while_nothing_rises() -> None:
    taught = Taught()
    fed(pasts(taught, reference=5), 5, [100] * 4)
    assert taught.lessons == [("reference", 0, 5), ("reference", 0, 8), ("recent", 1, 8)]


def test_one_alert_is_raised_against_whichever_past_and_ends_when_it_is_over() -> None:
    watch = pasts(Taught())
    assert fed(watch, 8, [100] * 8 + [130] * 3 + [100] * 3) == [(17, "Raised"), (21, "Cleared")]
    assert watch.standing is None


def test_what_the_reference_knows_is_found_by_the_recent_past_if_it_comes_back() -> None:
    watch = pasts(Taught())
    facts = [fact for number in range(8, 26) for fact in watch.update(day(number, 100 if number >= 24 else 60))]
    (alert,) = facts
    assert isinstance(alert, Raised)
    assert alert.message == "Rows rose from 60 to 100, against the recent past."


def test_what_has_stood_for_long_is_usual_unless_the_reference_says_otherwise() -> None:
    back, new = pasts(Taught()), pasts(Taught())
    assert fed(back, 8, [60] * 16 + [100] * 12) == [(25, "Raised"), (33, "Cleared")]
    assert fed(new, 8, [100] * 8 + [200] * 20) == [(17, "Raised")]


def test_it_is_cleared_with_what_was_seen_since() -> None:
    watch = pasts(Taught())
    facts = [fact for number in range(8, 14) for fact in watch.update(day(number, 130 if number < 10 else 100))]
    raised, cleared = facts
    assert isinstance(raised, Raised)
    assert isinstance(cleared, Cleared)
    assert [point.end for point in (*raised.points, *cleared.points)] == [at(number) for number in range(9, 14)]
