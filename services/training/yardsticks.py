"""`python -m services.training.yardsticks <folder>`: measures a yardstick by the datasets that it is told in a folder.

What it learns lives in this process alone and is never written: one that begins anew reads the lake from its beginning,
and comes to the same sums.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from services.chassis import clock
from services.chassis.ending import end_with_parent
from services.contracts.pipeline import Pipeline
from services.training.adapters.dataset import first_outcomes, table_of
from services.training.adapters.lines import Tail, append
from services.training.adapters.workshop import JOB
from services.training.adapters.yardsticks import DATASETS, MEASURED
from services.training.domain.matured import Contract, matured, reached, share_of
from services.training.domain.yardstick import Yardstick

Dataset: TypeAlias = Mapping[str, Any]

_LOOK_SECONDS = 0.1


class Measuring:
    """The fold of a pipeline's datasets, in order. store: URL of the object store that holds the lake."""

    def __init__(self, pipeline: Pipeline, store: str) -> None:
        resolved, self._task = pipeline.resolved, pipeline.label.target.task
        self._name, self._store, self._window = pipeline.name, store, int(pipeline.monitor.window)
        self._contract = Contract(resolved.numbers, resolved.categories, resolved.inputs, resolved.feature_set)
        used = frozenset(resolved.inputs)
        numbers, categories = (
            [name for name in names if name in used] for names in (resolved.numbers, resolved.categories)
        )
        self._yardstick = Yardstick(self._task, numbers, categories)
        self._before: dict[int, int] = {}
        self._clock = -1

    def measured(self, datasets: Sequence[Dataset]) -> Iterator[dict[str, Any]]:
        """A `driftmill.YardstickMeasured` for each of the next datasets, which the lake holds; none for a repeat."""
        table = table_of(self._store, self._name)
        for dataset in datasets:
            if dataset["clock"] <= self._clock:
                continue
            share = share_of(dataset, self._before, self._window)
            outcomes = first_outcomes(table, dataset, self._before, share)
            sums = self._yardstick.take(matured(outcomes, self._contract, self._task))
            self._before, self._clock = reached(dataset), dataset["clock"]
            yield {
                "dataset_id": dataset["dataset_id"],
                "clock": dataset["clock"],
                "learner": self._yardstick.name,
                "share": share,
                "learnt": self._yardstick.learnt,
                "pairs": [{"version": version} | one._asdict() for version, one in sorted(sums.items())],
            }


def main(folder: Path) -> None:
    """Measure until the parent is gone."""
    end_with_parent()
    job = orjson.loads((folder / JOB).read_bytes())
    os.nice(job["nice"])
    measuring = Measuring(Pipeline.from_texts(job["texts"]), job["store"])
    told = Tail(folder / DATASETS)
    while True:
        if datasets := told.new():
            for value in measuring.measured(datasets):
                append(folder / MEASURED, [value])
        clock.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
