"""A partition's log in plain words, and the step that runs over it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from services.chassis.step import Waiting
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record
from services.contracts.release_name import ReleaseName
from services.outcomes.domain.state import OutcomesState
from services.outcomes.step import OutcomesStep

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_PIPELINE = """
driftmill: 1
name: loans
entities: {person: {key: person_id}}
event:
  schema: event.avsc
  id: loan_id
  time: {field: asked_at, lateness: 10m}
  fields: {region: {slice: true}}
label:
  schema: label.avsc
  target: {field: defaulted, positive: true}
  known: {time: known_at, expected_after: 1d, maturity: 2d, silence: SILENCE}
FURTHERmodel: {inputs: [amount, region]}
monitor: {window: 1d}
"""
_TIME = '{"type": "long", "logicalType": "timestamp-micros"}'
_EVENT = f"""{{"type": "record", "name": "Loan", "namespace": "loans", "doc": "A loan.", "fields": [
  {{"name": "loan_id", "type": "string", "doc": "Id."}}, {{"name": "person_id", "type": "string", "doc": "Who."}},
  {{"name": "asked_at", "type": {_TIME}, "doc": "When."}}, {{"name": "amount", "type": "double", "doc": "EUR."}},
  {{"name": "region", "type": ["null", "string"], "default": null, "doc": "Where."}}]}}"""
_LABEL = f"""{{"type": "record", "name": "Repaid", "namespace": "loans", "doc": "The truth.", "fields": [
  {{"name": "loan_id", "type": "string", "doc": "Id."}}, {{"name": "person_id", "type": "string", "doc": "Who."}},
  {{"name": "defaulted", "type": "boolean", "doc": "Truth."}},
  {{"name": "source", "type": ["null", "string"], "default": null, "doc": "Says who."}},
  {{"name": "known_at", "type": {_TIME}, "doc": "When."}}]}}"""


@cache
def pipeline(silence: str = "missing", conflict: str = "", acted: str = "") -> Pipeline:
    """Maturity two days, windows of a day, lateness ten minutes, slices by region."""
    said = "".join(f"  {name}: {text}\n" for name, text in (("conflict", conflict), ("acted", acted)) if text)
    text = _PIPELINE.replace("SILENCE", silence).replace("FURTHER", said)
    return Pipeline.from_texts({"pipeline.yaml": text, "event.avsc": _EVENT, "label.avsc": _LABEL})


@dataclass
class Log:
    """Builds the inputs of one partition. Times are in days, ids are short names."""

    events: list[Record] = field(default_factory=list)
    predictions: list[Record] = field(default_factory=list)
    next_seq: int = 0
    shadows: list[Record] = field(default_factory=list)

    def event(
        self,
        event_id: str,
        days: float,
        score: float | None = 0.2,
        model: str = "m1",
        region: str | None = "north",
        explore: bool = False,
        policy: str = "",
        beside: tuple[str, float | None] | None = None,
        arm: str = "champion",
    ) -> "Log":
        """An accepted event and its answer. explore: one of four that are not to be acted on.

        beside: version (`m1.p2`: with its policy) and score of the other model that was asked. arm: as which of both
        the answer was given.
        """
        seq, time = self.next_seq, int(days * DAY)
        payload = {"loan_id": event_id, "person_id": "p", "asked_at": time, "amount": 1.0, "region": region}
        value = {"seq": seq, "event_id": event_id, "event_time": time, "appended_at": 0, "payload": payload}
        self._append(self.events, "events", "EventAccepted", value)
        answer = {"seq": seq, "event_id": event_id, "event_time": time, "model": model, "feature_set": "f1"}
        answer |= {"status": "failed" if score is None else "ok", "score": score}
        answer |= {"explore": explore, "propensity": 0.25, "policy": policy}
        other = ReleaseName.of(beside[0]) if beside else None
        answer |= {"arm": arm, "beside": other and other.model}
        answer |= {"label": None if score is None else score >= 0.5, "numbers": b"\0\0\x80?", "categories": ["north"]}
        self._append(self.predictions, "predictions", "Prediction", answer)
        if beside is not None and other is not None:
            said: dict[str, Any] = {"seq": seq, "event_id": event_id, "event_time": time, "model": other.model}
            said |= {"policy": other.policy}
            said |= {"status": "failed" if beside[1] is None else "ok", "score": beside[1]}
            said |= {"label": None if beside[1] is None else beside[1] >= 0.5, "low": None, "high": None}
            said |= {"arm": "challenger" if arm == "champion" else "champion"}
            self._append(self.shadows, "predictions.shadow", "ShadowPrediction", said)
        self.next_seq += 1
        return self

    def label(self, event_id: str, label: float, days: float, source: str | None = None) -> "Log":
        """A label known at a time."""
        value = {"after_seq": self.next_seq - 1, "event_id": event_id, "known_at": int(days * DAY), "label": label}
        return self._append(self.events, "events", "LabelAccepted", value | {"payload": {"source": source}})

    def tick(self, days: float) -> "Log":
        """Time has passed."""
        return self._append(self.events, "events", "Tick", {"time": int(days * DAY)})

    def activation(self, model: str) -> "Log":
        """Another model answers from here on."""
        value = {"from_seq": self.next_seq, "model": model, "model_digest": ""}
        return self._append(self.predictions, "predictions", "ModelActivated", value)

    def _append(self, side: list[Record], topic: str, kind: str, value: dict[str, Any]) -> "Log":
        side.append(Record(topic, 1, len(side), 0, "p", f"driftmill.{kind}", value))
        return self

    def waiting(self) -> dict[str, Waiting]:
        """All sides, wholly read."""
        sides = {"events": self.events, "predictions": self.predictions, "predictions.shadow": self.shadows}
        return {topic: Waiting(deque(records), True) for topic, records in sides.items()}


def run(
    log: Log,
    step: OutcomesStep | None = None,
    limit: int = 1000,
    crash: Callable[[OutcomesStep, OutcomesState], OutcomesState] = lambda _step, state: state,
) -> tuple[list[Output], OutcomesState]:
    """All outputs of a log in batches of up to `limit`, and the state after them. crash: between batches."""
    step = step or OutcomesStep(pipeline())
    state, waiting = step.new_state(1), log.waiting()
    outputs: list[Output] = []
    while batch := step.take(state, waiting, limit):
        result = step.process(state, batch)
        state.apply(result.staged)
        outputs += result.outputs
        state = crash(step, state)
    return outputs, state


def values(outputs: Sequence[Output], kind: str, **having: Any) -> list[dict[str, Any]]:
    """Values of the outputs of a kind whose fields are as given; profiles of all unless a slice is."""
    having = {"slice": ""} | having if kind == "ProfileClosed" else having
    found = [dict(output.value or {}) for output in outputs if output.kind == f"driftmill.{kind}"]
    return [value for value in found if all(value[name] == wanted for name, wanted in having.items())]


def outcomes(outputs: Sequence[Output]) -> list[tuple[str, str, int, float | None]]:
    """Event id, status, revision and label of each outcome."""
    return [(v["event_id"], v["status"], v["revision"], v["label"]) for v in values(outputs, "Outcome")]


def many(count: int) -> Log:
    """As many events in the first window."""
    log = Log()
    for number in range(count):
        log.event(f"e{number}", number / count * 0.99)
    return log
