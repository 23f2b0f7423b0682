"""Runs and releases as events of OpenLineage (https://openlineage.io/spec/2-0-2/OpenLineage.json).

A training run reads the lake's table of outcomes and writes a model; a release reads the model, and writes the topic
`models`, by which it answers. The same records give the same events, so that a repeat changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as version_of
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import NAMESPACE_URL, uuid5

import attr
import orjson
from openlineage.client import event_v2 as event
from openlineage.client import facet_v2 as facet

from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Value
from services.contracts.release_name import ReleaseName
from services.contracts.topics import topic_named
from services.training.domain.tracked import moment, of_start, tracked

_TRAINING, _RELEASE = "training", "release"
_START, _COMPLETE = event.RunState.START, event.RunState.COMPLETE
_FAIL, _ABORT = event.RunState.FAIL, event.RunState.ABORT
_ENDS = {"failed": _FAIL, "not_enough": _ABORT, "no_evidence": _ABORT}
"""By the outcome of a run; with any other it has done all that it could."""
_RELEASED = {"champion": _COMPLETE, "rejected": _ABORT}
_NONE: Mapping[str, float] = MappingProxyType({})
_OF_A_MOVE = ("version", "from_state", "to_state", "by", "reason")


@attr.define
class Measures(facet.DatasetFacet):
    """measures: of a model by name, as `tracked` names them."""

    measures: dict[str, float]


@dataclass(frozen=True, slots=True)
class LineageEvents:
    """Makes them. namespace: of jobs. store: URL of the object store. bootstrap: Kafka's servers."""

    namespace: str
    pipeline: Pipeline
    store: str
    bootstrap: str

    def __post_init__(self) -> None:
        event.set_producer(f"urn:driftmill:{version_of('driftmill')}")

    def of_start(self, started: Record) -> event.RunEvent:
        """Of a RunStarted."""
        value = started.value
        facets = _parameters(of_start(value))
        return self._made(_START, started, _TRAINING, value["run_id"], facets, self._rows(value, None))

    def of_end(self, started: Record | None, finished: Record, manifest: Mapping[str, Any] | None) -> event.RunEvent:
        """Of a RunFinished. started: None where it waited for evidence that never came. manifest: of its candidate."""
        value = finished.value
        end = _ENDS.get(value["outcome"], _COMPLETE)
        facets = {} if end == _COMPLETE else _error(value["reason"])
        if started is None:
            told = {"driftmill.outcome": value["outcome"], "driftmill.reason": value["reason"]}
            return self._made(end, finished, _TRAINING, value["run_id"], facets | _parameters(told))
        version = value["version"]
        own = manifest if version is not None and not ReleaseName.of(version).is_refreshed else None
        run = tracked(started.value, value, orjson.loads(value["report"] or b"{}"), own)
        facets |= _parameters({**run.params, **run.tags})
        made = [] if version is None else [self._model(event.OutputDataset, version, own, run.numbers)]
        rows = self._rows(started.value, own)
        return self._made(end, finished, _TRAINING, value["run_id"], facets, rows, made)

    def of_move(self, moved: Record, began: int) -> Iterator[event.RunEvent]:
        """Of a ModelMoved: of its release the start, the end, both or neither. began: offset of its first move."""
        value, key = moved.value, f"{moved.value['version']}/{began}"
        states = [_START] if moved.offset == began else []
        states += [_RELEASED[value["to_state"]]] if value["to_state"] in _RELEASED else []
        facets = _parameters({name: value[name] for name in _OF_A_MOVE}) | self._after(value["run_id"])
        model = self._model(event.InputDataset, value["version"])
        model.inputFacets = _assertions(value["criteria"])
        for state in states:
            written = [self._view(value["version"])] if state == _COMPLETE else []
            yield self._made(state, moved, _RELEASE, key, facets, [model], written)

    def _made(
        self,
        state: event.RunState,
        record: Record,
        job: str,
        key: str,
        facets: Mapping[str, facet.RunFacet],
        inputs: list[event.InputDataset] | None = None,
        outputs: list[event.OutputDataset] | None = None,
    ) -> event.RunEvent:
        nominal = facet.nominal_time_run.NominalTimeRunFacet(moment(record.value["clock"]))
        return event.RunEvent(
            eventTime=moment(record.timestamp),
            eventType=state,
            run=event.Run(self._run_id(job, key), {"nominalTime": nominal, **facets}),
            job=event.Job(self.namespace, self._job(job), self._about(job)),
            inputs=inputs or [],
            outputs=outputs or [],
        )

    def _job(self, job: str) -> str:
        return f"{self.pipeline.name}.{job}"

    def _run_id(self, job: str, key: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.namespace}/{self._job(job)}/{key}"))

    def _about(self, job: str) -> dict[str, facet.JobFacet]:
        kind = facet.job_type_job.JobTypeJobFacet("BATCH", "DRIFTMILL", job.upper())
        about: dict[str, facet.JobFacet] = {"jobType": kind}
        if self.pipeline.purpose:
            about["documentation"] = facet.documentation_job.DocumentationJobFacet(self.pipeline.purpose)
        if self.pipeline.owner:
            owner = facet.ownership_job.Owner(self.pipeline.owner.team, "OWNER")
            about["ownership"] = facet.ownership_job.OwnershipJobFacet([owner])
        return about

    def _after(self, run_id: str) -> dict[str, facet.RunFacet]:
        dependencies = facet.job_dependencies_run
        job = dependencies.JobIdentifier(self.namespace, self._job(_TRAINING))
        run = dependencies.RunIdentifier(self._run_id(_TRAINING, run_id))
        return {"jobDependencies": dependencies.JobDependenciesRunFacet([dependencies.JobDependency(job, run)])}

    def _rows(self, started: Value, manifest: Mapping[str, Any] | None) -> list[event.InputDataset]:
        """The table of outcomes, up to the offsets that the dataset names; and of a backfill, where it was read."""
        dataset = orjson.loads(started["dataset"])
        outcomes = self._table("outcomes", dataset.get("ranges", ()))
        outcomes.facets = {"version": facet.dataset_version_dataset.DatasetVersionDatasetFacet(started["dataset_id"])}
        counted = facet.input_statistics_input_dataset.InputStatisticsInputDatasetFacet(rowCount=started["rows"])
        outcomes.inputFacets = {**(outcomes.inputFacets or {}), "inputStatistics": counted}
        if manifest is None:
            return [outcomes]
        outcomes.facets["schema"] = _schema(manifest)
        reach = manifest.get("backfilled")
        return [outcomes, self._table(f"backfill_{manifest['feature_set']}", reach)] if reach else [outcomes]

    def _table(self, name: str, ranges: Any) -> event.InputDataset:
        subset = facet.base_subset_dataset
        parts = [subset.Partition(dict(one), str(one["partition"])) for one in ranges]
        chosen = subset.InputSubsetInputDatasetFacet(subset.PartitionSubsetCondition(parts))
        place = self._place(f"lake/{self.pipeline.name}/{name}")
        return event.InputDataset(*place, inputFacets={"subset": chosen} if parts else {})

    def _model(
        self,
        kind: type[Any],
        version: str,
        manifest: Mapping[str, Any] | None = None,
        measures: Mapping[str, float] = _NONE,
    ) -> Any:
        """One dataset for all versions of a pipeline's model. kind: InputDataset or OutputDataset."""
        facets = _versioned(version, "MODEL")
        if manifest is not None:
            facets["schema"] = _schema(manifest)
        if measures:
            facets["driftmill_measures"] = Measures(dict(measures))
        return kind(*self._place(f"models/{self.pipeline.name}"), facets=facets)

    def _view(self, version: str) -> event.OutputDataset:
        server = self.bootstrap.partition(",")[0].strip()
        topic = topic_named("models").full_name(self.pipeline.name)
        return event.OutputDataset(f"kafka://{server}", topic, facets=_versioned(version, "TOPIC"))

    def _place(self, path: str) -> tuple[str, str]:
        """Namespace and name of an object, as OpenLineage's naming of datasets has it."""
        parts = urlsplit(self.store)
        if parts.scheme == "file":
            return "file", f"{url2pathname(parts.path).rstrip('/')}/{path}"
        return f"{parts.scheme}://{parts.netloc}", f"{parts.path.strip('/')}/{path}".lstrip("/")


