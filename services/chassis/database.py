"""One partition's entries in RocksDB, with the point of the log that they stand for.

Each flush is one sorted file, which RocksDB takes in as a whole or not at all: there is no write-ahead log, no write
buffer, and nothing in between after a crash. The point is an entry of the same file, under the empty key.
"""

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgpack
from rocksdict import (
    BlockBasedOptions,
    Cache,
    Checkpoint,
    DBCompactionStyle,
    DBCompressionType,
    IngestExternalFileOptions,
    Options,
    Rdict,
    SstFileWriter,
)

from services.chassis.errors import TransientError
from services.chassis.origin import Point
from services.contracts.entries import Changes

_POINT = b""
_CACHE_BYTES = 32 * 2**20
_SYNC_BYTES = 2**20
_FILES = 12
"""Files that may lie beside each other before some are merged: fewer cost more writing, more cost more reading."""
_PASSING = ("LOCK", "No space", "File too large", "Too many open files", "Permission denied", "Read-only", "memory")
"""In messages of RocksDB: what says nothing of the entries themselves."""


class TornState(TransientError):
    """Stored entries can't be read: they must be fetched or made anew."""


class Database:
    """Entries in a folder. One process at a time; reading and writing may go on in two threads."""

    def __init__(self, folder: Path, rocks: Rdict, point: Point | None) -> None:
        self._folder, self._rocks, self.point = folder, rocks, point

    @classmethod
    def create(cls, folder: Path) -> "Database":
        """An empty one in the place of whatever is there. Raises OSError."""
        remove(folder)
        folder.mkdir(parents=True)
        return cls(folder, _opened(folder), None)

    @classmethod
    def open(cls, folder: Path) -> "Database":
        """The one that is there.

        TornState if there is none, or not a whole one; TransientError while another process has it, or on a full disk.
        """
        if not (folder / "CURRENT").exists():
            raise TornState(f"{folder} holds no state")
        rocks = _opened(folder)
        try:
            packed = rocks.get(_POINT)
            return cls(folder, rocks, Point.from_plain(msgpack.unpackb(packed)))
        except Exception as error:
            rocks.close()
            raise TornState(f"{folder} does not tell what it stands for: {error}") from error

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """The values of keys, None for one that isn't there. TornState, and not used again, if one can't be read."""
        try:
            return cast(Sequence[bytes | None], self._rocks.get(list(keys)))
        except Exception as error:
            raise self._failure(error) from error

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All entries whose keys begin with `prefix`, which is not empty, in their order. Raises TornState."""
        try:
            for key, value in cast(Iterator[tuple[bytes, bytes]], self._rocks.items(from_key=prefix)):
                if not key.startswith(prefix):
                    break
                yield key, value
        except Exception as error:
            raise self._failure(error) from error

    def write(self, changes: Changes, point: Point) -> None:
        """Take in changes, after which the entries stand for `point`. Raises OSError, and nothing has changed."""
        draft = self._folder.with_suffix(".draft")
        try:
            _write_sorted(draft, changes, msgpack.packb(point.to_plain()))
            moving = IngestExternalFileOptions()
            moving.set_move_files(True)
            self._rocks.ingest_external_file([str(draft)], moving)
        except Exception as error:
            raise OSError(f"{self._folder}: {error}") from error
        finally:
            draft.unlink(missing_ok=True)
        self.point = point

    def checkpoint(self, folder: Path) -> None:
        """A copy of hard links in another folder of the same disk, while no write goes on. Raises OSError."""
        remove(folder)
        try:
            Checkpoint(self._rocks).create_checkpoint(str(folder))
        except Exception as error:
            raise OSError(f"{folder}: {error}") from error

    def close(self) -> None:
        """Let others have it."""
        self._rocks.close()

    def _failure(self, error: Exception) -> TransientError:
        failure = _judged(self._folder, error)
        if isinstance(failure, TornState):
            (self._folder / "CURRENT").unlink(missing_ok=True)
        return failure


def remove(folder: Path) -> None:
    """Remove a folder with what is in it, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def _opened(folder: Path) -> Rdict:
    try:
        return Rdict(str(folder), _options())
    except Exception as error:
        raise _judged(folder, error) from error


def _judged(folder: Path, error: Exception) -> TransientError:
    """What a failure to read means."""
    passing = any(text in str(error) for text in _PASSING)
    return (TransientError if passing else TornState)(f"{folder}: {error}")


def _write_sorted(draft: Path, changes: Changes, point: bytes) -> None:
    writer = SstFileWriter(_options())
    writer.open(str(draft))
    writer[_POINT] = point
    for key in sorted(changes):
        value = changes[key]
        if value is None:
            del writer[key]
        else:
            writer[key] = value
    writer.finish()


def _options() -> Options:
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    table.set_block_cache(_block_cache())
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    # random keys: merging many files of like size rewrites a row less often than levels do
    options.set_compaction_style(DBCompactionStyle.universal())
    options.set_level_zero_file_num_compaction_trigger(_FILES)
    # a long sync at the end of a file would hold up every thread
    options.set_bytes_per_sync(_SYNC_BYTES)
    options.set_manifest_preallocation_size(_SYNC_BYTES // 16)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_SYNC_BYTES)
    options.set_stats_dump_period_sec(0)
    return options


@cache
def _block_cache() -> Any:
    """Blocks read lately, of all databases of the process."""
    return Cache(_CACHE_BYTES)
