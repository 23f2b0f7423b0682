from services.monitoring.domain.trail import KEPT, Point, Trail, recorded


def test_news_is_told_once_and_a_beginning_tells_all() -> None:
    trail = Trail()
    trail.update(1, 0.5)
    trail.update(2, 0.6)
    assert trail.whole() == (Point(1, 0.5), Point(2, 0.6))
    assert trail.news() == ()
    trail.update(3, 0.7)
    assert trail.news() == (Point(3, 0.7),)
    assert len(trail.whole()) == 3


def test_the_newest_are_kept() -> None:
    trail = Trail()
    for end in range(KEPT + 5):
        trail.update(end, 0.0)
    assert [point.end for point in trail.whole()] == [*range(5, KEPT + 5)]


def test_before_the_first_window_there_is_nothing() -> None:
    assert Trail().news() == ()
    assert recorded([Point(1, 0.5)]) == [{"window_end": 1, "value": 0.5}]
