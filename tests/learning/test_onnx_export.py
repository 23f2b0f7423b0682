"""The ONNX file: the same bytes again, columns by name, one output."""

import onnx
import pytest

from services.contracts.pipeline.learning_task import BINARY
from services.training.adapters.onnx_export import TARGET_OPSET, digest, export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.learner import fit
from tests.unit.training.fitted import SMALL, fitted
from tests.unit.training.rows import CATEGORIES, NUMBERS, made_rows


@pytest.mark.parametrize("family", BINARY.learners)
def test_learning_twice_gives_the_same_bytes(family: str) -> None:
    first, second = export(fitted(family)), export(fit(SMALL[family], made_rows(), 0))
    assert first == second
    assert digest(first) == digest(second)


@pytest.mark.parametrize("family", BINARY.learners)
def test_inputs_are_the_columns_by_name_and_the_output_is_the_probability(family: str) -> None:
    content = export(fitted(family))
    graph = onnx.load_model_from_string(content)
    assert [entry.name for entry in graph.graph.input] == [*NUMBERS, *CATEGORIES]
    assert [entry.name for entry in graph.graph.output] == ["probability"]
    found = {entry.domain: entry.version for entry in graph.opset_import}
    assert set(found) <= set(TARGET_OPSET)
    assert all(found[domain] <= TARGET_OPSET[domain] for domain in found)
    assert list(found) == sorted(found)  # whatever the hashes of this process


def test_one_row_scores_as_it_does_among_others() -> None:
    rows = made_rows()
    scorer = OnnxScorer(export(fitted("logistic")))
    whole = scorer.scores(rows.inputs)
    assert [scorer.scores(rows.inputs.iloc[[i]])[0] for i in range(200)] == whole[:200].tolist()


def test_columns_that_are_not_learnt_from_are_no_inputs() -> None:
    rows = made_rows().learnt_from((NUMBERS[0], *CATEGORIES))
    scorer = OnnxScorer(export(fit(SMALL["hist_boosting"], rows, 0)))
    assert scorer.inputs == (NUMBERS[0], *CATEGORIES)
    changed = rows.inputs.assign(**{NUMBERS[1]: 7.0})
    assert scorer.scores(rows.inputs).tolist() == scorer.scores(changed).tolist()
