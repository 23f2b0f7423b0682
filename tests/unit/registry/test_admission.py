"""A candidate's file is admitted if it is what was signed, and scores as it was measured."""

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from services.chassis.store import Store
from services.contracts.pipeline.evaluate import Criterion
from services.registry.adapters.admission import Admission, NotAdmitted
from services.registry.app import judge_of
from services.registry.domain.offer import Offer
from services.training.adapters.onnx_export import export
from services.training.adapters.onnx_scorer import OnnxScorer
from tests.unit.registry.files import LIMITS, deep, hungry, model, node, plain, tensor, try_here
from tests.unit.registry.offered import TRUST, manifest, offered
from tests.unit.training.fitted import fitted
from tests.unit.training.rows import CATEGORIES, NUMBERS, made_rows

PLAIN = plain().SerializeToString()


@pytest.fixture
def store() -> Store:
    return Store("memory:///")


def admission(store: Store) -> Admission:
    return Admission(store, TRUST, LIMITS, try_here)


def alone(candidate: dict[str, Any]) -> Offer:
    """An offer while no learnt model answers."""
    return Offer(candidate, 0, None, 1)


def why_not(store: Store, candidate: dict[str, Any]) -> str:
    with pytest.raises(NotAdmitted) as refused:
        admission(store).admit(alone(candidate))
    return str(refused.value)


def why_not_apart(store: Store, candidate: dict[str, Any]) -> str:
    """As `why_not`, of a file that is tried in a process of its own."""
    with pytest.raises(NotAdmitted) as refused:
        Admission(store, TRUST, LIMITS).admit(alone(candidate))
    return str(refused.value)


def test_a_file_that_holds_what_was_signed_is_admitted(store: Store) -> None:
    found = admission(store).admit(alone(offered(PLAIN, store)))
    assert found.manifest == manifest(PLAIN)
    assert 0 < found.milliseconds < 50


def test_what_training_learns_is_admitted(store: Store) -> None:
    content, rows = export(fitted("hist_boosting")), made_rows().inputs.iloc[:64]
    golden = {
        "numbers": rows[list(NUMBERS)].astype(object).where(rows[list(NUMBERS)].notna(), None).to_numpy().tolist(),
        "categories": rows[list(CATEGORIES)].to_numpy().tolist(),
        "scores": OnnxScorer(content).scores(rows).tolist(),
    }
    said = manifest(content, numbers=list(NUMBERS), categories=list(CATEGORIES), golden=golden)
    assert admission(store).admit(alone(offered(content, store, said))).manifest["golden"] == golden


@pytest.mark.parametrize(("limit", "accepted"), [(1e-9, False), (900, True)])
def test_how_long_a_file_takes_is_judged_and_not_told(store: Store, limit: float, accepted: bool) -> None:
    accept = (Criterion.model_validate({"metric": "latency", "at_most": limit}),)
    verdict = judge_of(admission(store), accept)(alone(offered(PLAIN, store)))
    assert verdict.accepted is accepted
    assert (verdict.criteria[0].value, verdict.criteria[0].bound) == (None, limit)


@pytest.mark.parametrize("shift", [2e-5, -2e-5])
@pytest.mark.parametrize("place", [0, 2])
def test_a_golden_row_that_scores_otherwise_is_refused(store: Store, shift: float, place: int) -> None:
    said = manifest(PLAIN)
    said["golden"]["scores"][place] += shift
    assert why_not(store, offered(PLAIN, store, said)) == (
        "the golden batch scores differ by 2e-05 from the measured ones, at most 1e-05"
    )


def by_count(rows: int) -> onnx.ModelProto:
    """A half of `a`, and in a batch of so many rows a little more."""
    nodes = [
        node("Shape", ["a"], ["shape"]),
        node("Slice", ["shape", "zero", "one"], ["count"]),
        node("Equal", ["count", "rows"], ["same"]),
        node("Cast", ["same"], ["much"], to=TensorProto.FLOAT),
        node("Mul", ["much", "little"], ["more"]),
        node("Mul", ["a", "half"], ["b0"]),
        node("Add", ["b0", "more"], ["b"]),
    ]
    given = {"zero": np.array([0]), "one": np.array([1]), "rows": np.array([rows]), "little": np.float32(1e-7)}
    tensors = [tensor(name, value) for name, value in (given | {"half": np.float32(0.5)}).items()]
    return model(*nodes, initializers=tensors)


@pytest.mark.parametrize(("rows", "size"), [(2, 1), (7, 7), (2_000, 2_000)])
def test_a_score_that_depends_on_its_batch_is_refused_to_the_last_bit(store: Store, rows: int, size: int) -> None:
    content = by_count(rows).SerializeToString()
    assert why_not(store, offered(content, store)) == f"the scores of golden rows are others in a batch of {size}"


def test_a_score_that_is_no_number_is_refused(store: Store) -> None:
    content = model(node("Log", ["a"], ["c"]), node("Log", ["c"], ["b"])).SerializeToString()
    assert "the golden batch scores differ by nan" in why_not(store, offered(content, store))


def test_a_file_that_crashes_is_refused_and_the_next_one_is_admitted(store: Store) -> None:
    assert why_not_apart(store, offered(deep().SerializeToString(), store)).endswith("crashed with SIGSEGV")
    assert Admission(store, TRUST, LIMITS).admit(alone(offered(PLAIN, store)))


def test_a_hungry_file_is_refused(store: Store) -> None:
    assert "Failed to allocate memory" in why_not_apart(store, offered(hungry(2_000).SerializeToString(), store))


def test_a_file_over_the_limit_is_not_even_read(store: Store) -> None:
    limits = replace(LIMITS, file_bytes=len(PLAIN) - 1)
    with pytest.raises(NotAdmitted, match=f"the file has {len(PLAIN)} bytes, at most {len(PLAIN) - 1} are served"):
        Admission(store, TRUST, limits).admit(alone(offered(PLAIN, store)))


def test_another_file_than_the_signed_one_is_refused(store: Store) -> None:
    candidate = offered(PLAIN, store)
    store.put(candidate["model_uri"], PLAIN + b"\0")
    assert why_not(store, candidate) == "the file's digest isn't the signed one"
    store.delete([candidate["model_uri"]])
    assert why_not(store, candidate) == f"{candidate['model_uri']} is not in the object store"


def test_a_manifest_without_golden_rows_is_refused(store: Store) -> None:
    said = manifest(PLAIN, golden={"numbers": [], "categories": [], "scores": []})
    assert why_not(store, offered(PLAIN, store, said)) == "the manifest has no golden rows"


@pytest.mark.parametrize("name", ["version", "model_digest"])
def test_a_manifest_about_another_is_refused(store: Store, name: str) -> None:
    candidate = offered(PLAIN, store) | {name: "other"}
    assert "the signed manifest is about version v1 and the file " in why_not(store, candidate)
