"""Wires the registry service."""

from collections.abc import Mapping
from typing import Any

from services.chassis.context import Context
from services.chassis.keys import public_key
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.registry.adapters.admission import NotAdmitted, admit
from services.registry.domain.acceptance import Case, Criterion, Verdict, judge
from services.registry.settings import RegistrySettings
from services.registry.step import Judge, RegistryStep


def build(settings: RegistrySettings) -> Runnable:
    """The registry service."""

    def stage(context: Context) -> Stage:
        return Stage("registry", RegistryStep(_judge(context), context.pipeline.release.approval))

    return on_loop("registry", settings, stage)


def _judge(context: Context) -> Judge:
    key = public_key(context.settings.home / "keys")

    def judged(candidate: Mapping[str, Any], champion: str | None, attempt: int) -> Verdict:
        try:
            manifest = admit(candidate, context.store, key)
        except NotAdmitted as error:
            return Verdict(False, (Criterion("admission", False, None, None, None, None, 0, f"not admitted: {error}"),))
        return judge(context.pipeline.evaluate.accept, Case(manifest["measured"], champion, attempt))

    return judged
