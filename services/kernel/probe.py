"""Tries the functions of features.py on made-up columns: whether they do what row features must."""

import traceback
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise

import numpy as np
from PIL import Image

from services.contracts.expression import MISSING_TIME, Column, Kind
from services.contracts.pipeline import Mistake, Pipeline
from services.kernel.row_function import FILE, FunctionWrong, RowFunction, load, row_features

_ROWS = 96
_CUTS = (0, 1, 2, 37, 38, _ROWS)
_YEAR = 365 * 86_400_000_000


def probe(pipeline: Pipeline) -> list[Mistake]:
    """What is wrong with the functions that the row features call; runs features.py if there are any."""
    functions = pipeline.resolved.functions
    if functions is None:
        return []
    try:
        load(functions)
    except Exception as error:
        return [Mistake(FILE, _line(error), 1, "", f"can't be loaded: {_told(error)}")]
    computed = row_features([row for row in pipeline.resolved.row if row.function], functions)
    # first without missing values, which hide what they spread to
    trials = [_columns(pipeline.resolved.kinds, missing) for missing in (0.0, 0.1)]
    found = []
    for name, one in computed.items():
        if isinstance(one, RowFunction):
            found += [problem for columns in trials if (problem := _problem(name, one, columns))][:1]
    return found


def _problem(name: str, function: RowFunction, columns: Mapping[str, Column]) -> Mistake | None:
    path = f"features.{name}"
    try:
        whole = function.evaluate(columns, _ROWS)
        again = function.evaluate(columns, _ROWS)
        parts = [_part(function, columns, *bounds) for bounds in pairwise(_CUTS)]
    except FunctionWrong as error:
        return Mistake(FILE, _defined(function), 1, path, str(error).removeprefix(f"{FILE}: "))
    if (raised := _raised(function, columns)) is not None:
        return Mistake(FILE, _line(raised), 1, path, f"{function.function} raises {_told(raised)}")
    for other, what in ((again, "when it is called again"), (np.concatenate(parts), "when fewer rows are given")):
        if not np.array_equal(whole.view(np.uint64), other.view(np.uint64)):
            row = int(np.argwhere(whole.view(np.uint64) != other.view(np.uint64))[0][0])
            message = f"{function.function} gives {whole[row]} and then {other[row]} for the same row {what}"
            return Mistake(FILE, _defined(function), 1, path, message, "a pure function of each row by itself")
    return None


def _part(function: RowFunction, columns: Mapping[str, Column], start: int, end: int) -> Column:
    return function.evaluate({name: column[start:end] for name, column in columns.items()}, end - start)


def _raised(function: RowFunction, columns: Mapping[str, Column]) -> Exception | None:
    """What it raises for the first row, if it raises for every one."""
    given, errors = function.given(columns, _ROWS), []
    for row in range(_ROWS):
        try:
            function.called([column[row : row + 1] for column in given], 1)
        except Exception as error:
            errors.append(error)
        else:
            return None
    return errors[0]


def _columns(kinds: Mapping[str, Kind], missing: float) -> dict[str, Column]:
    """A column of each kind as logs hold them: of any size, equal, of either sign, zero, a share of them missing."""
    rng = np.random.default_rng(0)
    return {name: _column(kind, rng, rng.random(_ROWS) < missing) for name, kind in kinds.items()}


def _column(kind: Kind, rng: np.random.Generator, is_missing: Column) -> Column:
    if kind == "reference":
        return _data(rng, is_missing)
    if kind == "category":
        texts = np.array(["a", "b", "some text", "NO", "Ünïcode", "12", ""], object)[rng.integers(0, 7, _ROWS)]
        texts[is_missing] = None
        return texts
    if kind == "time":
        return np.where(is_missing, MISSING_TIME, rng.integers(0, 60 * _YEAR, _ROWS))
    if kind == "flag":
        return np.where(is_missing, np.nan, rng.integers(0, 2, _ROWS))
    sizes = 10.0 ** rng.integers(-3, 7, _ROWS) * rng.choice([0.0, 1.0, 1.0, 1.0, -1.0], _ROWS)
    return np.where(is_missing, np.nan, sizes * rng.random(_ROWS))


def _data(rng: np.random.Generator, is_missing: Column) -> Column:
    """What a function is given for references: images of two formats and several sizes, and text."""
    column = np.empty(_ROWS, object)
    for row in np.flatnonzero(~is_missing):
        column[row] = _image(rng, ("JPEG", "PNG")[row % 3]) if row % 3 < 2 else f"Some text, Ünïcode, {row}".encode()
    return column


def _image(rng: np.random.Generator, form: str) -> bytes:
    height, width = rng.integers(1, 65, 2)
    with BytesIO() as file:
        Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(file, form)
        return file.getvalue()


def _defined(function: RowFunction) -> int:
    code = getattr(function.call, "__code__", None)
    return code.co_firstlineno if code is not None and code.co_filename == FILE else 1


def _line(error: Exception) -> int:
    """The last line of features.py on the way to the error; 1 where there is none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    return (lines[-1] if lines else None) or 1


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
