"""Wires the registry service."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.profiles import Profiles
from services.chassis.recorded import Recorded
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.chassis.trust import Trust
from services.contracts.pipeline.evaluate import Criterion as Asked
from services.registry.adapters.admission import Admission, NotAdmitted
from services.registry.adapters.cards import Cards
from services.registry.adapters.sandbox import Limits
from services.registry.domain.acceptance import Case, Criterion, Verdict, judge
from services.registry.domain.offer import Offer
from services.registry.settings import RegistrySettings
from services.registry.step import Judge, RegistryStep

log = logging.getLogger(__name__)

_MIB = 1024 * 1024

Keep = Callable[[Mapping[str, Any], Verdict], None]
"""Done with an admitted CandidateProposed and the verdict on it, before that is published."""


def build(settings: RegistrySettings) -> Runnable:
    """The registry service."""
    limits = Limits(
        settings.trial_mb, settings.trial_cpu_seconds, settings.trial_seconds, file_bytes=settings.model_mb * _MIB
    )

    def stage(context: Context) -> Stage:
        task = context.pipeline.label.target.task
        admission = Admission(context.store, Trust.read(settings.home / "keys"), limits, task=task)
        judge = judge_of(admission, context.pipeline.evaluate.accept, _card_keeper(context))
        return Stage("registry", RegistryStep(judge, context.pipeline.release.approval))

    return on_loop("registry", settings, stage)


def judge_of(admission: Admission, accept: Sequence[Asked] | None, keep: Keep | None = None) -> Judge:
    """Judges candidates whose file is admitted by `evaluate.accept`; others aren't."""

    def judged(offer: Offer) -> Verdict:
        try:
            admitted = admission.admit(offer)
        except NotAdmitted as error:
            return Verdict(False, (Criterion("admission", False, None, None, None, None, 0, f"not admitted: {error}"),))
        champion = offer.champion.name if offer.champion else None
        case = Case(admitted.manifest["measured"], champion, offer.attempt, admitted.milliseconds, admission.task)
        verdict = judge(accept, case)
        if keep is not None:
            keep(offer.candidate, verdict)
        return verdict

    return judged


def _card_keeper(context: Context) -> Keep:
    """Makes model cards; if a verdict is reached again, so is its card."""
    applied, cards = context.pipeline, Cards(context.store)

    def keep(candidate: Mapping[str, Any], verdict: Verdict) -> None:
        digest = orjson.loads(candidate["manifest"])["pipeline_digest"]
        try:
            # another one may have replaced it since
            pipeline = applied if applied.digest == digest else Recorded(context.settings).pipeline(digest)
        except Refused as error:
            log.warning("no model card", extra={"version": candidate["version"], "reason": str(error)})
            return
        moved = Profiles(context.settings).moved(candidate["run_id"])
        cards.keep(candidate, cards.made(candidate, pipeline, verdict, moved))

    return keep
