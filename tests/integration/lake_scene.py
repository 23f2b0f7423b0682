"""Hours of a partitioned log, written to the real topics as validation, inference and outcomes would."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Producer

from services.chassis import client
from services.chassis.step import Waiting
from services.contracts.partition import partition_of
from services.outcomes.step import OutcomesStep
from tests.platform import Platform

MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = 1_700_000_000_000_000 // HOUR * HOUR


class Scene:
    """Writes accepted events with their answers and labels, hour by hour, as the services before would."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._producer = Producer(client.idempotent_producer(platform.settings, "test"))
        self._seqs = dict.fromkeys(range(platform.settings.partitions), 0)
        self._open: list[tuple[str, str, int]] = []
        self._written = dict.fromkeys(self._seqs, 0)
        self._number = 0
        self.hours = 0

    def hour(self, events: int = 60) -> None:
        """An hour of events; labels of the hour two before, every tenth of them never known; a tick at its end."""
        self.hours += 1
        end = START + self.hours * HOUR
        due = [one for one in self._open if one[2] < end - 2 * HOUR]
        self._open = [one for one in self._open if one[2] >= end - 2 * HOUR]
        pairs = [self._event(end - HOUR + n * HOUR // events) for n in range(events)]
        for one in due:
            self._write("events", "driftmill.LabelAccepted", *self._label(*one))
        for event, answer in pairs:
            self._write("events", "driftmill.EventAccepted", *event)
            self._write("predictions", "driftmill.Prediction", *answer)
        for partition in self._seqs:
            self._write("events", "driftmill.Tick", "", {"time": end}, partition)
        assert self._producer.flush(30) == 0

    def outcomes(self) -> None:
        """Write what the outcomes service would write and hasn't been written yet."""
        platform, step = self._platform, OutcomesStep(self._platform.pipeline)
        inputs = {topic: platform.read(topic) for topic in step.inputs}
        for partition in self._seqs:
            state = step.new_state(partition)
            waiting = {t: Waiting(deque(r for r in found if r.partition == partition)) for t, found in inputs.items()}
            outputs = step.process(state, step.take(state, waiting, 1_000_000)).outputs
            new = outputs[self._written[partition] :]
            self._written[partition] = len(outputs)
            for output in new:
                self._write(output.topic, output.kind, output.key, output.value or {}, output.partition)
        assert self._producer.flush(30) == 0

    def _write(self, topic: str, kind: str, key: str, value: Mapping[str, Any], partition: int | None = None) -> None:
        number = partition_of(key.encode(), len(self._seqs)) if partition is None else partition
        name, data = self._platform.settings.topic(topic), self._platform.codec.encode(topic, kind, value)
        self._producer.produce(name, key=key.encode(), value=data, partition=number)

    def _event(self, time: int) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
        shop, event_id = f"s{self._number % 7}", f"o{self._number}"
        partition = partition_of(shop.encode(), len(self._seqs))
        seq, self._seqs[partition] = self._seqs[partition], self._seqs[partition] + 1
        payload = {"order_id": event_id, "at": time, "shop": shop, "amount": 1.0, "kind": "a"}
        event = {"seq": seq, "event_id": event_id, "event_time": time, "appended_at": time, "payload": payload}
        answer = {"seq": seq, "event_id": event_id, "event_time": time, "status": "ok", "score": 0.25, "label": False}
        answer |= {"model": "baseline", "feature_set": "f", "numbers": b"\0\0\x80?", "categories": ["a"]}
        if self._number % 10:
            self._open.append((event_id, shop, time))
        self._number += 1
        return (shop, event), (shop, answer)

    def _label(self, event_id: str, shop: str, time: int) -> tuple[str, dict[str, Any]]:
        known, truth = time + HOUR, int(event_id[1:]) % 3 == 0
        payload = {"order_id": event_id, "shop": shop, "returned": truth, "known_at": known}
        value = {"after_seq": 0, "event_id": event_id, "known_at": known, "label": float(truth), "payload": payload}
        return shop, value
