"""Monitoring alone, against real topics: committed records only, no window lost, no alert twice."""

import json
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from confluent_kafka import Producer

from services.chassis import client
from services.chassis.keys import private_key
from services.chassis.watchdog import Watchdog
from services.contracts.manifest import canonical
from services.contracts.profile import profile_key
from services.monitoring.app import policy_of
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.cause import Causes
from services.monitoring.domain.reference import Model
from services.monitoring.domain.watch import Watch
from tests.eventually import eventually
from tests.integration.conftest import MakePlatform
from tests.platform import Platform
from tests.unit.monitoring.story import Profile, at, model, numbers, profile, story

LIMIT = 120.0
"""Seconds; a busy machine takes long to start a process."""


@pytest.fixture
def platform(make_platform: MakePlatform) -> Platform:
    return make_platform({"window: 1h}": "window: 1d}"})


def tell(platform: Platform, profiles: Sequence[Profile]) -> None:
    platform.publish("profiles", "driftmill.ProfileClosed", [(profile_key(one), one) for one in profiles])


def publish(platform: Platform, champion: Model) -> None:
    period = {"trained_from": champion.trained_from, "trained_through": champion.trained_through}
    manifest = canonical({"version": champion.version, "model_digest": ""} | period)
    value = {
        "version": champion.version,
        "state": "champion",
        "sequence": champion.sequence,
        "clock": champion.clock,
        "model_uri": "",
        "model_digest": "",
        "manifest": manifest,
        "signature": private_key(platform.settings.home / "keys").sign(manifest),
        "key_id": "signing",
    }
    platform.publish("models", "driftmill.ModelPublished", [("champion", value)])


def told(platform: Platform) -> list[dict[str, Any]]:
    return [{"record": record.kind, **record.value} for record in platform.read("alerts")]


def expected(platform: Platform, days: Sequence[Sequence[Profile]], *models: Model) -> list[dict[str, Any]]:
    policy = policy_of(platform.pipeline, platform.settings.partitions)
    watch, causes = Watch(policy), Causes(policy.window)
    facts: list[Fact] = []
    for number, profiles in enumerate(days):
        facts += [fact for one in profiles for fact in watch.update(one)]
        facts += [fact for one in models if one.clock == at(number + 1) for fact in watch.adopt(one)]
    return [{"record": fact.kind_name, **recorded(fact, causes)} for fact in facts]


def recorded(fact: Fact, causes: Causes) -> dict[str, Any]:
    """A fact as it is told after those before it."""
    value = fact.to_record()
    if isinstance(fact, Raised):
        value["cause"] = causes.of(fact)
        causes.told(value)
    elif isinstance(fact, Cleared):
        causes.cleared(fact.alert_id)
    return value


def test_kill_9_loses_no_window_and_tells_no_alert_twice(platform: Platform) -> None:
    days = story(50, inputs_change=30, recall_change=36, together_change=38)
    champions = {17: model(), 47: model("m2", day=46, sequence=2, trained=(30, 43))}
    for first, last in ((0, 17), (17, 35), (35, 47), (47, 49)):
        child = platform.start("monitoring")
        tell(platform, [one for day in days[first:last] for one in day])
        if last in champions:
            platform.drained("monitoring", within=LIMIT)
            publish(platform, champions[last])
            platform.drained("monitoring", within=LIMIT)
        # at an arbitrary moment of its work: the next one goes on
        platform.kill(child)
    tell(platform, days[49])
    platform.start("monitoring")
    platform.drained("monitoring", within=LIMIT)
    wanted = expected(platform, days, *champions.values())
    assert {fact["record"] for fact in wanted} >= {"driftmill.AlertRaised", "driftmill.AlertCleared"}
    assert {fact["kind"] for fact in wanted if "kind" in fact} >= {"inputs", "multivariate", "quality"}
    assert told(platform) == wanted


