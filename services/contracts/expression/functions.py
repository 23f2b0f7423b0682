"""The fixed functions of the expression language. Nothing else can be called."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MANY = 20


@dataclass(frozen=True, slots=True)
class Function:
    """How a function may be called: `takes` and `gives` are kinds; `same` means all arguments share one kind."""

    fewest: int
    most: int
    takes: str
    gives: str

    @property
    def arity(self) -> str:
        """The number of arguments, in words."""
        if self.fewest == self.most:
            return f"{self.fewest} argument{'s' if self.fewest > 1 else ''}"
        return f"{self.fewest} or more arguments" if self.most == MANY else f"{self.fewest} to {self.most} arguments"


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("abs", "log", "log1p", "exp", "sqrt", "floor"), Function(1, 1, "number", "number")),
    **dict.fromkeys(("min", "max"), Function(2, MANY, "number", "number")),
    "clip": Function(3, 3, "number", "number"),
    "round": Function(1, 2, "number", "number"),
    **dict.fromkeys(("minute", "hour", "day_of_week", "day_of_month", "month"), Function(1, 1, "time", "number")),
    "is_missing": Function(1, 1, "any", "flag"),
    "coalesce": Function(2, MANY, "same", "same"),
}


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known name most like `name`, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{found[0]}'?" if found else ""
