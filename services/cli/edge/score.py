"""Scores the rows of a file by the model beside this script, without Kafka.

    python score.py rows.csv --out answers.csv

Rows are CSV, JSON lines, or Parquet (where pyarrow is installed). Each has a value for every input by its name, or is a
row of the lake, whose features are packed: `feature_set`, `numbers` (base 64) and `categories`. A missing number is
empty or null.

Signature and digest of the model are checked first. Exit code: 0, 1 if a row has no answer, 2 if nothing was scored.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from services.cli.edge.model import Answer, Model, Refused, Row, bytes_of

BATCH = 2_000
OK, PARTLY, REFUSED = 0, 1, 2


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises Refused."""
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    if path.suffix not in (".csv", ".jsonl"):
        raise Refused(f"{path}: expected .csv, .jsonl or .parquet")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _records(path, file) if path.suffix == ".csv" else _objects(path, file)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path}: {error}") from error


def _records(path: Path, lines: Iterable[str]) -> Iterator[Row]:
    reader = csv.DictReader(lines, strict=True)
    for row in reader:
        if None in row or None in row.values():
            raise Refused(f"{path}: line {reader.line_num} has another number of values than the first")
        yield row


def _objects(path: Path, lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise Refused(f"{path}: line {number} is no JSON object")
            yield found


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise Refused("Parquet is read where pyarrow is installed; give .csv or .jsonl without it") from None
    try:
        for batch in ParquetFile(path).iter_batches(BATCH):
            yield from batch.to_pylist()
    except (OSError, ArrowException) as error:
        raise Refused(f"{path}: {error}") from error


def write(answers: Iterable[tuple[Row, Answer]], classes: Sequence[str], out: TextIO) -> tuple[int, int, str]:
    """Write answers as CSV; says how many rows there were, how many have no answer, and why the first has none."""
    writer, rows, failed, first = csv.writer(out, lineterminator="\n"), 0, 0, ""
    named = ["status", "score", "label", "low", "high", "decided_class"]
    behind = ["model", "policy", "why"]
    writer.writerow(["row", "event_id", *named, *(f"score.{name}" for name in classes), *behind])
    for rows, (row, answer) in enumerate(answers, 1):
        scores = answer["scores"] or [None] * len(classes)
        values = [row.get("event_id"), *(answer[name] for name in named), *scores, *(answer[name] for name in behind)]
        writer.writerow([rows, *map(_text, values)])
        if answer["status"] != "ok":
            failed, first = failed + 1, first or f"row {rows} {answer['why']}"
    return rows, failed, first


def _text(value: Any) -> str:
    """Numbers by all their digits, so that they are read as the same bits."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)


def _written(path: Path | None, answers: Iterable[tuple[Row, Answer]], classes: Sequence[str]) -> tuple[int, int, str]:
    """As `write`; a file is there whole, or as it was."""
    if path is None:
        return write(answers, classes, sys.stdout)
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("w", newline="", encoding="utf-8") as out:
            told = write(answers, classes, out)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return told


def answered(model: Model, rows: Iterable[Row]) -> Iterator[tuple[Row, Answer]]:
    """Rows with their answers, a batch at a time."""
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield from zip(batch, model.answers(batch), strict=True)


def main(arguments: Sequence[str]) -> int:
    """Score; returns the exit code."""
    parser = argparse.ArgumentParser(prog="score.py", description=__doc__, formatter_class=_AsWritten)
    parser.add_argument("rows", type=Path, help=".csv, .jsonl or .parquet")
    parser.add_argument("--out", type=Path, help="CSV of answers (default: standard output)")
    parser.add_argument("--key", type=Path, help="public key that must have signed the model, got from elsewhere")
    parser.add_argument("--unverified", action="store_true", help="don't check the signature")
    options = parser.parse_args(arguments)
    try:
        model = Model(
            Path(__file__).resolve().parent, None if options.key is None else bytes_of(options.key), options.unverified
        )
        rows, failed, first = _written(options.out, answered(model, rows_of(options.rows)), model.classes)
    except (Refused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    told = f"; {failed:,} of them have no answer: {first}" if failed else ""
    sys.stderr.write(f"{model.pipeline} {model.release}: {rows:,} rows{told}\n")
    return PARTLY if failed else OK


class _AsWritten(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description."""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
