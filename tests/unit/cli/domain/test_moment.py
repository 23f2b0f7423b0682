import pytest

from services.cli.domain.moment import moment


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (None, None),
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000_250_000, "2023-11-14T22:13:20.250000Z"),
        (10**18, "1000000000000000000 µs"),
    ],
)
def test_a_time_is_told_whatever_it_is(time: int | None, told: str | None) -> None:
    assert moment(time) == told
