"""Periods as people write them."""

import pytest

from services.cli.domain.period import Period
from tests.unit.cli.domain.recorded import record

DAY = 86_400_000_000


def test_days_are_whole_and_the_last_is_in_it() -> None:
    assert Period.of("1970-01-02", "1970-01-03") == Period(DAY, 3 * DAY)
    assert Period.of("1970-01-02", "1970-01-02") == Period(DAY, 2 * DAY)


def test_times_are_exact_and_utc_unless_they_say_otherwise() -> None:
    found = Period.of("1970-01-02T01:00+01:00", "1970-01-03T00:00:00.000001Z")
    assert found == Period(DAY, 2 * DAY + 1)
    assert Period.of("1970-01-02T00:00", None) == Period(DAY, None)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("soon", None, "soon is no date and no time"),
        (None, "2026-02-30", "2026-02-30 is no date"),
        ("2026-02-02", "2026-02-01", "ends"),
        ("2026-02-02T00:00", "2026-02-02T00:00", "ends"),
    ],
)
def test_what_is_no_period_is_refused(first: str | None, last: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Period.of(first, last)


def test_records_lie_in_it_or_before_its_end() -> None:
    records = [record("audit", "AuditRecorded", {}, timestamp=time) for time in (1, 2, 3)]
    period = Period(2, 3)
    assert [one.timestamp for one in period.of_records(records)] == [2]
    assert [one.timestamp for one in period.by_its_end(records)] == [1, 2]
    assert Period().of_records(records) == records


def test_it_says_what_it_is_of() -> None:
    assert str(Period()) == "from the first record to the last record"
    assert str(Period.of("1970-01-02", "1970-01-02")) == "from 1970-01-02T00:00:00Z to before 1970-01-03T00:00:00Z"
