"""Every step of the platform with a stream to try it on: raw records of the small pipeline, and what follows from them.

A new step needs one more entry in `CASES`.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.chassis.step import Step
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.features.step import FeaturesStep
from services.inference.step import InferenceStep
from services.outcomes.step import OutcomesStep
from services.registry.domain.plan import Plan
from services.registry.step import RegistryStep
from services.training.step import TrainingStep
from services.validation.step import ValidationStep
from tests.laws import answering
from tests.laws.control import HOUR, START, candidates, datasets, small
from tests.laws.flow import APPENDED, PARTITION, Topics, records_of, run
from tests.laws.indexed import indexed, inputs
from tests.laws.offers import PLAN, judged, released
from tests.platform import CHAINED, pipeline_named

PARTITIONS = 2
EVENTS = 240


@dataclass(frozen=True)
class Case:
    """The step of a service, or of a stage of one, and its inputs. pipeline: whose records they are.

    moves: topics of others that it sends strayed records back to. restated: records that a new process writes once
    more, whoever answered before.
    """

    stage: str
    make: Callable[[], Step[Any, Any]]
    topics: Callable[[], Topics]
    moves: frozenset[str] = frozenset()
    restated: frozenset[str] = frozenset()
    pipeline: Callable[[], Pipeline] = small


@cache
def chained() -> Pipeline:
    """The small pipeline with two more entities: labels pass by the second to the third."""
    return pipeline_named("chained", CHAINED)


def _shops() -> list[str]:
    """Shops that belong here, and one that doesn't."""
    names = [f"shop{number}" for number in range(40)]
    here = [name for name in names if partition_of(name.encode(), PARTITIONS) == PARTITION]
    return [*here[:6], next(name for name in names if name not in here)]


def _order(number: int, chance: random.Random) -> dict[str, Any]:
    """An order, in one of ten cases broken, late, doubled or from elsewhere."""
    at = START + number * HOUR // 5 + chance.randint(0, HOUR)
    shop = chance.choice(_shops()[:-1])
    usual = {
        "order_id": f"o{number}",
        "at": at,
        "shop": shop,
        "amount": chance.random() * 50,
        "kind": chance.choice("abc"),
    }
    odd: dict[int, dict[str, Any]] = {
        0: {"amount": -1.0},
        1: {"kind": "z"},
        2: {"order_id": f"o{max(number - 1, 0)}"},
        3: {"shop": _shops()[-1]},
        4: {"at": START - 900 * HOUR},
    }
    return usual | odd.get(chance.randrange(50), {})


