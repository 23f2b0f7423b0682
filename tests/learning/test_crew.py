"""Worker processes, real ones: what comes of a search is the same as without them, and none is left behind."""

import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from services.training.adapters.crew import crew, workers_of
from services.training.domain.backtest import Chosen, backtest
from services.training.domain.learner import Configuration
from services.training.domain.search import Search, tried
from services.training.domain.workers import ALONE
from tests.eventually import Eventually
from tests.learning.test_own_learners import task
from tests.learning.test_search import GRID, SEARCH, parts
from tests.unit.training.pieces import known
from tests.unit.training.rows import DAY, made_rows, made_task

ROWS = made_rows(days=20)


def alive() -> set[int]:
    """What joblib clears up with stays with the process that has had workers."""
    return {one.pid for one in workers_of(psutil.Process().pid) if "resource_tracker" not in " ".join(one.cmdline())}


def test_workers_find_what_one_process_finds_and_end(eventually: Eventually) -> None:
    before, space = alive(), replace(SEARCH, search=Search(12, None, at_once=2))
    grid = replace(GRID, families=("logistic",), ensembles=(("voting", ("logistic", "mine")),))
    own = task("[{estimator: mine}]").space.own
    grid = replace(grid, families=("logistic", "mine"), own=own)
    chosen = Chosen(Configuration("logistic", (("C", 0.1),)), 0.5, "roc_auc", 3)
    rule, end = replace(made_task().rule, holdout=4 * DAY), 20 * DAY
    with crew(2) as workers:
        assert workers.count == 2
        assert tried(*parts(ROWS), space, workers=workers) == tried(*parts(ROWS), space)
        found = tried(*parts(ROWS), grid, workers=workers)
        assert found == tried(*parts(ROWS), grid)
        # the class of an estimator of the user's own is the one that was asked for, not a worker's copy
        assert [one.configuration.make for one in found if one.configuration.family == "mine"] == [own["mine"]]
        args = ROWS, ROWS.label.astype(float), chosen, rule, end, 3
        assert backtest(*args, workers) == backtest(*args)
        assert len(alive() - before) >= 2
        with pytest.raises(KeyError, match="7"):
            workers.each(known, [1, 7], {1: "one"})
    assert eventually(lambda: not alive() - before)


def test_one_worker_is_the_process_itself() -> None:
    with crew(1) as workers:
        assert workers is ALONE


def test_a_worker_ends_when_the_process_of_the_run_is_killed(eventually: Eventually) -> None:
    ours = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    words = (
        "import sys; from services.training.adapters.crew import end_with; end_with(int(sys.argv[1])); sys.stdin.read()"
    )
    worker = subprocess.Popen([sys.executable, "-c", words, str(ours.pid)], stdin=subprocess.PIPE)
    ours.kill()
    ours.wait()
    assert eventually(worker.poll, 30) == 1
    assert workers_of(ours.pid) == []
