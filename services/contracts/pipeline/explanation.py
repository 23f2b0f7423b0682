"""The pipeline file with every default resolved."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from services.contracts.pipeline.pipeline import Pipeline

WIDTH = 120


def explain(pipeline: Pipeline) -> str:
    """The whole file as YAML; it reads again as the same pipeline."""
    yaml = YAML()
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_laid_out(pipeline.settled(), 0), stream)
    inputs = pipeline.resolved
    counts = f"{len(inputs.numbers)} numbers, {len(inputs.categories)} categories, feature set {inputs.feature_set}"
    return f"# {pipeline.name}: every default resolved; {counts}\n{stream.getvalue()}"


def _laid_out(data: Any, depth: int) -> Any:
    """Sections in blocks, what is small and inside in one line."""
    if isinstance(data, dict):
        mapping = CommentedMap((key, _laid_out(value, depth + 1)) for key, value in data.items())
        if depth > 0 and _is_small(data):
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(data, list):
        sequence = CommentedSeq([_laid_out(value, depth + 1) for value in data])
        if all(not isinstance(value, dict | list) for value in data):
            sequence.fa.set_flow_style()
        return sequence
    return data


def _is_small(data: dict[str, Any]) -> bool:
    return len(str(data)) < WIDTH and not any(isinstance(value, dict) for value in data.values())
