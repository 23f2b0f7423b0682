"""A cron line, such as `0 3 * * 1` for Mondays at three, as a pydantic type. Its times are those of UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from cronsim import CronSim, CronSimError

from services.contracts.pipeline.written import Written

_FIELDS = 5
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Cron(Written):
    """text: five fields, minute, hour, day of the month, month and day of the week, as Debian's cron reads them."""

    pattern: ClassVar[str] = r"^\s*(\S+\s+){4}\S+\s*$"
    examples: ClassVar[tuple[str, ...]] = ("0 3 * * 1",)

    text: str

    def __str__(self) -> str:
        return self.text

    def after(self, time: int) -> int:
        """The first of its times that is later. Both in microseconds since 1970."""
        found = next(CronSim(self.text, datetime.fromtimestamp(time // _SECOND, UTC)))
        return int(found.timestamp()) * _SECOND

    @classmethod
    def read(cls, value: Any) -> "Cron":
        """The line `value` stands for; raises ValueError."""
        if isinstance(value, Cron):
            return value
        if not isinstance(value, str) or len(value.split()) != _FIELDS:
            raise ValueError(
                "a cron line has five fields: minute, hour, day of the month, month, day of the week, such as 0 3 * * 1"
            )
        try:
            begins = next(CronSim(value, datetime(2000, 1, 1, tzinfo=UTC)), None)
        except CronSimError as error:
            raise ValueError(f"a cron line that can't be read: {str(error).lower()}") from None
        if begins is None:
            raise ValueError("a cron line whose time never comes")
        return cls(value)
