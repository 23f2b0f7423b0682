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
from services.contracts.pipeline.metric import Metric
from services.registry.adapters.admission import Admission, Admitted, NotAdmitted
from services.registry.adapters.cards import Cards
from services.registry.adapters.heads import Heads
from services.registry.adapters.sandbox import Limits
from services.registry.adapters.staging import Staging
from services.registry.domain.acceptance import Case, Criterion, Verdict, judge
from services.registry.domain.offer import Offer
from services.registry.domain.plan import plan_of
from services.registry.domain.policy import judge_policy
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
        pipeline = context.pipeline
        judge = judge_of(admission, pipeline.evaluate.accept, pipeline.model.decided_by, _card_keeper(context))
        heads = Heads(pipeline.name, settings.home / "keys")
        return Stage("registry", RegistryStep(judge, plan_of(pipeline, settings.partitions), heads.signed))

    return on_loop("registry", settings, stage)


def judge_of(
    admission: Admission, accept: Sequence[Asked] | None, measure: Metric = "f1", keep: Keep | None = None
) -> Judge:
    """Judges candidates that are admitted by `evaluate.accept`; others aren't. measure: by which a policy is to be
    better than the one before it."""

    staging = Staging(admission)

    def staged(verdict: Verdict, offer: Offer, admitted: Admitted) -> Verdict:
        """What the numbers let pass is served before any live event."""
        if not verdict.accepted:
            return verdict
        found, candidate = staging.stage(admitted), offer.candidate
        told = found.to_record(candidate["version"], candidate["clock"])
        return Verdict(found.passed, (*verdict.criteria, *found.criteria), told)

    def verdict_on(offer: Offer) -> Verdict:
        try:
            admitted = admission.admit(offer)
        except NotAdmitted as error:
            return Verdict(False, (Criterion("admission", False, None, None, None, None, 0, f"not admitted: {error}"),))
        champion = offer.champion.name if offer.champion else None
        judged = admitted.manifest if admitted.policy is None else admitted.policy
        case = Case(judged["measured"], champion, offer.attempt, admitted.milliseconds, admission.task)
        if admitted.policy is not None:
            return judge_policy(accept, measure, admitted.policy.get("budget"), case)
        verdict = staged(judge(accept, case), offer, admitted)
        if keep is not None:
            keep(offer.candidate, verdict)
        return verdict

    return verdict_on


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
