"""Wires the inference service."""

import threading

from services.chassis.aside import Aside
from services.chassis.configs import bare_codec
from services.chassis.context import Context
from services.chassis.reading import FOLLOWED_MS, TopicReader, read_topic
from services.chassis.runner import Runnable, on_loop
from services.chassis.stage import Stage
from services.chassis.trust import Trust
from services.inference.adapters.champion import Champion
from services.inference.adapters.layouts import Layouts
from services.inference.adapters.meter import Meter, tell
from services.inference.domain.baseline import BaselineScorer
from services.inference.settings import InferenceSettings
from services.inference.step import InferenceStep


def build(settings: InferenceSettings) -> Runnable:
    """The inference service."""
    return on_loop("inference", settings, stage)


def stage(context: Context) -> Stage:
    """The service's part of the flow; each commit says how far it has followed `models`; the next owner goes as far.

    Raises TransientError while they can't be followed.
    """
    meter = Meter()
    champion = Champion(
        TopicReader(context.settings, context.codec, "models", wait_ms=FOLLOWED_MS),
        context.store,
        Trust.read(context.settings.home / "keys"),
        BaselineScorer(context.pipeline),
        context.pipeline.resolved.layout,
        context.metrics,
        meter,
    )
    champion.catch_up()
    threading.Thread(target=champion.follow, args=(context.stop,), name="models", daemon=True).start()
    threading.Thread(target=_measure, args=(context, meter), name="costs", daemon=True).start()
    layouts = Layouts(lambda: read_topic(context.settings, bare_codec(context.settings), "configs"))
    step = InferenceStep(context.pipeline, lambda: champion.current, layouts.find, lambda: champion.challenger)
    return Stage("inference", step, champion)


def _measure(context: Context, meter: Meter) -> None:
    aside = Aside(context.settings, "inference")
    tell(meter, aside.process, aside.write, context.stop)
    aside.close()
