"""Admission of a candidate's file: signed, whole, self-contained, reads what it says, and scores as it was measured."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.chassis.serving_cost import MANY
from services.chassis.store import Store
from services.chassis.trust import Distrusted, Trust
from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.registry.adapters.sandbox import Limits, try_apart
from services.registry.adapters.trial import Answer, Question
from services.registry.domain.offer import Offer, made_of, misplaced, outdated

log = logging.getLogger(__name__)

_BATCHES = (1, 2, 7, MANY)


class NotAdmitted(Exception):
    """Why a candidate's file can't be served."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """manifest: as it was signed. milliseconds: CPU time that the file takes for 1,000 rows. content: the file. policy:
    as it was signed, if only that is new: then its file isn't read."""

    manifest: Mapping[str, Any]
    milliseconds: float
    content: bytes = b""
    policy: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Opens candidates' files. limits: of the process that tries a file, and of the file. trial: how it is tried. task:
    what models learn."""

    store: Store
    trust: Trust
    limits: Limits
    trial: Callable[[bytes, Question, Limits], Answer] = try_apart
    task: LearningTask = BINARY

    def admit(self, offer: Offer) -> Admitted:
        """What is known of a candidate whose file may be served; that of a policy was admitted with its model.

        Raises NotAdmitted with the reason.
        """
        manifest, policy = self._signed(offer)
        if policy is not None:
            return Admitted(manifest, 0.0, policy=policy)
        content = self._content(offer.candidate["model_uri"], manifest["model_digest"])
        answer = self.trial(content, _question(manifest, self.task), self.limits)
        milliseconds = answer["cost"]["together"]
        log.info(
            "file tried",
            extra={
                "version": manifest["version"],
                "bytes": len(content),
                "milliseconds": round(milliseconds, 3),
                "problem": answer["problem"],
                "walls": answer["walls"],
            },
        )
        tolerance = self.task.tolerance * manifest.get("unit", 1.0)
        if problem := answer["problem"] or _unequal(answer["scores"], manifest["golden"]["scores"], tolerance):
            raise NotAdmitted(problem)
        return Admitted(manifest, milliseconds, content)

    def _signed(self, offer: Offer) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
        """Manifest, and the policy if that came after its model."""
        try:
            manifest = self.trust.manifest_of(offer.candidate, offer.time)
            policy = self.trust.policy_of(offer.candidate, offer.time)
        except Distrusted as error:
            raise NotAdmitted(str(error)) from error
        if policy is not None:
            problem = misplaced(policy, offer.candidate["manifest"], offer)
        else:
            problem = "" if offer.champion is None else outdated(manifest, made_of(offer.champion))
        if problem:
            raise NotAdmitted(problem)
        return manifest, policy

    def _content(self, uri: str, digest: str) -> bytes:
        try:
            if (size := self.store.size(uri)) > self.limits.file_bytes:
                raise NotAdmitted(f"the file has {size} bytes, at most {self.limits.file_bytes} are served")
            content = self.store.get(uri)
        except FileNotFoundError:
            raise NotAdmitted(f"{uri} is not in the object store") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotAdmitted("the file's digest isn't the signed one")
        return content


def _question(manifest: Mapping[str, Any], task: LearningTask) -> Question:
    """The measured scores stay here: the file is asked for its own."""
    golden = manifest["golden"]
    if not golden["scores"]:
        raise NotAdmitted("the manifest has no golden rows")
    return {
        "numbers": manifest["numbers"],
        "categories": manifest["categories"],
        "number_rows": golden["numbers"],
        "category_rows": golden["categories"],
        "batches": [len(golden["scores"]), *_BATCHES],
        "pieces": [],
        "output": task.output,
        "width": task.width,
    }


def _unequal(found: list[Any], measured: list[Any], tolerance: float) -> str:
    """Why the scores aren't those that training measured, whatever the batch; empty if they are."""
    whole, *parts = (np.array(scores, np.float64) for scores in found)
    worst = float(np.max(np.abs(whole - np.array(measured, np.float64))))
    if not worst <= tolerance:
        return f"the golden batch scores differ by {worst:.3g} from the measured ones, at most {tolerance:.3g}"
    for size, scores in zip(_BATCHES, parts, strict=True):
        if not np.array_equal(scores, whole[: len(scores)]):
            return f"the scores of golden rows are others in a batch of {size}"
    return ""
