"""A Dask cluster of two worker processes, a real one: what comes of a search there is what comes of it here."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.chassis.errors import Refused
from services.training.adapters import cluster as adapter
from services.training.adapters.cluster import cluster, installed
from services.training.adapters.crew import crew
from services.training.domain.search import Search, tried
from tests.learning.test_own_learners import task
from tests.learning.test_search import SEARCH, parts
from tests.unit.training.pieces import process_of
from tests.unit.training.rows import made_rows

ROWS = parts(made_rows(days=20))


class Answers:
    """What a cluster says of its workers."""

    def __init__(self, threads: dict[str, int], has: dict[str, dict[str, str]] | None = None) -> None:
        self._threads, self._has = threads, has

    def ncores(self) -> dict[str, int]:
        return self._threads

    def run(self, _asked: object) -> dict[str, dict[str, str]]:
        if self._has is None:
            raise ModuleNotFoundError("No module named 'services'")
        return self._has


def test_two_workers_of_a_cluster_find_what_one_process_finds(tmp_path: Path) -> None:
    from distributed import LocalCluster

    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    own = task("[{estimator: mine}]").space.own
    space = replace(SEARCH, families=("logistic", "mine"), own=own, search=Search(4, None, at_once=2))
    started: Any = LocalCluster  # without types
    with started(**options, local_directory=str(tmp_path)) as two, crew(1, two.scheduler_address) as workers:
        assert workers.count == 2
        assert tried(*ROWS, space, workers=workers) == tried(*ROWS, space)
        assert os.getpid() not in workers.each(process_of, [1, 2, 3])
        with pytest.raises(ZeroDivisionError):
            workers.each(process_of, [1, 0])


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_ANSWER_SECONDS", 0.2)
    said = r"No Dask scheduler answers at tcp://127.0.0.1:9 \(DRIFTMILL_RUN_CLUSTER\)"
    with pytest.raises(Refused, match=said), cluster("tcp://127.0.0.1:9"):
        pass


OTHER = installed() | {"scikit-learn": "1.0"}


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (Answers({}), "has no workers"),
        (Answers({"w1": 1, "w2": 4}), "w2 of tcp://a .* has several threads"),
        (Answers({"w1": 1}), "lacks what runs need .No module named 'services'."),
        (
            Answers({"w1": 1}, {"w1": OTHER}),
            f"w1 of tcp://a .* has scikit-learn 1.0, here {installed()['scikit-learn']}",
        ),
    ],
)
def test_workers_on_which_a_fit_could_come_out_otherwise_are_refused(answers: Answers, why: str) -> None:
    with pytest.raises(Refused, match=why):
        adapter._refuse_unlike(answers, "tcp://a")
