from services.monitoring.domain.cusum import CALM, Cusum


def verdicts(cusum: Cusum, values: list[float]) -> list[str | None]:
    return [cusum.update(value, number) for number, value in enumerate(values)]


def test_one_window_alone_raises_nothing_however_high() -> None:
    assert verdicts(Cusum(0.0, 0.1, 0.2), [5.0, 0.0, 0.0, 0.0]) == [None] * 4


def test_two_high_windows_raise_once_and_calm_ones_clear() -> None:
    cusum = Cusum(0.0, 0.1, 0.2)
    assert verdicts(cusum, [1.0, 1.0, 1.0, 1.0]) == [None, "raised", None, None]
    assert verdicts(cusum, [0.0] * CALM) == [None] * (CALM - 1) + ["cleared"]
    assert verdicts(cusum, [1.0, 1.0]) == [None, "raised"]


def test_a_rhythm_that_is_calm_by_night_is_one_alert() -> None:
    days = [*[1.0] * 12, *[0.0] * 12] * 5
    assert [verdict for verdict in verdicts(Cusum(0.0, 0.1, 0.2, patience=24), days) if verdict] == ["raised"]
    assert "cleared" in verdicts(Cusum(0.0, 0.1, 0.2), days)


def test_a_small_rise_that_lasts_raises_later() -> None:
    found = verdicts(Cusum(1.0, 0.2, 1.0), [1.3] * 10)
    assert found.index("raised") == 4


def test_a_rise_below_the_least_effect_never_raises() -> None:
    assert set(verdicts(Cusum(1.0, 0.2, 0.3), [1.15] * 200)) == {None}


def test_what_is_told_is_in_units_of_the_statistic() -> None:
    cusum = Cusum(0.2, 0.1, 0.3)
    verdicts(cusum, [0.1, 0.6, 0.6])
    assert cusum.started == 1
    assert cusum.value == 0.6
    assert 0.3 <= cusum.threshold <= cusum.value
