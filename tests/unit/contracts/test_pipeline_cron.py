"""Lines of cron, and the times that they stand for."""

from datetime import UTC, datetime

import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.cron import Cron
from tests.unit.contracts.cards import assert_only, changed


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("line", "time", "following"),
    [
        ("0 3 * * 1", "2026-01-01 00:00", "2026-01-05 03:00"),
        ("0 3 * * 1", "2026-01-05 02:59:59", "2026-01-05 03:00"),
        ("0 3 * * 1", "2026-01-05 03:00", "2026-01-12 03:00"),
        ("*/15 * * * *", "2026-03-29 00:50", "2026-03-29 01:00"),
        ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
    ],
)
def test_the_next_time_is_a_later_one_in_utc(line: str, time: str, following: str) -> None:
    assert Cron.read(line).after(at(time)) == at(following)


def test_fractions_of_a_second_do_not_matter() -> None:
    assert Cron.read("0 3 * * 1").after(at("2026-01-05 02:59:59") + 999_999) == at("2026-01-05 03:00")


def test_it_stays_as_it_was_written() -> None:
    pipeline = Pipeline.from_texts(changed("{labels: {rows: 100}}", '{cron: "0 3 * * MON"}'))
    assert pipeline.settled()["retrain"]["when"] == [{"cron": "0 3 * * MON"}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("'0 25 * * *'", "can't be read: bad hour"),
        ("'* * * * * *'", "five fields"),
        ("daily", "five fields"),
        ("5", "five fields"),
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str, message: str) -> None:
    assert_only(changed("{labels: {rows: 100}}", f"{{cron: {line}}}"), 35, line, "retrain.when[0].cron", message)
