"""`driftmill trace` on a lake of 1,000,000 predictions: the whole command, as who waits for it feels it."""

import os
import statistics
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from services.chassis import clock
from services.chassis.store import Store
from services.contracts.record import Record
from services.contracts.schemas import pipeline_schemas
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import WRITTEN, AppendOnlyTable, table_uri
from services.lake.domain.table import TABLES
from tests.avro_example import example
from tests.bench import cards
from tests.bench.ground import PARTITIONS, ground, say
from tests.bench.report import at_most
from tests.model import published
from tests.platform import ROOT, Platform
from tests.results.page import table

EVENTS, COMMIT, COMPACT = 1_000_000, 5_000, 100
VERSIONS, DATASETS, ALERTS = 30, 1_000, 200
_START, _SECOND = 1_700_000_000_000_000, 1_000_000
_A_ROUND = 3
_MOST = 2.0
_SAID = {"score": 0.25, "model": "v1", "policy": "p1", "arm": "champion", "status": "ok", "label": False}


def measure(endpoints: Endpoints, home: Path, rounds: int, peers: bool) -> dict[str, Any]:
    """Seconds of each command: of three predictions by chance a round, of a version, of a dataset."""
    with ground(endpoints, home, cards.PIPELINE) as here:
        platform, chance = here.platform, Random(1)
        _control(platform)
        ids = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(EVENTS)]
        for name in ("events", "labels", "features", "predictions", "outcomes"):
            _fill(platform, name, ids)
            say(f"{EVENTS:,} rows of {name}")
        found: dict[str, list[dict[str, float]]] = {"prediction": [], "version": [], "dataset": []}
        for _ in range(rounds):
            found["prediction"] += [_seconds(platform, chance.choice(ids)) for _ in range(_A_ROUND)]
            found["version"].append(_seconds(platform, "--version", "v1"))
            found["dataset"].append(_seconds(platform, "--dataset", "d0001"))
            say(", ".join(f"{what} {_median(its, 'wall'):.2f} s" for what, its in found.items()))
    return {"seconds": found}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    rows = [
        (what, at_most(_median(its, "wall"), _MOST), *_ends(its), f"{_median(its, 'cpu'):.2f}", len(its))
        for what, its in found["seconds"].items()
    ]
    return f"""## Trace

`driftmill trace` as a whole command, with its JSON: {EVENTS:,} events with labels, vectors, predictions and outcomes in
the lake, of {COMMIT:,} rows a commit, compacted every {COMPACT} of them, ids by chance; {VERSIONS} model versions,
{DATASETS:,} datasets and {ALERTS} alerts in the topics.

{table(("what is traced", f"median s (at most {_MOST:g})", "shortest", "longest", "CPU s", "times"), rows)}

It consists of two processes that load their libraries side by side: where less than two cores are free, it takes about
as long as the CPU time."""


def _median(its: Sequence[Mapping[str, float]], what: str) -> float:
    return statistics.median(one[what] for one in its)


def _ends(its: Sequence[Mapping[str, float]]) -> tuple[str, str]:
    return f"{min(one['wall'] for one in its):.2f}", f"{max(one['wall'] for one in its):.2f}"


def _seconds(platform: Platform, *words: str) -> dict[str, float]:
    """By the clock, and of CPU time of both of its processes."""
    command = [sys.executable, "-m", "services.cli.main", "trace", *words, "--json"]
    since, before = clock.monotonic(), os.times()
    done = subprocess.run(
        command, cwd=ROOT, env=child_environment(platform.environment()), capture_output=True, check=True
    )
    seconds, after = clock.monotonic() - since, os.times()
    told = orjson.loads(done.stdout)
    assert told["answer"] and told["outcomes"] and told["versions"] if len(words) == 1 else told["audit"], told
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": seconds, "cpu": spent}


