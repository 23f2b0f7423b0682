"""Wires the inference service."""

import threading
from typing import Any

from services.chassis.keys import public_key
from services.chassis.reading import TopicReader
from services.chassis.runner import Context, Runnable, on_loop
from services.chassis.step import Step
from services.inference.adapters.champion import Champion
from services.inference.domain.baseline import Baseline
from services.inference.settings import InferenceSettings
from services.inference.step import InferenceStep


def build(settings: InferenceSettings) -> Runnable:
    """The inference service; each commit says how far it has followed `models`."""
    champions: list[Champion] = []

    def step(context: Context) -> Step[Any, Any]:
        champion = _champion(context)
        champion.catch_up()
        champions[:] = [champion]
        threading.Thread(target=champion.follow, args=(context.stop,), name="models", daemon=True).start()
        return InferenceStep(context.pipeline, lambda: champion.current)

    return on_loop("inference", settings, step, lambda _: f"models={champions[0].position}")


def _champion(context: Context) -> Champion:
    resolved = context.pipeline.resolved
    return Champion(
        TopicReader(context.settings, context.codec, "models"),
        context.store,
        public_key(context.settings.home / "keys"),
        Baseline(context.pipeline),
        frozenset((*resolved.numbers, *resolved.categories)),
    )
