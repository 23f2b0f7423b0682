"""Durations, rates and drawn shares read as people write them."""

import copy
import pickle

import pytest

from services.contracts.pipeline import Duration, Rate
from services.contracts.pipeline.units import OneIn, Percent

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("30s", 30_000_000), ("10m", 600_000_000), ("24h", DAY), ("7d", 7 * DAY), ("4w", 28 * DAY), ("5us", 5), ("0s", 0)],
)
def test_a_duration_is_microseconds_and_keeps_its_text(text: str, microseconds: int) -> None:
    duration = Duration(text)
    assert duration == microseconds
    assert str(duration) == f"{duration}" == text


@pytest.mark.parametrize("text", ["", "7", "d", "1.5d", "-1d", "7 d", "7days", "1d12h", "٣d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is a whole number and a unit"):
        Duration(text)


@pytest.mark.parametrize(("microseconds", "text"), [(2 * DAY, "2d"), (DAY // 2, "12h"), (1, "1us"), (0, "0d")])
def test_a_duration_of_microseconds_takes_the_greatest_unit(microseconds: int, text: str) -> None:
    assert str(Duration.of(microseconds)) == text


def test_a_duration_survives_copies() -> None:
    duration = Duration("24h")
    for copied in (copy.deepcopy(duration), pickle.loads(pickle.dumps(duration))):
        assert (copied, copied.text) == (duration, "24h")


@pytest.mark.parametrize(
    ("text", "count", "per"), [("1/week", 1.0, 7 * DAY), ("200/day", 200.0, DAY), ("0.5/12h", 0.5, DAY // 2)]
)
def test_a_rate_is_a_count_in_a_period(text: str, count: float, per: int) -> None:
    rate = Rate.read(text)
    assert (rate.count, rate.per, str(rate)) == (count, per, text)


@pytest.mark.parametrize("value", ["week", "1/fortnight", "1/", "x/day", 3, "1/0d"])
def test_what_is_no_rate_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.read(value)


@pytest.mark.parametrize(("text", "share"), [("1%", 0.01), ("0.5%", 0.005), ("100%", 1.0)])
def test_a_percent_is_a_share_and_keeps_its_text(text: str, share: float) -> None:
    percent = Percent.read(text)
    assert (percent.share, str(percent)) == (share, text)
    assert Percent.read(percent) is percent


@pytest.mark.parametrize("value", ["", "1", "%", "-1%", "0%", "100.5%", "1 %", "1.%", 0.01, 1, True])
def test_what_is_no_percent_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="a share is a number above 0"):
        Percent.read(value)


@pytest.mark.parametrize(("text", "one_in"), [("1%", 100), ("10%", 10), ("2.5%", 40), ("50%", 2), ("0.125%", 800)])
def test_a_drawn_share_is_one_in_so_many_and_keeps_its_text(text: str, one_in: int) -> None:
    share = OneIn.read(text)
    for copied in (share, copy.deepcopy(share), pickle.loads(pickle.dumps(share))):
        assert (copied, str(copied)) == (one_in, text)


@pytest.mark.parametrize("value", ["", "1", "3%", "0%", "100%", "75%", "0.0001%", "-1%", "1 %", 0.01, 1])
def test_what_is_no_drawn_share_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="a percentage that is one in a whole number"):
        OneIn.read(value)
