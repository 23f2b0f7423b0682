"""The join as one would write it if everything stayed in memory and time were no matter: what the step must come to."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from services.contracts.profile import FieldProfile
from services.contracts.record import Record
from services.contracts.watermark import Watermark
from services.outcomes.domain.answer import RIGHT_FROM, Answer, Beside, orphan_outcome
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.policy import Policy
from tests.unit.outcomes.plain_pairs import challenger, is_whole, pair_sums, sides
from tests.unit.outcomes.plain_sums import bins, both, errors, weight

BESIDE = "beside"
"""In place of its arm in an answer that was told beside another."""

Written = tuple[str, str, str, dict[str, Any]]
"""Topic, key, kind and value."""


class PlainJoin:
    """Everything that was, and what follows from the next record."""

    def __init__(
        self, policy: Policy, partition: int, predictions: Sequence[Record], shadows: Sequence[Record] = ()
    ) -> None:
        self.policy, self.partition = policy, partition
        self.replies = {one.value["seq"]: one.value for one in predictions if "seq" in one.value}
        self.shadows = {one.value["seq"]: one.value for one in shadows}
        self.flying = ""
        self.flights: dict[int, set[str]] = defaultdict(set)
        self.watermark = Watermark()
        self.answers: dict[int, Answer] = {}
        self.ids: dict[str, int] = {}
        self.early: dict[str, Label] = {}
        self.winning: dict[str, tuple[int, int]] = {}
        self.labels: dict[int, float] = {}
        self.censored: set[int] = set()
        self.written: list[Written] = []
        self.boundary: int | None = None
        self.settled: int | None = None
        self.stale_scores: set[int] = set()
        self.stale_quality: set[int] = set()
        self.matured = -1
        self.matured_time: int | None = None

    def take(self, record: Record) -> None:
        """The next record of `events`."""
        kind, value = record.kind.removeprefix("driftmill."), record.value
        if kind == "EventAccepted":
            self.watermark.update_event(value["event_time"])
        elif kind == "LabelAccepted":
            self._label(value["event_id"], value["payload"]["source"], value["known_at"], value["label"], record.key)
        else:
            self.watermark.update_tick(value["time"])
        if self.watermark.value is not None:
            self._pass(self.watermark.value, kind == "Tick")
        if kind == "EventAccepted":
            self._event(record)

    def _event(self, record: Record) -> None:
        value = record.value
        reply = self.replies[value["seq"]]
        slices = tuple(value["payload"][name] or "" for name in self.policy.slices)
        served = {name: reply[name] for name in ("score", "model", "feature_set", "numbers")}
        served |= {"decision": reply["label"], "categories": tuple(reply["categories"]), "arm": reply["arm"]}
        if reply["beside"] is not None:
            said = self.shadows[value["seq"]]
            served["beside"] = Beside(said["model"], said["score"], said["label"], said["arm"])
        known = {name: value[name] for name in ("seq", "event_id", "event_time")}
        acted_on, explored = self._acted_on(value["payload"], reply)
        answer = Answer(key=record.key, slices=slices, weight=4 if explored else 1, **known, **served)
        self.answers[answer.seq], self.ids[answer.event_id] = answer, answer.seq
        self.stale_scores.add(self._window(answer))
        if answer.beside is not None:
            self.flying = challenger(answer)
            self.flights[self._window(answer)].add(self.flying)
        elif answer.score is not None:
            self.flying = ""
        early = self.early.pop(answer.event_id, None)
        if acted_on:
            self._state(answer, "censored", None, answer.event_time)
        elif early:
            self._state(answer, "early", early.label, early.known_at)

    def _acted_on(self, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> tuple[bool, bool]:
        """What `when: decision or region == 'south'` comes to, and whether an event was spared it."""
        if not self.policy.acting.when:
            return False, False
        anyway, decided = payload["region"] == "south", bool(reply["label"])
        return anyway or (decided and not reply["explore"]), decided and not anyway and reply["explore"]

    def _label(self, event_id: str, source: str | None, known_at: int, label: float, key: str) -> None:
        answer = self.answers.get(self.ids.get(event_id, -1))
        if answer is not None and answer.status == "censored":
            return
        is_first = event_id not in self.early if answer is None else answer.status in ("", "missing")
        sources = self.policy.conflict.sources
        worth = (-sources.index(source) if source in sources else -len(sources), known_at)
        if not is_first and not self._wins(worth, self.winning[event_id]):
            return
        before, self.winning[event_id] = self.winning.get(event_id), worth
        if answer is None:
            self.early[event_id] = Label(known_at, label, key)
        elif is_first or (answer.label, worth) != (label, before):
            status = {"": "on_time", "missing": "late"}.get(answer.status, "corrected")
            self._state(answer, status, label, known_at)

    def _wins(self, worth: tuple[int, int], standing: tuple[int, int]) -> bool:
        return {"last": True, "first": False, "priority": worth >= standing}[self.policy.conflict.by]

    def _state(self, answer: Answer, status: str, label: float | None, time: int) -> None:
        self.answers[answer.seq] = answer.restated(status, label, time)
        if label is not None:
            self.labels[answer.seq] = label
        if status == "censored":
            self.censored.add(answer.seq)
        self.stale_quality.add(self._window(answer))
        self._write("outcomes", answer.key, "Outcome", self.answers[answer.seq].to_outcome(self.policy))

    def _write(self, topic: str, key: str, kind: str, value: dict[str, Any]) -> None:
        self.written.append((topic, key, f"driftmill.{kind}", value))

    def _window(self, answer: Answer) -> int:
        return self.policy.window_of(answer.event_time)

    def _within(self, window: int) -> list[Answer]:
        return [answer for answer in self.answers.values() if self._window(answer) == window]

    def _pass(self, now: int, by_tick: bool) -> None:
        self._give_up(now - self.policy.maturity)
        boundary = self.policy.window_of(now)
        if self.boundary is None and not by_tick:
            self.boundary = self.settled = boundary
        elif self.boundary is None or boundary > self.boundary:
            self.boundary = boundary
            self._advance(now)
            self._close_scores(boundary)
            self._close_quality(boundary)
            self._mark(now)
            self._forget(now)

    def _give_up(self, limit: int) -> None:
        silence = 0.0 if self.policy.negative_silence else None
        for time, seq in sorted((a.event_time, a.seq) for a in self.answers.values() if not a.resolved):
            if time <= limit:
                self._state(self.answers[seq], "missing", silence, time + self.policy.maturity)
        for time, event_id in sorted((label.known_at, event_id) for event_id, label in self.early.items()):
            if time <= limit:
                label = self.early.pop(event_id)
                self._write("outcomes", label.key, "Outcome", orphan_outcome(event_id, label, self.policy))

    def _advance(self, now: int) -> None:
        while (answer := self.answers.get(self.matured + 1)) is not None:
            is_astray = answer.event_time > now + self.policy.maturity
            if not answer.resolved and not is_astray:
                break
            self.matured = answer.seq
            self.matured_time = self.matured_time if is_astray else answer.event_time

    def _close_scores(self, boundary: int) -> None:
        last = boundary - self.policy.window
        if self.flying:
            self.flights[last].add(self.flying)
        for window in sorted({start for start in self.stale_scores if start < boundary} | {last}):
            self._pairs("shadow", window)
            for (version, group), its in self._versions(window) if window in self.stale_scores else []:
                field = FieldProfile("score")
                field.update_numbers(np.array([np.nan if a.score is None else a.score for a in its]))
                decided = [a for a in its if a.decision is True]
                promised = sum(round((a.score or 0.0) * 2**40) for a in decided) / 2**40
                numbers = {"rows": len(its), "decided": len(decided), "promised": promised}
                numbers["saturated"] = sum(a.score in (0.0, 1.0) for a in its)
                self._profile("scores", window, version, its, numbers | {"fields": [field.to_record()]}, group)
            if not self._within(window):
                self._profile("scores", window, "", [], {})
            self.stale_scores.discard(window)

    def _close_quality(self, boundary: int) -> None:
        before = self.settled
        waiting = [self._window(answer) for answer in self.answers.values() if not answer.resolved]
        self.settled = min((w for w in waiting if w < boundary and (before is None or w >= before)), default=boundary)
        empty = [window for window in self.flights if not self._within(window)]
        for window in sorted(w for w in {*self.stale_quality, *empty} if w < self.settled and w not in waiting):
            self._pairs("paired", window)
            if window in empty:
                del self.flights[window]
            for (version, group), its in self._versions(window):
                judged = [a for a in its if a.label is not None and a.score is not None]
                positives = weight([a for a in judged if a.positive])
                right = weight([a for a in judged if a.decision == a.positive])
                numbers = {"rows": weight(judged), "positives": positives, "correct": right}
                numbers |= {"censored": sum(a.status == "censored" for a in its)}
                runs = [errors(judged[start : start + 32]) for start in range(0, len(judged), 32)]
                summed = {"errors": [reduce(both, runs)] if group and runs else runs, "reliability": bins(judged)}
                self._profile("quality", window, version, its, numbers | summed, group)
            self.stale_quality.discard(window)
        if self.settled != before and not self._within(self.settled - self.policy.window):
            self._profile("quality", self.settled - self.policy.window, "", [], {})

    def _pairs(self, stream: str, window: int) -> None:
        for version in sorted(self.flights.get(window, ())):
            its = [a for a in self._within(window) if a.beside is not None and challenger(a) == version]
            counted = [a for a in its if stream == "shadow" or (a.label is not None and is_whole(a))]
            numbers = pair_sums(stream, counted)
            if stream == "shadow" and its:
                field = FieldProfile("score")
                field.update_numbers(np.array([math.nan if (s := sides(a)[0][1]) is None else s for a in its]))
                numbers["fields"] = [field.to_record()]
            self._profile(stream, window, version, its, numbers)
            for region in sorted({a.slices[0] for a in counted}):
                some = pair_sums(stream, [a for a in counted if a.slices[0] == region])
                self._profile(stream, window, version, its, some | {"slice": f"region={region}"})

    def _versions(self, window: int) -> list[tuple[tuple[str, str], list[Answer]]]:
        found: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for answer in self._within(window):
            groups = [f"{field}={value}" for field, value in zip(self.policy.slices, answer.slices, strict=True)]
            for group in ("", *groups):
                found[answer.model, group].append(answer)
                if (said := answer.beside) is not None:
                    found[said.model, group].append(
                        answer._replace(model=said.model, score=said.score, decision=said.decision, arm=BESIDE)
                    )
        return sorted(found.items(), key=lambda one: (one[0][0], not one[0][1], one[0][1]))

    def _profile(
        self, stream: str, window: int, version: str, its: list[Answer], numbers: dict[str, Any], group: str = ""
    ) -> None:
        value = {"stream": stream, "window_start": window, "window_end": window + self.policy.window}
        value |= {"version": version, "slice": group, "partition": self.partition, "promised": 0.0}
        value["saturated"] = 0
        value |= {
            "up_to_seq": max((a.seq for a in its), default=-1),
            "rows": 0,
            "positives": 0,
            "correct": 0,
            "censored": 0,
        }
        value |= {"fields": [], "errors": [], "decided": 0, "cost": None, "reliability": [], "pairs": []}
        value |= {"beside": sum(a.arm is BESIDE for a in its), "refused": [], "closed_by_source": False}
        value |= {"skew": [], "sampled": 1.0}
        value |= {"closed_at": self.boundary or 0} | numbers
        key = f"{stream}/{window}/{version}/{value['slice']}/{self.partition}"
        self._write("profiles", key, "ProfileClosed", value)

    def _mark(self, now: int) -> None:
        labels = [label for seq, label in self.labels.items() if seq <= self.matured]
        value = {"watermark": now, "matured_seq": self.matured, "matured_time": self.matured_time}
        value |= {"rows": len(labels), "positives": sum(label >= RIGHT_FROM for label in labels)}
        value |= {"censored": sum(seq <= self.matured for seq in self.censored)}
        self._write("outcomes", "", "CohortMatured", value)

    def _forget(self, now: int) -> None:
        for window in sorted(set(map(self._window, self.answers.values()))):
            its = self._within(window)
            if self.policy.forgotten_at(window) <= now and all(a.seq <= self.matured for a in its):
                self.flights.pop(window, None)
                for answer in its:
                    del self.answers[answer.seq]
                    if self.ids.get(answer.event_id) == answer.seq:
                        del self.ids[answer.event_id]
