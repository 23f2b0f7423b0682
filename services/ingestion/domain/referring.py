"""Tables that hold bytes where events hold references to them."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pandas as pd

Put: TypeAlias = Callable[[bytes], str]
"""Stores bytes, and gives their reference."""


def referring(table: pd.DataFrame, columns: Iterable[str], put: Put) -> pd.DataFrame:
    """The table with references in place of bytes; what stands there already, such as a reference, stays."""

    def named(value: Any) -> Any:
        return put(bytes(value)) if isinstance(value, bytes | bytearray | memoryview) else value

    return table.assign(**{name: table[name].map(named) for name in columns if name in table})
