"""Tables are looked after on a schedule; rows past their time go by whole days, and that is noted before."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from services.chassis.errors import Refused
from services.chassis.settings import ChassisSettings
from services.contracts.record import Record
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.lake.adapters.removals import Removals
from services.lake.adapters.upkeep import Upkeep
from services.lake.domain.removal import Removal
from services.lake.domain.table import Table
from services.lake.programs import _refuse_begun_late
from tests.platform import pipeline_named

DAY = 86_400_000_000
SCHEMA = {"fields": [{"name": "x", "type": "long"}]}
EVENTS, TICKS = Table("events", "events", "driftmill.X"), Table("ticks", "events", "driftmill.Tick", False)


class Kept:
    """A lake of two tables with a record a day; partition 0 has the even days."""

    def __init__(self, folder: Path, days: int = 6, every: float = 3600.0, keep: int | None = 2 * DAY) -> None:
        self.folder, self.store = folder / "lake" / "small", folder.as_uri()
        self.tables = {table: self._table(table, days) for table in (EVENTS, TICKS)}
        self.removals = Removals(self.store, "small")
        self.told: list[tuple[str, Mapping[int, int], int]] = []
        self.upkeep = Upkeep(self.tables, self.removals, every, 1, keep, self._expired)

    def _table(self, table: Table, days: int) -> AppendOnlyTable:
        made = AppendOnlyTable(table_uri(self.store, "small", table.name), table.name, "c/t", RecordColumns(SCHEMA), 0)
        for day in range(days):
            for offset in (2 * day, 2 * day + 1):
                record = Record("events", day % 2, offset, day * DAY + offset, "k", table.kind, {"x": day})
                made.append([record], {day % 2: offset + 1})
        return made

    def _expired(self, table: Table, starts: Mapping[int, int]) -> None:
        self.told.append((table.name, starts, len(self.tables[table].rows(["x"]))))

    def days(self, table: Table) -> list[int]:
        return sorted({row["x"] for row in self.tables[table].rows(["x"])})

    def folders(self, table: Table) -> int:
        return len({file.parent for file in (self.folder / table.name).glob("*/*.parquet")})


def test_rows_past_their_time_go_by_whole_days_and_their_files_with_them(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.upkeep.look_after(EVENTS, 5 * DAY + 7)
    assert kept.days(EVENTS) == [3, 4, 5]
    assert kept.tables[EVENTS].next_offset(0) == 10
    name = "expired before 1970-01-04"
    assert sorted(kept.removals.all()) == [
        Removal(name, "expired", "events", 0, 0, 6, 4, 5 * DAY + 7),
        Removal(name, "expired", "events", 1, 0, 4, 2, 5 * DAY + 7),
    ]
    # who makes datasets hears of it while the rows are there
    assert kept.told == [("events", {0: 6, 1: 4}, 12)]
    kept.upkeep.look_after(EVENTS, 5 * DAY + 8)
    assert len(kept.told) == 1


def test_files_that_do_not_count_are_left_for_a_while_and_then_deleted(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    table = kept.tables[EVENTS]
    table.delete_before(table_day(4))
    table.compact()
    assert table.vacuum(1) == 0
    assert kept.folders(EVENTS) == 6
    before = table.rows(["x"])
    assert table.vacuum(0) == 12
    assert kept.folders(EVENTS) == 2
    assert table.rows(["x"]) == before


def table_day(day: int) -> date:
    return date(1970, 1, 1 + day)


def test_what_is_not_about_entities_is_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.upkeep.look_after(TICKS, 99 * DAY)
    assert kept.days(TICKS) == [0, 1, 2, 3, 4, 5]
    assert kept.removals.all() == []


def test_without_a_time_rows_are_kept_for_ever(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keep=None)
    kept.upkeep.look_after(EVENTS, 99 * DAY)
    assert kept.days(EVENTS) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("every", "first"), [(7200.0, 3600.0), (60.0, 60.0)])
def test_a_round_begins_soon_and_then_on_schedule_a_table_a_turn(tmp_path: Path, every: float, first: float) -> None:
    kept = Kept(tmp_path, days=1, every=every, keep=DAY)
    looked: list[tuple[str, int]] = []
    kept.upkeep.look_after = lambda table, wall: looked.append((table.name, wall))  # type: ignore[method-assign]
    for now, wall in ((10.0, 0), (9.0 + first, 1), (10.0 + first, 2), (11.0 + first, 3), (12.0 + first, 4)):
        kept.upkeep.turn(now, wall)
    assert looked == [("ticks", 2), ("events", 3)]
    kept.upkeep.turn(10.0 + first + every, 5)
    assert looked[2:] == [("ticks", 5)]


def test_no_rounds_are_made_where_none_are_wanted(tmp_path: Path) -> None:
    kept = Kept(tmp_path, every=0)
    for now in (0.0, 1e9, 2e9):
        kept.upkeep.turn(now, 99 * DAY)
    assert kept.days(EVENTS) == [0, 1, 2, 3, 4, 5]


def test_features_are_not_computed_anew_from_a_log_without_its_beginning(tmp_path: Path) -> None:
    kept, pipeline = Kept(tmp_path), pipeline_named("small")
    settings = ChassisSettings(pipeline="small", home=tmp_path, store=kept.store)
    _refuse_begun_late(settings, pipeline, ("events",))
    kept.upkeep.look_after(EVENTS, 5 * DAY)
    with pytest.raises(Refused, match=r"no rows of events\[0\] before offset 6: .* \(lake.keep\)"):
        _refuse_begun_late(settings, pipeline, ("events",))
