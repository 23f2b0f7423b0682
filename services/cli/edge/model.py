"""A model that was exported, checked and asked: its answers are those that inference gives to the same vectors."""

import hashlib
import json
import os
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_WORDS = {"true": 1.0, "false": 0.0, "": float("nan")}

Row = Mapping[str, Any]
Answer = dict[str, Any]
Matrix = NDArray[Any]


class Refused(Exception):
    """Why nothing is scored."""


class Vectors(NamedTuple):
    """The inputs of rows. numbers: float32 [rows, inputs]. categories: [rows][inputs]."""

    numbers: Matrix
    categories: list[list[str]]


class Model:
    """A model with the policy that decides by its scores, of a folder whose parts belong together.

    trusted: the 32 bytes of the public key that must have signed it; None: the one beside it. unverified: the signature
    isn't checked. Raises Refused.
    """

    def __init__(self, folder: Path, trusted: bytes | None = None, unverified: bool = False) -> None:
        self.manifest = _signed(folder, "manifest", trusted, unverified)
        content = bytes_of(folder / "model.onnx")
        if hashlib.sha256(content).hexdigest() != self.manifest["model_digest"]:
            raise Refused("model.onnx isn't the file that was signed: its digest is another")
        self.version, self.policy = str(self.manifest["version"]), "p1"
        self.threshold: float | None = self.manifest["threshold"]
        if (folder / "policy.json").exists():
            self._decide_by(_signed(folder, "policy", trusted, unverified))
        self.pipeline = str(self.manifest["pipeline"])
        self.numbers, self.categories = self.manifest["numbers"], self.manifest["categories"]
        self.classes = [str(name) for name in self.manifest.get("classes", ())]
        self.half_width = self.manifest["interval"]["half_width"] if "interval" in self.manifest else None
        self._layouts = _layouts(folder / "features.json", self.manifest)
        self._session = _session(content)
        self._inputs = [(one.name, one.type == "tensor(string)") for one in self._session.get_inputs()]
        (self._output,) = [one.name for one in self._session.get_outputs()]

    @property
    def release(self) -> str:
        """Names model and policy: `v3`, or `v3.p2` with a policy that came later."""
        return self.version if self.policy == "p1" else f"{self.version}.{self.policy}"

    def answers(self, rows: Sequence[Row]) -> list[Answer]:
        """One answer to each row, in order; one that has none says why."""
        read: list[tuple[list[float], list[str]]] = []
        whys: dict[int, str] = {}
        for place, row in enumerate(rows):
            try:
                read.append(self._vector(row))
            except ValueError as error:
                whys[place] = str(error)
        places = [place for place in range(len(rows)) if place not in whys]
        found = self.scored(_vectors(read, len(self.numbers)))
        answers = dict(zip(places, found, strict=True))
        return [answers[place] if place in answers else self._failed(whys[place]) for place in range(len(rows))]

    def scored(self, vectors: Vectors) -> list[Answer]:
        """One answer to each vector."""
        if not len(vectors.numbers):
            return []
        try:
            return [self._answer(score) for score in self._scores(vectors)]
        except Exception:
            return [self._alone(vectors, row) for row in range(len(vectors.numbers))]

    def _decide_by(self, policy: Row) -> None:
        if (policy["model"], policy["model_digest"]) != (self.version, self.manifest["model_digest"]):
            raise Refused(f"policy.json is about {policy['model']}, expected {self.version} and its file")
        self.policy, self.threshold = str(policy["version"]).rpartition(".")[2], float(policy["threshold"])

    def _vector(self, row: Row) -> tuple[list[float], list[str]]:
        if "numbers" in row and "feature_set" in row and "numbers" not in self.numbers:
            row = self._unpacked(row)
        if lacking := [name for name in (*self.numbers, *self.categories) if name not in row]:
            raise ValueError(f"lacks {', '.join(lacking)}")
        numbers = [_number(name, row[name]) for name in self.numbers]
        return numbers, ["" if row[name] is None else str(row[name]) for name in self.categories]

    def _unpacked(self, row: Row) -> Row:
        """A row of the lake by name."""
        layout = self._layouts.get(str(row["feature_set"]))
        if layout is None:
            known = ", ".join(self._layouts)
            raise ValueError(f"is of the feature set {row['feature_set']}, expected one of {known}")
        numbers, categories = layout
        packed, texts = (row.get(name) for name in ("numbers", "categories"))
        packed = b64decode(packed, validate=True) if isinstance(packed, str) else packed
        texts = json.loads(texts) if isinstance(texts, str) else texts
        if not isinstance(packed, bytes) or not isinstance(texts, list):
            raise ValueError("expected packed numbers and a list of categories")
        if (len(packed), len(texts)) != (4 * len(numbers), len(categories)):
            raise ValueError(f"expected {len(numbers)} packed numbers and {len(categories)} categories")
        return dict(zip((*numbers, *categories), (*np.frombuffer(packed, "<f4").tolist(), *texts), strict=True))

    def _scores(self, vectors: Vectors) -> Matrix:
        """Scores [rows, outputs] as float64. A single row is padded to two, as live, for the same bits."""
        numbers, categories = vectors
        if len(numbers) == 1:
            return self._scores(Vectors(numbers.repeat(2, 0), categories * 2))[:1]
        columns: dict[str, Matrix] = {name: numbers[:, [place]] for place, name in enumerate(self.numbers)}
        for place, name in enumerate(self.categories):
            columns[name] = np.array([[row[place]] for row in categories], object)
        feed = {
            name: columns[name] if is_text else np.ascontiguousarray(columns[name]) for name, is_text in self._inputs
        }
        return np.asarray(self._session.run([self._output], feed)[0], np.float64).reshape(len(numbers), -1)

    def _alone(self, vectors: Vectors, row: int) -> Answer:
        """So that a row that can't be scored fails alone."""
        try:
            (score,) = self._scores(Vectors(vectors.numbers[[row]], [vectors.categories[row]]))
        except Exception as error:
            return self._failed(f"{type(error).__name__}: {error}")
        return self._answer(score)

    def _answer(self, scores: Matrix) -> Answer:
        score = float(scores.max() if self.classes else scores[-1])
        if not np.isfinite(score):
            return self._failed(f"score is {score}, expected a finite number")
        found: Answer = self._told("ok") | {"score": score}
        if self.threshold is not None:
            found["label"] = score >= self.threshold
        if self.half_width is not None:
            ends = score - self.half_width, score + self.half_width
            found["low"], found["high"] = (end if np.isfinite(end) else None for end in ends)
        if self.classes:
            found |= {"decided_class": self.classes[int(scores.argmax())], "scores": scores.tolist()}
        return found

    def _failed(self, why: str) -> Answer:
        return self._told("failed") | {"why": why}

    def _told(self, status: str) -> Answer:
        nothing = dict.fromkeys(("score", "label", "low", "high", "decided_class"))
        return {"status": status} | nothing | {"scores": [], "model": self.version, "policy": self.policy, "why": ""}