def _return(order: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    known = order["at"] + chance.randint(0, 8 * HOUR)
    named = {"order_id": order["order_id"], "shop": order["shop"]}
    return {**named, "returned": chance.random() < 0.3, "known_at": known}


def _record(topic: str, offset: int, kind: str, value: dict[str, Any]) -> Record:
    key = str(value.get("shop", ""))
    return Record(topic, PARTITION, offset, APPENDED, key, kind, value, (), key.encode(), b"\0raw")


@cache
def raw() -> Topics:
    """Raw events and labels of one partition, with corrections, repeats and ticks."""
    chance = random.Random(11)
    orders = [_order(number, chance) for number in range(EVENTS)]
    labels = [_return(order, chance) for order in orders if chance.random() < 0.8]
    labels += [label | {"known_at": label["known_at"] + HOUR} for label in labels[::9]]
    labels += [labels[5], _return({"order_id": "nobody", "at": START + 9 * HOUR, "shop": _shops()[0]}, chance)]
    labels.sort(key=lambda label: label["known_at"])
    events = [_record("events.raw", offset, "small.Order", order) for offset, order in enumerate(orders)]
    end = {"time": START + EVENTS * HOUR // 5 + 48 * HOUR}
    return {
        "events.raw": [*events, _record("events.raw", EVENTS, "driftmill.Tick", end)],
        "labels": [_record("labels", offset, "small.Return", label) for offset, label in enumerate(labels)],
    }


@cache
def sent_back() -> Topics:
    """As raw, but for labels that go by way of the index."""
    return inputs(raw(), PARTITIONS)


def _validation() -> ValidationStep:
    return ValidationStep(small(), PARTITIONS)


@cache
def ruled() -> Pipeline:
    """The small pipeline, whose orders come back if a dear one of the same shop follows."""
    texts = dict(small().texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("name: small", "name: ruled")
    rule = "label: {rule: {when: amount > 40, within: 2h}, "
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", rule, 1)
    return Pipeline.from_texts(texts)


@cache
def explaining() -> Pipeline:
    """The small pipeline, a third of whose answers are explained."""
    texts = dict(small().texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("name: small", "name: explained")
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("optimise:", "baseline: {rule: amount / 50}, optimise:")
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("monitor: {", "monitor: {explain: 33%, ")
    return Pipeline.from_texts(texts)


@cache
def events() -> Topics:
    """What validation makes of the raw records."""
    return {"events": records_of(run(_validation(), raw()).outputs, "events")}


@cache
def features() -> Topics:
    """What features makes of the log."""
    return {"features": records_of(run(FeaturesStep(small(), PARTITIONS), events()).outputs, "features")}


@cache
def answered() -> Topics:
    """The log and its answers."""
    return _answered_by(answering.alone(small()))


@cache
def paired() -> Topics:
    """The log and the answers of two models."""
    return _answered_by(answering.paired(small()))


def _answered_by(step: InferenceStep) -> Topics:
    outputs = run(step, features()).outputs
    return {**events(), **{topic: records_of(outputs, topic) for topic in ("predictions", "predictions.shadow")}}


@cache
def chain(place: int = 0) -> Topics:
    """What reaches a stage of the chain: the log, with riders and areas, or what the stage before makes of it."""
    if place == 0:
        return {"events": records_of(run(ValidationStep(chained(), PARTITIONS), _delivered()).outputs, "events")}
    stage = chained().resolved.stages[place]
    return {stage: records_of(run(_stage(place - 1), chain(place - 1)).outputs, stage)}


def _stage(place: int) -> FeaturesStep:
    return FeaturesStep(chained(), PARTITIONS, place)


def _delivered() -> Topics:
    """The raw records with areas and riders; one in five orders is fetched."""

    def delivered(record: Record) -> Record:
        if record.kind != "small.Order":
            return record
        number = int(record.value["order_id"][1:])
        added = {"area": number % 4, "rider": f"rider{number % 3}" if number % 5 else None}
        return _record(record.topic, record.offset, record.kind, {**record.value, **added})

    return {topic: [delivered(record) for record in records] for topic, records in raw().items()}


class _AtOnce:
    """A workshop where every run is finished at the first look."""

    def result_of(self, run: Mapping[str, Any]) -> Mapping[str, Any]:
        """A run of many rows finds a candidate."""
        if run["rows"] < 15_000:
            return {"outcome": "baseline_suffices", "reason": "as told", "report": {"rows": run["rows"]}}
        made = {"model_uri": "m.onnx", "model_digest": "00", "manifest": b"{}", "signature": b"s", "key_id": "signing"}
        return {"outcome": "candidate", "reason": "as told", "report": {}, "candidate": made}

    def steps_of(self, _run: Mapping[str, Any]) -> list[str]:
        """As many for every run."""
        return ["learning", "measuring"]


_RAW = frozenset({"events.raw", "labels"})
CASES = (
    Case("validation", _validation, raw, _RAW),
    Case("validation", lambda: ValidationStep(ruled(), PARTITIONS), raw, _RAW, pipeline=ruled),
    Case(
        "validation",
        lambda: ValidationStep(indexed(), PARTITIONS),
        sent_back,
        _RAW | {"labels.index"},
        pipeline=indexed,
    ),
    Case("features", lambda: FeaturesStep(small(), PARTITIONS), events),
    Case("features", lambda: _stage(0), chain, pipeline=chained),
    Case("features.area", lambda: _stage(1), lambda: chain(1), pipeline=chained),
    Case("features.rider", lambda: _stage(2), lambda: chain(2), pipeline=chained),
    Case("inference", lambda: answering.alone(small()), features, restated=frozenset({"driftmill.ModelActivated"})),
    Case(
        "inference",
        lambda: answering.explaining(explaining()),
        features,
        restated=frozenset({"driftmill.ModelActivated"}),
        pipeline=explaining,
    ),
    Case("inference", lambda: answering.paired(small()), features, restated=frozenset({"driftmill.ModelActivated"})),
    Case("outcomes", lambda: OutcomesStep(small()), answered),
    Case("outcomes", lambda: OutcomesStep(small()), paired),
    Case("training", lambda: TrainingStep(small(), lambda: None, lambda: None, _AtOnce()), datasets),
    Case("registry", lambda: RegistryStep(judged, Plan()), candidates),
    Case("registry", lambda: RegistryStep(judged, PLAN), released),
)


def ids() -> Iterator[str]:
    """Names of the cases for pytest."""
    return (f"{case.stage} of {case.pipeline().name}" for case in CASES)