def test_alerts_of_a_killed_process_are_not_told_again_though_its_offsets_were_lost(platform: Platform) -> None:
    days = story(35, inputs_change=25)
    tell(platform, [one for profiles in days for one in profiles])
    child = platform.start("monitoring")
    eventually(lambda: told(platform), LIMIT)
    platform.kill(child)
    platform.start("monitoring")
    platform.drained("monitoring", within=LIMIT)
    assert told(platform) == expected(platform, days)


def test_an_aborted_record_is_never_seen(platform: Platform) -> None:
    producer = Producer(client.transactional_producer(platform.settings, "test"))
    producer.init_transactions(15)
    for value, end in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(platform.settings.topic("profiles"), value, b"key")
        producer.flush(15)
        end(15)
    platform.start("monitoring")
    platform.drained("monitoring", within=LIMIT)
    letters = platform.read("deadletters.monitoring", "driftmill.DeadLetter")
    assert [letter.value["raw_value"] for letter in letters] == [b"committed"]


def test_sigterm_ends_cleanly_and_the_next_goes_on(platform: Platform) -> None:
    days = story(40, inputs_change=30)
    child = platform.start("monitoring")
    tell(platform, [one for profiles in days[:20] for one in profiles])
    platform.drained("monitoring", within=LIMIT)
    assert platform.kill(child, signal.SIGTERM) == 0
    tell(platform, [one for profiles in days[20:] for one in profiles])
    platform.start("monitoring")
    platform.drained("monitoring", within=LIMIT)
    assert told(platform) == expected(platform, days)


def test_two_processes_take_over_from_each_other_and_know_what_the_other_did(platform: Platform) -> None:
    days = story(40, inputs_change=30)
    children = [platform.start("monitoring", ordinal) for ordinal in (0, 1)]
    tell(platform, [one for profiles in days[:16] for one in profiles])
    platform.drained("monitoring", within=LIMIT)
    # whichever has the topics loses them, and has them back when the log has gone on without it
    for child, first in zip((*children, children[0]), (16, 24, 32), strict=True):
        os.kill(child.pid, signal.SIGSTOP)
        tell(platform, [one for profiles in days[first : first + 5] for one in profiles])
        platform.drained("monitoring", within=LIMIT)
        os.kill(child.pid, signal.SIGCONT)
        tell(platform, [one for profiles in days[first + 5 : first + 8] for one in profiles])
        platform.drained("monitoring", within=LIMIT)
    assert [child.poll() for child in children] == [None, None]
    assert told(platform) == expected(platform, days)


def test_what_an_agent_cannot_do_ends_the_process_with_nothing_committed(platform: Platform) -> None:
    child = platform.start("monitoring")
    broken = numbers("amount", np.arange(9.0)) | {"bin_counts": []}
    eventually(lambda: b'"ready"' in (platform.settings.home / "monitoring-0.log").read_bytes(), LIMIT)
    tell(platform, [profile("inputs", 0, "", partition, 9, fields=[broken]) for partition in (0, 1)])
    assert child.wait(30) == 1
    log = (platform.settings.home / "monitoring-0.log").read_text()
    assert "profiles[0]@" in log
    assert all(json.loads(line) for line in log.splitlines())


def test_no_progress_while_input_waits_is_noticed_and_an_aborted_record_is_no_input(platform: Platform) -> None:
    producer = Producer(client.transactional_producer(platform.settings, "test"))
    producer.init_transactions(15)
    producer.begin_transaction()
    producer.produce(platform.settings.topic("profiles"), b"aborted", b"key")
    producer.flush(15)
    producer.abort_transaction(15)
    stuck = threading.Event()
    watchdog = Watchdog(platform.settings, "profiles", lambda: 0, limit=0.3, on_stuck=stuck.set)
    watchdog.start()
    assert not stuck.wait(2)
    tell(platform, story(1)[0])
    assert stuck.wait(20)
    watchdog.stop()
