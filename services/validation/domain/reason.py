"""Why a raw record is refused."""

from dataclasses import dataclass
from typing import Any

_LONGEST = 80
MASKED = "(masked)"


@dataclass(frozen=True, slots=True)
class Reason:
    """One broken rule. field: empty for the record as a whole. rule: see RecordQuarantined.avsc."""

    field: str
    rule: str
    expected: str
    got: str

    def to_record(self) -> dict[str, str]:
        """The `Reason` of RecordQuarantined.avsc."""
        return {"field": self.field, "rule": self.rule, "expected": self.expected, "got": self.got}


def shown(value: Any) -> str:
    """A value for people, shortened."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
