"""Follows `models` outside any group: verifies, loads in the background, and swaps what is asked between batches."""

import logging
import threading
from typing import Any

from services.chassis import failpoint
from services.chassis.errors import TransientError
from services.chassis.metrics import Metrics
from services.chassis.reading import TopicReader
from services.chassis.store import Store
from services.chassis.succession import Succession
from services.chassis.trust import Distrusted, Trust
from services.contracts.manifest import CHALLENGER_KEY, CHAMPION_KEY
from services.contracts.pipeline import Layout
from services.contracts.record import Record
from services.inference.adapters.meter import Meter
from services.inference.adapters.model_file import ModelRefused, read_model
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.challenger import Absent, Challenger
from services.inference.domain.scoring import Scorer

log = logging.getLogger(__name__)

_PAUSE = 0.2
_TOLD = "models="


class Champion(Succession):
    """The model that answers: the last good one named by the topic, or the baseline where there is none.

    challenger: the version in flight; one that can't be loaded is absent, and has no answers.
    `position` is the offset up to which the topic has been followed and acted on.
    """

    def __init__(
        self,
        reader: TopicReader,
        store: Store,
        trust: Trust,
        baseline: Scorer,
        layout: Layout,
        metrics: Metrics,
        meter: Meter | None = None,
    ) -> None:
        self._reader, self._store, self._trust = reader, store, trust
        self._baseline, self._layout, self._meter = baseline, layout, meter
        self.current: Scorer = baseline
        self.challenger: Challenger | None = None
        self._held: dict[str, tuple[bytes, OnnxModel]] = {}
        self.position = 0
        self._refused = metrics.refused

    def catch_up(self) -> None:
        """Follow to the present end of the topic. Raises TransientError."""
        newest: dict[str, Record] = {}
        try:
            for record in self._reader.to_end():
                newest[record.key] = record
        finally:
            # what was read won't be read again, even if the rest can't be read now
            if (named := newest.get(CHAMPION_KEY)) is not None:
                self._take(named)
            if (named := newest.get(CHALLENGER_KEY)) is not None:
                self._pair_with(named)
        self.position = self._reader.positions[0]

    def told(self) -> str:
        """How far the topic has been followed, for who owns a partition next."""
        return f"{_TOLD}{self.position}"

    def heed(self, told: str) -> None:
        """Raises TransientError while the topic hasn't been followed as far as another owner told."""
        wanted = int(told.removeprefix(_TOLD) or 0)
        if self.position < wanted:
            raise TransientError(f"models is followed up to {self.position}, the last owner answered by {wanted}")

    def follow(self, stop: threading.Event) -> None:
        """Follow until stopped; for a thread of its own."""
        while not stop.is_set():
            try:
                self.catch_up()
            except TransientError as error:
                log.warning("models not followed", extra={"why": str(error)})
                stop.wait(1.0)
            stop.wait(_PAUSE)
        self._reader.close()

    def _take(self, record: Record) -> None:
        if record.raw_value is None:
            self.current = self._baseline
            self._held.pop(CHAMPION_KEY, None)
            log.info("baseline answers")
            return
        loaded = self._loaded(record, "the one before goes on")
        if loaded is None:
            return
        failpoint.hit("loaded")
        self.current = loaded
        failpoint.hit("swapped")
        said = {"version": loaded.version, "policy": loaded.policy, "digest": loaded.digest}
        log.info("model loaded", extra=said)

    def _pair_with(self, record: Record) -> None:
        if record.raw_value is None:
            self.challenger = None
            self._held.pop(CHALLENGER_KEY, None)
            log.info("no challenger")
            return
        loaded = self._loaded(record, "it has no answers")
        if loaded is None:
            self.challenger = Challenger(Absent(str(record.value.get("version", ""))), 0.0)
            return
        self.challenger = Challenger(loaded, min(max(record.value["share"], 0.0), 1.0))
        log.info("challenger", extra={"version": loaded.version, "share": self.challenger.share})

    def _loaded(self, record: Record, otherwise: str) -> OnnxModel | None:
        """None for what can't be loaded, which is told with what happens otherwise."""
        failpoint.hit("load")
        try:
            return self._load(record)
        except ModelRefused as error:
            log.error("model refused; %s", otherwise, extra={"why": str(error), "offset": record.offset})
        except Exception:
            log.exception("model not loaded; %s", otherwise, extra={"offset": record.offset})
        self._refused.inc()
        return None

    def _load(self, record: Record) -> OnnxModel:
        value = record.value
        try:
            manifest = self._trust.manifest_of(value)
        except Distrusted as error:
            raise ModelRefused(str(error)) from error
        # a challenger that is to answer more, or becomes champion, is there already
        held = dict(self._held.values()).get(value["manifest"])
        model = held or self._session(manifest["version"], value["model_uri"], manifest)
        self._held[record.key] = value["manifest"], model
        return model if value.get("policy") is None else model.deciding(value["policy"])

    def _session(self, version: str, uri: str, manifest: dict[str, Any]) -> OnnxModel:
        model = read_model(self._store, version, uri, manifest, self._meter)
        if lacking := self._layout.lacks(model.reads):
            raise ModelRefused(f"{version} reads what this feature set doesn't have: {', '.join(lacking)}")
        return model
