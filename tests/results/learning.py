"""Measures what docs/learning.md says: the closed loop beside what one would do without it, on the same features.

Each stream is played by its demo. Then the lake's outcomes, features as they were served and labels as they became
known, are learnt from offline: once (*static*), anew at each tenth of the stream from all that was known (*scheduled*),
or from the newest fifth of it (*sliding*), by the learners and the measure of the pipeline's own file. All are measured
on the same answers: those of deciles 3 to 10, each given by what was learnt before it.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psutil
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from services.cli.demo.quality import MEASURES, Difference, Scored, drawn_days, measured, paired_difference
from services.contracts.pipeline import Pipeline, load
from services.training.adapters.dataset import read_outcomes
from services.training.domain.cohort import Rows, cohort
from services.training.domain.learner import fit
from services.training.domain.search import best, tried
from services.training.domain.split import choosing_from
from services.training.domain.task import task_of
from tests.eventually import eventually
from tests.results.demos import ROOT
from tests.results.found import NEAR_BEST, Found, over_seeds
from tests.results.page import commit, machine, table

Floats = NDArray[np.float64]
_DATA = Path(os.environ.get("DRIFTMILL_TEST_DATA") or ROOT.parent / "shared" / "data")
_KEPT = ROOT / ".driftmill" / "learning"
_MEASURED = ROOT / "docs" / "learning"
"""What was measured stays beside the page: a stream takes up to half an hour."""
_FOREVER = 2**62
_TENTHS, _FIRST = 10, 2
"""Learnt at the end of the second tenth for the first time."""
_WINDOW = 0.2
STREAMS = {
    "elec2": ("electricity", "elec2/elec2.csv.gz"),
    "hflights": ("flights", "hflights/hflights.csv.gz"),
    "fraud": ("payments", "fraud/fraud_12w.csv.gz"),
    "bike_sharing": ("bikes", "bike_sharing/bike_hour.csv.gz"),
}


@dataclass(frozen=True)
class Answered:
    """Outcomes with what the loop answered. All [n]."""

    rows: Rows
    scores: Floats
    decisions: Floats
    models: NDArray[np.object_]


def answered(store: str, pipeline: Pipeline, partitions: int) -> Answered:
    """All outcomes of a kept lake, in order of event time."""
    bounds = {"from_offset": 0, "to_offset": _FOREVER, "matured_seq": _FOREVER}
    found = read_outcomes(store, pipeline.name, {"ranges": [bounds | {"partition": n} for n in range(partitions)]})
    found = found[found["label"].notna() & found["score"].notna()].reset_index(drop=True)
    resolved = pipeline.resolved
    columns, task = (resolved.numbers, resolved.categories), pipeline.label.target.task
    rows = cohort(found, *columns, _FOREVER, resolved.feature_set, task=task)
    assert len(rows) == len(found)
    return Answered(
        rows.learnt_from(resolved.inputs),
        found["score"].to_numpy(np.float64),
        found["decision"].to_numpy(np.float64),
        found["model"].to_numpy(object),
    )


def compared(pipeline: Pipeline, its: Answered, stream: str, seed: int) -> Found:
    """The loop and the policies on deciles 3 to 10."""
    rows, name = its.rows, str(pipeline.model.optimise)
    cuts = [int(rows.event_time[len(rows) * part // _TENTHS]) for part in range(_FIRST, _TENTHS)]
    judged = rows.event_time >= cuts[0]
    length = int((rows.event_time[-1] - rows.event_time[0]) * _WINDOW)
    policies: dict[str, Callable[[int], Rows]] = {
        "static": lambda _cut: known(rows, cuts[0], None),
        "scheduled": lambda cut: known(rows, cut, None),
        "sliding": lambda cut: known(rows, cut, length),
    }
    learnt = {policy: answers(pipeline, rows, cuts, of, seed) for policy, of in policies.items()}
    served = its.decisions if name == "accuracy" else its.scores
    labels, measure = rows.label.astype(np.float64), MEASURES[name]
    scores = {policy: given[judged] for policy, given in (*learnt.items(), ("loop", served))}
    values = {policy: measured(measure, labels[judged], given) for policy, given in scores.items()}
    days, draws = drawn_days(rows.event_time[judged])
    asked = {policy: measure(labels[judged], given, days) for policy, given in scores.items()}
    drawn = {policy: [round(of(weights), 6) for weights in draws] for policy, of in asked.items()}
    median = sorted(learnt, key=lambda policy: values[policy])[1]
    scored = Scored(rows.event_time, labels, served, learnt[median]).rows(judged)
    released = len(set(its.models.tolist()) - {"baseline"})
    difference = paired_difference(scored, measure)
    return Found(stream, seed, name, int(judged.sum()), released, values, median, difference, drawn)


def known(rows: Rows, cut: int, length: int | None) -> Rows:
    """Rows whose label was known at a cut, of the last `length` microseconds before it or all."""
    chosen = (rows.label_time < cut) & (rows.event_time < cut)
    return rows.take(chosen if length is None else chosen & (rows.event_time >= cut - length))


def answers(pipeline: Pipeline, rows: Rows, cuts: Sequence[int], of: Callable[[int], Rows], seed: int) -> Floats:
    """Scores of all rows from the first cut on, decisions where these are measured: by what was learnt at each cut."""
    task, scores = task_of(pipeline, _FOREVER, seed), np.zeros(len(rows))
    last: tuple[Rows, Any] | None = None
    for cut, end in zip(cuts, [*cuts[1:], _FOREVER], strict=True):
        development = of(cut)
        if last is None or len(last[0]) != len(development) or last[0].event_time[-1] != development.event_time[-1]:
            newest, first = int(development.event_time[-1]) + 1, int(development.event_time[0])
            older = development.event_time < choosing_from(first, newest, task.rule)
            with threadpool_limits(limits=1):
                chosen = best(tried(development.take(older), development.take(~older), task.space), task.space.optimise)
                last = development, (fit(chosen.configuration, development, seed), chosen.threshold)
        model, threshold = last[1]
        now = np.flatnonzero((rows.event_time >= cut) & (rows.event_time < end))
        found = model.scores(rows.inputs.iloc[now])
        scores[now] = (found >= threshold) if task.space.optimise == "accuracy" else found
    return scores


def play(stream: str, seed: int) -> Found:
    """Play a demo, keep it, end what it keeps running, and learn from its lake."""
    name, file = STREAMS[stream]
    home = _KEPT / f"{stream}-{seed}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    told = {"DRIFTMILL_HOME": str(home), "DRIFTMILL_RUN_SEED": str(seed), "DRIFTMILL_PYTHON": sys.executable}
    command = [str(ROOT / "scripts" / "demo"), name, "--data", str(_DATA / file), "--keep", "--json"]
    done = subprocess.run(command, capture_output=True, env=dict(os.environ) | told, check=False)
    account = done.stderr.decode()
    if not done.stdout.strip():
        raise RuntimeError(f"{stream}: exit code {done.returncode}\n{account[-2000:]}")
    (pid,), exported = re.findall(r"  kill (\d+) ", account), dict(re.findall(r"export (\w+)='?(.*?)'?\n", account))
    os.kill(int(pid), signal.SIGTERM)
    eventually(lambda: not psutil.pid_exists(int(pid)), 120)
    pipeline = load(ROOT / "pipelines" / name)
    store = (Path(exported["DRIFTMILL_HOME"]) / "store").as_uri()
    found = compared(pipeline, answered(store, pipeline, 2), stream, seed)
    shutil.rmtree(home, ignore_errors=True)
    return found


def document(all_found: Sequence[Found], code: str) -> str:
    """The page."""
    head = ("stream", "seed", "measure", "answers", "static", "scheduled", "sliding", "loop", "released", "÷ best")
    lines = [
        (
            *(one.stream, one.seed, one.measure.replace("_", " "), one.rows),
            *(f"{one.values[policy]:.4f}" for policy in ("static", "scheduled", "sliding", "loop")),
            *(one.released, f"{one.of_best:.3f}" if one.of_best >= NEAR_BEST else f"**{one.of_best:.3f}**"),
        )
        for one in all_found
    ]
    judged = [
        (
            *(one.stream, one.seed, one.median, f"{one.difference.value:+.4f}"),
            f"{one.difference.low:+.4f} to {one.difference.high:+.4f}",
            "**worse**" if one.is_worse else "not worse",
        )
        for one in all_found
    ]
    against = table(("stream", "seed", "median policy", "loop less it", "95 % interval by days", ""), judged)
    pooled = [
        (
            *(one.stream, ", ".join(map(str, one.seeds)), one.best, f"{one.share:.3f}"),
            *(f"{one.low:.3f} to {one.high:.3f}", one.verdict),
        )
        for one in over_seeds(all_found)
    ]
    together = table(("stream", "seeds", "best policy", "loop ÷ it", "95 % interval by days", ""), pooled)
    return f"""# What closing the loop is worth