def _versioned(version: str, kind: str) -> dict[str, facet.DatasetFacet]:
    return {
        "version": facet.dataset_version_dataset.DatasetVersionDatasetFacet(version),
        "datasetType": facet.dataset_type_dataset.DatasetTypeDatasetFacet(kind),
    }


def _schema(manifest: Mapping[str, Any]) -> facet.DatasetFacet:
    """The features that a model reads, each with the digest of its definition."""
    schema, digests = facet.schema_dataset, manifest["input_digests"]
    kinds = dict.fromkeys(manifest["numbers"], "float") | dict.fromkeys(manifest["categories"], "string")
    fields = [
        schema.SchemaDatasetFacetFields(name, kind, f"definition {digests[name]}") for name, kind in kinds.items()
    ]
    return schema.SchemaDatasetFacet(fields)


def _parameters(values: Mapping[str, str]) -> dict[str, facet.RunFacet]:
    parameters = facet.execution_parameters_run
    told = [parameters.ExecutionParameter(key=name, value=value) for name, value in values.items()]
    return {"executionParameters": parameters.ExecutionParametersRunFacet(told)}


def _error(reason: str) -> dict[str, facet.RunFacet]:
    return {"errorMessage": facet.error_message_run.ErrorMessageRunFacet(reason, "python")}


def _assertions(criteria: Any) -> dict[str, facet.InputDatasetFacet]:
    """A verdict's lines, each with its numbers."""
    quality = facet.data_quality_assertions_dataset
    told = [
        quality.Assertion(
            assertion=one["name"],
            success=one["passed"],
            description=one["detail"],
            expected=_text(one["bound"]),
            actual=_text(one["value"]),
        )
        for one in criteria
    ]
    return {"dataQualityAssertions": quality.DataQualityAssertionsDatasetFacet(told)} if told else {}


def _text(number: float | None) -> str | None:
    return None if number is None else f"{number:g}"
