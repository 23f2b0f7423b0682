"""Events or labels in a file: CSV, Parquet or JSON lines, by the file's name."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

_SUFFIXES = ".csv, .csv.gz, .parquet, .jsonl, .jsonl.gz, .ndjson"


def read_table(path: Path) -> pd.DataFrame:
    """The table in a file. Raises ValueError for a file that isn't there or isn't one of these."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    name = path.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".csv"):
            # identities such as 007 stay texts: the schema says what becomes a number
            return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        if name.endswith((".jsonl", ".ndjson")):
            return _json_lines(path)
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} can't be read: {error}") from error
    raise ValueError(f"{path.name} is none of {_SUFFIXES}")


def _json_lines(path: Path) -> pd.DataFrame:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return pd.DataFrame([_object(number, line) for number, line in enumerate(file, 1) if line.strip()])


def _object(number: int, line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"line {number}: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"line {number}: expected a JSON object, found {type(found).__name__}")
    return found
