"""Arrow columns as the kernel reads them, without a Python object a row."""

from typing import Any

import numpy as np
import pyarrow as pa

from services.contracts.expression import MISSING_TIME, Column, Kind
from services.kernel.tables import NO_KEY, Ints


def kernel_column(values: Any, kind: Kind) -> Column:
    """What `services.kernel.columns.columns_of` makes of the same values."""
    if kind == "time":
        return np.asarray(integers(values, MISSING_TIME))
    if kind in ("category", "reference"):
        codes, texts = coded(values)
        return texts[codes]
    numbers: Column = whole(values).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def integers(values: Any, missing: int = 0) -> Ints:
    """Whole numbers, or times in microseconds; `missing` in the place of null."""
    found: Ints = whole(values).cast(pa.int64()).fill_null(missing).to_numpy(zero_copy_only=False)
    return found


def coded(values: Any) -> tuple[Ints, Column]:
    """Each value's place in an object array of the distinct values as text, in whose last place is None, for null."""
    encoded = whole(values).dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    texts = np.empty(len(distinct) + 1, object)
    texts[:-1] = [str(value) for value in distinct]
    return integers(encoded.indices, len(distinct)), texts


def as_texts(values: Any) -> Any:
    """Values as they travel in a vector: an empty text in the place of null."""
    if pa.types.is_string(values.type):
        return whole(values).fill_null("")
    codes, texts = coded(values)
    texts[-1] = ""
    return pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string())).cast(pa.string())


def keyed(values: Any, is_first: bool) -> tuple[tuple[str, ...], Ints]:
    """Distinct keys, and each record's place among them. An empty key is none for an entity after the first."""
    encoded = whole(values).dictionary_encode()
    keys, places = encoded.dictionary.to_pylist(), integers(encoded.indices)
    if not is_first and "" in keys:
        strangers = keys.index("")
        keys.pop(strangers)
        places = np.where(places == strangers, NO_KEY, places - (places > strangers))
    return tuple(keys), places


def whole(values: Any) -> Any:
    """A column in one piece."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    if values.num_chunks == 1:
        return values.chunk(0)
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def constant(value: Any, rows: int) -> Any:
    """A column of one value."""
    return pa.nulls(rows, pa.int64()) if value is None else pa.repeat(value, rows)
