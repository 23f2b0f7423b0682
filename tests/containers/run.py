"""The whole platform in containers: built, started, fed by a small stream, stopped, started again, and removed.

Every step has a limit, and so has the whole. Prints what it saw; exit code 0 only if all of it held.
"""

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from urllib.parse import quote

from services.broker.local import Endpoints
from services.contracts.topics import SERVICES
from tests.containers.exported import AnsweredOtherwise, served_elsewhere
from tests.containers.host import Committed, Rows, TooLate, metric, post, produce, small_stream, targets, until
from tests.containers.rebuilt import MadeOtherwise, Played
from tests.containers.stack import ComposeFailed, Stack, docker

_HEALTHY_SECONDS = 420
_ANSWER_SECONDS = 180
_MODEL_SECONDS = 900
_EVENTS = 600
"""Answered before a model is asked for."""


class NotAsExpected(Exception):
    """Something was seen that should not be."""


def demand(holds: bool, what: str) -> None:
    """Raises NotAsExpected unless it holds."""
    if not holds:
        raise NotAsExpected(what)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Say what was not as expected."""
    sys.stderr.write(f"containers: {line}\n")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took."""
    began = monotonic()
    yield
    say(f"{what}: {monotonic() - began:.1f} s")


class LiveRun:
    """The story told to one stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._bootstrap = f"127.0.0.1:{stack.ports['KAFKA_PORT']}"
        self._registry = f"http://127.0.0.1:{stack.ports['REGISTRY_PORT']}/apis/ccompat/v7"
        self._endpoints = Endpoints(self._bootstrap, self._registry)

    def tell(self) -> None:
        """All steps in their order. Raises TooLate, NotAsExpected, ComposeFailed."""
        events, labels = small_stream(_EVENTS)
        by_http, by_kafka, after = events[:200], events[200:450], events[450:]
        with timed("image built"):
            self._stack.build()
        say(f"image: {int(docker('image', 'inspect', '--format', '{{.Size}}', self._stack.image)) / 1e6:.0f} MB")
        with timed("everything healthy"):
            self._up()
            self._healthy()
        self._demand_own_user()
        answers = Committed(self._bootstrap, self._registry, "predictions")
        outcomes = Committed(self._bootstrap, self._registry, "outcomes")
        try:
            self._send(by_http, by_kafka, labels, answers, outcomes)
            self._observed(len(by_http) + len(by_kafka))
            self._restart()
            self._continue(after, answers, len(events))
            self._rebuild()
            self._export()
        finally:
            answers.close()
            outcomes.close()

    def _rebuild(self) -> None:
        with TemporaryDirectory() as place:
            played = Played(self._stack, self._endpoints, Path(place))
            with timed("a model released, after the whole stream"):
                played.publish()
                until("a champion", played.champion, _MODEL_SECONDS)
            with timed("made again in two images"):
                say(played.made_again())

    def _export(self) -> None:
        with TemporaryDirectory() as home:
            say(served_elsewhere(self._endpoints, Path(home)))

    def _up(self) -> None:
        try:
            self._stack.up()
        except ComposeFailed as error:
            found = self._stack.containers().values()
            ill = [one.service for one in found if one.exit_code or one.health == "unhealthy"]
            words = [f"{service}:\n{self._stack.last_words(service)}" for service in ill]
            raise NotAsExpected("\n".join([str(error), *words])) from error

    def _healthy(self) -> None:
        def well() -> bool:
            return all(one.is_well for one in self._stack.containers().values())

        try:
            until("containers healthy", well, _HEALTHY_SECONDS)
        except TooLate as error:
            ill = [one for one in self._stack.containers().values() if not one.is_well]
            words = [
                f"{one.service} is {one.state} {one.health}:\n{self._stack.last_words(one.service)}" for one in ill
            ]
            raise TooLate("\n".join([str(error), *words])) from error

    def _demand_own_user(self) -> None:
        roots = [one.service for one in self._stack.containers().values() if one.service in SERVICES and not one.user]
        demand(not roots, f"{roots} run as root")

    def _send(self, by_http: Rows, by_kafka: Rows, labels: Rows, answers: Committed, outcomes: Committed) -> None:
        port = self._stack.ports["INTAKE_PORT"]
        with timed("first answer by HTTP and Kafka"):
            post(port, "/events", by_http[:1])
            until("an answer", answers.poll, _ANSWER_SECONDS)
        with timed(f"{len(by_http)} events by HTTP answered"):
            post(port, "/events", by_http[1:])
            _count(answers, len(by_http))
        with timed(f"{len(by_kafka)} events by the published Kafka port answered"):
            produce(self._bootstrap, by_kafka)
            _count(answers, len(by_http) + len(by_kafka))
        _one_answer_each([*by_http, *by_kafka], answers)
        early = {row["payment_id"] for row in by_http}
        known = [row for row in labels if row["payment_id"] in early]
        with timed(f"{len(known)} labels by HTTP joined"):
            post(port, "/labels", known)
            until("outcomes", lambda: _joined(outcomes) >= len(known), _ANSWER_SECONDS)

    def _observed(self, answered: int) -> None:
        port = self._stack.ports["PROMETHEUS_PORT"]

        def all_up() -> bool:
            seen = targets(port)
            return set(seen.values()) == {"up"} and len(seen) > len(SERVICES)

        until("targets up", all_up, 60)
        seen = targets(port)
        demand({f"{service}:8000" for service in SERVICES} <= set(seen), f"targets are only {sorted(seen)}")
        query = quote('sum(driftmill_records_written_total{service="inference",topic="predictions"})')
        until("answers counted", lambda: metric(port, query) >= answered, 60)
        say(f"Prometheus: {len(seen)} targets up, {metric(port, query):.0f} records written to predictions")
        memory = self._stack.memory()
        say("memory: " + ", ".join(f"{name.split(self._stack.project)[-1]} {held}" for name, held in memory.items()))

    def _restart(self) -> None:
        with timed("everything stopped"):
            self._stack.stop()
        ended = {one.service: one.exit_code for one in self._stack.containers().values()}
        say(f"exit codes: {ended}")
        wrong = {service: ended[service] for service in SERVICES if ended[service] != 0}
        demand(not wrong, f"services that did not end well: {wrong}")
        with timed("everything healthy again"):
            self._stack.start()
            self._healthy()

    def _continue(self, after: Rows, answers: Committed, total: int) -> None:
        with timed(f"{len(after)} more events answered"):
            post(self._stack.ports["INTAKE_PORT"], "/events", after)
            _count(answers, total)
        for partition, values in answers.values.items():
            # the second entity's stage gives them back in another order
            seqs = sorted(value["seq"] for value in values)
            demand(seqs == list(range(len(values))), f"partition {partition}: answers lost or doubled, seqs {seqs}")
        models = Counter(value["model"] for values in answers.values.values() for value in values)
        say(f"answers: {total}, each event once, numbered without a gap; by model {dict(models)}")


def _count(answers: Committed, expected: int) -> None:
    until(f"{expected} answers", lambda: answers.poll() >= expected, _ANSWER_SECONDS)


def _one_answer_each(sent: Rows, answers: Committed) -> None:
    found = Counter(value["event_id"] for values in answers.values.values() for value in values)
    demand(found == Counter(row["payment_id"] for row in sent), "not exactly one answer for each event")
    scores = [value["score"] for values in answers.values.values() for value in values]
    demand(all(score is not None for score in scores), "an answer without a score")


def _joined(outcomes: Committed) -> int:
    outcomes.poll()
    return sum(1 for values in outcomes.values.values() for value in values if value["status"] == "on_time")


def _bounded(seconds: int) -> None:
    def end(*_: object) -> None:
        raise TooLate(f"the whole run: not within {seconds} s")

    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/containers", description=__doc__)
    parser.add_argument("--minutes", type=int, default=40, help="limit of the whole run")
    parser.add_argument("--keep", action="store_true", help="leave the containers running")
    options = parser.parse_args()
    _bounded(options.minutes * 60)
    try:
        stack = Stack.fresh(f"driftmill-run-{os.getpid()}")
        return _told(stack, stack.down if not options.keep else None)
    except ComposeFailed as error:
        complain(str(error))
        return 1


def _told(stack: Stack, down: Callable[[], None] | None) -> int:
    try:
        LiveRun(stack).tell()
    except (TooLate, NotAsExpected, MadeOtherwise, AnsweredOtherwise, KeyboardInterrupt) as error:
        complain(str(error) or "interrupted")
        return 1
    finally:
        signal.alarm(0)
        if down is None:
            say(f"left running as project {stack.project}, ports {stack.ports}")
        else:
            with timed("removed"):
                down()
    left = stack.leftovers()
    if down and left:
        complain(f"left behind: {left}")
        return 1
    say("all as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
