"""A stretch of time as SQL, asked of a table."""

from pathlib import Path

import pytest

from services.lake.adapters.selection import Selection
from services.lake.domain.span import within
from tests.unit.lake.test_selection import DAY, keep, kept


@pytest.mark.parametrize(
    ("start", "end", "ids"),
    [(None, None, "abc"), (DAY, None, "bc"), (None, DAY, "a"), (DAY, 2 * DAY, "b"), (DAY + 1, 2 * DAY + 1, "c")],
)
def test_it_begins_with_its_start_and_ends_before_its_end(
    tmp_path: Path, start: int | None, end: int | None, ids: str
) -> None:
    keep(tmp_path, "events", [kept(number, name, 5) for number, name in enumerate("abc")])
    rows = Selection(tmp_path.as_uri(), "shop").rows("events", within("kafka_time", start, end))
    assert "".join(sorted(row["event_id"] for row in rows)) == ids
