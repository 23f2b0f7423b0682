"""The manifest of a model: what it is, what it was made of, and the numbers it is judged by; signed.

It travels as canonical JSON: the bytes that were signed are the bytes that are verified, and never made again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.contracts.decision_policy import DecisionPolicy

SIGNING = "signing"
"""Id of the key that signs, unless a list of trusted keys gives it another."""

CHAMPION_KEY = "champion"
"""Key in `models` of the model that answers."""

CHALLENGER_KEY = "challenger"
"""Key in `models` of the version in flight: asked beside the one that answers, and itself answering a share of all."""


class Golden(TypedDict):
    """Rows whose scores are known. numbers: [rows][inputs], missing ones null. categories: [rows][inputs]. scores: of
    several classes [rows][classes]."""

    numbers: list[list[float | None]]
    categories: list[list[str]]
    scores: list[float] | list[list[float]]


class Stretch(TypedDict):
    """A recorded stretch of traffic: the newest rows of the hold-out in their order, as they were served, with the
    scores of the file; a Golden as canonical JSON, in the object store at `uri`. digest: SHA-256 of that."""

    uri: str
    digest: str
    rows: int


class Cost(TypedDict):
    """What serving a model takes, on the machine and at the time that it was measured. alone, alone_p99: milliseconds
    of processor time for a row that comes alone, the median of rows and the slowest hundredth. together: for 1,000 rows
    that come in great batches. mib: of memory beside what libraries take, at most."""

    alone: float
    alone_p99: float
    together: float
    mib: float


class Interval(TypedDict):
    """coverage: share of labels that it is to hold. half_width: how far it reaches to both sides of a score."""

    coverage: float
    half_width: float


class Manifest(TypedDict):
    """What is said of a model version.

    model_digest: SHA-256 of the ONNX file. dataset: the DatasetExtended it was made from. numbers, categories: its
    inputs in order, each with its meaning in `input_digests`. threshold: the score from which it decides positive, its
    first decision policy, `p1`; None where nothing is decided, or the most probable of several `classes`, which are in
    the order of their scores. unit: where scores are numbers, what distances are counted in; interval: beside each.
    members: of an ensemble, the weight of each in the mean of their scores, and the SHA-256 of its own file.
    stretch: recorded traffic that the file is served before it is let at any event. cost: of serving it, the only
    numbers here that another run of the same job gives otherwise.
    refused: learners that were better on the validation rows but whose file scored differently, with the reason.
    share_of_negatives: what was learnt from of them; the scores are corrected for it.
    trained_from, trained_through: event times in microseconds; it has seen no event from trained_through on.
    change_point: event time of the change that the run answered to, in microseconds, None if to none.
    trials: configurations tried, with their measure on the validation rows. measured: the numbers for the gate.
    importance: of each input, how much of the metric is lost when it is shuffled, the greatest first.
    robustness: of each input, the metric while it is missing in every row, and how much worse that is.
    errors: regions of the inputs in which it errs most, found on the older half of the hold-out, measured on the newer.
    leakage: inputs that tell the label almost without fail, each alone: they may be the truth in disguise.
    budget: how many positive decisions a period were allowed, and made on the hold-out, where the pipeline limits them.
    backtest: how the configuration would have done at earlier times, where that was asked for.
    environment: versions of Python and the libraries that made it. image: the container image that it was made in, by
    the name that the service was given. backfilled: per partition of the log the last seq that a backfill of its
    features had reached, where there was one: older answers were learnt from with these features.
    """

    version: str
    run_id: str
    pipeline: str
    pipeline_digest: str
    model_digest: str
    dataset: Mapping[str, Any]
    feature_set: str
    numbers: list[str]
    categories: list[str]
    input_digests: Mapping[str, str]
    learner: Mapping[str, Any]
    members: NotRequired[Sequence[Mapping[str, Any]]]
    refused: NotRequired[Mapping[str, str]]
    share_of_negatives: float
    change_point: int | None
    trials: list[Mapping[str, Any]]
    threshold: float | None
    classes: NotRequired[list[str]]
    unit: NotRequired[float]
    interval: NotRequired[Interval]
    trained_from: int
    trained_through: int
    measured: Mapping[str, Any]
    importance: list[Mapping[str, Any]]
    robustness: list[Mapping[str, Any]]
    errors: list[Mapping[str, Any]]
    leakage: list[Mapping[str, Any]]
    parity: Mapping[str, Any]
    golden: Golden
    stretch: Stretch
    cost: NotRequired[Cost]
    seed: int
    environment: Mapping[str, str]
    image: NotRequired[str]
    budget: NotRequired[Mapping[str, Any]]
    backtest: NotRequired[list[Mapping[str, Any]]]
    backfilled: NotRequired[list[Mapping[str, int]]]


def canonical(manifest: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: equal values give equal bytes.

    Raises ValueError for NaN and infinities, TypeError for what JSON doesn't have.
    """
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sign(manifest: Manifest | DecisionPolicy, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """The canonical bytes of a manifest or policy, and their Ed25519 signature."""
    content = canonical(manifest)
    return content, key.sign(content)


def verify(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether these very bytes were signed by the key's owner."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
