"""The table of features that a backfill writes, each event once.

The position that the rows of a partition reach is committed together with them, as in the tables of the log.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import ColumnProperties, CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from numpy.typing import NDArray

from services.chassis import failpoint
from services.chassis.errors import Refused, TransientError
from services.kernel.tables import Ints, Singles
from services.lake.adapters.delta import make_folder
from services.lake.adapters.stretch import FACTS

_SET = pa.field("feature_set", pa.string())
_PLAIN = ColumnProperties(dictionary_enabled=False)
_SINGLES = ColumnProperties(dictionary_enabled=False, encoding="BYTE_STREAM_SPLIT")
_STEPS = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
_CODED = ColumnProperties(dictionary_enabled=True)


class FeatureTable:
    """numbers, categories: names of the columns; a missing number is NaN, a missing category an empty text."""

    def __init__(self, uri: str, feature_set: str, numbers: Sequence[str], categories: Sequence[str] = ()) -> None:
        self.uri, self._feature_set, self._numbers = uri, feature_set, tuple(numbers)
        if taken := {*FACTS.names, _SET.name} & {*numbers, *categories}:
            raise Refused(f"{', '.join(sorted(taken))} names a feature and a column of every table of features.")
        columns = [*((name, pa.float32()) for name in numbers), *((name, pa.string()) for name in categories)]
        self._schema = pa.schema([*FACTS, _SET, *columns])
        # numbers hardly repeat: dictionaries of them take most of the time of writing, and more room than they do
        ways = dict.fromkeys(numbers, _SINGLES) | dict.fromkeys(("partition", _SET.name, *categories), _CODED)
        ways |= dict.fromkeys(("seq", "event_time"), _STEPS)
        self._written = WriterProperties(compression="ZSTD", default_column_properties=_PLAIN, column_properties=ways)
        make_folder(uri)
        self._table = DeltaTable.create(uri, schema=self._schema, mode="ignore")
        if pa.schema(self._table.schema()).names != self._schema.names:
            raise Refused(f"{uri} holds other features. Name another table with --table.")

    def position(self, application: str) -> int:
        """Position up to which the rows of an application are here."""
        return self._table.transaction_version(application) or 0

    def refuse_foreign(self, applications: Sequence[str]) -> None:
        """Raises Refused if there are rows, but of none of these applications."""
        if self._table.file_uris() and not any(map(self.position, applications)):
            raise Refused(
                f"{self.uri} holds features made from other records, or by another version. Name another table with "
                "--table, or move this one away."
            )

    def append(self, application: str, position: int, facts: Any, numbers: Singles, texts: Sequence[Any]) -> None:
        """Keep rows, and with them the position that they reach. Raises TransientError if somebody else writes too."""
        columns = [*facts.columns, pa.repeat(self._feature_set, len(facts)), *map(pa.array, numbers.T), *texts]
        version = CommitProperties(app_transactions=[Transaction(application, position)])
        rows = pa.table(columns, schema=self._schema)
        failpoint.hit("append")
        try:
            write_deltalake(
                self._table, rows, mode="append", commit_properties=version, writer_properties=self._written
            )
        except CommitFailedError as error:
            raise TransientError(f"{self.uri}: others write at the same time: {error}") from error
        failpoint.hit("appended")

    def numbers_of(self, partitions: Ints, seqs: Ints) -> tuple[Singles, NDArray[np.bool_]]:
        """The numbers of events by partition and seq, float32 [events, numbers], and which of them are here."""
        found = np.empty((len(seqs), len(self._numbers)), np.float32)
        known = np.zeros(len(seqs), bool)
        rows = self._table.to_pyarrow_dataset()
        for partition in np.unique(partitions).tolist():
            asked = np.flatnonzero(partitions == partition)
            wanted, seq = seqs[asked], pc.field("seq")
            inside = (pc.field("partition") == partition) & (seq >= wanted.min()) & (seq <= wanted.max())
            table = rows.to_table(columns=["seq", *self._numbers], filter=inside).sort_by("seq")
            held = table["seq"].to_numpy()
            places = np.searchsorted(held, wanted)
            there = places < len(held)
            there[there] = held[places[there]] == wanted[there]
            known[asked] = there
            for number, name in enumerate(self._numbers):
                found[asked[there], number] = table[name].to_numpy()[places[there]]
        return found, known
