"""Wires the registry service."""

from collections.abc import Sequence

from services.chassis.context import Context
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.chassis.trust import Trust
from services.contracts.pipeline.evaluate import Criterion as Asked
from services.registry.adapters.admission import Admission, NotAdmitted
from services.registry.adapters.sandbox import Limits
from services.registry.domain.acceptance import Case, Criterion, Verdict, judge
from services.registry.domain.offer import Offer
from services.registry.settings import RegistrySettings
from services.registry.step import Judge, RegistryStep

_MIB = 1024 * 1024


def build(settings: RegistrySettings) -> Runnable:
    """The registry service."""
    limits = Limits(
        settings.trial_mb, settings.trial_cpu_seconds, settings.trial_seconds, file_bytes=settings.model_mb * _MIB
    )

    def stage(context: Context) -> Stage:
        task = context.pipeline.label.target.task
        admission = Admission(context.store, Trust.read(settings.home / "keys"), limits, task=task)
        judge = judge_of(admission, context.pipeline.evaluate.accept)
        return Stage("registry", RegistryStep(judge, context.pipeline.release.approval))

    return on_loop("registry", settings, stage)


def judge_of(admission: Admission, accept: Sequence[Asked] | None) -> Judge:
    """Judges candidates whose file is admitted by `evaluate.accept`; others aren't."""

    def judged(offer: Offer) -> Verdict:
        try:
            admitted = admission.admit(offer)
        except NotAdmitted as error:
            return Verdict(False, (Criterion("admission", False, None, None, None, None, 0, f"not admitted: {error}"),))
        champion, measured = offer.champion.name if offer.champion else None, admitted.manifest["measured"]
        return judge(accept, Case(measured, champion, offer.attempt, admitted.milliseconds, admission.task))

    return judged