def _vectors(read: Sequence[tuple[list[float], list[str]]], width: int) -> Vectors:
    """Numbers as models see them: float32, NaN in place of infinite ones."""
    with np.errstate(over="ignore"):
        found = np.array([numbers for numbers, _ in read], np.float64).reshape(len(read), width).astype(np.float32)
    return Vectors(np.where(np.isinf(found), np.float32(np.nan), found), [categories for _, categories in read])


def _number(name: str, value: Any) -> float:
    """NaN for a missing one. Raises ValueError."""
    try:
        if isinstance(value, str):
            text = value.strip().lower()
            return _WORDS[text] if text in _WORDS else float(text)
        return float("nan") if value is None else float(value)
    except OverflowError:
        return float("nan")
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}, expected a number") from None


def _session(content: bytes) -> Any:
    # unless told otherwise before it is imported, it tells its makers of every session
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def bytes_of(path: Path) -> bytes:
    """What a file holds. Raises Refused."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error


def _signed(folder: Path, name: str, trusted: bytes | None, unverified: bool) -> Row:
    """What was signed, once its signature holds."""
    content = bytes_of(folder / f"{name}.json")
    if not unverified:
        _verify(name, content, bytes_of(folder / f"{name}.sig"), trusted or bytes_of(folder / f"{name}.pub"))
    try:
        found: Row = json.loads(content)
    except ValueError:
        raise Refused(f"{name}.json is no JSON") from None
    return found


def _verify(name: str, content: bytes, signature: bytes, key: bytes) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        why = "the signature can't be checked without the package `cryptography`: install requirements.txt, or say"
        raise Refused(f"{why} --unverified to check no more than the model's digest") from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        raise Refused(f"{name}.json isn't signed by the key: it was changed, or another key signed it") from None


def _layouts(path: Path, manifest: Row) -> dict[str, tuple[list[str], list[str]]]:
    """Names of the numbers and categories of each feature set that the model can read, if they are as was signed.

    A feature set is named by the digest of its columns and what each means.
    """
    found = {}
    try:
        told = json.loads(bytes_of(path))["layouts"].items()
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Refused(f"{path} tells no layouts: expected the file that was exported") from None
    for name, (numbers, categories) in told:
        text = json.dumps([1, [numbers, categories]], separators=(",", ":"), ensure_ascii=False)
        digests = dict([*numbers, *categories])
        is_read = all(digests.get(one) == manifest["input_digests"][one] for one in _inputs(manifest))
        if hashlib.sha256(text.encode()).hexdigest()[:16] != name or not is_read:
            raise Refused(f"features.json tells the feature set {name} otherwise than it was signed")
        found[name] = [one for one, _ in numbers], [one for one, _ in categories]
    return found


def _inputs(manifest: Row) -> list[str]:
    return [*manifest["numbers"], *manifest["categories"]]
