"""An answered event and what is known of its truth."""

from typing import Any, NamedTuple

from services.contracts.arm import CHAMPION
from services.contracts.baseline import BASELINE
from services.contracts.release_name import ReleaseName
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.policy import Policy

CENSORED = "censored"
"""Status of an answer to an event that was acted on."""
RIGHT_FROM = 0.5
"""A label at or above this is of the positive class."""


class Body(NamedTuple):
    """The part of an answer that is no number of a row."""

    event_id: str
    key: str
    slices: tuple[str, ...]
    numbers: bytes
    categories: tuple[str, ...]


class Beside(NamedTuple):
    """What the other of two models said of an event. model, decision: as in Answer. arm: as which of both."""

    model: str
    score: float | None
    decision: int | None
    arm: str

    def to_record(self, policy: Policy) -> dict[str, Any]:
        """The `Beside` of Outcome.avsc."""
        found = {"status": "failed" if self.score is None else "ok", **self._asdict(), "decided_class": None}
        found["model"] = ReleaseName.of(self.model).model
        if policy.classes:
            found |= {"decided_class": policy.class_of(self.decision), "decision": None}
        return found


_TRUTH = 5


class Answer(NamedTuple):
    """One event, its answer as served, and its outcome so far.

    model: the ReleaseName of what answered. slices: values of the policy's slice fields, in their order. weight: for
    how many events it stands, see Acting. arm: as which of two models its own answered. beside: what the other said,
    None if none was asked. The last five are the truth. decision: True or False, or of several classes the number of
    one.
    status: empty while neither a label came nor the event was given up. rank: of the source of the label that counts.
    revision: of the newest outcome.
    """

    seq: int
    event_id: str
    key: str
    event_time: int
    slices: tuple[str, ...]
    score: float | None
    decision: int | None
    model: str
    feature_set: str
    numbers: bytes
    categories: tuple[str, ...]
    weight: int = 1
    arm: str = CHAMPION
    beside: Beside | None = None
    status: str = ""
    label: float | None = None
    label_time: int | None = None
    rank: int = 0
    revision: int = -1

    @property
    def resolved(self) -> bool:
        """Labelled or given up."""
        return self.status != ""

    @property
    def standing(self) -> Label | None:
        """The label that counts, None while there is none."""
        if self.status in ("", "missing") or self.label is None or self.label_time is None:
            return None
        return Label(self.label_time, self.label, self.key, self.rank)

    @property
    def positive(self) -> bool:
        """Labelled, and of the positive class."""
        return self.label is not None and self.label >= RIGHT_FROM

    def restated(self, status: str, label: float | None, label_time: int, rank: int = 0) -> "Answer":
        """The same event with a first or another truth."""
        return Answer._make((*self[:-_TRUTH], status, label, label_time, rank, self.revision + 1))

    def to_outcome(self, policy: Policy) -> dict[str, Any]:
        """The `driftmill.Outcome`."""
        release = ReleaseName.of(self.model)
        found: dict[str, Any] = {
            "seq": self.seq,
            "event_id": self.event_id,
            "event_time": self.event_time,
            "status": self.status,
            "revision": self.revision,
            "label": self.label,
            "label_time": self.label_time,
            "score": self.score,
            "decision": self.decision,
            "model": release.model,
            "policy": "" if release.model == BASELINE else release.policy,
            "feature_set": self.feature_set,
            "numbers": self.numbers,
            "categories": list(self.categories),
            "slices": dict(zip(policy.slices, self.slices, strict=True)),
            "propensity": 1 / self.weight,
            "arm": self.arm,
            "beside": None if self.beside is None else self.beside.to_record(policy),
            "decided_class": None,
            "label_class": None,
        }
        if policy.classes:
            names = {"decided_class": policy.class_of(self.decision), "label_class": policy.class_of(self.label)}
            found |= names | {"decision": None}
        return found


def orphan_outcome(event_id: str, early: Label, policy: Policy) -> dict[str, Any]:
    """The `driftmill.Outcome` of a label whose event never came."""
    return {
        "seq": -1,
        "event_id": event_id,
        "event_time": None,
        "status": "orphan",
        "revision": 0,
        "label": early.label,
        "label_time": early.known_at,
        "score": None,
        "decision": None,
        "model": "",
        "policy": "",
        "feature_set": "",
        "numbers": b"",
        "categories": [],
        "slices": {},
        "propensity": 1.0,
        "arm": CHAMPION,
        "beside": None,
        "decided_class": None,
        "label_class": policy.class_of(early.label),
    }
