"""Admission of a candidate's file: signed, whole, self-contained, reads what it says, and scores as it was measured."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.chassis.store import Store

_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_MAX_BYTES = 256 * 1024 * 1024
_TOLERANCE = 1e-5
_BATCHES = (1, 2, 7)


class NotAdmitted(Exception):
    """Why a candidate's file can't be served."""


def admit(candidate: Mapping[str, Any], store: Store, key: Ed25519PublicKey) -> dict[str, Any]:
    """The manifest of a candidate whose file may be served. Raises NotAdmitted with the reason."""
    try:
        key.verify(candidate["signature"], candidate["manifest"])
    except InvalidSignature:
        raise NotAdmitted("the manifest isn't signed by the key that is trusted") from None
    manifest: dict[str, Any] = orjson.loads(candidate["manifest"])
    for name in ("version", "model_digest"):
        if manifest[name] != candidate[name]:
            raise NotAdmitted(f"the signed manifest is about {name} {manifest[name]}, not {candidate[name]}")
    content = _content(candidate["model_uri"], manifest["model_digest"], store)
    _check_graph(content)
    _check_scores(content, manifest)
    return manifest


def _content(uri: str, digest: str, store: Store) -> bytes:
    try:
        content = store.get(uri)
    except FileNotFoundError:
        raise NotAdmitted(f"{uri} is not in the object store") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotAdmitted("the file's digest isn't the signed one")
    if len(content) > _MAX_BYTES:
        raise NotAdmitted(f"the file has {len(content)} bytes, at most {_MAX_BYTES} are served")
    return content


def _check_graph(content: bytes) -> None:
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:
        raise NotAdmitted(f"the file isn't ONNX: {error}") from error
    if foreign := {opset.domain for opset in model.opset_import} - _DOMAINS:
        raise NotAdmitted(f"operators of {', '.join(sorted(foreign))} aren't allowed")
    if b"external_data" in content or _has_external(model.graph):
        raise NotAdmitted("the file refers to data outside itself")


def _has_external(graph: onnx.GraphProto) -> bool:
    return any(t.data_location == onnx.TensorProto.EXTERNAL for t in graph.initializer)


def _check_scores(content: bytes, manifest: Mapping[str, Any]) -> None:
    """The golden batch scores as training measured it, whatever the batch."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise NotAdmitted(f"ONNX Runtime can't load the file: {error}") from error
    names = [entry.name for entry in session.get_inputs()]
    if sorted(names) != sorted([*manifest["numbers"], *manifest["categories"]]):
        raise NotAdmitted("the graph's inputs aren't those of the manifest")
    golden = manifest["golden"]
    wanted = np.array(golden["scores"], np.float64)
    for size in (len(wanted), *_BATCHES):
        found = _score(session, golden, manifest, size)
        worst = float(np.max(np.abs(found - wanted[:size]), initial=0.0))
        if not worst <= _TOLERANCE:
            raise NotAdmitted(
                f"the golden batch scores differ by {worst:.3g} from the measured ones, at most {_TOLERANCE}"
            )


def _score(session: ort.InferenceSession, golden: Mapping[str, Any], manifest: Mapping[str, Any], size: int) -> Any:
    rows = max(size, 2)
    numbers = np.array(golden["numbers"], np.float32)[:rows]
    feed = {name: np.ascontiguousarray(numbers[:, [i]]) for i, name in enumerate(manifest["numbers"])}
    for i, name in enumerate(manifest["categories"]):
        feed[name] = np.array([[row[i]] for row in golden["categories"][:rows]], dtype=object)
    return np.asarray(session.run(["probability"], feed)[0], np.float64).reshape(rows, -1)[:size, -1]
