"""The account of a period."""

from typing import Any

from services.cli.domain.period import Period
from services.cli.domain.report import TOPICS, Recorded, about, report
from services.contracts.audit_chain import Trail
from services.contracts.pipeline import Pipeline
from services.contracts.record import POISON, Record
from tests.platform import pipeline_named
from tests.unit.cli.domain.recorded import SECOND, criterion, moved, record, run
from tests.unit.cli.domain.test_incident import entry, raised

KEPT = [
    {"as": "events", "rows": 9},
    {"as": "labels", "rows": 8},
    {"as": "explanations", "rows": 1},
    {"as": "refused", "kind": "event", "field": None, "rule": "type", "rows": 1},
    {"as": "refused", "kind": "event", "field": "amount", "rule": "range", "rows": 2},
    {"as": "outcomes", "status": "on_time", "rows": 8},
    {"as": "removed", "cause": "expired", "rows": 3},
    {
        "as": "answers",
        "model": "v1",
        "policy": "p2",
        "arm": "champion",
        "rows": 6,
        "failed": 2,
        "decided": 4,
        "positive": 1,
        "from_time": 5 * SECOND,
        "through_time": 9 * SECOND,
    },
    {
        "as": "answers",
        "model": "baseline",
        "policy": "",
        "arm": "champion",
        "rows": 3,
        "failed": 0,
        "decided": 0,
        "positive": 0,
        "from_time": SECOND,
        "through_time": 4 * SECOND,
    },
]
AUDIT = [
    entry("one", "accepted → champion", "v1", 20),
    entry("two", "rows erased from the lake", "customer 12ab", 30),
    entry("a/AlertRaised", "alert raised", "a", 31),
    entry("one", "accepted → champion", "v1", 32),
    entry("three", "alert acknowledged", "a", 60),
]


def at(one: Record, timestamp: int) -> Record:
    return one._replace(timestamp=timestamp)


def recorded(**said: Any) -> Recorded:
    entries = [one._replace(value={**one.value, "before": "", "after": ""}) for one in AUDIT]
    verdict = [criterion("auc"), criterion("errors", False)]
    topics: dict[str, list[Record]] = {
        "configs": [
            record("configs", "ConfigApplied", {"digest": digest, "by": "ann"}, timestamp=time)
            for digest, time in (("c0", 1), ("c1", 2), ("c2", 25), ("c3", 70))
        ],
        "runs": [at(one, 15) for one in run("r2", "v2")],
        "models.history": [
            at(moved("v1", "accepted", "champion", 1, by="ann", reason="its card is fine"), 20),
            at(moved("v2", "candidate", "rejected", 1, criteria=verdict), 40),
            at(moved("v3", "candidate", "rejected", 1, criteria=verdict), 70),
        ],
        "alerts": [raised("a", 31)],
        "audit": [*entries, record("audit", "", {"reason": "?"}, timestamp=33)._replace(kind=POISON)],
        "profiles": [],
    }
    assert set(topics) == set(TOPICS)
    held: dict[str, Any] = {"topics": topics, "kept": KEPT, "faults": [], "signed": 9, "config": pipeline_named("shop")}
    return Recorded(**held | said)


def told(**said: Any) -> dict[str, Any]:
    return report("shop", Period(10, 50), recorded(**said))


def test_answers_are_told_by_version_with_their_share_in_the_order_of_events() -> None:
    baseline, second = told()["answers"]
    assert (baseline["version"], baseline["share"], baseline["positive"]) == ("baseline", 3 / 9, None)
    assert (second["version"], second["failed"], second["positive"]) == ("v1.p2", 2, 0.25)
    assert second["first_event"] == "1970-01-01T00:00:05Z"


def test_data_is_counted_and_what_was_refused_most_comes_first() -> None:
    data = told()["data"]
    assert (data["events"], data["labels"], data["explanations"]) == (9, 8, 1)
    assert [row["rule"] for row in data["refused"]] == ["range", "type"]
    assert (data["outcomes"], data["removed"]) == ({"on_time": 8}, {"expired": 3})


def test_configurations_are_those_that_held_in_the_period() -> None:
    assert [one["digest"] for one in told()["configs"]] == ["c1", "c2"]


def test_moves_and_verdicts_of_the_period_name_who_and_why() -> None:
    found = told()
    assert next((one["version"], one["by"], one["why"]) for one in found["moves"]) == ("v1", "ann", "its card is fine")
    (verdict,) = found["verdicts"]
    assert (verdict["version"], verdict["refused"], len(verdict["criteria"])) == ("v2", True, 2)
    assert [(one["run"], one["trigger"], one["outcome"]) for one in found["runs"]] == [("r2", "alert", "candidate")]


def test_actions_are_told_once_by_whom_they_were_done_and_those_about_alerts_with_them() -> None:
    found = told()
    assert [one["what"] for one in found["people"]] == ["accepted → champion", "rows erased from the lake"]
    assert (found["services"], len(found["erasures"])) == ([], 1)
    assert [one["alert"] for one in found["incidents"]] == ["a"]


def test_the_chain_is_told_as_it_was_by_the_end_of_the_period() -> None:
    trail = told()["trail"]
    links = [one for one in Trail().links([one.value for one in recorded().topics["audit"][:4]]) if one]
    assert (trail["records"], trail["hash"]) == (3, links[-1].hash.hex())
    assert (trail["signed"], trail["whole"]) == (3, True)
    assert told(signed=2)["trail"]["signed"] == 2
    broken = told(faults=["audit@3: record 2 was changed"])["trail"]
    assert (broken["whole"], broken["faults"]) == (False, ["audit@3: record 2 was changed"])


def test_what_was_recorded_since_changes_nothing() -> None:
    later = recorded()
    more = {**later.topics, "audit": [*later.topics["audit"], AUDIT[0]._replace(timestamp=90)]}
    assert told(topics=more) == told()


def test_without_a_configuration_that_can_be_read_the_rest_is_told() -> None:
    found = told(config=None)
    assert (found["about"], found["quality"], len(found["moves"])) == (None, [], 2)


def test_what_the_files_say_is_told_and_what_they_do_not() -> None:
    texts = dict(pipeline_named("shop").texts)
    texts["pipeline.yaml"] += "purpose: to look at orders\nowner: {team: orders}\nlake: {keep: 90d}\n"
    said = about(Pipeline.from_texts(texts))
    assert (said["purpose"], said["owner"], said["keep"]) == ("to look at orders", "orders", "90d")
    assert (said["sources"], said["cost"], said["problem"]) == ([], None, {})
