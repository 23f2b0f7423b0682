"""The pipeline file: what it says, checked, with every default resolved.

`load(directory)` or `Pipeline.from_texts(texts)` give a `Pipeline`, or raise `PipelineInvalid` with every mistake.
`pipeline.resolved` is what services read; `explain`, `check`, `json_schema` and `new` serve the command.
"""

from services.contracts.pipeline.change import changed
from services.contracts.pipeline.definition import FeatureDefinition, RowFeature
from services.contracts.pipeline.directory import check, json_schema, load
from services.contracts.pipeline.explanation import explain
from services.contracts.pipeline.layout import Layout
from services.contracts.pipeline.mistake import Mistake, PipelineInvalid
from services.contracts.pipeline.pipeline import Pipeline
from services.contracts.pipeline.resolved import ChainEntity, Resolved
from services.contracts.pipeline.template import new
from services.contracts.pipeline.units import Duration, Rate

__all__ = [
    "ChainEntity",
    "Duration",
    "FeatureDefinition",
    "Layout",
    "Mistake",
    "Pipeline",
    "PipelineInvalid",
    "Rate",
    "Resolved",
    "RowFeature",
    "changed",
    "check",
    "explain",
    "json_schema",
    "load",
    "new",
]