def _control(platform: Platform) -> None:
    """What the control plane would have recorded; every version has the same file."""
    settings, digest = platform.settings, platform.pipeline.digest
    model = published(platform.pipeline, Store(settings.store_url), settings.home / "keys", "v1", 1)
    candidate = model | {"run_id": "r1"}
    moves, runs, audits = [], [], []
    for number in range(1, VERSIONS + 1):
        own: dict[str, Any] = {
            "version": f"v{number}",
            "run_id": f"r{number}",
            "clock": _START,
            "by": "registry",
            "reason": "it holds",
        }
        move = own | {"from_state": "candidate", "to_state": "champion", "criteria": [], "candidate": candidate}
        moves += [(own["version"], move), (own["version"], move | {"to_state": "retired", "candidate": None})]
        started = own | {"trigger": "labels", "dataset_id": f"d{number:04}", "dataset": orjson.dumps(_dataset(number))}
        finished = own | {"outcome": "candidate", "report": b"{}"}
        runs += [(own["run_id"], "RunStarted", started), (own["run_id"], "RunFinished", finished)]
        audit = {"audit_id": f"a{number}", "actor": "registry", "action": "candidate → champion", "reason": "it holds"}
        evidence = orjson.dumps({"digest": digest}).decode()
        audits.append(("", audit | {"subject": own["version"], "clock": _START, "evidence": evidence}))
    platform.publish("models.history", "driftmill.ModelMoved", moves)
    for run_id, kind, value in runs:
        platform.publish("runs", f"driftmill.{kind}", [(run_id, value)])
    platform.publish("audit", "driftmill.AuditRecorded", audits)
    extended = [(f"d{number:04}", _dataset(number)) for number in range(1, DATASETS + 1)]
    platform.publish("datasets", "driftmill.DatasetExtended", extended)
    alert = {"kind": "inputs", "name": "amount", "version": "v1", "clock": _START, "value": 1.0, "threshold": 0.2}
    raised = [
        (f"alert{number}", alert | {"alert_id": f"alert{number}", "message": "moved"}) for number in range(ALERTS)
    ]
    platform.publish("alerts", "driftmill.AlertRaised", raised)


def _dataset(number: int) -> dict[str, Any]:
    ranges = [
        {"partition": one, "from_offset": 0, "to_offset": 500 * number, "matured_seq": 500 * number}
        for one in range(PARTITIONS)
    ]
    said = {"dataset_id": f"d{number:04}", "clock": _START + number, "feature_set": "f", "label_policy": "l"}
    return said | {"ranges": ranges, "rows": 1_000 * number, "positives": 100 * number}


def _fill(platform: Platform, name: str, ids: list[str]) -> None:
    """A table, as the lake would have written it of events in turn of each partition."""
    kept = next(one for one in TABLES if one.name == name)
    resolved = platform.pipeline.resolved
    schema = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))[kept.kind]
    columns, uri = RecordColumns(schema), table_uri(platform.settings.store_url, platform.pipeline.name, name)
    made = AppendOnlyTable(uri, name, "c/t", columns, 0)
    template = columns.to_table(list(_records(platform, kept.topic, kept.kind, schema)))
    for start in range(0, EVENTS, COMMIT):
        write_deltalake(DeltaTable(uri), _at(template, start, ids), mode="append", writer_properties=WRITTEN)
        if (start // COMMIT + 1) % COMPACT == 0:
            made.compact()


def _records(platform: Platform, topic: str, kind: str, schema: Any) -> Iterator[Record]:
    """As many as a commit has, of the right shape; what tells them apart comes later."""
    chance, resolved = Random(2), platform.pipeline.resolved
    vector = {"feature_set": resolved.feature_set, "categories": ["x"] * len(resolved.categories)}
    for number, (key, payment) in enumerate(cards.payments(cards.uniform(5_000, COMMIT))):
        numbers = np.random.default_rng(number).normal(size=len(resolved.numbers)).astype("<f4").tobytes()
        said = _SAID | vector | {"numbers": numbers, "event_time": _START, "label_time": _START, "error": None}
        if kind in ("driftmill.LabelAccepted", "driftmill.Outcome"):
            said |= {"label": 0.0, "known_at": _START, "revision": 0}
        if kind == "driftmill.EventAccepted":
            said |= {"payload": payment, "appended_at": _START}
        drawn = {field["name"]: field.get("default") for field in schema["fields"]}
        if kind == "driftmill.LabelAccepted":
            drawn["payload"] = example(dict(resolved.label_schema), chance)
        yield Record(topic, 0, number, _START, key, kind, drawn | {n: v for n, v in said.items() if n in drawn})


def _at(template: Any, start: int, ids: list[str]) -> Any:
    """The template as the commit that begins with an event."""
    number = np.arange(start, start + COMMIT)
    seq = number // PARTITIONS
    own = {
        "kafka_partition": pa.array(number % PARTITIONS, pa.int32()),
        "kafka_offset": pa.array(seq),
        "event_id": pa.array(ids[start : start + COMMIT]),
        "event_time": pa.array(_START + number * _SECOND).cast(pa.timestamp("us", tz="UTC")),
        "seq" if "seq" in template.schema.names else "after_seq": pa.array(seq),
    }
    for name, values in own.items():
        if name in template.schema.names:
            at = template.schema.get_field_index(name)
            template = template.set_column(at, template.schema.field(name), values)
    return template