Made by `scripts/learning` on {machine()}, commit {code}.

{(__doc__ or "").partition(chr(10) * 2)[2].strip()}

Bold: the loop is below 97 % of the best policy; of `mae` less is better, and the share is the other way round.

{table(head, lines)}

The loop beside the policy in the middle, paired by days:

{against}

The mean over the seeds beside that of the best policy, all drawn together by days (a stream's runs that kept what was
drawn). *Within 3 %*: with the lower end of the interval, too. *Not certainly below*: 97 % lies in it.

{together}
"""


def main(arguments: Sequence[str]) -> int:
    """Measure and write; what isn't asked for is taken from the last time it was measured."""
    parser = argparse.ArgumentParser(prog="scripts/learning", description="Measure, and write docs/learning.md.")
    parser.add_argument("stream", nargs="*", metavar="STREAM", help=f"default: all of {', '.join(STREAMS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="SEED", help="default: 1 2 3")
    parser.add_argument("--write", action="store_true", help="measure nothing, only write what was measured")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.stream if name not in STREAMS]:
        parser.error(f"there is no stream {', '.join(unknown)}; there are {', '.join(STREAMS)}")
    for stream in () if given.write else given.stream or STREAMS:
        for seed in given.seeds:
            sys.stderr.write(f"{stream}, seed {seed} ...\n")
            found = play(stream, seed)
            sys.stderr.write(f"  {found.values}\n")
            told = orjson.dumps(asdict(found) | {"commit": commit()}, option=orjson.OPT_APPEND_NEWLINE)
            (_MEASURED / f"{stream}-{seed}.json").write_bytes(told)
    kept = [orjson.loads(path.read_bytes()) for path in sorted(_MEASURED.glob("*.json"))]
    code = ", ".join(dict.fromkeys(name for one in kept for name in one.pop("commit").split(", ")))
    all_found = [Found(**(one | {"difference": Difference(**one["difference"])})) for one in kept]
    (ROOT / "docs" / "learning.md").write_text(document(all_found, code))
    stand = not any(one.is_worse for one in all_found)
    return 0 if stand and all(one.high >= NEAR_BEST for one in over_seeds(all_found)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
